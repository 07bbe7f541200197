"""Weighted regressions that know what each group of rows contributes, so that one can be left out.

Without a group, coefficients are one Newton step away from the full fit; for least squares the step is
exact. Weights of a stratum are scaled to its size, in every replicate anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from workbench.errors import InsufficientData

__all__ = ["Cells", "Family", "Fit"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]

#: Least squares, or logistic regression.
Family: TypeAlias = Literal["linear", "logistic"]

_STEPS = 50  # of Newton's method


@dataclass(frozen=True, eq=False)
class Cells:
    """Group and stratum of n rows; there may be groups without rows."""

    group: Integers
    stratum: Integers
    groups: int

    def sums(self, values: Floats) -> Floats:
        """Sums over the rows of each cell: (n, ...) to (g, h, ...)."""
        shape = (self.groups, int(self.stratum.max(initial=0)) + 1)
        cell = self.group * shape[1] + self.stratum
        columns = values.reshape(len(values), -1).T
        sums = [np.bincount(cell, column, minlength=shape[0] * shape[1]) for column in columns]
        return np.asarray(np.stack(sums, axis=-1), float).reshape(*shape, *values.shape[1:])


@dataclass(frozen=True, eq=False)
class Fit:
    """A weighted regression and what each group of rows contributes to it.

    Attributes
    ----------
    beta : ndarray of shape (k,)
    scores, information, weights : ndarray of shape (g, h, k), (g, h, k, k), (g, h)
        Weighted sums over the rows of each group and stratum.
    """

    beta: Floats
    scores: Floats
    information: Floats
    weights: Floats

    @classmethod
    def of(cls, cells: Cells, x: Floats, y: Floats, weights: Floats, family: Family) -> Fit:
        """Fit n rows."""
        beta = _solve(x, y, weights, family)
        mean = _mean(x, beta, family)
        spread = mean * (1 - mean) if family == "logistic" else np.ones(len(x))

        def summed(values: Floats) -> Floats:
            return cells.sums(values * weights.reshape(-1, *[1] * (values.ndim - 1)))

        residuals = y - mean
        outer = spread[:, None, None] * x[:, :, None] * x[:, None, :]
        return cls(
            beta,
            summed(x * residuals[:, None]),
            summed(outer),
            summed(np.ones(len(x))),
        )

    @cached_property
    def inverse(self) -> Floats:
        """Inverse of the information."""
        return np.linalg.inv(self.information.sum(axis=(0, 1)))

    def influence(self, own: Floats) -> Floats:
        """First-order share of each group in the coefficients, (g, k).

        The weights of a stratum are scaled to its size: a group counts by how its rows differ from
        their stratum's mean, and by how many units of its `own` it adds to the stratum.
        """
        mean = self.scores.sum(axis=0) / self.weights.sum(axis=0)[:, None]
        share = self.scores - self.weights[..., None] * mean + own[..., None] * mean
        return share.sum(axis=1) @ self.inverse

    def replicates(self, sizes: Floats, own: Floats) -> Floats:
        """Coefficients without each group in turn, (g, k); nan where there are none.

        `sizes` of the strata shrink by what the left-out group has of its `own`.
        """
        kept = sizes - own
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = kept / (self.weights.sum(axis=0) - self.weights)
            # a stratum whose units all sit in one source is gone without it
            scale = np.where(kept > 0, scale, 0)
            score = np.einsum("gh,ghk->gk", scale, self.scores.sum(axis=0) - self.scores)
            info = np.einsum("gh,ghkl->gkl", scale, self.information.sum(axis=0) - self.information)
        found = np.full(score.shape, np.nan)
        finite = np.isfinite(info).all(axis=(1, 2)) & np.isfinite(score).all(axis=1)
        sound = np.flatnonzero(finite)
        sound = sound[np.linalg.cond(info[sound]) < 1e12]
        found[sound] = self.beta + np.linalg.solve(info[sound], score[sound][..., None])[..., 0]
        return found


def _mean(x: Floats, beta: Floats, family: Family) -> Floats:
    line = x @ beta
    return np.asarray(expit(line)) if family == "logistic" else line


def _solve(x: Floats, y: Floats, weights: Floats, family: Family) -> Floats:
    """Weighted least squares, or the weighted logistic fit by Newton's method."""
    beta = np.zeros(x.shape[1])
    total = float(weights.sum())
    for _ in range(_STEPS if family == "logistic" else 1):
        mean = _mean(x, beta, family)
        spread = weights * (mean * (1 - mean) if family == "logistic" else 1)
        info = (x * spread[:, None]).T @ x / total
        if not np.isfinite(info).all() or np.linalg.cond(info) > 1e12:
            break
        step = np.linalg.solve(info, x.T @ (weights * (y - mean)) / total)
        beta = beta + step
        if family == "linear" or np.abs(step).max() < 1e-12 * max(1, np.abs(beta).max()):
            return beta
    raise InsufficientData(
        "This regression has no solution: among the coded units a covariate is constant or a sum of "
        "others, or it separates the outcome. Leave a covariate out or have more units coded."
    )
