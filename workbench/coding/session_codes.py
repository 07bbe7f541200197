"""The codes of one session in one scheme, and codings drawn from their probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.corpus import Corpus, Layer

__all__ = ["SessionCodes", "by_conversation", "codes_of"]


@dataclass(frozen=True, slots=True)
class SessionCodes:
    """Labels and probabilities of the turns of one session in one scheme."""

    assigned: Mapping[str, np.ndarray]  # label -> 0/1 per turn
    chances: Mapping[str, np.ndarray] | None  # label -> probability per turn
    exclusive: bool

    def draw(self, generator: np.random.Generator, draws: int) -> Mapping[str, np.ndarray]:
        """Counts per label of so many codings drawn from the probabilities."""
        chances = self.chances or {}
        if not self.exclusive:
            return {x: (generator.random((draws, len(p))) < p).sum(1) for x, p in chances.items()}
        edges = np.cumsum(np.column_stack(list(chances.values())), axis=1)
        drawn = (generator.random((draws, len(edges), 1)) * edges[:, -1:] > edges).sum(2)
        return {x: (drawn == k).sum(1) for k, x in enumerate(chances)}


def codes_of(layer: Layer | None, turns: pl.DataFrame) -> SessionCodes | None:
    """Codes of a session's turns; None where the layer says nothing about them."""
    if layer is None:
        return None
    rows = layer.table.join(turns.select(unit_id="id"), on="unit_id", how="semi")
    if rows.is_empty():
        return None
    units = rows["unit_id"].unique(maintain_order=True)
    labels = layer.metadata.labels or tuple(sorted(rows["label"].drop_nulls().unique()))
    assigned = {
        x: units.is_in(rows.filter(pl.col("label") == x)["unit_id"].implode())
        .to_numpy()
        .astype(int)
        for x in labels
    }
    chances = None
    if layer.probabilities is not None:
        wide = pl.DataFrame({"unit_id": units}).join(
            layer.probabilities, on="unit_id", how="inner", maintain_order="left"
        )
        chances = {x: wide[x].to_numpy() for x in labels}
    return SessionCodes(assigned, chances, layer.metadata.exclusive)


def by_conversation(layer: Layer, corpus: Corpus) -> dict[str, Layer]:
    """Part of a layer that belongs to each conversation."""
    where = corpus.utterances.select(unit_id="id", conversation="conversation_id")
    rows = layer.table.join(where, on="unit_id").partition_by("conversation", as_dict=True)
    chances = (
        {}
        if layer.probabilities is None
        else layer.probabilities.join(where, on="unit_id").partition_by(
            "conversation", as_dict=True
        )
    )
    return {
        key[0]: Layer(
            layer.name,
            part.drop("conversation"),
            layer.metadata,
            chances[key].drop("conversation") if key in chances else None,
        )
        for key, part in rows.items()
    }
