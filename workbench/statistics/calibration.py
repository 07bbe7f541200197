"""Scores of predicted probabilities: Brier score and classwise calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from workbench.errors import BadInput, InsufficientData

__all__ = ["Calibration", "brier", "classwise_ece"]


def brier(probabilities: ArrayLike, truth_onehot: ArrayLike) -> float:
    """Mean over items of the squared error of all k probabilities, summed (0 to 2).

    Parameters
    ----------
    probabilities, truth_onehot : array-like of shape (n, k)
        Predicted probabilities, and 1 for what was true, else 0.

    Returns
    -------
    float
        Brier's original score; for two classes twice the one-column version.

    Raises
    ------
    BadInput
        If shapes differ or values are not probabilities.
    InsufficientData
        For no items.

    References
    ----------
    Brier (1950), https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    p, y = _probability_tables(probabilities, truth_onehot)
    return float(np.square(p - y).sum(axis=1).mean())


@dataclass(frozen=True)
class Calibration:
    """Classwise calibration error beside what perfect calibration would show.

    Attributes
    ----------
    ece : ndarray of shape (k,)
        Expected calibration error of each class.
    floor, floor_high : ndarray of shape (k,)
        Mean and 95th percentile of the same error when outcomes are drawn from the
        probabilities themselves: an `ece` below `floor_high` is no evidence of
        miscalibration.
    mean_ece, mean_floor, mean_floor_high : float
        The same for the mean over classes.
    bins, n : int
        Bins per class and items.
    """

    ece: NDArray[np.float64]
    floor: NDArray[np.float64]
    floor_high: NDArray[np.float64]
    mean_ece: float
    mean_floor: float
    mean_floor_high: float
    bins: int
    n: int


def classwise_ece(
    probabilities: ArrayLike,
    truth_onehot: ArrayLike,
    *,
    bins: int = 15,
    exclusive: bool = True,
    simulations: int = 200,
    random_state: int = 0,
) -> Calibration:
    """Expected calibration error per class over bins of equal mass, with its noise floor.

    For class k, ECE_k = sum over bins of (items in bin / n) * abs(mean probability of
    k in bin - share of k in bin). Items of equal probability share a bin, so the
    result does not depend on the order of rows.

    Parameters
    ----------
    probabilities, truth_onehot : array-like of shape (n, k)
        Predicted probabilities, and 1 for what was true, else 0.
    bins : int, default 15
        Bins per class; no more than n are used.
    exclusive : bool, default True
        Whether exactly one class is true of an item (probabilities sum to 1), or
        classes are independent yes/no questions.
    simulations : int, default 200
        Outcomes drawn for the noise floor.
    random_state : int, default 0
        Seed of the noise floor.

    Returns
    -------
    Calibration

    Raises
    ------
    BadInput
        If shapes differ, values are no probabilities, or rows of exclusive classes
        do not sum to 1.
    InsufficientData
        For no items.

    References
    ----------
    Kull et al. (2019), https://arxiv.org/abs/1910.12656 (classwise error);
    Roelofs et al. (2022), https://arxiv.org/abs/2012.08668 (equal mass, bias).
    """
    p, y = _probability_tables(probabilities, truth_onehot)
    if bins < 1 or simulations < 1:
        raise BadInput(f"bins and simulations must be at least 1; got {bins}, {simulations}.")
    if exclusive and not (np.allclose(p.sum(axis=1), 1, atol=1e-3) and (y.sum(axis=1) == 1).all()):
        raise BadInput("Rows of exclusive classes must sum to 1; else pass exclusive=False.")
    n, k = p.shape
    used = min(bins, n)
    middle = (rankdata(p, method="average", axis=0) - 0.5) / n
    cells = np.minimum((middle * used).astype(np.intp), used - 1) + used * np.arange(k)
    cells = cells.ravel()

    def error(outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
        gaps = np.bincount(cells, weights=(p - outcomes).ravel(), minlength=used * k)
        return np.abs(gaps).reshape(k, used).sum(axis=1) / n

    ece = error(y)
    rng = np.random.default_rng(random_state)
    noise = np.array([error(_outcomes(p, exclusive, rng)) for _ in range(simulations)])
    means = noise.mean(axis=1)
    return Calibration(
        ece,
        noise.mean(axis=0),
        np.quantile(noise, 0.95, axis=0),
        float(ece.mean()),
        float(means.mean()),
        float(np.quantile(means, 0.95)),
        used,
        n,
    )


def _outcomes(
    p: NDArray[np.float64], exclusive: bool, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw outcomes as if the probabilities were right."""
    if not exclusive:
        return (rng.random(p.shape) < p).astype(float)
    upper = np.cumsum(p, axis=1)
    drawn = (rng.random((len(p), 1)) * upper[:, -1:] >= upper).sum(axis=1)
    outcomes = np.zeros_like(p)
    outcomes[np.arange(len(p)), np.minimum(drawn, p.shape[1] - 1)] = 1
    return outcomes


def _probability_tables(
    probabilities: ArrayLike, truth_onehot: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both tables as float, checked."""
    p, y = np.asarray(probabilities, dtype=float), np.asarray(truth_onehot, dtype=float)
    if p.ndim != 2 or p.shape != y.shape:
        raise BadInput(f"probabilities {p.shape} and truth {y.shape}: expected equal tables.")
    if not len(p):
        raise InsufficientData("No items: nothing to score.")
    if not ((p >= 0) & (p <= 1)).all() or not np.isin(y, (0, 1)).all():
        raise BadInput("probabilities must lie between 0 and 1, truth must be 0 or 1.")
    return p, y
