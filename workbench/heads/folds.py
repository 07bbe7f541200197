"""Folds that keep groups whole: what comes from one video or client is never on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.errors import InsufficientData

__all__ = ["grouped_folds"]


def grouped_folds(groups: Sequence[str], *, folds: int = 5, random_state: int) -> NDArray[np.intp]:
    """Fold number of each row, with whole groups in one fold and folds of similar size.

    Groups are taken from large to small, with a random order among groups of like size (within a
    factor of 1.5), each into the fold that has fewest rows so far. The result does not depend on
    the order of rows.

    Returns
    -------
    ndarray of int, shape (n,)
        Values 0 to folds - 1.

    Raises
    ------
    InsufficientData
        If there are fewer groups than folds.
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < folds:
        raise InsufficientData(
            f"{folds} folds need at least {folds} sources (videos, clients); there are {len(names)}."
        )
    sizes = np.bincount(codes)
    noise = np.random.default_rng(random_state).uniform(1, 1.5, len(names))
    filled, fold_of = np.zeros(folds), np.zeros(len(names), np.intp)
    for group in np.argsort(-sizes * noise, kind="stable"):
        fold_of[group] = int(np.argmin(filled))
        filled[fold_of[group]] += sizes[group]
    return fold_of[codes]
