"""What a coder gains by abstaining: share of utterances it still codes, and how right it is on them.

Predictions are those out of fold, intervals are over sources. Where any number of labels holds, a
coder abstains label by label: coverage is the share of the labels it would assign, and a withheld
label counts as not given in macro-F1, so that macro-F1 may fall where precision rises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.coding.scoring.facts import CodedMaterial, Table, macro_f1_of
from workbench.statistics import Estimate, cluster_interval, cluster_proportion

if TYPE_CHECKING:
    from workbench.corpus import Scheme
    from workbench.heads import OutOfFold

__all__ = ["COVERAGE", "CUTS", "coverage_table"]

COVERAGE = "Abstaining: coverage and accuracy"
"""Title of the table in a card."""

CUTS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Probabilities below which a coder abstains, of the rows of the table."""

_NOTHING = Estimate(None, reason="Nothing is coded above this cut.")


def coverage_table(
    material: CodedMaterial,
    scheme: Scheme,
    run: OutOfFold,
    *,
    cuts: Sequence[float] = CUTS,
    random_state: int = 0,
) -> Table:
    """Coverage, accuracy and macro-F1 on what is still coded, at each cut.

    Returns
    -------
    list of dict
        `abstain below`, `measure` and the columns of every table of estimates. Measures are
        `coverage`, `accuracy` (exclusive schemes: share right; others: share of the assigned labels
        that hold) and `macro-F1`; undefined where nothing is coded.
    """
    unit, label = np.nonzero(run.assigned)
    sure = run.probability[unit, label]
    right, sources = material.gold[unit, label], material.sources[unit]
    rows: Table = []
    for cut in cuts:
        kept = sure >= cut
        given = np.zeros_like(run.assigned)
        given[unit[kept], label[kept]] = True
        found = {
            "coverage": _share(kept, sources),
            "accuracy": _share(right[kept], sources[kept]),
            "macro-F1": _macro_f1(material, scheme, given, random_state),
        }
        for measure, estimate in found.items():
            rows.append({"abstain below": float(cut), "measure": measure, **estimate.as_row()})
    return rows


def _share(holds: NDArray[np.bool_], sources: NDArray[np.str_]) -> Estimate:
    return cluster_proportion(holds, np.ones(len(holds)), sources) if len(holds) else _NOTHING


def _macro_f1(
    material: CodedMaterial, scheme: Scheme, given: NDArray[np.bool_], random_state: int
) -> Estimate:
    """Macro-F1 on what is coded (exclusive schemes), or with withheld labels as not given."""
    rows = np.flatnonzero(given.any(axis=1)) if scheme.exclusive else np.arange(len(given))
    if not given.any():
        return _NOTHING
    statistic = macro_f1_of(material.gold[rows], given[rows], scheme)
    return cluster_interval(statistic, material.sources[rows], random_state=random_state)
