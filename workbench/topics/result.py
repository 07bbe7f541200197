"""Topics: the frozen result of one fit, and its form on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.layer import Layer
from workbench.errors import BadInput
from workbench.files import atomic_folder, read_json, write_json

__all__ = ["INFO_COLUMNS", "MAP_COLUMNS", "WORD_COLUMNS", "OutlierShare", "Topics"]

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


@dataclass(frozen=True, slots=True)
class OutlierShare:
    """Share of the fitted utterances without a topic, before and after reassignment."""

    before: float
    after: float


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

    @property
    def n_topics(self) -> int:
        """Number of topics, outliers not counted."""
        return self.info.filter(pl.col("Topic") >= 0).height

    @property
    def set_apart_share(self) -> float:
        """Share of the side's utterances that were set apart before fitting."""
        return float(self.set_apart["share"].sum())

    def write(self, folder: str | Path) -> None:
        """Write the folder whole or not at all: four Parquet tables and ``topics.json``."""
        with atomic_folder(folder) as temporary:
            self.layer.write(temporary)
            for name in ("info", "words", "map", "set_apart"):
                getattr(self, name).write_parquet(temporary / f"{name}.parquet")
            facts = {
                "side": self.side,
                "outlier_share": [self.outlier_share.before, self.outlier_share.after],
                "settings": dict(self.settings),
            }
            write_json(temporary / "topics.json", facts)

    @classmethod
    def read(cls, folder: str | Path) -> Topics:
        """Read what `write` wrote.

        Raises
        ------
        BadInput
            If a file of the result is absent.
        """
        folder = Path(folder)
        tables = ("info", "words", "map", "set_apart")
        needed = [folder / "topics.json", *(folder / f"{name}.parquet" for name in tables)]
        absent = [path.name for path in needed if not path.is_file()]
        if absent:
            raise BadInput(
                f"{folder}: this folder holds no fitted topics, {absent} are absent. "
                "Run `workbench topics` on the study again."
            )
        facts = read_json(folder / "topics.json")
        return cls(
            side=facts["side"],
            layer=Layer.read(folder / f"topics-{facts['side']}.parquet"),
            outlier_share=OutlierShare(*facts["outlier_share"]),
            settings=facts["settings"],
            **{name: pl.read_parquet(folder / f"{name}.parquet") for name in tables},
        )

    def __repr__(self) -> str:
        share = self.outlier_share
        return (
            f"Topics({self.side!r}: {self.n_topics} topics, {self.map.height:,} utterances fitted, "
            f"{self.set_apart_share:.0%} set apart, outliers {share.before:.1%} before and "
            f"{share.after:.1%} after reassignment)"
        )
