"""What WebVTT, SubRip and SBV have in common: blocks of lines, each under a line of times.

A file is cut into *passages* (a line of times and the lines under it, or lines without times), each
passage into what one voice says. Whatever is damaged is told as a `Trouble` with its line, and the
rest is read: words without times stay as an utterance without times, a cue without words is left
out, as is the stump of a cue at the end of a file that was cut off.

The packages that read such files (webvtt-py) give no line numbers, leave out words without times
and know one voice a cue; the tests hold this reader to theirs where they read alike.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.cues import Cue, corpus_of_cues
from workbench.corpus.readers.naming import Speakers, opening, speakers_among
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.readers.troubles import Trouble, findings_of
from workbench.errors import BadInput

__all__ = [
    "MARKUP",
    "Passage",
    "Script",
    "Times",
    "Voice",
    "corpus_of_script",
    "decoded",
    "lines_of",
    "script_of",
]

MARKUP = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}|\{/?[biu]\}", re.IGNORECASE)
"""Formatting and positions in SubRip and SBV cues."""
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_STUMP = re.compile(r"[\d:.,\s>-]+")
"""Nothing but what numbers and times are made of: a cue number, or the start of a line of times."""
_CHANGE = re.compile(r">>+\s*")
_DASH = re.compile(r"[-‐–—]\s*\S")

Part = tuple[str | None, str]
"""A speaker, None where unknown, and what is said."""


@dataclass(frozen=True, slots=True)
class Times:
    """A line of times: seconds (None where they cannot be read), and what stands behind them."""

    start: float | None
    end: float | None
    settings: str = ""


@dataclass(slots=True)
class Passage:
    """Lines that belong together, with their times and identifier where they have any."""

    row: int
    times: Times | None = None
    identifier: str = ""
    lines: list[str] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voice:
    """Lines of one voice in a passage; `tagged` where the format marks it, with or without a name."""

    lines: tuple[str, ...]
    name: str | None = None
    tagged: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Script:
    """What a file says: cues in their order, facts of the whole, and its troubles."""

    cues: tuple[Cue, ...]
    troubles: tuple[Trouble, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def lines_of(text: str) -> list[str]:
    """Lines of a file; only CR, LF and both together break one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def decoded(text: str) -> str:
    """Text with entities as the signs they stand for; a bare `&` is none."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def corpus_of_script(
    path: Path, script: Script, *, roles: Mapping[str, str] | None, expected: str
) -> Corpus:
    """Make one conversation of a script.

    Raises
    ------
    BadInput
        If no cue has both times and words; names the first line in trouble.
    """
    if not any(cue.start is not None for cue in script.cues):
        first = min((trouble.row for trouble in script.troubles), default=1)
        raise BadInput.in_file(
            path, "no cue has both times and words.", row=first, remedy=f"Expected {expected}."
        )
    facts = {f"meta.{key}": value for key, value in script.facts.items()}
    language = script.facts.get("language", "")
    return corpus_of_cues(
        path,
        script.cues,
        roles=roles,
        facts=facts or None,
        metadata=CorpusMetadata(name=bare_name(path), language=language),
        findings=findings_of(path, script.troubles),
    )


# -- passages --------------------------------------------------------------------------------------


def script_of(
    numbered: Iterable[tuple[int, str]],
    *,
    times: Callable[[str], Times | None],
    is_identifier: Callable[[str], bool],
    voices: Callable[[Sequence[str]], list[Voice]],
    goes_on: bool,
    aside: Callable[[Passage], bool] = lambda _passage: False,
) -> Script:
    """Read the lines of a file.

    Parameters
    ----------
    numbered
        Line number and line.
    times
        Reads a line of times; None where the line is none.
    is_identifier
        Whether a line right above a line of times, in the same block, names its cue.
    voices
        Parts the lines of a passage by the marks of the format, and takes markup out.
    goes_on
        Whether words without times go on with the cue before; else they stand for themselves.
    aside
        Takes passages that are no words (comments, styles); True where it did.
    """
    passages = [p for p in _passages(numbered, times, is_identifier) if not aside(p)]
    troubles: list[Trouble] = []
    kept: list[tuple[Passage, list[Voice]]] = []
    for place, passage in enumerate(passages):
        said = voices(passage.lines)
        last = place == len(passages) - 1
        check = _trouble(passage, said, joins=goes_on and bool(kept))
        if check in ("cue without words", "stray line", "words without times") and last:
            named = bool(kept) and bool(kept[-1][0].identifier)
            check = "cut off" if _is_stump(passage, named=named) else check
        if check:
            troubles.append(Trouble(check, passage.row))
        if check == "empty line in a cue":
            before, _ = kept[-1]
            before.lines += passage.lines
            kept[-1] = before, voices(before.lines)
        elif check not in ("cue without words", "cut off", "stray line") and said:
            kept.append((passage, said))
    cues = _cues(kept)
    troubles += [Trouble("speakers in one cue", p.row) for p, said in kept if _dashed(said)]
    backwards = (c for c in cues if c.start is not None and c.end is not None and c.end < c.start)
    troubles += [Trouble("end before start", cue.row) for cue in backwards]
    return Script(tuple(cues), tuple(troubles))


def _passages(
    numbered: Iterable[tuple[int, str]],
    times: Callable[[str], Times | None],
    is_identifier: Callable[[str], bool],
) -> list[Passage]:
    found: list[Passage] = []
    open_: Passage | None = None
    for row, line in numbered:
        if not line.strip():
            open_ = None
        elif (read := times(line)) is not None:
            fresh = Passage(row, read)
            above = open_ if open_ is not None else _number_above(found)
            if above is not None and above.lines and _names(above, is_identifier):
                fresh.identifier = above.lines.pop().strip()
                if above.times is None and not above.lines:
                    found.pop()
            found.append(fresh)
            open_ = fresh
        elif open_ is None:
            open_ = Passage(row, lines=[line])
            found.append(open_)
        else:
            open_.lines.append(line)
    return found


def _number_above(found: list[Passage]) -> Passage | None:
    """The passage before an empty line, where it is but the number of the cue that follows."""
    last = found[-1] if found else None
    lone = last is not None and last.times is None and len(last.lines) == 1
    return last if lone and last is not None and last.lines[0].strip().isdigit() else None


def _names(above: Passage, is_identifier: Callable[[str], bool]) -> bool:
    """Whether the line above a line of times is its identifier and no words of the cue before."""
    line = above.lines[-1].strip()
    starts_block = above.times is None and len(above.lines) == 1
    return is_identifier(line) if starts_block else line.isdigit()


def _trouble(passage: Passage, said: Sequence[Voice], *, joins: bool) -> str | None:
    if not any(voice.tagged or voice.lines for voice in said):
        return "cue without words"
    if passage.times is not None:
        return "malformed time" if passage.times.start is None else None
    if all(_STUMP.fullmatch(line) for line in passage.lines):
        return "stray line"
    return "empty line in a cue" if joins else "words without times"


def _is_stump(passage: Passage, *, named: bool) -> bool:
    """Whether the last passage is the start of a cue: its times, or its identifier, and no words."""
    if passage.times is not None or not passage.lines:
        return True
    identifier = named and " " not in passage.lines[0].strip()
    return all(_STUMP.fullmatch(line) for line in passage.lines[identifier:])


def _dashed(said: Sequence[Voice]) -> bool:
    return any(sum(bool(_DASH.match(line)) for line in voice.lines) > 1 for voice in said)


# -- who says what ---------------------------------------------------------------------------------


def _cues(kept: Sequence[tuple[Passage, list[Voice]]]) -> list[Cue]:
    """Cues of the passages; without marks of the format, names and `>>` tell who speaks."""
    if any(voice.tagged for _, said in kept for voice in said):
        return [
            _cue(passage, voice.name, decoded(" ".join(voice.lines)), voice.meta)
            for passage, said in kept
            for voice in said
        ]
    lines = [[decoded(line) for voice in said for line in voice.lines] for _, said in kept]
    marked = any(line.startswith(">>") for each in lines for line in each)
    speakers = _marked_speakers(lines) if marked else _speakers(lines)
    cues: list[Cue] = []
    speaking: str | None = None
    for (passage, _), each in zip(kept, lines, strict=True):
        if marked:
            parts, speaking = _changes(" ".join(each), speakers, speaking)
        else:
            parts = _named(each, speakers)
        cues += [_cue(passage, name, text.strip(" \t"), {}) for name, text in parts]
    return cues


def _speakers(lines: Sequence[Sequence[str]]) -> Speakers:
    return speakers_among(
        [each[0] for each in lines], [line for each in lines for line in each[1:]]
    )


def _marked_speakers(lines: Sequence[Sequence[str]]) -> Speakers:
    """Speakers where `>>` marks a change: behind one, a name in capitals counts if it stands once."""
    pieces = [_CHANGE.split(" ".join(each)) for each in lines]
    changes = [piece for each in pieces for piece in each[1:] if piece.strip()]
    found = speakers_among(changes, [each[0] for each in pieces])
    shouted = {o.name for piece in changes if (o := opening(piece)) and o.name.isupper()}
    return replace(found, names=found.names | shouted)


def _named(lines: Sequence[str], speakers: Speakers) -> list[Part]:
    """Lines of a cue, parted where one starts with a speaker's name."""
    parts: list[tuple[str | None, list[str]]] = []
    for line in lines:
        name, text = speakers.split(line)
        if name is not None or not parts:
            parts.append((name, [text]))
        else:
            parts[-1][1].append(text)
    return [(name, " ".join(texts)) for name, texts in parts]


def _changes(text: str, speakers: Speakers, speaking: str | None) -> tuple[list[Part], str | None]:
    """Words of a cue, parted where `>>` says that another one speaks, and who speaks at its end."""
    parts: list[Part] = []
    for place, piece in enumerate(_CHANGE.split(text)):
        name, words = speakers.split(piece)
        speaking = name or (speaking if place == 0 else None)
        if piece.strip():
            parts.append((speaking, words))
    return parts, speaking


def _cue(passage: Passage, name: str | None, text: str, meta: Mapping[str, Any]) -> Cue:
    times = passage.times or Times(None, None)
    more = {"cue_id": passage.identifier, "settings": times.settings}
    extras = {**{k: v for k, v in more.items() if v}, **passage.meta, **meta}
    return Cue(text, passage.row, name or None, times.start, times.end, extras)
