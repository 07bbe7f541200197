"""WebVTT transcripts: Zoom (`Name: text`), Teams (`<v Name>text</v>`), and subtitles of any make.

Voice tags decide who speaks; a file without any is read by its names (`naming`) and `>>` marks.
Several voices in one cue become several utterances with its times. Tags of the format are taken
out, other angle brackets (`<inaudible>`) are words; lines of a cue are joined by a space, entities
decoded last, so that `&#10;` keeps a line break. Times need not be padded (Teams: `0:0:8.0`).

Identifiers, settings, voice classes and confidences (`NOTE Confidence: 0.9`) become
`meta.cue_id`, `meta.settings`, `meta.voice` and `meta.confidence` of the utterance; the title, the
header's `Key: value` lines and all other notes become `meta.*` of the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import clock_seconds
from workbench.corpus.readers.opening import peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.subtitles import (
    Passage,
    Script,
    Times,
    Voice,
    corpus_of_script,
    decoded,
    lines_of,
    script_of,
)
from workbench.corpus.readers.troubles import Trouble
from workbench.errors import BadInput

__all__ = ["READER", "arrow_times", "corpus_of_vtt"]

_SIGNATURE = re.compile(r"WEBVTT(?:[ \t]+(.*))?[ \t]*")
_ARROW = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)(?:\s+(.*))?\s*")
_LIKE_TIMES = re.compile(r"\s*\S{1,16}\s*-->(?=.*\d:\d)|\s*\S{0,16}\d:\d\S{0,16}\s*-->")
_TAG = re.compile(
    r"<(?:(?P<close>/)?(?P<name>v|b|i|u|c|lang|ruby|rt)(?P<classes>(?:\.[^\s<>.]+)*)"
    r"(?:\s+(?P<said>[^<>]*))?|[\d:.]+)>"
)
_STUMP = re.compile(r"^<$|</v?$|<v(?:[\s.][^<>]*)?$")
"""A voice tag that the end of the file has cut."""
_OPENS = re.compile(r"<v[\s.>]")
_HEADER = re.compile(r"([A-Za-z][\w -]{0,40}?)\s*:\s*(.*)")
_CONFIDENCE = re.compile(r"NOTE\s+Confidence:\s*([0-9]{1,3}(?:\.[0-9]+)?)", re.IGNORECASE)


def arrow_times(line: str) -> Times | None:
    """Read `START --> END settings`; without seconds where it is meant to be one and is broken."""
    read = _ARROW.fullmatch(line)
    if read is not None:
        start, end = clock_seconds(read[1]), clock_seconds(read[2])
        if start is not None and end is not None:
            return Times(start, end, read[3] or "")
    return Times(None, None) if _LIKE_TIMES.match(line) else None


def _sniff(path: Path) -> float:
    return 1.0 if _SIGNATURE.fullmatch(lines_of(peek(path))[0]) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_vtt(path, read_text(path), roles=roles)


def corpus_of_vtt(path: Path, text: str, *, roles: Mapping[str, str] | None = None) -> Corpus:
    """Make one conversation of the text of a WebVTT file.

    Raises
    ------
    BadInput
        If it does not begin with `WEBVTT`, or no cue has both times and words.
    """
    lines = lines_of(text)
    signature = _SIGNATURE.fullmatch(lines[0])
    if signature is None:
        raise BadInput.in_file(
            path,
            "this is no WebVTT.",
            row=1,
            remedy="Expected WEBVTT in the first line; subtitles without it are read as format='srt'.",
        )
    facts: dict[str, str] = {"title": signature[1].lstrip("- ").strip()} if signature[1] else {}
    body = _header(lines, facts)
    asides = _Asides(facts)
    script = script_of(
        list(enumerate(lines, start=1))[body:],
        times=arrow_times,
        is_identifier=lambda _line: True,
        voices=_voices,
        goes_on=False,
        aside=asides.take,
    )
    seen = any(trouble.check == "cut off" for trouble in script.troubles)
    troubles = (*script.troubles, *asides.styles, *([] if seen else _cut_off(text)))
    whole = Script(script.cues, troubles, facts)
    return corpus_of_script(
        path, whole, roles=roles, expected="00:01:02.345 --> 00:01:04.000 and words under it"
    )


def _header(lines: Sequence[str], facts: dict[str, str]) -> int:
    """Put the lines under the signature into `facts`; return the place of the first line after."""
    for place in range(1, len(lines)):
        line, below = lines[place], lines[place + 1] if place + 1 < len(lines) else ""
        if not line.strip() or "-->" in line or (line.strip().isdigit() and "-->" in below):
            return place
        read = _HEADER.fullmatch(line.strip())
        key = re.sub(r"[^a-z0-9]+", "_", read[1].lower()).strip("_") if read else "header"
        _put(facts, key, read[2] if read else line.strip())
    return len(lines)


def _put(facts: dict[str, str], key: str, value: str) -> None:
    facts[key] = f"{facts[key]}\n{value}" if key in facts else value


class _Asides:
    """Takes notes and styles from between the cues."""

    def __init__(self, facts: dict[str, str]) -> None:
        self._facts = facts
        self._confidence: float | None = None
        self.styles: list[Trouble] = []

    def take(self, passage: Passage) -> bool:
        """Whether a passage is no words; a confidence goes to the cue after it."""
        first = passage.lines[0].split(maxsplit=1)[0] if passage.lines else ""
        if passage.times is not None or first not in ("NOTE", "STYLE", "REGION"):
            if self._confidence is not None and passage.times is not None:
                passage.meta["confidence"] = self._confidence
                self._confidence = None
            return False
        stated = _CONFIDENCE.fullmatch(" ".join(passage.lines).strip())
        if first != "NOTE":
            self.styles.append(Trouble("style", passage.row))
        elif stated is not None:
            self._confidence = float(stated[1])
        else:
            note = "\n".join(passage.lines).removeprefix("NOTE").strip()
            _put(self._facts, "notes", decoded(note))
        return True


def _cut_off(text: str) -> list[Trouble]:
    """Whether the last voice of the file, and it alone, is not closed."""
    opens = [found.start() for found in _OPENS.finditer(text)]
    closes = text.count("</v>")
    if not closes or len(opens) != closes + 1 or text.rindex("</v>") > opens[-1]:
        return []
    return [Trouble("cut off", len(lines_of(text[: opens[-1]])))]


# -- voices ----------------------------------------------------------------------------------------


def _voices(lines: Sequence[str]) -> list[Voice]:
    """Part the words of a cue at its voice tags and take the other tags out."""
    said = _STUMP.sub("", "\n".join(lines))
    found: list[Voice] = []
    open_, since = Voice(()), 0
    words: list[str] = []
    for tag in _TAG.finditer(said):
        words.append(said[since : tag.start()])
        since = tag.end()
        if tag["name"] != "v":
            continue
        found.append(replace(open_, lines=_stripped("".join(words))))
        words = []
        open_ = Voice(()) if tag["close"] else _voice(tag)
    found.append(replace(open_, lines=_stripped("".join(words) + said[since:])))
    return [voice for voice in found if voice.tagged or voice.lines]


def _voice(tag: re.Match[str]) -> Voice:
    name = decoded(" ".join((tag["said"] or "").split()))
    classes = tag["classes"].removeprefix(".")
    return Voice((), name or None, tagged=True, meta={"voice": classes} if classes else {})


def _stripped(words: str) -> tuple[str, ...]:
    return tuple(line.strip(" \t") for line in words.split("\n") if line.strip(" \t"))


READER = Reader(
    "vtt", "WebVTT transcripts (Zoom, Teams, subtitles)", _sniff, _read, transcript=True
)
