"""Variance components of a conversations x coders table, complete or with missing cells.

The model is y = mean + conversation + coder + residual, one value per cell. Components are estimated
by fitting constants (Henderson's method 3): each effect is adjusted for the other, so that a coder
who scores higher throughout changes the coder component alone, whichever conversations that coder
had. On a complete table the estimates are those of the mean squares, which is what makes one
definition of the intraclass correlations serve both. They may be negative and are left so.

All that is needed are sums over conversations, so that resamples are matrix products.

Sources
-------
Henderson (1953), Estimation of variance and covariance components, https://doi.org/10.2307/3001853
Searle, Casella and McCulloch (1992), Variance Components, https://doi.org/10.1002/9780470316856,
sections 3.6 (one-way, unbalanced) and 5.5 (method 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

__all__ = ["Components", "coded_twice", "components_of_sums", "conversation_sums"]

_ZERO = 1e-10  # relative to the largest: eigenvalues and sums of squares below count as 0


@dataclass(frozen=True)
class Components:
    """Variance components, one value per line of sums; NaN where they are undefined.

    Attributes
    ----------
    conversation, coder, residual : ndarray of shape (m,)
        Two-way components.
    between, within : ndarray of shape (m,)
        One-way components (coders not told apart).
    coders_each : ndarray of shape (m,)
        Harmonic mean of the number of coders per conversation.
    """

    conversation: NDArray[np.float64]
    coder: NDArray[np.float64]
    residual: NDArray[np.float64]
    between: NDArray[np.float64]
    within: NDArray[np.float64]
    coders_each: NDArray[np.float64]


def coded_twice(values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Conversations with at least two coders, coders with at least one of these, and their rows.

    Raises
    ------
    BadInput
        If the values are not a two-dimensional table of finite numbers (NaN: not coded).
    """
    try:
        table = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInput("values: expected numbers, NaN where a coder did not code.") from error
    if table.ndim != 2:
        raise BadInput(
            f"values: expected conversations x coders, got an array of shape {table.shape}."
        )
    if np.isinf(table).any():
        raise BadInput("values: numbers have to be finite (NaN: not coded).")
    rows = np.flatnonzero((~np.isnan(table)).sum(axis=1) >= 2)
    kept = table[rows]
    return kept[:, (~np.isnan(kept)).any(axis=0)], rows


def conversation_sums(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each conversation adds to the sums that `components_of_sums` reads.

    Values are centred first: components do not change, and squares lose no digits.
    """
    n, k = table.shape
    there = ~np.isnan(table)
    y = np.where(there, table - np.nanmean(table) if there.any() else 0.0, 0.0)
    each = there.sum(axis=1).astype(float)
    mask = there.astype(float)
    deviations = np.where(there, y - (y.sum(axis=1) / each)[:, None], 0.0)
    # normal equations of the coders, conversations absorbed
    absorbed = (
        mask[:, :, None] * np.eye(k) - mask[:, :, None] * mask[:, None, :] / each[:, None, None]
    )
    scalars = np.column_stack(
        [
            np.ones(n),
            1 / each,
            each**2,
            np.square(y).sum(axis=1),
            np.square(deviations).sum(axis=1),
            y.sum(axis=1) ** 2 / each,
        ]
    )
    return np.hstack([scalars, mask, y, deviations, absorbed.reshape(n, k * k)])


def components_of_sums(sums: NDArray[np.float64], n_coders: int) -> Components:
    """Components of each line of sums, shape (m, d), as `conversation_sums` has them."""
    k = n_coders
    rows, inverse, squares, raw, within_ss, row_ss = sums[:, :6].T
    per_coder, totals, deviations = (
        sums[:, 6 + k * part : 6 + k * (part + 1)] for part in range(3)
    )
    absorbed = sums[:, 6 + 3 * k :].reshape(-1, k, k)
    cells, grand = per_coder.sum(axis=1), totals.sum(axis=1)
    coder_ss, rank = _fitted(absorbed, deviations)
    error_ss = _floored(within_ss - coder_ss, raw)
    with np.errstate(divide="ignore", invalid="ignore"):
        error_df = cells - rows - rank
        residual = np.where(error_df > 0, error_ss / error_df, np.nan)
        present = (per_coder > 0.5).sum(axis=1)
        column_ss = np.where(per_coder > 0.5, totals**2 / per_coder, 0.0).sum(axis=1)
        row_df = cells - present - error_df
        conversation = _floored(raw - column_ss - error_ss, raw) - row_df * residual
        within = within_ss / (cells - rows)
        between_ss = _floored(row_ss - grand**2 / cells, raw)
        size = (cells - squares / cells) / (rows - 1)
        enough = (rows > 1.5) & (raw > 0)
        return Components(
            conversation=np.where(enough, conversation / (cells - present), np.nan),
            coder=np.where(enough, (coder_ss - rank * residual) / (cells - rows), np.nan),
            residual=np.where(enough, residual, np.nan),
            between=np.where(enough, (between_ss / (rows - 1) - within) / size, np.nan),
            within=np.where(enough, within, np.nan),
            coders_each=rows / inverse,
        )


def _fitted(
    absorbed: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of squares of coders adjusted for conversations, and its degrees of freedom."""
    values, vectors = np.linalg.eigh(absorbed)
    used = values > _ZERO * np.maximum(values[:, -1:], 1.0)
    projected = np.einsum("mij,mi->mj", vectors, right)
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=used)
    return (projected**2 * inverse).sum(axis=1), used.sum(axis=1).astype(float)


def _floored(ss: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of squares that are 0 but for rounding are 0."""
    return np.where(np.abs(ss) <= _ZERO * scale, 0.0, ss)
