"""Topics: the frozen result of one fit, and its form on disk."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.layer import Layer
from workbench.errors import BadInput
from workbench.files import atomic_folder, checksum_of, read_json, write_json
from workbench.topics.placing import place

__all__ = [
    "INFO_COLUMNS",
    "MAP_COLUMNS",
    "TOPICS_FORMAT",
    "WORD_COLUMNS",
    "OutlierShare",
    "Topics",
    "topics_checksum",
]

TOPICS_FORMAT = 2
"""Number of the files' layout; 2 brought centroids, bars and all c-TF-IDF weights."""

INFO_COLUMNS: Mapping[str, pl.DataType] = {
    "Topic": pl.Int64(),
    "Count": pl.Int64(),
    "Name": pl.String(),
    "Representation": pl.List(pl.String()),
    "share": pl.Float64(),
    "core": pl.Int64(),
    "conversations": pl.Int64(),
    "representative_ids": pl.List(pl.String()),
}
WORD_COLUMNS: Mapping[str, pl.DataType] = {
    "topic": pl.Int64(),
    "word": pl.String(),
    "weight": pl.Float64(),
}
MAP_COLUMNS: Mapping[str, pl.DataType] = {
    "unit_id": pl.String(),
    "x": pl.Float64(),
    "y": pl.Float64(),
}

_TABLES = ("info", "words", "map", "set_apart", "ctfidf")
_CENTROIDS = "centroids.npy"


@dataclass(frozen=True, slots=True)
class OutlierShare:
    """How many of the fitted utterances have no topic, or one that is not sure.

    Attributes
    ----------
    before, after : float
        Share without a topic before and after reassignment.
    low_confidence : float or None
        Share with a topic that is doubtful: utterances reassigned from the outliers, and members
        whose strength is below 0.5 (HDBSCAN's, 1 in the densest part of a topic). None where the
        clustering tells no strength.
    """

    before: float
    after: float
    low_confidence: float | None = None

    def __str__(self) -> str:
        doubted = "not known" if self.low_confidence is None else f"{self.low_confidence:.1%}"
        return (
            f"outliers {self.before:.1%} before and {self.after:.1%} after reassignment, "
            f"low-confidence members {doubted}"
        )


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one side of a corpus.

    Attributes
    ----------
    side : str
        Whose utterances were fitted.
    layer : Layer
        Name and scheme ``topics-<side>``; one row per utterance of the side. `label` is the topic's
        number as text, ``-1`` for an outlier, null for what was set apart (the `note` says as
        what). `probability` is HDBSCAN's strength of membership, null for outliers and for
        utterances reassigned from them; `value` is the cosine with the topic's centroid.
    info : polars.DataFrame
        One row per topic, -1 first: BERTopic's `Topic`, `Count` (utterances), `Name`,
        `Representation`; and `share` (of the fitted utterances), `core` (utterances before
        reassignment), `conversations` it occurs in, `representative_ids` (utterances nearest to
        the centroid, at most three).
    words : polars.DataFrame
        `topic`, `word`, `weight` (c-TF-IDF), heaviest first.
    map : polars.DataFrame
        `unit_id`, `x`, `y` of every fitted utterance.
    outlier_share : OutlierShare
        Shares of the fitted utterances.
    set_apart : polars.DataFrame
        `label`, `count`, `share` (of the side's utterances) of what was not fitted.
    centroids : ndarray of float32, shape (n_topics, d)
        Mean direction of each topic's core, rows of length one, in the order of `info`.
    bars : ndarray of float64, shape (n_topics,)
        Cosine with the centroid from which on an utterance belongs to the topic.
    ctfidf : polars.DataFrame
        As `words`, with all words that have a weight, at most 200 per topic.
    settings : mapping
        Parameters, counts, package versions.
    """

    side: str
    layer: Layer
    info: pl.DataFrame
    words: pl.DataFrame
    map: pl.DataFrame
    outlier_share: OutlierShare
    set_apart: pl.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    centroids: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), np.float32))
    bars: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    ctfidf: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(WORD_COLUMNS)))

    @property
    def n_topics(self) -> int:
        """Number of topics, outliers not counted."""
        return self.info.filter(pl.col("Topic") >= 0).height

    @property
    def set_apart_share(self) -> float:
        """Share of the side's utterances that were set apart before fitting."""
        return float(self.set_apart["share"].sum())

    def place(
        self, embeddings: NDArray[np.float32], *, set_apart: Sequence[bool] | None = None
    ) -> pl.DataFrame:
        """Give new utterances the topic of the nearest centroid, where they are near enough to it.

        Parameters
        ----------
        embeddings : ndarray of float, shape (n, d)
            Of the encoder the topics were fitted with.
        set_apart : sequence of bool, optional
            Which of them are mere backchannels and the like (`backchannel_layer`): no topic.

        Returns
        -------
        polars.DataFrame
            Rows as `embeddings`: `topic` (-1 below the bar of the nearest topic, null where set
            apart), `similarity` (cosine with the nearest centroid), `distance` (1 - similarity).

        Raises
        ------
        BadInput
            If the embeddings have another dimension, or hold NaN.
        """
        numbers = self.info.filter(pl.col("Topic") >= 0)["Topic"].to_numpy()
        return place(
            np.asarray(embeddings), self.centroids, self.bars, numbers, set_apart=set_apart
        )

    def write(self, folder: str | Path) -> None:
        """Write the folder whole or not at all: Parquet tables, centroids and ``topics.json``."""
        with atomic_folder(folder) as temporary:
            self.layer.write(temporary)
            for name in _TABLES:
                getattr(self, name).write_parquet(temporary / f"{name}.parquet")
            packed = io.BytesIO()  # numpy tells of a full disk without saying so
            np.save(packed, self.centroids, allow_pickle=False)
            (temporary / _CENTROIDS).write_bytes(packed.getbuffer())
            facts = {
                "format": TOPICS_FORMAT,
                "side": self.side,
                "outlier_share": asdict(self.outlier_share),
                "bars": self.bars.tolist(),
                "settings": dict(self.settings),
            }
            write_json(temporary / "topics.json", facts)

    @classmethod
    def read(cls, folder: str | Path) -> Topics:
        """Read what `write` wrote.

        Raises
        ------
        BadInput
            If a file of the result is absent, or it was written in an earlier format.
        """
        folder = Path(folder)
        again = "Run `workbench topics STUDY` to fit them again."
        if not (folder / "topics.json").is_file():
            raise BadInput(f"{folder}: this folder holds no fitted topics. {again}")
        facts = read_json(folder / "topics.json")
        if facts.get("format") != TOPICS_FORMAT:
            raise BadInput(
                f"{folder}: these topics are stored in format {facts.get('format', 1)}, without what is "
                f"needed to place new utterances; expected format {TOPICS_FORMAT}. {again}"
            )
        names = [*(f"{name}.parquet" for name in _TABLES), _CENTROIDS]
        absent = [name for name in names if not (folder / name).is_file()]
        if absent:
            raise BadInput(f"{folder}: of the fitted topics {absent} are absent. {again}")
        return cls(
            side=facts["side"],
            layer=Layer.read(folder / f"topics-{facts['side']}.parquet"),
            outlier_share=OutlierShare(**facts["outlier_share"]),
            settings=facts["settings"],
            centroids=np.load(folder / _CENTROIDS, allow_pickle=False),
            bars=np.array(facts["bars"], dtype=np.float64),
            **{name: pl.read_parquet(folder / f"{name}.parquet") for name in _TABLES},
        )

    def __repr__(self) -> str:
        return (
            f"Topics({self.side!r}: {self.n_topics} topics, {self.map.height:,} utterances fitted, "
            f"{self.set_apart_share:.0%} set apart, {self.outlier_share})"
        )


def topics_checksum(topics: Topics) -> str:
    """Checksum of which utterance has which topic; names and words do not enter it."""
    labels = topics.layer.table.select("unit_id", "label").sort("unit_id")
    return checksum_of([labels["unit_id"].to_list(), labels["label"].to_list()])
