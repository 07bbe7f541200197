"""Conversations as the plain texts of a REFI-QDA project, and where each utterance stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from workbench.corpus.codebook_exchange import guid_of
from workbench.corpus.corpus import Corpus

__all__ = ["Said", "SourceText", "sources_of"]


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance in its source: its words, who says them, and where they begin."""

    id: str
    speaker: str
    text: str
    begins: int

    @property
    def ends(self) -> int:
        """Position behind the last character."""
        return self.begins + len(self.text)

    @property
    def guid(self) -> str:
        """GUID of the passage that is the whole utterance."""
        return guid_of("utterance", self.id)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A conversation as a text with lines `Speaker: words`."""

    conversation: str
    text: str
    said: Sequence[Said]
    places: Mapping[str, int]

    @property
    def guid(self) -> str:
        """GUID of the source, and name of its file."""
        return guid_of("source", self.conversation)


def sources_of(corpus: Corpus) -> list[SourceText]:
    """Texts of all conversations, in their order."""
    parts = corpus.utterances.select("id", "conversation_id", "speaker", "text").partition_by(
        "conversation_id", as_dict=True, maintain_order=True
    )
    empty = corpus.utterances.clear()
    return [
        _source(talk, parts.get((talk,), empty)) for talk in corpus.conversations["id"].to_list()
    ]


def _source(talk: str, turns: pl.DataFrame) -> SourceText:
    lines: list[str] = []
    said: list[Said] = []
    at = 0
    for name, speaker, text in turns.select("id", "speaker", "text").iter_rows():
        said.append(Said(name, speaker, text, at + len(speaker) + 2))
        lines.append(f"{speaker}: {text}\n")
        at += len(lines[-1])
    return SourceText(talk, "".join(lines), said, {each.id: n for n, each in enumerate(said)})
