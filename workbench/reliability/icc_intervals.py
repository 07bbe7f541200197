"""Intervals of the intraclass correlations: the closed form on complete tables, and Fisher's z.

The closed form takes conversations (and for ICC(A) coders) as independent draws with normal effects.

Sources
-------
McGraw and Wong (1996), Forming inferences about some intraclass correlation coefficients,
https://doi.org/10.1037/1082-989X.1.1.30, table 7, with the correction in Psychological Methods 1(4), 390.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

__all__ = ["averaged", "closed_form", "fisher_z", "mean_squares"]


def closed_form(
    kind: str, *, rows: float, columns: float, error: float, n: int, k: int, level: float
) -> tuple[float, float] | None:
    """Ends of the interval of a single-coder coefficient; None where mean squares leave none.

    Parameters
    ----------
    kind : {"1", "A", "C"}
        One-way, absolute agreement or consistency.
    rows, columns, error : float
        Mean squares of conversations, coders and residual ("1": error is the one within
        conversations, and columns are not used).
    n, k : int
        Conversations and coders.
    level : float
        Nominal coverage.
    """
    if error <= 0 or rows <= 0:
        return None
    upper_tail = (1 + level) / 2
    if kind in ("1", "C"):
        error_df = n * (k - 1) if kind == "1" else (n - 1) * (k - 1)
        low = rows / error / f_distribution.ppf(upper_tail, n - 1, error_df)
        high = rows / error * f_distribution.ppf(upper_tail, error_df, n - 1)
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    df = _satterthwaite(rows, columns, error, n, k)
    if not (math.isfinite(df) and df > 0):
        return None
    low_f = float(f_distribution.ppf(upper_tail, n - 1, df))
    high_f = float(f_distribution.ppf(upper_tail, df, n - 1))
    rest = k * columns + (k * n - k - n) * error
    return (
        n * (rows - low_f * error) / (low_f * rest + n * rows),
        n * (high_f * rows - error) / (rest + n * high_f * rows),
    )


def _satterthwaite(rows: float, columns: float, error: float, n: int, k: int) -> float:
    """Degrees of freedom of the mixture of mean squares in ICC(A,1)."""
    single = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    odds = single / (1 - single) if single < 1 else math.inf
    a, b = k * odds / n * columns, (1 + k * (n - 1) / n * odds) * error
    below = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    return (a + b) ** 2 / below if below > 0 else math.nan


def mean_squares(table: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Mean squares of conversations, coders, residual, and within conversations; complete table."""
    n, k = table.shape
    centred = table - table.mean()
    row, column = centred.mean(axis=1), centred.mean(axis=0)
    left = centred - row[:, None] - column
    rows, columns = k * (row**2).sum() / (n - 1), n * (column**2).sum() / (k - 1)
    error_ss = float((left**2).sum())
    if error_ss <= 1e-12 * float((centred**2).sum()):
        error_ss = 0.0
    within = float(np.square(centred - row[:, None]).sum()) / (n * (k - 1))
    return float(rows), float(columns), error_ss / ((n - 1) * (k - 1)), within


def averaged(single: float, k: float) -> float:
    """Spearman and Brown: the coefficient of the mean of k coders."""
    return k * single / (1 + (k - 1) * single)


def fisher_z(
    k: float, *, averaged: bool
) -> tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], Callable[[float], float]]:
    """Fisher's z for intraclass correlations, 1/2 log((1 + (k - 1) r) / (1 - r)), and its inverse.

    In terms of the averaged coefficient it is -1/2 log(1 - r_k).
    """

    def there(values: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = 1 - values if averaged else (1 - values) / (1 + (k - 1) * values)
            return np.where(inside > 0, -0.5 * np.log(inside), np.nan)

    def back(z: float) -> float:
        mean = 1 - float(np.exp(-2 * z))
        return mean if averaged else mean / (k - (k - 1) * mean)

    return there, back
