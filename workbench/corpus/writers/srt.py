"""SubRip subtitles: one `.srt` file a conversation, each turn a cue `Name: text`.

What would be read as formatting, an entity or a line of times is written as entities; players that
know none show them. Line breaks become spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue
from workbench.corpus.readers.naming import writable_name
from workbench.corpus.readers.srt import corpus_of_srt
from workbench.corpus.validation import Finding
from workbench.corpus.writers.spoken import (
    clock,
    lost_as_text,
    on_one_line,
    speech_of,
    with_times,
)
from workbench.corpus.writers.transcripts import write_transcripts
from workbench.corpus.writers.writer import Writer

__all__ = ["WRITER"]

_ENDING = ".srt"
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TAG = re.compile(r"<(?=/?(?:b|i|u|s|font)[\s>])", re.IGNORECASE)
_POSITION = re.compile(r"\{(?=\\|/?[biu]\})", re.IGNORECASE)


def _write(corpus: Corpus, path: Path) -> None:
    write_transcripts(corpus, path, ending=_ENDING, render=_render)


def _lost(corpus: Corpus) -> list[Finding]:
    return lost_as_text(corpus, ending=_ENDING, render=_render, read=corpus_of_srt)


def _render(corpus: Corpus) -> str:
    """Text of the file of a corpus with one conversation."""
    talk = corpus.conversations["id"][0]

    def comes_back(turns: Sequence[Cue]) -> bool:
        again = corpus_of_srt(Path(f"{talk}{_ENDING}"), _text(turns, talk)).utterances
        return again["text"].to_list() == [on_one_line(turn.text).strip(" \t") for turn in turns]

    return _text(speech_of(corpus, comes_back=comes_back), talk)


def _text(turns: Sequence[Cue], talk: str) -> str:
    cues = [
        f"{number}\n{clock(turn.start or 0, point=',')} --> {clock(turn.end or 0, point=',')}\n"
        f"{_words(turn)}\n"
        for number, turn in enumerate(with_times(turns, conversation=talk), start=1)
    ]
    return "\n".join(cues)


def _words(turn: Cue) -> str:
    said = _ENTITY.sub("&amp;", on_one_line(turn.text))
    said = _POSITION.sub("&#123;", _TAG.sub("&lt;", said)).replace("-->", "--&gt;")
    return said if turn.speaker is None else f"{writable_name(turn.speaker)}: {said}"


WRITER = Writer("srt", "SubRip subtitles (Name: text), one file a conversation", _write, _lost)
