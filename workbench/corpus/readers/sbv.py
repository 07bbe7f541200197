"""YouTube's SBV subtitles: a line `0:00:00.599,0:00:04.160`, words, an empty line.

Speakers stand as in SubRip files: `Name: text`, or `>>` where another one begins. `[br]` is a line
break.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import clock_seconds
from workbench.corpus.readers.opening import peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.subtitles import (
    MARKUP,
    Times,
    Voice,
    corpus_of_script,
    lines_of,
    script_of,
)

__all__ = ["READER"]

_TIMES = re.compile(r"\s*(\d+:[\d:.]+)\s*,\s*(\d+:[\d:.]+)\s*")
_BREAK = re.compile(r"\[br\]", re.IGNORECASE)


def _times(line: str) -> Times | None:
    read = _TIMES.fullmatch(line)
    if read is None:
        return None
    start, end = clock_seconds(read[1]), clock_seconds(read[2])
    known = start is not None and end is not None
    return Times(start, end) if known else Times(None, None)


def _sniff(path: Path) -> float:
    first = next((line for line in lines_of(peek(path)) if line.strip()), "")
    times = _times(first)
    return 0.95 if times is not None and times.start is not None else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    script = script_of(
        enumerate(lines_of(read_text(path)), start=1),
        times=_times,
        is_identifier=lambda _line: False,
        voices=_voices,
        goes_on=True,
    )
    expected = "a line 0:01:02.345,0:01:04.000 and words under it"
    return corpus_of_script(path, script, roles=roles, expected=expected)


def _voices(lines: Sequence[str]) -> list[Voice]:
    broken = (part for line in lines for part in _BREAK.split(MARKUP.sub("", line)))
    said = tuple(part.strip(" \t") for part in broken if part.strip(" \t"))
    return [Voice(said)] if said else []


READER = Reader("sbv", "YouTube SBV subtitles", _sniff, _read, transcript=True)
