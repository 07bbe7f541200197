"""Praat TextGrids in the long and the short text form.

Both forms are one to Praat, and here: it reads the quoted strings, the free-standing numbers and
the flags one after the other and passes over all else, comments after `!` included. Every interval
tier is a speaker, every interval with words in it an utterance, in the order of time; empty
intervals are silence. Marks of a point tier go to the utterance last begun that they fall into, as
`meta.<tier>`: each with its time in seconds, `1.25 H*; 2.5 L%`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isinf
from pathlib import Path
from typing import NamedTuple

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue, corpus_of_cues
from workbench.corpus.readers.opening import peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?:'
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?=\s|$)|(?P<flag><\w+>)|!.*)"
)
_HEAD = re.compile(r'\s*File type\s*=\s*"ooTextFile( short)?"\s*(Object class\s*=\s*)?"TextGrid"')
_BINARY, _CHRONOLOGICAL = "ooBinaryFile", '"Praat chronological TextGrid'
_RESAVE = "Open it in Praat and choose Save as text file."


class _Mark(NamedTuple):
    """Words with a start and, on an interval tier, an end."""

    text: str
    row: int
    start: float
    end: float | None


@dataclass(frozen=True, slots=True)
class _Tier:
    name: str
    marks: tuple[_Mark, ...]
    is_speech: bool


class _Tokens:
    """The values of a file, one after the other, with the row of each."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.row = 1
        self._text = text
        self._found = (token for token in _TOKEN.finditer(text) if token.lastgroup)
        self._counted = 0

    def text(self, what: str) -> str:
        return self._next("text", what).replace('""', '"')

    def number(self, what: str) -> float:
        value = float(self._next("number", what))
        if isinf(value):
            raise BadInput.in_file(self.path, f"expected {what}.", row=self.row, remedy=_RESAVE)
        return value

    def count(self, what: str) -> int:
        value = self.number(what)
        if value < 0 or not value.is_integer():
            raise BadInput.in_file(self.path, f"expected {what}.", row=self.row, remedy=_RESAVE)
        return int(value)

    def flag(self) -> str:
        return self._next("flag", "the flag <exists>")

    def _next(self, kind: str, what: str) -> str:
        token = next(self._found, None)
        if token is None:
            problem = f"the file is cut off: {what} is not there."
            row = self._text.count("\n") + 1
            raise BadInput.in_file(self.path, problem, row=row, remedy="Copy or save it again.")
        self.row += self._text.count("\n", self._counted, token.start())
        self._counted = token.start()
        if token.lastgroup != kind:
            raise BadInput.in_file(self.path, f"expected {what}.", row=self.row, remedy=_RESAVE)
        return token[kind]


def _sniff(path: Path) -> float:
    start = peek(path).lstrip()
    if start.startswith((_BINARY, _CHRONOLOGICAL)):
        return 0.9 if "TextGrid" in start[:80] else 0.0
    return 1.0 if _HEAD.match(start) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    if peek(path).lstrip().startswith(_BINARY):  # zero bytes make it no text
        raise BadInput.in_file(path, "this is a binary TextGrid.", remedy=_RESAVE)
    tiers = _tiers(path, read_text(path))
    spoken = [
        (mark.start, Cue(mark.text, mark.row, tier.name or None, mark.start, mark.end))
        for tier in tiers
        if tier.is_speech
        for mark in tier.marks
        if mark.text.strip()
    ]
    spoken.sort(key=lambda pair: pair[0])
    cues, astray = _with_points([cue for _, cue in spoken], tiers)
    names = [tier.name for tier in tiers if tier.is_speech]
    return corpus_of_cues(path, cues, roles=roles, findings=_findings(path, names, astray))


def _tiers(path: Path, text: str) -> list[_Tier]:
    if text.lstrip().startswith(_CHRONOLOGICAL):
        raise BadInput.in_file(path, "this is a chronological TextGrid.", remedy=_RESAVE)
    if not _HEAD.match(text):
        raise BadInput.in_file(
            path, "this is no TextGrid.", row=1, remedy='Expected File type = "ooTextFile".'
        )
    tokens = _Tokens(path, text)
    for what in ("the file type", "the object class"):
        tokens.text(what)
    for what in ("the start of the grid", "the end of the grid"):
        tokens.number(what)
    if tokens.flag() != "<exists>":
        raise BadInput.in_file(path, "there is no tier in it.", row=tokens.row)
    return [_tier(tokens) for _ in range(tokens.count("the number of tiers"))]


def _tier(tokens: _Tokens) -> _Tier:
    kind = tokens.text("the class of a tier")
    if kind not in ("IntervalTier", "TextTier"):
        raise BadInput.in_file(
            tokens.path,
            "a tier is of an unknown class.",
            row=tokens.row,
            remedy='Expected "IntervalTier" or "TextTier".',
        )
    name = tokens.text("the name of a tier").strip()
    for what in ("the start of a tier", "the end of a tier"):
        tokens.number(what)
    speech = kind == "IntervalTier"
    size = tokens.count("the number of intervals or points")
    return _Tier(name, tuple(_mark(tokens, speech) for _ in range(size)), speech)


def _mark(tokens: _Tokens, speech: bool) -> _Mark:
    start = tokens.number("a time in seconds")
    end = tokens.number("the end of an interval") if speech else None
    text = tokens.text("the text of an interval or point")
    return _Mark(text, tokens.row, start, end)


# -- points ----------------------------------------------------------------------------------------


def _with_points(cues: list[Cue], tiers: list[_Tier]) -> tuple[list[Cue], dict[str, int]]:
    """Utterances with the marks of point tiers, and how many marks lie outside, by tier."""
    extras: dict[int, dict[str, str]] = {}
    astray: dict[str, int] = {}
    for tier in tiers:
        for mark in () if tier.is_speech else tier.marks:
            place = _last_begun(cues, mark.start)
            if place is None:
                astray[tier.name] = astray.get(tier.name, 0) + 1
                continue
            said = f"{mark.start:g} {mark.text}".strip()
            meta = extras.setdefault(place, {})
            key = tier.name or "points"
            meta[key] = f"{meta[key]}; {said}" if key in meta else said
    marked = [
        replace(cue, meta=extras[place]) if place in extras else cue
        for place, cue in enumerate(cues)
    ]
    return marked, astray


def _last_begun(cues: list[Cue], at: float) -> int | None:
    return next(
        (
            place
            for place in reversed(range(len(cues)))
            if (cues[place].start or 0.0) <= at <= (cues[place].end or 0.0)
        ),
        None,
    )


def _findings(path: Path, names: list[str], astray: Mapping[str, int]) -> list[Finding]:
    message = f"interval tiers are taken for speakers: {names[:12]}."
    mend = "Remove tiers that hold no speech (words, phones) in Praat before loading."
    told = [Finding("note", "tiers as speakers", len(names), str(path), message, mend)]
    if astray:
        count = sum(astray.values())
        message = f"{count} point(s) lie in no utterance; tiers: {list(astray)[:12]}."
        mend = "They were left out."
        told.append(Finding("warning", "astray", count, str(path), message, mend))
    return told


READER = Reader(
    "textgrid", "Praat TextGrids, long or short text form", _sniff, _read, transcript=True
)
