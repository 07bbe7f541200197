"""Rows grouped by cluster, and draws of whole clusters.

Clusters are numbered in sorted order of their ids, so that results do not depend
on the order of rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

__all__ = ["ClusterIndex", "draw_clusters", "encode_groups", "times_drawn"]

_BLOCK = 4_000_000  # drawn cluster numbers held in memory at once


def encode_groups(values: ArrayLike, *, name: str) -> tuple[NDArray, NDArray[np.intp]]:
    """Number the distinct ids of a column.

    Parameters
    ----------
    values : array-like of shape (n,)
        Ids of one kind (strings or numbers), none missing.
    name : str
        What to call the column in an error.

    Returns
    -------
    distinct : ndarray of shape (g,)
        Distinct ids, sorted.
    codes : ndarray of int, shape (n,)
        For each row the position of its id in `distinct`.

    Raises
    ------
    BadInput
        If the column is not one-dimensional, mixes types or has missing ids.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise BadInput(f"{name}: expected one id per row, got an array of shape {array.shape}.")
    if array.dtype.kind == "O":
        missing = np.array([_is_missing(value) for value in array], dtype=bool)
    elif array.dtype.kind == "f":
        missing = np.isnan(array)
    else:
        missing = np.zeros(len(array), dtype=bool)
    if missing.any():
        first = int(np.flatnonzero(missing)[0])
        raise BadInput(f"{name}: row {first} has no id. Drop such rows or give them an id.")
    try:
        distinct, codes = np.unique(array, return_inverse=True)
    except TypeError as error:
        raise BadInput(f"{name}: ids must be all strings or all numbers.") from error
    return distinct, codes


def _is_missing(value: object) -> bool:
    """Tell None and NaN from ids."""
    return value is None or (isinstance(value, float) and math.isnan(value))


@dataclass(frozen=True)
class ClusterIndex:
    """Which rows each cluster has.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Row numbers, sorted by cluster.
    starts, sizes : ndarray of int, shape (g,)
        Where each cluster begins in `order`, and how many rows it has.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    sizes: NDArray[np.intp]

    @classmethod
    def of(cls, clusters: ArrayLike) -> ClusterIndex:
        """Index a column of cluster ids."""
        distinct, codes = encode_groups(clusters, name="clusters")
        sizes = np.bincount(codes, minlength=len(distinct))
        return cls(np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes, sizes)

    def __len__(self) -> int:
        """Count the clusters."""
        return len(self.sizes)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.order)

    def rows(self, drawn: NDArray[np.intp]) -> NDArray[np.intp]:
        """Row numbers of the drawn clusters, as often as each was drawn."""
        sizes = self.sizes[drawn]
        ends = np.cumsum(sizes)
        shift = np.repeat(self.starts[drawn] - (ends - sizes), sizes)
        return self.order[shift + np.arange(len(shift))]

    def without(self, cluster: int) -> NDArray[np.intp]:
        """Row numbers of all clusters but one."""
        start, size = self.starts[cluster], self.sizes[cluster]
        return np.concatenate((self.order[:start], self.order[start + size :]))


def draw_clusters(
    n_clusters: int, *, resamples: int, random_state: int
) -> Iterator[NDArray[np.intp]]:
    """Draw clusters with replacement, in blocks that fit the memory.

    Yields
    ------
    ndarray of int, shape (block, n_clusters)
        Cluster numbers, one resample per line; `resamples` lines in all. The same
        seed gives the same draws to every statistic, which is what makes
        comparisons paired.
    """
    rng = np.random.default_rng(random_state)
    block = max(1, _BLOCK // max(1, n_clusters))
    for begin in range(0, resamples, block):
        yield rng.integers(n_clusters, size=(min(block, resamples - begin), n_clusters))


def times_drawn(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
    """How often each cluster was drawn, in each line of `draw_clusters`; shape as `drawn`."""
    lines, groups = drawn.shape
    flat = drawn + groups * np.arange(lines)[:, None]
    return np.bincount(flat.ravel(), minlength=lines * groups).reshape(lines, groups).astype(float)
