"""Rules as data: the tables of `rule_tables/`, one YAML file per scheme, and what they say of a turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.corpus.sentences import sentence_spans
from workbench.errors import BadInput
from workbench.files import checksum

__all__ = ["Decision", "Rule", "RuleTable", "rule_schemes", "rules"]

_FOLDER = Path(__file__).resolve().parent / "rule_tables"
_NOTE = re.compile(r"\[[^\]]*\]|\([^)]*\)")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[%?]")


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
class Decision:
    """Labels that a turn gets, each with the name of the rule that gave it."""

    labels: tuple[str, ...]
    rules: tuple[str, ...]


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

    def decide(self, text: str) -> Decision | None:
        """Apply the rules to one turn; None for a turn without words."""
        turn = _Turn(text, self.openers)
        if not turn.words:
            return None
        fired = [(rule.name, rule.label) for rule in self.rules if rule.fires(turn)]
        if self.exclusive:
            fired = fired[:1] or ([self.default] if self.default else [])
        by_label: dict[str, str] = {}
        for name, label in fired:
            by_label.setdefault(label, name)
        return Decision(tuple(by_label), tuple(by_label.values()))


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
