"""A coder anyone can read: question marks, stems and word lists, and every decision names its rule.

Rules are data, one YAML file per scheme in `rule_tables/`. In an exclusive scheme the first rule that
fires gives the label; in others every rule that fires gives its label, and a code below another gives
that one too. It is a baseline: the tables were written down from the codebooks' definitions and not tuned
on any corpus, and they read one turn at a time, in English.

A rule is sure or silent: its probabilities are 1 and 0. They have ties everywhere, so rankings and
calibration curves made from them say little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.coder import Coding
from workbench.coding.spoken import english_fit
from workbench.corpus import Codebook, Corpus, Layer, LayerMetadata, Scheme
from workbench.corpus.refusal import Refusal
from workbench.corpus.sentences import sentence_spans
from workbench.embedding.fan_out import spread
from workbench.errors import BadInput, WorkbenchError
from workbench.files import checksum

__all__ = ["Decision", "Rule", "RuleTable", "code_by_rules", "rule_labels", "rule_schemes", "rules"]

_FOLDER = Path(__file__).resolve().parent / "rule_tables"
_ROWS = 4096  # utterances of one job
_NOTE = re.compile(r"\[[^\]]*\]|\([^)]*\)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[%?]")
_ROW = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64, "note": pl.String}
_CAUTION = (
    "Coded by rules that look for question marks and stems in English; a baseline, not a judgement of "
    "what was meant."
)
_LANGUAGE = "the text does not read as English, the language of the rules; code these by hand"


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions on one turn that must all hold; words are matched whole, in lower case.

    Attributes
    ----------
    name, label
        What the rule looks for, and the code it gives.
    only
        The turn is made of these words alone.
    begins, begins_not
        A sentence (no sentence) begins with one of these, openers such as *so* and *okay* set aside.
    contains
        One of these stands in the turn.
    ends, ends_not
        The turn ends (does not end) with one of these.
    fewest_words, most_words
        Bounds of the turn's length.
    """

    name: str
    label: str
    only: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    begins_not: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    ends_not: tuple[str, ...] = ()
    fewest_words: int = 0
    most_words: int | None = None

    def fires(self, turn: _Turn) -> bool:
        """Whether every condition holds."""
        return all(
            (
                self.fewest_words <= len(turn.words) <= (self.most_words or len(turn.words)),
                not self.only or self.only.issuperset(turn.words),
                not self.contains or any(f" {x} " in turn.whole for x in self.contains),
                not self.begins or turn.begins_with(self.begins),
                not self.begins_not or not turn.begins_with(self.begins_not),
                not self.ends or any(turn.whole.endswith(f" {x} ") for x in self.ends),
                not any(turn.whole.endswith(f" {x} ") for x in self.ends_not),
            )
        )


@dataclass(frozen=True, slots=True)
class RuleTable:
    """The rules of one scheme, in the order in which they are read.

    `default` is the (rule, label) where none fires; None leaves the turn without a label.
    """

    scheme: str
    exclusive: bool
    rules: tuple[Rule, ...]
    default: tuple[str, str] | None
    openers: frozenset[str]
    checksum: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Labels that a turn gets, each with the name of the rule that gave it."""

    labels: tuple[str, ...]
    rules: tuple[str, ...]


class _Turn:
    """A turn as the rules see it: words in lower case, and the beginnings of its sentences."""

    def __init__(self, text: str, openers: frozenset[str]) -> None:
        plain = _NOTE.sub(" ", text).replace("’", "'").strip()
        self.words = _WORD.findall(plain.lower())
        self.whole = f" {' '.join(self.words)} "
        self._beginnings = []
        for first, last in sentence_spans(plain):
            words = _WORD.findall(plain[first:last].lower())
            bare = next((n for n, word in enumerate(words) if word not in openers), len(words))
            # with the opener that stands right before, too: "so you"
            self._beginnings += [f"{' '.join(words[at:])} " for at in {bare, max(bare - 1, 0)}]

    def begins_with(self, stems: Sequence[str]) -> bool:
        return any(begin.startswith(f"{stem} ") for begin in self._beginnings for stem in stems)


def rule_schemes() -> tuple[str, ...]:
    """Names of the schemes that have rules, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


@cache
def rules(scheme: str) -> RuleTable:
    """Return the table of rules of a scheme.

    Raises
    ------
    BadInput
        If the scheme has none.

    Examples
    --------
    >>> [rule.name for rule in rules("annomi-client").rules][1]
    'question to the helper'
    """
    import yaml

    if scheme not in rule_schemes():
        raise BadInput.unknown("table of rules for the scheme", scheme, rule_schemes())
    file = _FOLDER / f"{scheme}.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    default = content.get("default")
    return RuleTable(
        scheme=content["scheme"],
        exclusive=content["exclusive"],
        rules=tuple(_rule(entry) for entry in content["rules"]),
        default=None if default is None else (default["rule"], default["label"]),
        openers=frozenset(content.get("openers", ())),
        checksum=checksum(file),
    )


def _rule(entry: dict[str, Any]) -> Rule:
    lists = {
        name: tuple(entry.get(name, ()))
        for name in ("begins", "begins_not", "contains", "ends", "ends_not")
    }
    return Rule(
        entry["rule"],
        entry["label"],
        only=frozenset(entry.get("only", ())),
        fewest_words=entry.get("fewest_words", 0),
        most_words=entry.get("most_words"),
        **lists,
    )


def _decide(text: str, scheme: str) -> Decision | None:
    """Apply the rules of a scheme to one turn; None for a turn without words."""
    table = rules(scheme)
    turn = _Turn(text, table.openers)
    if not turn.words:
        return None
    fired = [(rule.name, rule.label) for rule in table.rules if rule.fires(turn)]
    if table.exclusive:
        fired = fired[:1] or ([table.default] if table.default else [])
    by_label: dict[str, str] = {}
    for name, label in fired:
        by_label.setdefault(label, name)
    return Decision(tuple(by_label), tuple(by_label.values()))


def rule_labels(texts: Sequence[str], scheme: str) -> list[tuple[str, ...]]:
    """Labels of each text by the rules of a scheme, codes above an assigned one included.

    Returns
    -------
    list of tuple of str
        Exactly one label in exclusive schemes (none for a text without words), any number in others.

    Raises
    ------
    BadInput
        If the scheme has no rules.

    Examples
    --------
    >>> rule_labels(["Mm-hmm.", "It sounds like you miss her.", "Why now?"], "annomi-helper")
    [('other',), ('reflection',), ('question',)]
    """
    above = _parents(scheme)
    decisions = [_decide(text, scheme) for text in texts]
    return [() if one is None else _with_parents(one, above).labels for one in decisions]


@cache
def _parents(scheme: str) -> dict[str, str | None]:
    """Label -> the label above it, in the order of the shipped book; empty if no shipped book has it."""
    for book in codebooks():
        for one in load_codebook(book).schemes:
            if one.name == scheme:
                return {code.label: code.parent for code in one.codes}
    return {}


def _with_parents(decision: Decision, above: Mapping[str, str | None]) -> Decision:
    """The decision with the codes above those given; their rule is that of the code below."""
    found = dict(zip(decision.labels, decision.rules, strict=True))
    for label, name in tuple(found.items()):
        higher = above.get(label)
        while higher is not None:
            found.setdefault(higher, name)
            higher = above.get(higher)
    ordered = sorted(found, key=list(above).index) if above else list(found)
    return Decision(tuple(ordered), tuple(found[label] for label in ordered))


def code_by_rules(
    corpus: Corpus, codebook: str | Codebook = "annomi", *, executor: Executor | None = None
) -> Coding:
    """Code a corpus by the rules of a codebook's schemes.

    Parameters
    ----------
    corpus
        What to code.
    codebook
        Name of a shipped codebook, or a codebook, with at least one scheme that has rules.
    executor
        Whose workers code parts of the corpus, with the same result; default: this process.

    Returns
    -------
    Coding
        Layers `<scheme>.rules` of coder kind `rule`: `note` names the rule behind each label, and
        probabilities are 1 and 0.

    Raises
    ------
    BadInput
        If no scheme has rules, or a rule gives a label that its scheme does not have.
    """
    book = load_codebook(codebook) if isinstance(codebook, str) else codebook
    schemes = [scheme for scheme in book.schemes if scheme.name in rule_schemes()]
    if not schemes:
        raise BadInput(
            f"Codebook {book.name!r} has no scheme with rules; schemes with rules: {list(rule_schemes())}."
        )
    layers: list[Layer] = []
    refusals: list[Refusal] = []
    for scheme in schemes:
        _check(scheme)
        fit = english_fit(corpus, scheme, language=_LANGUAGE)
        refusals += fit.refusals
        if fit.conversations:
            layers.append(_layer(corpus, book, scheme, fit.conversations, executor))
    return Coding(tuple(layers), tuple(refusals))


def _check(scheme: Scheme) -> None:
    given = {rule.label for rule in rules(scheme.name).rules}
    strange = sorted(given - set(scheme.labels))
    if strange:
        raise BadInput(
            f"The rules of {scheme.name!r} give {strange}, which the codebook's scheme does not have. "
            f"It has {list(scheme.labels)}: rename the scheme, or use the shipped codebook."
        )


def _decided(
    texts: Sequence[str], scheme: str, above: Mapping[str, str | None], table: str
) -> list[Decision | None]:
    """Decide a part, in this process or a worker's, by the same rules."""
    if rules(scheme).checksum != table:
        raise WorkbenchError(
            "the rules here are others than those of the calling machine: install the same "
            "dialogue-workbench on every worker."
        )
    decisions = (_decide(text, scheme) for text in texts)
    return [None if one is None else _with_parents(one, above) for one in decisions]


def _layer(
    corpus: Corpus,
    book: Codebook,
    scheme: Scheme,
    conversations: Sequence[str],
    executor: Executor | None,
) -> Layer:
    talk = corpus.utterances.filter(
        pl.col("side") == scheme.side,
        pl.col("conversation_id").is_in(pl.Series(conversations).implode()),
    ).select("id", pl.col("text").fill_null(""))
    table, texts = rules(scheme.name), talk["text"].to_list()
    above = {code.label: code.parent for code in scheme.codes}
    jobs = (
        (texts[at : at + _ROWS], scheme.name, above, table.checksum)
        for at in range(0, len(texts), _ROWS)
    )
    with closing(spread(_decided, jobs, executor=executor)) as answers:
        parts = dict(answers)
    decided = [decision for _, part in sorted(parts.items()) for decision in part]
    by_unit = list(zip(talk["id"], decided, strict=True))
    spoken = {unit: decision for unit, decision in by_unit if decision is not None}
    shares = {
        "unit_id": list(spoken),
        **{
            label: [float(label in decision.labels) for decision in spoken.values()]
            for label in scheme.labels
        },
    }
    types = {"unit_id": pl.String, **dict.fromkeys(scheme.labels, pl.Float64)}
    return Layer.build(
        f"{scheme.name}.rules",
        pl.DataFrame(
            [row for unit, decision in by_unit for row in _rows(unit, decision)],
            schema=_ROW,
            orient="row",
        ),
        LayerMetadata(
            scheme=scheme.name,
            coder="rules",
            coder_kind="rule",
            labels=scheme.labels,
            exclusive=scheme.exclusive,
            codebook=book.checksum,
            model=f"rules-{table.checksum[:16]}",
            context_turns=0,
            blind=True,
            caution=_CAUTION,
        ),
        probabilities=pl.DataFrame(shares, schema=types),
    )


def _rows(
    unit: str, decision: Decision | None
) -> Iterator[tuple[str, str | None, float | None, str | None]]:
    if decision is None or not decision.labels:
        yield unit, None, None, None if decision is None else "rule: nothing fired"
        return
    for label, name in zip(decision.labels, decision.rules, strict=True):
        yield unit, label, 1.0, f"rule: {name}"
