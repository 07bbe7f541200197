"""Predictions out of fold for the small heads, and their card's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.coding.labelled import capped, parents_hold
from workbench.coding.scoring.facts import Table
from workbench.coding.scoring.left_out import left_out_splits, predict_left_out
from workbench.coding.scoring.predictions import REPORT_SEEDS, score_predictions
from workbench.heads import FeatureSpec, OutOfFold, Recipe, out_of_fold
from workbench.progress import track

if TYPE_CHECKING:
    from workbench.coding.material import Material
    from workbench.corpus import Scheme

__all__ = ["score_head"]


def score_head(
    material: Material,
    scheme: Scheme,
    spec: FeatureSpec,
    recipe: Recipe,
    *,
    report_seeds: Sequence[int] = REPORT_SEEDS,
) -> dict[str, Table]:
    """Score a way of training on sources it never saw.

    Every figure comes from heads that were trained, calibrated and cut without the source scored, and
    is of labels that hang together as those of a layer do.

    Returns
    -------
    dict of str to list of dict
        Tables of the card by title.
    """
    options: dict[str, Any] = {
        "labels": scheme.labels,
        "exclusive": scheme.exclusive,
        "features": spec,
        "recipe": recipe,
    }

    def predict(
        rows: NDArray[np.intp], fold: NDArray[np.intp] | None, random_state: int
    ) -> OutOfFold:
        found = out_of_fold(
            material.table[rows],
            material.targets[rows],
            material.sources[rows].tolist(),
            random_state=random_state,
            fold=fold,
            adjust=partial(capped, scheme, scheme.labels),
            **options,
        )
        return replace(found, assigned=parents_hold(scheme, scheme.labels, found.assigned))

    everything, first = np.arange(len(material.texts)), report_seeds[0]
    runs = [
        predict(everything, None, seed)
        for seed in track(report_seeds, doing=f"Scoring {scheme.name}")
    ]
    splits = left_out_splits(material, random_state=first)
    left_out = [
        (split, predict_left_out(split, predict, random_state=first))
        for split in track(splits, doing=f"Scoring {scheme.name}, parts left out")
    ]
    return score_predictions(material, scheme, runs, report_seeds=report_seeds, left_out=left_out)
