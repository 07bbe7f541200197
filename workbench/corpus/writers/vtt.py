"""WebVTT captions: one `.vtt` file a conversation, each turn a cue with its voice tag.

Signs that mean something to the format are written as entities, line breaks and spaces at the ends
of a text, too, so that every text comes back as it was.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import Cue
from workbench.corpus.readers.vtt import corpus_of_vtt
from workbench.corpus.validation import Finding
from workbench.corpus.writers.spoken import clock, lost_as_text, speech_of, with_times
from workbench.corpus.writers.transcripts import write_transcripts
from workbench.corpus.writers.writer import Writer

__all__ = ["WRITER"]

_ENDING = ".vtt"
_SPACE = re.compile(r"[\n\r]|^[ \t]+|[ \t]+$")
_WHY = {
    "utterances.text": "Zero bytes have no place in a text file.",
    "utterances.speaker": "Spaces around and inside a name are read as one.",
}


def _write(corpus: Corpus, path: Path) -> None:
    write_transcripts(corpus, path, ending=_ENDING, render=_render)


def _lost(corpus: Corpus) -> list[Finding]:
    return lost_as_text(corpus, ending=_ENDING, render=_render, read=corpus_of_vtt, why=_WHY)


def _render(corpus: Corpus) -> str:
    """Text of the file of a corpus with one conversation."""
    talk = corpus.conversations["id"][0]

    def comes_back(turns: Sequence[Cue]) -> bool:
        again = corpus_of_vtt(Path(f"{talk}{_ENDING}"), _text(turns, talk)).utterances
        return again["text"].to_list() == [turn.text for turn in turns]

    return _text(speech_of(corpus, comes_back=comes_back), talk)


def _text(turns: Sequence[Cue], talk: str) -> str:
    cues = [
        f"{clock(turn.start or 0, point='.')} --> {clock(turn.end or 0, point='.')}\n{_words(turn)}\n"
        for turn in with_times(turns, conversation=talk)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _words(turn: Cue) -> str:
    said = _escaped(turn.text)
    return said if turn.speaker is None else f"<v {_escaped(turn.speaker)}>{said}</v>"


def _escaped(text: str) -> str:
    text = html.escape(text, quote=False)
    return _SPACE.sub(lambda found: "".join(f"&#{ord(sign)};" for sign in found[0]), text)


WRITER = Writer("vtt", "WebVTT captions with voice tags, one file a conversation", _write, _lost)
