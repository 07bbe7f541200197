"""Many shares at once, of two groups of clusters: differences, intervals, permutation tests.

Within strata the difference is Mantel and Haenszel's: with n_1h of t_1h items in the first group of
stratum h and n_2h of t_2h in the second,

    sum_h (n_1h t_2h - n_2h t_1h) / (t_1h + t_2h)  /  sum_h t_1h t_2h / (t_1h + t_2h),

a mean of the strata's own differences to which a stratum without one of the groups adds nothing.
With one stratum it is n_1 / t_1 - n_2 / t_2.

Sources
-------
Greenland and Robins (1985), Estimation of a common effect parameter from sparse follow-up data,
https://doi.org/10.2307/2530643
Phipson and Smyth (2010), https://doi.org/10.2202/1544-6115.1585
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics.clusters import draw_clusters, encode_groups, times_drawn
from workbench.statistics.estimate import Estimate
from workbench.statistics.intervals import check_options, choose_method, from_replicates
from workbench.statistics.relabelling import Relabelling

__all__ = ["ShareDifferenceTest", "share_difference_test", "share_differences"]

_SAME = 1e-12  # differences nearer than this are one and the same


def share_differences(
    numerators: ArrayLike,
    totals: ArrayLike,
    first: ArrayLike,
    clusters: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    random_state: int = 0,
) -> list[Estimate]:
    """Estimate the difference of each share between two groups, with intervals over clusters.

    Parameters
    ----------
    numerators : array-like of shape (n, k)
        Items of each kind in each row; a row is one cluster, or its part in one group.
    totals : array-like of shape (n,)
        All items of each row, more than 0.
    first : array-like of shape (n,), bool
        Whether a row belongs to the first group.
    clusters : array-like of shape (n,)
        Cluster id of each row; a cluster may have rows in both groups.
    strata : array-like of shape (n,), optional
        Stratum of each row, one and the same within a cluster.
    level, resamples, random_state
        As in `cluster_interval`, whose rule decides between jackknife and bootstrap.

    Returns
    -------
    list of k Estimate
        First minus second; `n` is the sum of `totals`. None, with a reason, where no stratum has
        both groups.

    Raises
    ------
    BadInput
        If lengths differ, or a total is not above 0.

    Examples
    --------
    >>> result, = share_differences([[3], [5], [1], [2]], [10, 10, 5, 10], [1, 1, 0, 0], list("abcd"))
    >>> round(result.estimate, 3), result.method
    (0.2, 'jackknife-t')
    """
    check_options(level=level, resamples=resamples)
    parts, whole, labels = _checked(numerators, totals, first)
    ids, codes = encode_groups(clusters, name="clusters")
    groups = len(ids)
    by_cluster = _Sums.of(parts, whole, labels, codes, groups)
    number = np.zeros(groups, np.intp)
    if strata is not None:
        number[codes] = encode_groups(strata, name="strata")[1]
    blocks = [np.flatnonzero(number == h) for h in range(int(number.max()) + 1)]
    estimate = by_cluster.gaps(np.ones((1, groups)), blocks)[0]
    chosen = choose_method("auto", groups)
    if groups < 2:
        replicates = np.empty((0, parts.shape[1]))
    elif chosen == "jackknife":
        replicates = by_cluster.gaps(1.0 - np.eye(groups), blocks)
    else:
        drawn = draw_clusters(groups, resamples=resamples, random_state=random_state)
        replicates = np.concatenate([by_cluster.gaps(times_drawn(x), blocks) for x in drawn])
    return [
        from_replicates(
            value,
            replicates[:, column],
            chosen,
            level=level,
            n=int(whole.sum()),
            n_clusters=groups,
            bounds=(-1.0, 1.0),
        )
        for column, value in enumerate(estimate)
    ]


@dataclass(frozen=True, slots=True)
class ShareDifferenceTest:
    """Permutation tests of many shares, and what the same relabellings raise by chance.

    Attributes
    ----------
    p_values : list of float
        Two-sided, one per share.
    chance_findings : float
        Findings (Benjamini and Hochberg's adjusted p at most 1 - level) that a relabelling has on average.
    chance_any : float
        Share of relabellings with at least one finding.
    distinct : int
        How many relabellings there are.
    """

    p_values: list[float]
    chance_findings: float
    chance_any: float
    distinct: int


def share_difference_test(
    numerators: ArrayLike,
    totals: ArrayLike,
    first: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    level: float = 0.95,
    permutations: int = 2000,
    random_state: int = 0,
) -> ShareDifferenceTest:
    """Test each share for a difference between two groups, moving whole clusters within strata.

    The null hypothesis is that group labels are exchangeable between the clusters of a stratum.

    Parameters
    ----------
    numerators : array-like of shape (clusters, k)
        Items of each kind in each cluster.
    totals : array-like of shape (clusters,)
        All items of each cluster, more than 0.
    first : array-like of shape (clusters,), bool
        Whether a cluster belongs to the first group.
    strata : array-like of shape (clusters,), optional
        Stratum of each cluster.
    level : float, default 0.95
        A finding has an adjusted p value of at most 1 - level.
    permutations : int, default 2000
        Random relabellings.
    random_state : int, default 0
        Seed.

    Returns
    -------
    ShareDifferenceTest
        With b of m relabellings at least as far from 0 as the difference found,
        p = (b + 1) / (m + 1). For the chance findings each relabelling is tested against all others
        in the same way.

    Raises
    ------
    BadInput
        If lengths differ, a total is not above 0, a group is empty, or no stratum has both groups.
    """
    check_options(level=level)
    parts, whole, labels = _checked(numerators, totals, first)
    relabelling = Relabelling.of(labels, strata)
    blocks = list(relabelling.mixed)
    if not blocks:
        raise BadInput("strata: none has clusters of both groups, so there is nothing to compare.")
    sums = _Sums(parts, whole)
    gaps = np.abs(
        np.concatenate(
            [
                sums.gaps(drawn.astype(float), blocks)
                for drawn in relabelling.draws(permutations, random_state=random_state)
            ]
        )
    )
    p_values = _tail_shares(gaps)
    found = _findings(p_values[1:], 1 - level)
    return ShareDifferenceTest(
        p_values=[float(p) for p in p_values[0]],
        chance_findings=float(found.mean()),
        chance_any=float((found > 0).mean()),
        distinct=relabelling.distinct,
    )


@dataclass(frozen=True)
class _Sums:
    """Per cluster items of each kind and all items; those of the second group, where they are fixed."""

    parts: NDArray[np.float64]
    whole: NDArray[np.float64]
    second: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    @classmethod
    def of(
        cls,
        parts: NDArray[np.float64],
        whole: NDArray[np.float64],
        labels: NDArray[np.bool_],
        codes: NDArray[np.intp],
        groups: int,
    ) -> _Sums:
        """Add rows up by cluster, each group for itself."""
        sums = np.zeros((2, groups, parts.shape[1])), np.zeros((2, groups))
        for table, rows in zip(sums, (parts, whole), strict=True):
            np.add.at(table, ((~labels).astype(int), codes), rows)
        return cls(sums[0][0], sums[1][0], (sums[0][1], sums[1][1]))

    def gaps(
        self, weights: NDArray[np.float64], strata: Sequence[NDArray[np.intp]]
    ) -> NDArray[np.float64]:
        """Differences for each line of cluster weights, shape (lines, k); NaN where undefined.

        Where the second group is fixed, a weight says how often a cluster counts in either group;
        where it is not, whether it belongs to the first.
        """
        above = np.zeros((len(weights), self.parts.shape[1]))
        below = np.zeros((len(weights), 1))
        for rows in strata:
            part = weights[:, rows]
            n1, t1 = part @ self.parts[rows], (part @ self.whole[rows])[:, None]
            if self.second is None:
                n2, t2 = self.parts[rows].sum(axis=0) - n1, self.whole[rows].sum() - t1
            else:
                n2, t2 = part @ self.second[0][rows], (part @ self.second[1][rows])[:, None]
            both = t1 + t2
            scale = np.divide(1.0, both, out=np.zeros_like(both), where=both > _SAME)
            above += (n1 * t2 - n2 * t1) * scale
            below += t1 * t2 * scale
        undefined = np.full_like(above, np.nan)
        return np.divide(above, below, out=undefined, where=np.abs(below) > _SAME)


def _tail_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per column, for each value the share of values at least as large (itself among them)."""
    lines = len(values)
    ordered = np.sort(values, axis=0)
    shares = np.empty_like(values)
    for column in range(values.shape[1]):
        below = np.searchsorted(ordered[:, column], values[:, column] - _SAME)
        shares[:, column] = (lines - below) / lines
    return shares


def _findings(p_values: NDArray[np.float64], alpha: float) -> NDArray[np.intp]:
    """Per line of p values, how many Benjamini and Hochberg's rule lets pass."""
    tests = p_values.shape[1]
    passes = np.sort(p_values, axis=1) <= alpha * np.arange(1, tests + 1) / tests
    return np.max(passes * np.arange(1, tests + 1), axis=1, initial=0)


def _checked(
    numerators: ArrayLike, totals: ArrayLike, first: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    parts, whole = np.asarray(numerators, float), np.asarray(totals, float)
    labels = np.asarray(first, bool)
    if parts.ndim != 2 or not len(parts) == len(whole) == len(labels) or not (whole > 0).all():
        raise BadInput("One row of numerators, one total above 0 and one group per row needed.")
    return parts, whole, labels
