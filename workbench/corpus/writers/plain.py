"""Plain transcripts: one `.txt` file a conversation, each turn a paragraph `Name: text`.

The empty lines between turns let a name that stands once be known for one. Times are not written.
"""

from __future__ import annotations

from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.naming import writable_name
from workbench.corpus.readers.plain import corpus_of_plain
from workbench.corpus.validation import Finding
from workbench.corpus.writers.spoken import lost_as_text, on_one_line, speech_of
from workbench.corpus.writers.transcripts import write_transcripts
from workbench.corpus.writers.writer import Writer

__all__ = ["WRITER"]

_ENDING = ".txt"
_WHY = dict.fromkeys(("utterances.start", "utterances.end"), "A plain transcript holds no times.")


def _write(corpus: Corpus, path: Path) -> None:
    write_transcripts(corpus, path, ending=_ENDING, render=_render)


def _lost(corpus: Corpus) -> list[Finding]:
    return lost_as_text(corpus, ending=_ENDING, render=_render, read=corpus_of_plain, why=_WHY)


def _render(corpus: Corpus) -> str:
    """Text of the file of a corpus with one conversation."""
    turns = speech_of(corpus, comes_back=lambda _turns: False)
    return "\n".join(
        f"{writable_name(turn.speaker or '')}: {on_one_line(turn.text)}\n" for turn in turns
    )


WRITER = Writer("plain", "plain transcripts, Name: text, one file a conversation", _write, _lost)
