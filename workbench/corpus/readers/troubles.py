"""What may be wrong in a transcript with times, each told once a file with its first lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.corpus.validation import Finding

__all__ = ["Trouble", "findings_of"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be, in one line of the file; texts as in `_TOLD`."""

    check: str
    row: int


_TOLD: Mapping[str, tuple[str, str]] = {
    "malformed time": (
        "line(s) of times cannot be read.",
        "Their words were kept without times; correct them as 00:01:02.345 --> 00:01:04.000.",
    ),
    "words without times": (
        "block(s) of words have no times.",
        "They were kept as utterances without times; put a line of times above them.",
    ),
    "empty line in a cue": (
        "cue(s) have an empty line in their words.",
        "What follows it was read as their words; remove it.",
    ),
    "cue without words": ("cue(s) have times and no words.", "They were left out."),
    "cut off": (
        "cue(s) at the end of the file are not whole.",
        "Everything before was loaded; export or copy the file again.",
    ),
    "stray line": ("line(s) hold a number or half a time alone.", "They were left out."),
    "end before start": (
        "utterance(s) end before they start.",
        "The times were kept as they are; correct them, or durations and pauses mean nothing.",
    ),
    "speakers in one cue": (
        "cue(s) hold lines of several speakers, marked by dashes.",
        "Each was kept as one utterance; part them where it matters who said what.",
    ),
    "style": ("block(s) say how cues look.", "They were left out."),
}
_NOTES = {"speakers in one cue", "style"}


def findings_of(path: Path, troubles: Iterable[Trouble]) -> list[Finding]:
    """One finding per kind of trouble, with the first lines where it stands."""
    rows: dict[str, list[int]] = {}
    for trouble in troubles:
        rows.setdefault(trouble.check, []).append(trouble.row)
    return [
        Finding(
            "note" if check in _NOTES else "warning",
            check,
            len(found),
            f"{path}, " + ", ".join(f"row {row}" for row in found[:3]),
            f"{len(found)} {_TOLD[check][0]}",
            _TOLD[check][1],
        )
        for check, found in rows.items()
    ]
