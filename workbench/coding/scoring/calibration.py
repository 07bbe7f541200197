"""Calibration on a card: classwise equal-mass error with its interval and its noise floor.

A bootstrap would inflate the error, since a source drawn twice adds to every gap twice; the interval
is a delete-one jackknife over sources. The noise floor is what perfect probabilities would show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.coding.scoring.facts import CodedMaterial, Table
from workbench.heads import OutOfFold
from workbench.statistics import Calibration, Estimate, classwise_ece
from workbench.statistics.clusters import ClusterIndex
from workbench.statistics.intervals import from_replicates

if TYPE_CHECKING:
    from workbench.corpus import Scheme

__all__ = ["calibration_table"]


def calibration_table(material: CodedMaterial, scheme: Scheme, run: OutOfFold) -> Table:
    """Error, interval, floor and Brier score of each label and their mean over labels."""
    whole, intervals = _calibration(material, scheme, run)
    floors = [*whole.floor, whole.mean_floor]
    highs = [*whole.floor_high, whole.mean_floor_high]
    squared = np.square(run.probability - material.gold).mean(axis=0)
    scores = [*squared, squared.mean()]
    return [
        {
            "label": label,
            "calibration error": error.estimate,
            "low": error.low,
            "high": error.high,
            "noise floor": float(floor),
            "error if perfect, 95 %": float(high),
            "above the floor": None if error.estimate is None else error.estimate - float(floor),
            "Brier score": float(score),
            "reason": error.reason,
        }
        for label, error, floor, high, score in zip(
            [*scheme.labels, "mean over labels"], intervals, floors, highs, scores, strict=True
        )
    ]


def _calibration(
    material: CodedMaterial, scheme: Scheme, run: OutOfFold
) -> tuple[Calibration, list[Estimate]]:
    p, gold = run.probability, material.gold
    whole = classwise_ece(p, gold, exclusive=scheme.exclusive)
    index = ClusterIndex.of(material.sources)
    left = [
        classwise_ece(p[rows], gold[rows], exclusive=scheme.exclusive, simulations=1)
        for rows in (index.without(g) for g in range(len(index)))
        if len(rows)
    ]
    values = np.array([[*one.ece, one.mean_ece] for one in left])
    return whole, [
        from_replicates(
            float(estimate),
            values[:, column] if len(left) > 1 else np.empty(0),
            "jackknife",
            level=0.95,
            n=index.n,
            n_clusters=len(index),
            bounds=(0.0, 1.0),
        )
        for column, estimate in enumerate([*whole.ece, whole.mean_ece])
    ]
