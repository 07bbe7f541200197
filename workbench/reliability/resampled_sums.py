"""Quantities that are functions of sums over rows, resampled by whole clusters as matrix products.

Mean squares, coincidences and marginals are all sums over conversations. A resample of clusters is
then one row of a matrix product, and a thousand of them cost as much as one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics import Estimate, Method
from workbench.statistics.clusters import draw_clusters, encode_groups, times_drawn
from workbench.statistics.intervals import Scale, check_options, choose_method, from_replicates

__all__ = ["ResampledSums", "ValueOfSums"]

#: Sums of shape (m, d) in, the quantity of each line out, shape (m,), NaN where undefined.
ValueOfSums: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class ResampledSums:
    """Sums over all rows, and over every resample of whole clusters.

    Attributes
    ----------
    total : ndarray of shape (d,)
        Sums over all rows.
    replicates : ndarray of shape (m, d)
        Sums over the rows of each resample (jackknife: without one cluster).
    chosen : str
        "jackknife" or "bootstrap".
    level : float
        Nominal coverage of intervals.
    n, n_clusters : int
        Rows and clusters.
    """

    total: NDArray[np.float64]
    replicates: NDArray[np.float64]
    chosen: str
    level: float
    n: int
    n_clusters: int

    @classmethod
    def of(
        cls,
        rows: NDArray[np.float64],
        clusters: ArrayLike,
        *,
        level: float = 0.95,
        method: Method = "auto",
        resamples: int = 1000,
        random_state: int = 0,
    ) -> ResampledSums:
        """Sum rows of shape (n, d) by cluster and draw the resamples.

        Raises
        ------
        BadInput
            If an option is out of range, or there is not one cluster id for each row.
        """
        check_options(level=level, method=method, resamples=resamples)
        distinct, codes = encode_groups(clusters, name="clusters")
        if len(codes) != len(rows):
            raise BadInput(
                f"{len(rows)} rows, but {len(codes)} cluster ids: one id per row needed."
            )
        groups = len(distinct)
        sums = np.zeros((groups, rows.shape[1]))
        np.add.at(sums, codes, rows)
        total = sums.sum(axis=0)
        chosen = choose_method(method, groups)
        if groups < 2:
            replicates = np.empty((0, rows.shape[1]))
        elif chosen == "jackknife":
            replicates = total - sums
        else:
            blocks = draw_clusters(groups, resamples=resamples, random_state=random_state)
            replicates = np.concatenate([times_drawn(block) @ sums for block in blocks])
        return cls(total, replicates, chosen, level, len(rows), groups)

    def estimate(
        self,
        value: ValueOfSums,
        *,
        undefined: str,
        n: int | None = None,
        scale: Scale = "plain",
        bounds: tuple[float, float] | None = None,
    ) -> Estimate:
        """Estimate one quantity; where it is undefined, `undefined` says why."""
        found = from_replicates(
            float(value(self.total[None, :])[0]),
            value(self.replicates),
            self.chosen,
            level=self.level,
            n=self.n if n is None else n,
            n_clusters=self.n_clusters,
            scale=scale,
            bounds=bounds,
        )
        return replace(found, reason=undefined) if found.estimate is None else found
