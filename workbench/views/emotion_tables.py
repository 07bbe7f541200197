"""Means of emotional courses per group of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus
from workbench.statistics import ESTIMATE_COLUMNS, cluster_interval

__all__ = ["emotion_means_table"]


def emotion_means_table(
    corpus: Corpus,
    course: pl.DataFrame,
    *,
    by: str,
    column: str,
    sides: Sequence[str] = ("helper", "client"),
    random_state: int = 0,
) -> pl.DataFrame:
    """Mean of a column of the course per group and side, over turns, with intervals over sources.

    Parameters
    ----------
    course
        What `workbench.emotion.emotion_course` gives for the corpus.
    by
        Conversation column; conversations without a value are left out.
    column
        `valence` or `p.<label>`; turns where it is null are left out.

    Returns
    -------
    DataFrame
        `group`, `side`, and the columns of estimates; `n` counts turns.
    """
    talks = corpus.conversations.select(
        "source", conversation_id="id", group=pl.col(by).cast(pl.String)
    )
    scored = course.drop_nulls(column).join(talks, on="conversation_id").drop_nulls("group")
    rows: list[dict[str, Any]] = []
    for group in sorted(scored["group"].unique()):
        for side in sides:
            part = scored.filter((pl.col("group") == group) & (pl.col("side") == side))
            if part.is_empty():
                continue
            estimate = _mean(part, column, random_state)
            rows.append({"group": group, "side": side, **estimate, "n": part.height})
    schema = {"group": str, "side": str, **ESTIMATE_COLUMNS}
    return pl.DataFrame(rows, schema=schema)


def _mean(part: pl.DataFrame, column: str, random_state: int) -> dict[str, Any]:
    """Mean over turns from sums per source, which make resampling cheap."""
    sums = part.group_by("source", maintain_order=True).agg(
        pl.col(column).sum().alias("sum"), pl.len().alias("n")
    )
    total, count = sums["sum"].to_numpy(), sums["n"].to_numpy()

    def mean(rows: NDArray[np.intp]) -> float:
        return float(total[rows].sum() / count[rows].sum())

    clusters = sums["source"].to_numpy()
    return cluster_interval(mean, clusters, random_state=random_state).as_row()
