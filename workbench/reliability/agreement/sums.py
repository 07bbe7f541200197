"""Sums over units, by cluster: what every coefficient of agreement is a function of.

A coefficient is its `value` applied to sums over units. Sums of a resample of clusters are then the
clusters' sums times how often each was drawn, so that a thousand resamples are one matrix product.

Observed disagreement is summed over pairs of codings, coder pair by coder pair, straight into cells
(cluster, category, category); no units x categories table is made. Units with different numbers of codings
weigh 1 / (n - 1) or 1 / (n (n - 1)); all weights are multiplied by the least common multiple of these
numbers, so that the sums are whole numbers, exact and independent of the order of rows and coders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.agreement.distances import Difference
from workbench.reliability.ratings import Ratings
from workbench.statistics.clusters import encode_groups

__all__ = ["Codings", "Sums", "quotient"]

_EXACT = 2**53  # whole numbers up to here are exact in double precision
_CELLS = 4_000_000  # counters held at once


@dataclass(frozen=True)
class Sums:
    """A coefficient as a function of sums over units.

    Attributes
    ----------
    totals : ndarray of shape (g, s)
        Sums of each cluster.
    paired : ndarray of int, shape (g,)
        Units of each cluster that at least two coders coded. Clusters without any say nothing about
        agreement: they are never drawn or left out, their sums (of single codings) stay as they are.
    value : callable
        From sums of shape (lines, s) to values of shape (lines,), NaN where undefined.
    """

    totals: NDArray[np.float64]
    paired: NDArray[np.intp]
    value: Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Codings:
    """Ratings with clusters numbered and unused categories left out."""

    ratings: Ratings

    @cached_property
    def used(self) -> NDArray[np.intp]:
        """Positions of the categories that occur, among all."""
        codes = self.ratings.codes
        return np.flatnonzero(
            np.bincount(codes[codes >= 0], minlength=len(self.ratings.categories))
        )

    @cached_property
    def codes(self) -> NDArray[np.intp]:
        """Codes as positions in `used`, -1 where missing; shape (n_units, n_coders)."""
        position = np.full(len(self.ratings.categories) + 1, -1, dtype=np.intp)
        position[self.used] = np.arange(len(self.used))
        return position[self.ratings.codes]  # -1 reads the last entry, which stays -1

    @cached_property
    def codings(self) -> NDArray[np.intp]:
        """Number of codings of each unit."""
        return (self.codes >= 0).sum(axis=1)

    @cached_property
    def _clusters(self) -> tuple[int, NDArray[np.intp]]:
        distinct, cluster = encode_groups(self.ratings.sources, name="sources")
        return len(distinct), cluster

    @cached_property
    def paired(self) -> NDArray[np.intp]:
        """Units with two or more codings, by cluster."""
        groups, cluster = self._clusters
        return np.bincount(cluster[self.codings > 1], minlength=groups)

    @cached_property
    def scale(self) -> int:
        """What makes the weights of all units whole numbers (1 where that would be too large)."""
        numbers = [int(n) for n in np.unique(self.codings) if n > 1]
        common = math.lcm(*(n * (n - 1) for n in numbers))
        return common if 2 * common * max(1, self.codes.size) < _EXACT else 1

    def marginals(
        self, weights: NDArray[np.float64], *, coder: int | None = None
    ) -> NDArray[np.float64]:
        """Weighted codings of each used category, by cluster; of one coder or of all: (g, k)."""
        groups, cluster = self._clusters
        k = len(self.used)
        found = np.zeros(groups * k)
        for column in range(self.codes.shape[1]) if coder is None else (coder,):
            rows = np.flatnonzero((self.codes[:, column] >= 0) & (weights > 0))
            keys = cluster[rows] * k + self.codes[rows, column]
            found += np.bincount(keys, weights=weights[rows], minlength=groups * k)
        return found.reshape(groups, k)

    def moment(
        self, weights: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Weighted sum of the points of all codings, one point for each used category: (g,)."""
        groups, cluster = self._clusters
        found = np.zeros(groups)
        for column in self.codes.T:
            rows = np.flatnonzero((column >= 0) & (weights > 0))
            sums = weights[rows] * points[column[rows]]
            found += np.bincount(cluster[rows], weights=sums, minlength=groups)
        return found

    def total(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of the units, by cluster: (g,)."""
        groups, cluster = self._clusters
        return np.bincount(cluster, weights=weights, minlength=groups).astype(float)

    def cells(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Weighted pairs of codings that differ.

        Returns
        -------
        cluster, low, high : ndarray of int
            Cluster and the two categories (low < high) of each cell that occurs, sorted.
        sums : ndarray
            Its pairs of codings, each with the weight of its unit.
        """
        groups, cluster_of = self._clusters
        k = len(self.used)
        keys, counts = [], []
        for one in range(self.codes.shape[1]):
            for other in range(one + 1, self.codes.shape[1]):
                a, b = self.codes[:, one], self.codes[:, other]
                rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
                low, high = np.minimum(a[rows], b[rows]), np.maximum(a[rows], b[rows])
                keys.append((cluster_of[rows] * k + low) * k + high)
                counts.append(weights[rows])
        cell, sums = _tally(keys, counts, groups * k * k)
        rest, high = np.divmod(cell, max(1, k))
        cluster, low = np.divmod(rest, max(1, k))
        return cluster, low, high, sums

    def disagreement(
        self, weights: NDArray[np.float64], difference: Difference
    ) -> NDArray[np.float64]:
        """Distances of all pairs of codings, each pair once, by cluster: (g,)."""
        cluster, low, high, sums = self.cells(weights)
        distances = sums * difference.between(low, high)
        found = np.bincount(cluster, weights=distances, minlength=self._clusters[0])
        return found.astype(float)  # no cells at all: whole numbers come back


def quotient(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide, NaN where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)


def _tally(
    keys: list[NDArray[np.intp]], counts: list[NDArray[np.float64]], size: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Sum the counts of equal keys; distinct keys, sorted, and their sums."""
    if not keys:
        return np.empty(0, dtype=np.intp), np.empty(0)
    if size <= _CELLS:
        found = np.zeros(size)
        for key, count in zip(keys, counts, strict=True):
            found += np.bincount(key, weights=count, minlength=size)
        cell = np.flatnonzero(found)
        return cell, found[cell]
    cell, position = np.unique(np.concatenate(keys), return_inverse=True)
    sums = np.bincount(position, weights=np.concatenate(counts), minlength=len(cell))
    return cell, sums.astype(float)
