"""Proportions and ratios of counts: over independent items, and over clusters.

Jackknife intervals are made on the log-odds (proportions) or the logarithm
(ratios). They never leave the possible range; with 5 to 20 clusters and common
events they are about as wide as on the plain scale and cover up to three points
more, and with rare events they are wider where the plain scale is far too narrow
(tests/statistics/test_coverage.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from workbench.errors import BadInput
from workbench.statistics.clusters import draw_clusters, encode_groups, times_drawn
from workbench.statistics.estimate import Estimate, few_note
from workbench.statistics.intervals import (
    Method,
    Scale,
    check_options,
    choose_method,
    from_replicates,
)

__all__ = ["cluster_proportion", "cluster_proportions", "proportion_interval", "ratio_of_sums"]


def proportion_interval(successes: float, n: int, *, level: float = 0.95) -> Estimate:
    """Proportion of independent items, with Wilson's score interval.

    Parameters
    ----------
    successes : float
        Items that count, 0 to n; may be an expected count (sum of probabilities).
    n : int
        All items. They must be independent: for items of several conversations use
        `cluster_proportion`.
    level : float, default 0.95
        Nominal coverage.

    Returns
    -------
    Estimate
        With z the normal quantile and p = successes / n, the interval is
        (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
        Undefined, with a reason, for n = 0.

    Raises
    ------
    BadInput
        If successes do not lie between 0 and n, or level between 0 and 1.

    References
    ----------
    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> result = proportion_interval(15, 20)
    >>> round(result.low, 3), round(result.high, 3)
    (0.531, 0.888)
    """
    check_options(level=level)
    if not 0 <= successes <= n:
        raise BadInput(f"successes must lie between 0 and n; got {successes} of {n}.")
    if n == 0:
        return Estimate(None, level=level, reason="no items")
    low, high = _wilson(successes / n, n, level)
    return Estimate(successes / n, low, high, level, "Wilson", n)


def cluster_proportion(
    numerators: ArrayLike,
    denominators: ArrayLike,
    clusters: ArrayLike,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Proportion of items, with an interval over clusters.

    As `ratio_of_sums`, for numerators that are a part of their denominators. The
    jackknife is made on the log-odds. Where it cannot be (all or none of the items
    count, those that count sit in one cluster, or clusters do not differ), the
    interval is Wilson's with the number of clusters as sample size, which is wide
    on purpose.

    Parameters
    ----------
    numerators, denominators : array-like of shape (n,)
        Per row the items that count (may be a probability) and all items,
        0 <= numerator <= denominator; rows can be single items or cluster totals.
    clusters, level, method, resamples, random_state
        As in `ratio_of_sums`.

    Returns
    -------
    Estimate
        As `ratio_of_sums`.

    Raises
    ------
    BadInput
        As `ratio_of_sums`, and where a numerator exceeds its denominator.

    Examples
    --------
    >>> result = cluster_proportion([3, 5, 1], [10, 10, 5], ["a", "b", "c"])
    >>> round(result.estimate, 2), round(result.low, 2), round(result.high, 2)
    (0.36, 0.09, 0.76)
    """
    return cluster_proportions(
        np.asarray(numerators, dtype=float)[..., None],
        denominators,
        clusters,
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )[0]


def cluster_proportions(
    numerators: ArrayLike,
    denominators: ArrayLike,
    clusters: ArrayLike,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> list[Estimate]:
    """Proportions of many kinds among the same items, all from the same resamples.

    What `cluster_proportion` gives for each kind, in one matrix product.

    Parameters
    ----------
    numerators : array-like of shape (n, k)
        Per row the items of each kind.
    denominators : array-like of shape (n,)
        Per row all items.
    clusters, level, method, resamples, random_state
        As in `ratio_of_sums`.

    Returns
    -------
    list of k Estimate
        As `cluster_proportion`.

    Raises
    ------
    BadInput
        As `cluster_proportion`.

    Examples
    --------
    >>> one, other = cluster_proportions([[3, 7], [5, 5], [1, 4]], [10, 10, 5], ["a", "b", "c"])
    >>> round(one.estimate, 2), round(other.estimate, 2)
    (0.36, 0.64)
    """
    tops, bottom = _counts(numerators, denominators)
    if (tops > bottom[:, None] * (1 + 1e-9)).any():
        row = int(np.flatnonzero((tops > bottom[:, None] * (1 + 1e-9)).any(axis=1))[0])
        raise BadInput(f"row {row}: the numerator exceeds the denominator; use ratio_of_sums.")
    found = _ratios(tops, bottom, clusters, level, method, resamples, random_state, "logit")
    return [_with_wilson(result, level) for result in found]


def _with_wilson(result: Estimate, level: float) -> Estimate:
    """The proportion itself, with Wilson's interval over clusters where it has none."""
    groups = result.n_clusters or 0
    if result.estimate is None or result.low is not None or groups < 2:
        return result
    low, high = _wilson(result.estimate, groups, level)
    notes = [few_note(groups), "too little variation: each cluster counted as one item"]
    return Estimate(
        result.estimate,
        low,
        high,
        level,
        "Wilson over clusters",
        result.n,
        groups,
        "; ".join(note for note in notes if note),
    )


def ratio_of_sums(
    numerators: ArrayLike,
    denominators: ArrayLike,
    clusters: ArrayLike,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Ratio of two sums over rows (such as reflections to questions), over clusters.

    The numbers that `cluster_interval` finds with the ratio as its statistic, in one
    matrix product instead of a Python call per resample, and with the jackknife made
    on the logarithm.

    Parameters
    ----------
    numerators, denominators : array-like of shape (n,)
        Non-negative counts or expected counts per row.
    clusters : array-like of shape (n,)
        Cluster id of each row. Clusters where both sums are 0 say nothing about
        the ratio and are not counted.
    level : float, default 0.95
        Nominal coverage.
    method : {"auto", "jackknife", "bootstrap"}, default "auto"
        As in `cluster_interval`.
    resamples : int, default 1000
        Number of bootstrap resamples.
    random_state : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        `n` counts the rows where numerator or denominator is not 0. Undefined, with
        a reason, where the denominators sum to 0; without interval where all that is
        counted sits in one cluster.

    Raises
    ------
    BadInput
        If lengths differ, a count is negative or missing, or an option is out of range.
    """
    tops, bottom = _counts(np.asarray(numerators, dtype=float)[..., None], denominators)
    return _ratios(tops, bottom, clusters, level, method, resamples, random_state, "log")[0]


def _ratios(
    tops: NDArray[np.float64],
    bottom: NDArray[np.float64],
    clusters: ArrayLike,
    level: float,
    method: Method,
    resamples: int,
    random_state: int,
    scale: Scale,
) -> list[Estimate]:
    """Ratio of each column's sum to the sum of `bottom`, by cluster totals."""
    check_options(level=level, method=method, resamples=resamples)
    distinct, codes = encode_groups(clusters, name="clusters")
    if len(codes) != len(bottom):
        raise BadInput(
            f"{len(bottom)} counts, but {len(codes)} cluster ids: one id per row needed."
        )
    columns = np.column_stack([tops, bottom])
    totals = np.column_stack(
        [np.bincount(codes, weights=column, minlength=len(distinct)) for column in columns.T]
    )
    totals = totals[totals.any(axis=1)]
    groups = len(totals)
    chosen = choose_method(method, groups)
    if groups < 2:
        replicates = np.empty((0, tops.shape[1]))
    elif chosen == "jackknife":
        replicates = _divide(totals.sum(axis=0) - totals)
    else:
        blocks = draw_clusters(groups, resamples=resamples, random_state=random_state)
        replicates = np.concatenate([_divide(times_drawn(block) @ totals) for block in blocks])
    used = int((columns > 0).any(axis=1).sum())
    estimates = _divide(totals.sum(axis=0)[None, :])[0]
    return [
        from_replicates(
            float(estimate),
            replicates[:, column],
            chosen,
            level=level,
            n=used,
            n_clusters=groups,
            scale=scale,
        )
        for column, estimate in enumerate(estimates)
    ]


def _divide(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every column by the last, NaN where that is 0; rounding errors are evened out."""
    top, bottom = sums[:, :-1], sums[:, -1:]
    tiny = 1e-12 * max(1.0, float(np.abs(sums).max(initial=0.0)))
    top = np.where(np.abs(top) <= tiny, 0.0, top)
    top = np.where(np.abs(top - bottom) <= tiny, bottom, top)
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > tiny)


def _counts(
    numerators: ArrayLike, denominators: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns of numerators and the denominators as float, checked."""
    tops, bottom = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if tops.ndim != 2 or bottom.shape != tops.shape[:1]:
        raise BadInput(
            f"numerators {tops.shape} and denominators {bottom.shape}: not two columns of one length, "
            "nor a table and a column."
        )
    bad = ~((tops >= 0) & np.isfinite(tops)).all(axis=1) | ~((bottom >= 0) & np.isfinite(bottom))
    if bad.any():
        raise BadInput(f"row {int(np.flatnonzero(bad)[0])}: counts are finite and not negative.")
    return tops, bottom


def _wilson(share: float, n: int, level: float) -> tuple[float, float]:
    """Ends of Wilson's score interval."""
    z = float(ndtri((1 + level) / 2))
    centre = share + z * z / (2 * n)
    half = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
