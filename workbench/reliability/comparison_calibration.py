"""Are a coder's probabilities what they say? Bins of equal mass against another coder's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from workbench.corpus import Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.ratings import MISSING, Ratings
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Method,
    classwise_ece,
    cluster_proportion,
)

__all__ = ["CALIBRATION_BINS", "calibration_curve", "calibration_errors", "probabilities_of"]

CALIBRATION_BINS = 10
"""Bins of a curve, of equally many units each."""


def probabilities_of(
    layer: Layer, ratings: Ratings, *, merge: Mapping[str, str] | None = None
) -> NDArray[np.float64]:
    """Probability that a layer's coder gave each label of each unit, NaN where there is none.

    Parameters
    ----------
    merge
        Spelling -> label, as the ratings were read; probabilities of spellings that exclude each other
        are added, of others the highest counts.

    Returns
    -------
    ndarray of shape (n_units, n_labels)

    Raises
    ------
    BadInput
        If the layer has no probabilities, or lacks a label.
    """
    if layer.probabilities is None:
        raise BadInput(
            f"Layer {layer.name!r} has no probabilities: there is nothing to calibrate. Automatic coders of "
            "the workbench keep them."
        )
    labels = [str(label) for label in ratings.labels]
    given = layer.probabilities
    for label in dict.fromkeys((merge or {}).values()):
        spelled = [name for name in given.columns[1:] if (merge or {}).get(name, name) == label]
        join = pl.max_horizontal if ratings.level == "sets" else pl.sum_horizontal
        if spelled:
            given = given.select(pl.exclude(spelled), join(spelled).alias(label))
    absent = [label for label in labels if label not in given.columns]
    if absent:
        raise BadInput(f"Layer {layer.name!r} has no probability for the labels {absent}.")
    units = pl.DataFrame({"unit_id": [str(unit) for unit in ratings.units]})
    joined = units.join(given, on="unit_id", how="left", maintain_order="left")
    return joined.select(labels).to_numpy().astype(float)


def calibration_curve(
    ratings: Ratings,
    probabilities: NDArray[np.float64],
    reference: str,
    *,
    level: float = 0.95,
    method: Method = "jackknife",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Share of units that the reference gave a label, by the probability that the coder gave it.

    Bins hold equally many units, per label; equal probabilities share a bin. Intervals are jackknifed by
    default: a bin holds about one unit of a source, where percentiles of a bootstrap cover some 91 %.

    Parameters
    ----------
    ratings
        With the reference among its coders.
    probabilities : ndarray of shape (n_units, n_labels)
        Of the automatic coder, as from `probabilities_of`.
    reference
        Coder whose codes count as right.
    level, method, resamples, random_state
        Of the intervals over sources, as in `workbench.statistics.cluster_proportion`.

    Returns
    -------
    polars.DataFrame
        `label`, `bin` (from 1), `probability` (mean in the bin), `lowest`, `highest`, and the columns of
        an estimate, that of the share.

    Raises
    ------
    BadInput
        If there is no such coder.
    InsufficientData
        If no unit has both a probability and a code of the reference.
    """
    p, y, sources = _both(ratings, probabilities, reference)
    bins = min(CALIBRATION_BINS, len(p))
    rows = []
    for column, label in enumerate(ratings.labels):
        middle = (rankdata(p[:, column], method="average") - 0.5) / len(p)
        place = np.minimum((middle * bins).astype(int), bins - 1)
        for number, cell in enumerate(np.unique(place)):
            own = place == cell
            inside = p[own, column]
            share = cluster_proportion(
                y[own, column],
                np.ones(int(own.sum())),
                sources[own],
                level=level,
                method=method,
                resamples=resamples,
                random_state=random_state,
            )
            rows.append(
                {
                    "label": str(label),
                    "bin": number + 1,
                    "probability": float(inside.mean()),
                    "lowest": float(inside.min()),
                    "highest": float(inside.max()),
                    **replace(share, n=int(own.sum())).as_row(),
                }
            )
    head = {"label": str, "bin": int, "probability": float, "lowest": float, "highest": float}
    return pl.DataFrame(rows, schema={**head, **ESTIMATE_COLUMNS})


def calibration_errors(
    ratings: Ratings,
    probabilities: NDArray[np.float64],
    reference: str,
    *,
    random_state: int = 0,
) -> pl.DataFrame:
    """Classwise calibration error beside what a perfectly calibrated coder would show.

    Returns
    -------
    polars.DataFrame
        `label` (null: mean over labels), `error`, `floor` and `floor_high` (mean and 95th percentile of
        the error if the probabilities were right), `n`; see `workbench.statistics.classwise_ece`.

    Raises
    ------
    BadInput, InsufficientData
        As `calibration_curve`.
    """
    p, y, _ = _both(ratings, probabilities, reference)
    exclusive = ratings.level != "sets" and bool(
        np.allclose(p.sum(axis=1), 1, atol=1e-3) and (y.sum(axis=1) == 1).all()
    )
    found = classwise_ece(
        p, y, bins=CALIBRATION_BINS, exclusive=exclusive, random_state=random_state
    )
    means = (found.mean_ece, found.mean_floor, found.mean_floor_high)
    names: Sequence[str | None] = [None, *(str(label) for label in ratings.labels)]
    columns = {
        "error": [means[0], *found.ece.tolist()],
        "floor": [means[1], *found.floor.tolist()],
        "floor_high": [means[2], *found.floor_high.tolist()],
    }
    return pl.DataFrame(
        {"label": names, **columns, "n": [found.n] * len(names)},
        schema_overrides={"label": pl.String},
    )


def _both(
    ratings: Ratings, probabilities: NDArray[np.float64], reference: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.generic]]:
    """Probabilities and codes of the units that have both, and their sources."""
    own = ratings.of([reference])
    held = np.stack([own.holds(label).codes[:, 0] for label in ratings.labels], axis=1)
    both = (held[:, 0] != MISSING) & ~np.isnan(probabilities).any(axis=1)
    if not both.any():
        raise InsufficientData(
            f"No unit has both a probability and a code of {reference!r}: nothing to compare."
        )
    return np.clip(probabilities[both], 0, 1), held[both].astype(float), ratings.sources[both]
