"""The map of turns: what its ES module draws, and which turns lie in an area drawn on it.

From 150,000 turns on a mark stands for the cell of a grid. Numbers travel as base64 of typed arrays, and a
map that only changes its chosen topic sends that number alone. An area drawn is tested here, against every
turn, so that it holds what lies in it in either kind of map.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from workbench.figures.topics import OUTLIER, topic_colour
from workbench.views.view import EsmState

__all__ = ["CELLS_FROM", "inside", "map_cells", "map_marks", "map_state"]

CELLS_FROM = 150_000
"""Turns from which a map shows cells."""

_COLUMNS, _ROWS = 280, 160
_NUMBERED = 40


def map_marks(points: pl.DataFrame, *, unstable: Collection[int] = ()) -> dict[str, Any]:
    """Marks of a map and the numbers on it: the part of its state that only a new fit or an edit changes.

    Parameters
    ----------
    points
        `x`, `y`, `topic` of every fitted turn.
    unstable
        Topics to be greyed.
    """
    cells = points.height >= CELLS_FROM
    marks = map_cells(points) if cells else points.select("x", "y", "topic")
    topic = pl.col("topic")
    # drawn from what matters least to what matters most
    order = pl.when(topic == OUTLIER).then(0).when(topic.is_in(list(unstable))).then(1).otherwise(2)
    marks = marks.sort(order, maintain_order=True)
    return {
        "places": _packed(marks.select(pl.col("x", "y").cast(pl.Float32)).to_numpy(), "<f4"),
        "topics": _packed(marks["topic"].to_numpy(), "<i2"),
        "sizes": _packed(_sizes(marks["n"]), "u1") if cells else "",
        "counts": _packed(marks["n"].to_numpy(), "<i4") if cells else "",
        "numbers": _numbers(points),
    }


def map_state(
    marks: Mapping[str, Any],
    *,
    titles: Mapping[int, str],
    unstable: Collection[int],
    chosen: int | None,
    area: Mapping[str, Sequence[float]] | None,
    picked: Mapping[str, Any] | None,
    told: str,
) -> EsmState:
    """State of the map's ES module.

    Parameters
    ----------
    marks
        Of `map_marks`.
    titles
        Number of a topic -> its name.
    area, picked
        Corners of the area drawn, and the mark clicked.
    told
        What the map shows, in sentences.
    """
    legend = [[topic_colour(OUTLIER), "no topic (outliers)"]]
    legend += [[topic_colour(min(unstable), unstable), "unstable topics"]] if unstable else []
    legend += [[topic_colour(0), "topics: six colours in turn, so read the numbers"]]
    return EsmState(
        "topic_map",
        {
            **marks,
            "titles": {str(topic): title for topic, title in titles.items()},
            "colours": {str(topic): topic_colour(topic, unstable) for topic in (OUTLIER, *titles)},
            "faded": sorted(unstable),
            "legend": legend,
            "chosen": chosen,
            "area": None if area is None else {axis: list(area[axis]) for axis in ("x", "y")},
            "picked": None if picked is None else dict(picked),
            "told": told,
        },
    )


def map_cells(points: pl.DataFrame) -> pl.DataFrame:
    """Sum a map up in the cells of a grid of 280 by 160.

    Returns
    -------
    DataFrame
        `x`, `y` (means of the cell's turns), `topic` (of most of its turns, of two the smaller number),
        `n` (turns); a row per cell that has any.
    """
    place = [
        ((pl.col(axis) - pl.col(axis).min()) / (pl.col(axis).max() - pl.col(axis).min()) * cells)
        .fill_nan(0.0)
        .cast(pl.Int32)
        .clip(0, cells - 1)
        .alias(f"_{axis}")
        for axis, cells in (("x", _COLUMNS), ("y", _ROWS))
    ]
    counted = (
        points.lazy()
        .select("x", "y", "topic", *place)
        .group_by("_x", "_y", "topic")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("x", "y").sum())
        .sort("_x", "_y", "n", "topic", descending=[False, False, True, False])
        .group_by("_x", "_y", maintain_order=True)
        .agg(
            pl.col("x", "y").sum() / pl.col("n").sum(),
            pl.col("topic").first(),
            pl.col("n").sum(),
        )
    )
    return counted.select("x", "y", "topic", "n").collect()


def inside(x: np.ndarray, y: np.ndarray, *, corners: Mapping[str, Sequence[float]]) -> np.ndarray:
    """Which points lie in a polygon, by the even-odd rule.

    A ray to the right of the point crosses the outline an odd number of times (Shimrat, 1962,
    doi:10.1145/368637.368653). Points are compared in float32, as they are drawn.

    Parameters
    ----------
    x, y
        Places of n points.
    corners
        `x`, `y` of three or more corners in order, the last joined to the first.

    Returns
    -------
    ndarray
        Bool of shape (n,).
    """
    px, py = np.asarray(x, np.float32), np.asarray(y, np.float32)
    cx, cy = (np.asarray(corners[axis], np.float64) for axis in ("x", "y"))
    found = np.zeros(len(px), bool)
    near = (px >= cx.min()) & (px <= cx.max()) & (py >= cy.min()) & (py <= cy.max())
    px, py = px[near].astype(np.float64), py[near].astype(np.float64)
    odd = np.zeros(len(px), bool)
    for x1, y1, x2, y2 in zip(cx, cy, np.roll(cx, -1), np.roll(cy, -1), strict=True):
        if y1 != y2:
            crossed = (y1 > py) != (y2 > py)
            odd ^= crossed & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
    found[near] = odd
    return found


def _packed(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def _sizes(counts: pl.Series) -> np.ndarray:
    """Diameters in tenths of a pixel by the number of turns, on a logarithmic scale."""
    logs = np.log1p(counts.to_numpy())
    return np.rint(25 + 35 * logs / max(logs.max(initial=0.0), 1e-9))


def _numbers(points: pl.DataFrame) -> list[list[float]]:
    """Number of each of the largest topics at the median of its turns."""
    centres = (
        points.lazy()
        .filter(pl.col("topic") != OUTLIER)
        .group_by("topic")
        .agg(pl.len().alias("n"), pl.col("x", "y").median())
        .sort("n", "topic", descending=[True, False])
        .head(_NUMBERED)
        .collect()
    )
    return [[topic, float(x), float(y)] for topic, x, y in centres["topic", "x", "y"].iter_rows()]
