"""Relabellings of clusters: what two groups would look like if membership meant nothing.

Labels move between whole clusters, and only within strata (clusters that are comparable to begin
with). All relabellings of one stratum keep the number of clusters in each group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics.clusters import encode_groups

__all__ = ["Relabelling"]

_BLOCK = 4_000_000  # labels held in memory at once


@dataclass(frozen=True, eq=False)
class Relabelling:
    """Clusters of two groups, and the strata within which their labels are exchanged.

    Attributes
    ----------
    first : ndarray of bool, shape (c,)
        Whether a cluster belongs to the first group.
    strata : tuple of ndarray of int
        Cluster numbers of each stratum.
    """

    first: NDArray[np.bool_]
    strata: tuple[NDArray[np.intp], ...]

    @classmethod
    def of(cls, first: ArrayLike, strata: ArrayLike | None = None) -> Relabelling:
        """Check labels and strata.

        Parameters
        ----------
        first : array-like of shape (c,), bool
            Whether a cluster belongs to the first group.
        strata : array-like of shape (c,), optional
            Stratum of each cluster; without it all clusters are one stratum.

        Raises
        ------
        BadInput
            If there is one group only, or lengths differ.
        """
        labels = np.asarray(first, bool)
        if labels.all() or not labels.any():
            raise BadInput("groups: expected two, got one.")
        if strata is None:
            return cls(labels, (np.arange(len(labels)),))
        distinct, codes = encode_groups(strata, name="strata")
        if len(codes) != len(labels):
            raise BadInput(f"{len(codes)} strata for {len(labels)} clusters: one of each needed.")
        return cls(labels, tuple(np.flatnonzero(codes == h) for h in range(len(distinct))))

    @property
    def mixed(self) -> tuple[NDArray[np.intp], ...]:
        """Strata with clusters of both groups; only these say anything about a difference."""
        return tuple(rows for rows in self.strata if 0 < self.first[rows].sum() < len(rows))

    @property
    def distinct(self) -> int:
        """How many relabellings there are, the labels as they are among them."""
        return prod(comb(len(rows), int(self.first[rows].sum())) for rows in self.strata)

    def draws(self, permutations: int, *, random_state: int) -> Iterator[NDArray[np.bool_]]:
        """Labels as they are, then random relabellings, in blocks that fit the memory.

        Yields
        ------
        ndarray of bool, shape (block, c)
            `permutations` + 1 lines in all, the first as in `first`.

        Raises
        ------
        BadInput
            If fewer than one permutation is asked for.
        """
        if permutations < 1:
            raise BadInput(f"permutations must be at least 1; got {permutations}.")
        rng = np.random.default_rng(random_state)
        yield self.first[None, :]
        block = max(1, _BLOCK // len(self.first))
        for begin in range(0, permutations, block):
            drawn = np.tile(self.first, (min(block, permutations - begin), 1))
            for rows in self.mixed:
                drawn[:, rows] = rng.permuted(drawn[:, rows], axis=1)
            yield drawn
