"""Parts of a study that a coder scores at once, with the vectors that it reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.further import EarlyVectors
from workbench.corpus import Corpus
from workbench.corpus.language import not_english, stating_language
from workbench.embedding import EmbeddingStore, Encoder
from workbench.pipeline.embedding import embed_study, vectors_by_part
from workbench.study import Study

__all__ = ["Part", "Reading", "Vectors", "parts_of"]

_READ_OF_UTTERANCES = ("id", "conversation_id", "turn", "role", "side", "text")
_READ_OF_CONVERSATIONS = ("id", "target_behaviour")


@dataclass(frozen=True, slots=True)
class Part:
    """Some conversations in one language, which their corpus states, and their rows in the study."""

    corpus: Corpus
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Vectors:
    """What an encoder makes of the utterances of a part, one row each.

    Attributes
    ----------
    embeddings
        Sentence embeddings.
    early
        Vectors after earlier layers, by layer; none where the part is not in English.
    """

    embeddings: np.ndarray
    early: EarlyVectors


def parts_of(
    whole: Corpus, changed: Corpus, *, foreign: Collection[str], rows: int
) -> Iterator[Part]:
    """Cut the conversations to be scored into parts of at most `rows` utterances.

    Parts hold what coders read; the rest, names first of all, need not travel.

    Parameters
    ----------
    whole, changed
        A study's corpus, and the part of it that is to be scored.
    foreign
        Ids of the conversations of the whole that do not read as English.
    """
    talks = whole.utterances["conversation_id"]
    for corpus in stating_language(_bare(changed), foreign):
        at = talks.is_in(corpus.conversations["id"].implode()).arg_true().to_numpy()
        begun = 0
        for part in corpus.partitions(rows=rows):
            end = begun + part.utterances.height
            yield Part(part, at[begun:end])
            begun = end


def _bare(corpus: Corpus) -> Corpus:
    return replace(
        corpus,
        utterances=corpus.utterances.select(*_READ_OF_UTTERANCES, pl.lit("").alias("speaker")),
        conversations=corpus.conversations.select(_READ_OF_CONVERSATIONS),
        speakers=corpus.speakers.clear(),
        layers=(),
        findings=(),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """How the vectors of a study's parts are made: here or by workers, and kept in the caller's store.

    A worker that made the vectors it needs would keep them where nobody named, in a precision of its own.
    """

    encoder: Encoder
    store: EmbeddingStore | None
    executor: Executor | None
    early: tuple[int, ...]

    def embed(self, study: Study) -> None:
        """Embed the utterances of the study that are not embedded yet."""
        embed_study(study, encoder=self.encoder, store=self.store, executor=self.executor)

    def vectors(self, study: Study, parts: Sequence[Part]) -> Iterator[Vectors]:
        """Vectors of one part of an embedded study after the other."""
        embeddings = study.embeddings(in_memory=False)
        english = [not not_english(part.corpus) for part in parts]
        read = [
            part.corpus.utterances["text"] for part, own in zip(parts, english, strict=True) if own
        ]
        texts = [text or "" for said in read for text in said]
        streams = {
            layer: vectors_by_part(
                texts,
                [len(said) for said in read],
                encoder=self.encoder.at_layer(layer),
                store=self.store,
                executor=self.executor,
            )
            for layer in self.early
        }
        for part, own in zip(parts, english, strict=True):
            early = {layer: next(stream) for layer, stream in streams.items()} if own else {}
            yield Vectors(embeddings[part.rows], early)
