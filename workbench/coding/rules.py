"""A coder anyone can read: question marks, stems and word lists, and every decision names its rule.

Rules are data, one YAML file per scheme in `rule_tables/`. In an exclusive scheme the first rule that
fires gives the label; in others every rule that fires gives its label, and a code below another gives
that one too. It is a baseline: the tables were written down from the codebooks' definitions and not tuned
on any corpus, and they read one turn at a time, in English.

A rule is sure or silent: its probabilities are 1 and 0. They have ties everywhere, so rankings and
calibration curves made from them say little.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import cache

import polars as pl

from workbench.coding.books import codebooks, load_codebook
from workbench.coding.coder import Coding
from workbench.coding.rule_table import Decision, rule_schemes, rules
from workbench.coding.spoken import english_fit
from workbench.corpus import Codebook, Corpus, Layer, LayerMetadata, Scheme
from workbench.corpus.refusal import Refusal
from workbench.embedding.fan_out import spread
from workbench.errors import BadInput, WorkbenchError

__all__ = ["code_by_rules", "rule_labels", "rule_schemes", "rules"]

_ROWS = 4096  # utterances of one job
_ROW = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64, "note": pl.String}
_CAUTION = (
    "Coded by rules that look for question marks and stems in English; a baseline, not a judgement of "
    "what was meant."
)
_LANGUAGE = "the text does not read as English, the language of the rules; code these by hand"


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
    above, table = _parents(scheme), rules(scheme)
    decisions = [table.decide(text) for text in texts]
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
    own = rules(scheme)
    if own.checksum != table:
        raise WorkbenchError(
            "the rules here are others than those of the calling machine: install the same "
            "dialogue-workbench on every worker."
        )
    decisions = (own.decide(text) for text in texts)
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
    decided = _decisions(talk["text"].to_list(), scheme, executor)
    by_unit = list(zip(talk["id"], decided, strict=True))
    rows = [row for unit, decision in by_unit for row in _rows(unit, decision)]
    return Layer.build(
        f"{scheme.name}.rules",
        pl.DataFrame(rows, schema=_ROW, orient="row"),
        _metadata(book, scheme),
        probabilities=_shares(scheme, {unit: one for unit, one in by_unit if one is not None}),
    )


def _decisions(
    texts: Sequence[str], scheme: Scheme, executor: Executor | None
) -> list[Decision | None]:
    table = rules(scheme.name)
    above = {code.label: code.parent for code in scheme.codes}
    jobs = (
        (texts[at : at + _ROWS], scheme.name, above, table.checksum)
        for at in range(0, len(texts), _ROWS)
    )
    with closing(spread(_decided, jobs, executor=executor)) as answers:
        parts = dict(answers)
    return [decision for _, part in sorted(parts.items()) for decision in part]


def _shares(scheme: Scheme, spoken: Mapping[str, Decision]) -> pl.DataFrame:
    """Probabilities of the turns with words: 1 for labels they got, else 0."""
    given = {
        label: [float(label in decision.labels) for decision in spoken.values()]
        for label in scheme.labels
    }
    types = {"unit_id": pl.String, **dict.fromkeys(scheme.labels, pl.Float64)}
    return pl.DataFrame({"unit_id": list(spoken), **given}, schema=types)


def _metadata(book: Codebook, scheme: Scheme) -> LayerMetadata:
    return LayerMetadata(
        scheme=scheme.name,
        coder="rules",
        coder_kind="rule",
        labels=scheme.labels,
        exclusive=scheme.exclusive,
        codebook=book.checksum,
        model=f"rules-{rules(scheme.name).checksum[:16]}",
        context_turns=0,
        blind=True,
        caution=_CAUTION,
    )


def _rows(
    unit: str, decision: Decision | None
) -> Iterator[tuple[str, str | None, float | None, str | None]]:
    if decision is None or not decision.labels:
        yield unit, None, None, None if decision is None else "rule: nothing fired"
        return
    for label, name in zip(decision.labels, decision.rules, strict=True):
        yield unit, label, 1.0, f"rule: {name}"
