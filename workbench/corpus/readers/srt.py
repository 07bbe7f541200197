"""SubRip transcripts (`.srt`): numbered cues, decimal comma or point, `Name: text`.

Numbers may be missing; they only say the order and are not kept. Names (`Name: text`,
`[Name] text`) and `>>` marks tell who speaks, see `naming`. Formatting (`<i>`, `<font ...>`) and
positions (`{\\an8}`) are taken out and entities decoded, because converters from WebVTT leave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.opening import peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.subtitles import (
    MARKUP,
    Script,
    Voice,
    corpus_of_script,
    lines_of,
    script_of,
)
from workbench.corpus.readers.vtt import arrow_times

__all__ = ["READER", "corpus_of_srt"]

_BEGINS = 40
"""Lines that sniffing reads."""


def _sniff(path: Path) -> float:
    lines = [line for line in islice(lines_of(peek(path)), _BEGINS) if line.strip()]
    if not lines or lines[0].startswith("WEBVTT"):
        return 0.0
    timed = [place for place, line in enumerate(lines) if _has_times(line)]
    if any(place and lines[place - 1].strip().isdigit() for place in timed):
        return 0.95
    return 0.8 if timed and timed[0] <= 1 else 0.0


def _has_times(line: str) -> bool:
    times = arrow_times(line)
    return times is not None and times.start is not None


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_srt(path, read_text(path), roles=roles)


def corpus_of_srt(path: Path, text: str, *, roles: Mapping[str, str] | None = None) -> Corpus:
    """Make one conversation of the text of a SubRip file.

    Raises
    ------
    BadInput
        If no cue has both times and words.
    """
    script = script_of(
        enumerate(lines_of(text), start=1),
        times=arrow_times,
        is_identifier=str.isdigit,
        voices=_voices,
        goes_on=True,
    )
    cues = tuple(replace(cue, meta=_unnumbered(cue.meta)) for cue in script.cues)
    return corpus_of_script(
        path,
        Script(cues, script.troubles),
        roles=roles,
        expected="00:01:02,345 --> 00:01:04,000 and words under it",
    )


def _voices(lines: Sequence[str]) -> list[Voice]:
    bare = (MARKUP.sub("", line).strip(" \t") for line in lines)
    said = tuple(line for line in bare if line)
    return [Voice(said)] if said else []


def _unnumbered(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key != "cue_id"}


READER = Reader("srt", "SubRip subtitles (.srt)", _sniff, _read, transcript=True)
