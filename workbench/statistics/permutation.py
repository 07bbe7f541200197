"""Label permutation tests of two groups of clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics.clusters import ClusterIndex, encode_groups
from workbench.statistics.estimate import few_note
from workbench.statistics.intervals import Statistic

__all__ = ["PermutationTest", "permutation_test"]


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """Difference of a statistic between two groups, with its permutation p value.

    Attributes
    ----------
    difference : float or None
        Statistic of the first group minus statistic of the second; None if undefined.
    p_value : float or None
        Two-sided; None where there is nothing to permute.
    first, second : str
        Names of the groups, in sorted order.
    permutations : int
        Relabellings used.
    exact : bool
        Whether these were all relabellings there are.
    n, n_clusters : int
        Rows and clusters.
    reason : str or None
        Why a value is missing, or what to keep in mind.
    """

    difference: float | None
    p_value: float | None
    first: str
    second: str
    permutations: int
    exact: bool
    n: int
    n_clusters: int
    reason: str | None = None


def permutation_test(
    statistic: Statistic,
    groups: ArrayLike,
    clusters: ArrayLike,
    *,
    permutations: int = 2000,
    random_state: int = 0,
) -> PermutationTest:
    """Test whether a statistic differs between two groups, moving whole clusters.

    The null hypothesis is that group labels are exchangeable between clusters.

    Parameters
    ----------
    statistic : callable
        Row numbers of one group in, the quantity over them out; None or NaN where
        undefined.
    groups : array-like of shape (n,)
        Group of each row: two distinct values, one and the same within a cluster.
    clusters : array-like of shape (n,)
        Cluster id of each row.
    permutations : int, default 2000
        Random relabellings. Where there are no more than that in all, each is used
        once and the p value is exact.
    random_state : int, default 0
        Seed.

    Returns
    -------
    PermutationTest
        With b of m random relabellings at least as far from 0 as the difference
        found, p = (b + 1) / (m + 1), which is never 0; exact, p = b / m with the
        labels as they are among the m. A relabelling for which the statistic is
        undefined counts as far, so that p errs upward.

    Raises
    ------
    BadInput
        If there are not two groups, a cluster lies in both, or lengths differ.

    References
    ----------
    Phipson and Smyth (2010), https://doi.org/10.2202/1544-6115.1585

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0, 7.0, 8.0, 9.0])
    >>> result = permutation_test(lambda rows: x[rows].mean(), list("aaabbb"), list("uvwxyz"))
    >>> result.difference, result.p_value, result.exact
    (-6.0, 0.1, True)
    """
    if permutations < 1:
        raise BadInput(f"permutations must be at least 1; got {permutations}.")
    names, codes = encode_groups(groups, name="groups")
    index = ClusterIndex.of(clusters)
    first_clusters = _clusters_of_first_group(names, codes, index)
    n_clusters, n_first = len(index), len(first_clusters)
    first, second = str(names[0]), str(names[1])
    observed = _difference(statistic, index, first_clusters)
    exact = comb(n_clusters, n_first) <= permutations
    if not np.isfinite(observed):
        reason = "the quantity is undefined in one of the groups"
        return PermutationTest(None, None, first, second, 0, exact, index.n, n_clusters, reason)
    if exact:
        draws = _all_choices(n_clusters, n_first)
    else:
        draws = _random_choices(n_clusters, n_first, permutations, random_state)
    values = np.array([_difference(statistic, index, drawn) for drawn in draws])
    p_value, notes = _p_value(observed, values, exact)
    caution = "; ".join(note for note in (few_note(n_clusters), *notes) if note) or None
    return PermutationTest(
        observed, p_value, first, second, len(values), exact, index.n, n_clusters, caution
    )


def _p_value(observed: float, values: NDArray[np.float64], exact: bool) -> tuple[float, list[str]]:
    """Two-sided p value, and what to say about it."""
    undefined = int((~np.isfinite(values)).sum())
    near = abs(observed) - 1e-12 * max(1.0, abs(observed))
    far = int((np.abs(values) >= near).sum()) + undefined
    notes = [f"undefined in {undefined} relabellings, counted as far"] if undefined else []
    return (far / len(values) if exact else (far + 1) / (len(values) + 1)), notes


def _clusters_of_first_group(
    names: NDArray, codes: NDArray[np.intp], index: ClusterIndex
) -> NDArray[np.intp]:
    """Numbers of the clusters of the first group, checked."""
    if len(names) != 2:
        raise BadInput(f"groups: expected two distinct values, got {len(names)}.")
    if len(codes) != index.n:
        raise BadInput(f"{len(codes)} groups, but {index.n} cluster ids: one of each per row.")
    second = np.add.reduceat(codes[index.order], index.starts)
    mixed = int(((second > 0) & (second < index.sizes)).sum())
    if mixed:
        raise BadInput(
            f"{mixed} clusters have rows in both groups, so labels cannot be moved between "
            "clusters; compare within clusters by paired_difference."
        )
    return np.flatnonzero(second == 0)


def _all_choices(n: int, k: int) -> Iterator[NDArray[np.intp]]:
    """All ways to choose k of n clusters."""
    return (np.array(choice, dtype=np.intp) for choice in combinations(range(n), k))


def _random_choices(n: int, k: int, times: int, random_state: int) -> Iterator[NDArray[np.intp]]:
    """Random ways to choose k of n clusters."""
    rng = np.random.default_rng(random_state)
    return (np.sort(rng.permutation(n)[:k]) for _ in range(times))


def _difference(statistic: Statistic, index: ClusterIndex, first: NDArray[np.intp]) -> float:
    """Statistic over the chosen clusters minus statistic over the others."""
    others = np.setdiff1d(np.arange(len(index)), first, assume_unique=True)
    one, two = statistic(index.rows(first)), statistic(index.rows(others))
    return float("nan") if one is None or two is None else float(one) - float(two)
