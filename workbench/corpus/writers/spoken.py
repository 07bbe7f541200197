"""What WebVTT, SubRip and plain transcripts have in common when they are written.

A file holds names, words and, but for plain ones, times. Names are written so that reading makes
the same speaker of them (`therapist-s1` in the conversation `s1` stands there as `therapist`, which
brings its role back); other roles, ids and everything else are lost, and `lost` finds them by
reading what would be written. A speaker without a name stays without one only where nobody in the
conversation has one.

Captions cannot be without times. A missing end is the next start, at least a second on, a missing
start that of the turn before; both are told as lost, since reading cannot know that they were made.
A conversation without a single start is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue, name_of
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.validation import Finding
from workbench.corpus.writers.layer_losses import lost_metadata
from workbench.corpus.writers.losses import lost
from workbench.corpus.writers.transcripts import file_names, lost_in
from workbench.errors import BadInput

__all__ = ["ReadText", "clock", "lost_as_text", "on_one_line", "speech_of", "with_times"]

_TIMES = "Captions hold whole milliseconds, not before zero, and no turn without times."
_WHY: Mapping[str, str] = {
    "utterances.id": "Utterances are named <conversation>-<place> when they are read.",
    "utterances.text": "Line breaks become spaces, and spaces at the ends are not kept.",
    "utterances.speaker": "A name before a colon is short and holds no colon, bracket, ? or !.",
    "utterances.start": _TIMES,
    "utterances.end": _TIMES,
    "utterances.role": "Only a name that is a word for a role says one; give the others with roles=.",
    "utterances.side": "It follows from the role.",
    "speakers.role": "Only a name that is a word for a role says one; give the others with roles=.",
    "utterances.conversation_id": "A conversation is named after its file.",
    "conversations.source": "It is the conversation itself when it is read.",
}


class ReadText(Protocol):
    """Make one conversation of the text of a file."""

    def __call__(self, path: Path, text: str) -> Corpus:
        """Read `text` as if it stood in `path`."""
        ...


def speech_of(corpus: Corpus, *, comes_back: Callable[[Sequence[Cue]], bool]) -> list[Cue]:
    """Turns of a corpus of one conversation, with the names they are written under.

    Parameters
    ----------
    comes_back
        Whether turns without any name are read as they are.
    """
    talk = corpus.conversations["id"][0]
    columns = ("speaker", "text", "turn", "start", "end")
    turns = [
        Cue(text.replace("\x00", "\ufffd"), turn + 1, name_of(speaker, talk), start, end)
        for speaker, text, turn, start, end in corpus.utterances.select(columns).iter_rows()
    ]
    if all(turn.speaker is None and turn.text.strip() for turn in turns) and comes_back(turns):
        return turns
    ids = corpus.utterances["speaker"].to_list()
    return [
        replace(turn, speaker=who if turn.speaker is None else turn.speaker)
        for turn, who in zip(turns, ids, strict=True)
    ]


def with_times(turns: Sequence[Cue], *, conversation: str) -> list[Cue]:
    """Turns that all have a start and an end, made where there is none.

    Raises
    ------
    BadInput
        If none has a start.
    """
    starts = [_moment(turn.start) for turn in turns]
    known = [start for start in starts if start is not None]
    if not known:
        raise BadInput(
            f"The conversation {conversation!r} has no times, and captions cannot be without. "
            "Write it in a format that needs none, such as `plain`, `cha` or `workbench`."
        )
    filled: list[float] = []
    for start in starts:
        before = filled[-1] if filled else known[0]
        filled.append(before if start is None else start)
    following = [*filled[1:], 0.0]
    ends = [
        end if (end := _moment(turn.end)) is not None else max(start + 1, after)
        for turn, start, after in zip(turns, filled, following, strict=True)
    ]
    return [
        replace(turn, start=start, end=end)
        for turn, start, end in zip(turns, filled, ends, strict=True)
    ]


def _moment(seconds: float | None) -> float | None:
    """Seconds that captions can hold: not before zero, a number."""
    return None if seconds is None or not math.isfinite(seconds) else max(seconds, 0.0)


def clock(seconds: float, *, point: str) -> str:
    """Clock time of captions, `HH:MM:SS.mmm`, with any number of hours.

    >>> clock(360000.0625, point=",")
    '100:00:00,062'
    """
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{part:03}"


def on_one_line(text: str) -> str:
    """Text whose line breaks are spaces."""
    return text.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")


def lost_as_text(
    corpus: Corpus,
    *,
    ending: str,
    render: Callable[[Corpus], str],
    read: ReadText,
    why: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Findings for whatever is not read as it was written, by conversation as a file would hold it."""
    names = file_names(corpus.conversations["id"].to_list(), ending)
    found = lost_in(
        corpus,
        ending=ending,
        there_and_back=lambda one: read(Path(names[one.conversations["id"][0]]), render(one)),
        why={**_WHY, **(why or {})},
    )
    renamed = sum(bare_name(Path(name)) != talk for talk, name in names.items())
    if renamed:
        told = f"{renamed:,} id(s) of conversations are no file names and come back altered."
        found.append(lost("conversations.id", renamed, told))
    return [*found, *lost_metadata(corpus)]
