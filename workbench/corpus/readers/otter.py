"""Otter's text export: a line `Name  0:08  `, the words, an empty line.

Two spaces or a tab part the name from the time, and such a line stands at the start of the file or
after an empty line; so `See you at  5:30` inside a paragraph stays said. Paragraphs up to the next
such line are one utterance. What stands before the first (title, date, keywords) becomes
`meta.header` of the conversation, the closing line of the service `meta.transcribed_by`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue, clock_seconds, corpus_of_cues
from workbench.corpus.readers.opening import peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.subtitles import lines_of
from workbench.corpus.readers.troubles import Trouble, findings_of
from workbench.errors import BadInput

__all__ = ["READER"]

_HEAD = re.compile(r"(?:(?P<name>\S.{0,99}?)(?:[ \u00a0]{2,}|\t[ \t]*))?(?P<time>[\d:]{4,9})\s*")
_SERVICE = re.compile(r"Transcribed by (https?://\S+)\s*", re.IGNORECASE)


def _head(line: str) -> tuple[str | None, float, str] | None:
    """Name, seconds and time as written of a line `Name  0:08  `."""
    read = _HEAD.fullmatch(line)
    start = clock_seconds(read["time"]) if read else None
    if read is None or start is None:
        return None
    return read["name"], start, read["time"]


def _heads(lines: list[str]) -> Iterator[int]:
    """Places of the lines that begin an utterance."""
    for place, line in enumerate(lines):
        if (place == 0 or not lines[place - 1].strip()) and _head(line):
            yield place


def _sniff(path: Path) -> float:
    lines = lines_of(peek(path))
    heads = list(_heads(lines))
    followed = [place for place in heads if place + 1 < len(lines) and lines[place + 1].strip()]
    named = [place for place in followed if (_head(lines[place]) or (None,))[0]]
    return 0.9 if named and 2 * len(followed) >= len(heads) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    lines = lines_of(read_text(path))
    facts: dict[str, str] = {}
    last = max((place for place, line in enumerate(lines) if line.strip()), default=0)
    if service := _SERVICE.fullmatch(lines[last]):
        facts["meta.transcribed_by"] = service[1]
        lines = lines[:last]
    heads = list(_heads(lines))
    if not heads:
        raise BadInput.in_file(
            path,
            "no line says who begins to speak and when.",
            row=1,
            remedy="Expected lines like `Name  0:08` with two spaces, each above what is said.",
        )
    header = "\n".join(lines[: heads[0]]).strip()
    if header:
        facts["meta.header"] = header
    cues, troubles = [], []
    for place, until in zip(heads, [*heads[1:], len(lines)], strict=True):
        name, start, stamp = _head(lines[place]) or (None, 0.0, "")
        text = " ".join(line.strip() for line in lines[place + 1 : until] if line.strip())
        if text:
            cues.append(Cue(text, place + 1, name, start, timestamp=stamp))
        else:
            check = "cut off" if until == len(lines) else "cue without words"
            troubles.append(Trouble(check, place + 1))
    found = findings_of(path, troubles)
    return corpus_of_cues(path, cues, roles=roles, facts=facts or None, findings=found)


READER = Reader(
    "otter", "Otter's text export (Name  0:08, then the words)", _sniff, _read, transcript=True
)
