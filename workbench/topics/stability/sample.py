"""What a certificate looks at: fitted utterances, their texts and topics, and subsamples of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.topics.result import Topics
from workbench.topics.texts import Texts, texts_of

__all__ = ["FEWEST_SOURCES", "Sample", "sample_of", "shuffled"]

FEWEST_SOURCES = 5
"""Sources with fitted utterances below which there is nothing to leave out."""


@dataclass(frozen=True)
class Sample:
    """The utterances that were fitted, in the order of their ids.

    Attributes
    ----------
    texts : Texts
        Distinct texts with their embeddings.
    turns : polars.DataFrame
        `unit_id`, `at` (position in `texts`), `conversation_id`, `source`, `topic` (-1 outlier).
    numbers : tuple of int
        Numbers of the topics, ascending; edits may leave gaps.
    topics : ndarray of int, shape (n_utterances,)
        Position in `numbers` of each utterance's topic, -1 for outliers.
    """

    texts: Texts
    turns: pl.DataFrame
    numbers: tuple[int, ...]
    topics: NDArray[np.intp]

    @property
    def at(self) -> NDArray[np.intp]:
        """Position of each utterance's text."""
        return self.turns["at"].to_numpy().astype(np.intp)

    def drawn(self, share: float, seed: int) -> NDArray[np.bool_]:
        """Which utterances are in a subsample: `share` of the conversations, without replacement.

        Sources are drawn in random order and kept whole, as long as their conversations do not
        exceed the share (the first is always kept).
        """
        sizes = (
            self.turns.select("source", "conversation_id")
            .unique()
            .group_by("source")
            .len()
            .sort("source")
        )
        counts = sizes["len"].to_numpy()
        order = np.random.default_rng(seed).permutation(sizes.height)
        within = np.cumsum(counts[order]) <= round(share * int(counts.sum()))
        within[0] = True
        kept = sizes["source"].gather(order[within])
        return self.turns["source"].is_in(kept.implode()).to_numpy()


def sample_of(corpus: Corpus, embeddings: NDArray[np.float32], topics: Topics) -> Sample:
    """Lay corpus, embeddings and fitted topics side by side.

    What the fit set apart (null label) stays apart.

    Raises
    ------
    BadInput
        If the topics are not of this corpus, or the embeddings do not fit it.
    InsufficientData
        If there is no topic, or fewer than `FEWEST_SOURCES` sources.
    """
    fitted = topics.layer.table.select("unit_id", "label")
    texts = texts_of(corpus, embeddings, side=topics.side, set_apart=_apart(fitted))
    labels = fitted.drop_nulls("label").select("unit_id", topic=pl.col("label").cast(pl.Int64))
    turns = (
        texts.turns.filter(pl.col("at").is_not_null())
        .select("unit_id", "at")
        .join(labels, on="unit_id", how="left")
        .join(corpus.utterances.select("conversation_id", unit_id="id"), on="unit_id", how="left")
        .join(
            corpus.conversations.select("source", conversation_id="id"),
            on="conversation_id",
            how="left",
        )
        .sort("unit_id")
    )
    if turns["topic"].null_count() or turns.height != labels.height:
        raise BadInput(
            f"The topics of the {topics.side} side are of another corpus: they label {labels.height} "
            f"utterances, this corpus has {turns.height} to label. Fit the topics of this corpus first."
        )
    numbers = tuple(sorted(set(turns["topic"]) - {-1}))
    sources = turns["source"].n_unique()
    if not numbers or sources < FEWEST_SOURCES:
        raise InsufficientData(
            f"No stability of the {topics.side} side's topics: {len(numbers)} topics in utterances of "
            f"{sources} sources; need at least 1 topic and {FEWEST_SOURCES} sources to draw from."
        )
    place = {-1: -1, **{number: at for at, number in enumerate(numbers)}}
    return Sample(
        texts=texts,
        turns=turns,
        numbers=numbers,
        topics=np.array([place[topic] for topic in turns["topic"]], dtype=np.intp),
    )


def shuffled(points: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Points without structure: each dimension permuted on its own, rows of length one again.

    Every dimension keeps its values; what goes together in a text does not.
    """
    mixed = np.random.default_rng(seed).permuted(points, axis=0)
    return mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-12)


def _apart(fitted: pl.DataFrame) -> Layer:
    rows = fitted.filter(pl.col("label").is_null()).with_columns(label=pl.lit("set apart"))
    return Layer.build(
        "backchannel", rows, LayerMetadata("backchannel", "topics", "rule", labels=("set apart",))
    )
