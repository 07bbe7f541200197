"""Words of a source as turns, each character with its place in the source.

Whose turn it is say, in this order: cases whose passages cover the words (programs let a speaker be
a case), lines `Name: text` (as in plain transcripts), else nobody, then every paragraph is a turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from workbench.corpus.readers.cues import Cue
from workbench.corpus.readers.plain import looks_plain, transcript_of
from workbench.corpus.readers.refi.positions import Counting
from workbench.corpus.readers.refi.project import Case, Source
from workbench.corpus.readers.subtitles import lines_of

__all__ = ["Turn", "by_cases", "by_lines", "with_times"]

_COVERED = 0.8
"""Share of the letters that passages of cases must cover to be turns."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance: its words, where each character stands in the source, who speaks."""

    text: str
    places: Sequence[int]
    begins: int
    speaker: str | None = None
    name: str = ""
    guid: str = ""
    row: int = 1
    start: float | None = None
    end: float | None = None

    @property
    def ends(self) -> int:
        """Place behind the last character."""
        return self.places[-1] + 1 if self.places else self.begins


def by_cases(
    text: str, source: Source, cases: Sequence[Case], counting: Counting, *, sure: bool
) -> list[Turn] | None:
    """Turns of a source whose passages belong to cases; None where these are no turns.

    Passages are turns if none overlaps another and, unless that is `sure`, they cover the words.
    """
    speaker_of = {guid: case.name for case in cases for guid in case.selections if case.name}
    own = [each for each in source.selections if each.guid in speaker_of]
    turns = []
    for each in own:
        if each.start is None or each.end is None:
            return None
        begins, ends = counting.place(each.start), counting.place(each.end)
        words = text[begins:ends]
        row = text.count("\n", 0, begins) + 1
        places = range(begins, begins + len(words))
        turns.append(Turn(words, places, begins, speaker_of[each.guid], each.name, each.guid, row))
    turns.sort(key=lambda turn: turn.begins)
    apart = all(one.ends <= two.begins for one, two in pairwise(turns))
    letters = sum(not sign.isspace() for sign in text)
    covered = sum(not sign.isspace() for turn in turns for sign in turn.text)
    names = sum(len(turn.speaker or "") for turn in turns)  # before each turn, no words of it
    whole = sure or covered + names >= _COVERED * letters
    return turns if turns and apart and whole else None


def by_lines(text: str) -> list[Turn]:
    """Turns of a text by its lines `Name: text`; without such lines, a turn a paragraph."""
    starts = _line_starts(text)
    lines = lines_of(text)
    if looks_plain(text) > 0:
        cues = transcript_of(text).cues
    else:
        cues = [Cue(line.strip(), row) for row, line in enumerate(lines, 1) if line.strip()]
    return [_placed(text, cue, starts[cue.row - 1], lines[cue.row - 1]) for cue in cues]


def _line_starts(text: str) -> list[int]:
    """Where each line of `lines_of` begins; CR, LF and both together end one."""
    starts = [0]
    for place, sign in enumerate(text):
        if sign == "\n" or (sign == "\r" and text[place + 1 : place + 2] != "\n"):
            starts.append(place + 1)
    return starts


def _placed(text: str, cue: Cue, line_start: int, line: str) -> Turn:
    """Follow the words of a turn through the source: only white space may stand otherwise there."""
    bare = line.rstrip()
    offset = next(
        (
            at
            for at in range(len(bare))
            if not bare[at].isspace() and cue.text.startswith(bare[at:])
        ),
        len(bare),
    )
    at = line_start + offset
    places: list[int] = []
    for sign in cue.text:
        while at < len(text) and text[at] != sign and text[at].isspace() and not sign.isspace():
            at += 1
        if at >= len(text) or not (text[at] == sign or (sign.isspace() and text[at].isspace())):
            break
        places.append(at)
        at += 1
    rest = [at] * (len(cue.text) - len(places))  # words that cannot be followed count as the end
    begins = places[0] if places else at
    facts = {"row": cue.row, "start": cue.start, "end": cue.end}
    return Turn(cue.text, [*places, *rest], begins, cue.speaker, **facts)  # type: ignore[arg-type]


def with_times(turns: Sequence[Turn], times: Sequence[tuple[int, float]]) -> list[Turn]:
    """Turns with start and end, from places at which the time in the recording is known.

    A turn begins at the last such place before or at its words and behind the turn before, and
    ends at the first one behind them.
    """
    timed = []
    before = -1
    for turn in turns:
        inside = [stamp for at, stamp in times if before < at <= turn.begins]
        behind = [stamp for at, stamp in times if at >= turn.ends]
        before = turn.begins
        if inside:
            end = behind[0] if behind else None
            turn = replace(turn, start=inside[-1], end=end)  # noqa: PLW2901
        timed.append(turn)
    return timed
