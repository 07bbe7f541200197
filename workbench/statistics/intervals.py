"""Confidence intervals that resample whole clusters.

Rows of one cluster (a video, a client, a thread) resemble each other, so the
cluster is what is drawn or left out. With few clusters percentile and BCa
bootstraps are too narrow; the delete-one jackknife with Student's t on G - 1
degrees of freedom keeps its level much better, and is the default below
`JACKKNIFE_BELOW` clusters.

Sources
-------
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 11 and 13.
MacKinnon, Nielsen and Webb (2023), Fast and reliable jackknife and bootstrap
methods for cluster-robust inference, https://doi.org/10.1002/jae.2969
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit

from workbench.errors import BadInput
from workbench.statistics.clusters import ClusterIndex, draw_clusters
from workbench.statistics.estimate import Estimate, few_note

__all__ = ["JACKKNIFE_BELOW", "Method", "Statistic", "cluster_interval", "paired_difference"]

#: How to make the interval; "auto" decides by the number of clusters.
Method: TypeAlias = Literal["auto", "jackknife", "bootstrap"]

#: Row numbers (with repeats) in, the quantity over these rows out; None or NaN
#: where it is undefined for them.
Statistic: TypeAlias = Callable[[NDArray[np.intp]], float | None]

#: Where a jackknife interval is symmetric: on the quantity itself, its logarithm
#: (ratios) or its log-odds (proportions).
Scale: TypeAlias = Literal["plain", "log", "logit"]

#: "auto" means jackknife below this number of clusters, bootstrap from it on.
JACKKNIFE_BELOW = 30

_LABELS = {"jackknife": "jackknife-t", "bootstrap": "percentile bootstrap"}
_SCALES = {"log": (np.log, np.exp), "logit": (logit, expit)}
_TOLERATED = 0.05  # share of resamples that may be undefined


def cluster_interval(
    statistic: Statistic,
    clusters: ArrayLike,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """Estimate any statistic of rows, with an interval over clusters.

    Parameters
    ----------
    statistic : callable
        Takes an int array of row numbers (a row may stand in it several times) and
        gives the quantity over these rows, None or NaN where it is undefined.
    clusters : array-like of shape (n,)
        Cluster id of each row.
    level : float, default 0.95
        Nominal coverage.
    method : {"auto", "jackknife", "bootstrap"}, default "auto"
        "jackknife": estimate +- t(G - 1) * se with
        se^2 = (G - 1) / G * sum (theta_g - mean theta)^2, theta_g without cluster g.
        "bootstrap": percentiles over resamples of whole clusters.
        "auto": jackknife below 30 clusters.
    resamples : int, default 1000
        Number of bootstrap resamples.
    random_state : int, default 0
        Seed of the bootstrap.
    bounds : (float, float), optional
        Range of the quantity; the interval is cut to it.

    Returns
    -------
    Estimate
        Without interval, and with a reason, below two clusters, where a left-out
        cluster or more than 5 % of resamples make the statistic undefined, and
        where the statistic does not vary between clusters at all.

    Raises
    ------
    BadInput
        If an option is out of range or cluster ids are missing.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 4.0, 5.0])
    >>> result = cluster_interval(lambda rows: values[rows].mean(), ["a", "a", "b", "c"])
    >>> result.estimate, result.method, result.reason
    (3.0, 'jackknife-t', 'few conversations (3)')
    """
    check_options(level=level, method=method, resamples=resamples)
    index = ClusterIndex.of(clusters)
    estimate = _value(statistic(index.order)) if index.n else np.nan
    chosen = choose_method(method, len(index))
    if not np.isfinite(estimate) or len(index) < 2:
        replicates = np.empty(0)
    elif chosen == "jackknife":
        replicates = np.array([_value(statistic(index.without(g))) for g in range(len(index))])
    else:
        blocks = draw_clusters(len(index), resamples=resamples, random_state=random_state)
        replicates = np.array(
            [_value(statistic(index.rows(drawn))) for block in blocks for drawn in block]
        )
    return from_replicates(
        estimate, replicates, chosen, level=level, n=index.n, n_clusters=len(index), bounds=bounds
    )


def paired_difference(
    statistic_a: Statistic,
    statistic_b: Statistic,
    clusters: ArrayLike,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Estimate statistic a minus statistic b, both on the same resamples of clusters.

    Parameters
    ----------
    statistic_a, statistic_b : callable
        As in `cluster_interval`, over the same rows.
    clusters, level, method, resamples, random_state
        As in `cluster_interval`.

    Returns
    -------
    Estimate
        The difference; undefined on rows where either statistic is.

    Examples
    --------
    >>> a, b = np.array([3.0, 5.0, 9.0]), np.array([2.0, 4.0, 6.0])
    >>> means = [lambda rows, x=x: x[rows].mean() for x in (a, b)]
    >>> round(paired_difference(*means, ["p", "q", "r"]).estimate, 3)
    1.667
    """

    def difference(rows: NDArray[np.intp]) -> float:
        return _value(statistic_a(rows)) - _value(statistic_b(rows))

    return cluster_interval(
        difference,
        clusters,
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )


def check_options(*, level: float, method: str = "auto", resamples: int = 1000) -> None:
    """Refuse options out of range."""
    if not 0 < level < 1:
        raise BadInput(f"level is a share between 0 and 1, such as 0.95; got {level}.")
    if method not in ("auto", *_LABELS):
        raise BadInput.unknown("interval method", method, ["auto", *_LABELS])
    if resamples < 100:
        raise BadInput(f"resamples: a percentile interval needs at least 100; got {resamples}.")


def choose_method(method: Method, n_clusters: int) -> str:
    """Resolve "auto" by the number of clusters."""
    if method != "auto":
        return method
    return "jackknife" if n_clusters < JACKKNIFE_BELOW else "bootstrap"


def from_replicates(
    estimate: float,
    replicates: NDArray[np.float64],
    chosen: str,
    *,
    level: float,
    n: int,
    n_clusters: int,
    scale: Scale = "plain",
    bounds: tuple[float, float] | None = None,
    df: float | None = None,
) -> Estimate:
    """Make the Estimate of a statistic and its replicates (NaN: undefined).

    A jackknife is made on the given scale and carried back; percentiles are the
    same on every scale. `df` replaces G - 1 degrees of freedom of the jackknife where
    most of the variance comes from fewer clusters than were left out.
    """
    if not np.isfinite(estimate):
        reason = "the quantity is undefined for these rows" if n else "no rows"
        return Estimate(None, level=level, n=n, n_clusters=n_clusters, reason=reason)
    value = float(estimate)
    ends, notes = _ends(value, replicates, chosen, level, n_clusters, scale, df)
    note = "; ".join(notes) or None
    label = _LABELS[chosen]
    if chosen == "jackknife" and scale != "plain":
        label = f"{label} ({scale})"
    if ends is None:
        return Estimate(value, level=level, n=n, n_clusters=n_clusters, reason=note)
    low, high = np.clip(ends, *bounds) if bounds else ends
    return Estimate(value, float(low), float(high), level, label, n, n_clusters, note)


def _ends(
    estimate: float,
    replicates: NDArray[np.float64],
    chosen: str,
    level: float,
    n_clusters: int,
    scale: Scale,
    df: float | None,
) -> tuple[tuple[float, float] | None, list[str]]:
    """Interval ends, or None, and what to say about them."""
    if n_clusters < 2:
        return None, [f"an interval needs at least two clusters, there is {n_clusters}"]
    few = few_note(n_clusters)
    notes = [few] if few else []
    defined = replicates[np.isfinite(replicates)]
    lost = len(replicates) - len(defined)
    if lost and chosen == "jackknife":
        return None, [*notes, f"undefined when one of {lost} clusters is left out"]
    if lost > _TOLERATED * len(replicates):
        return None, [*notes, f"undefined in {lost} of {len(replicates)} resamples"]
    if np.ptp(defined) <= 1e-12 * max(1.0, abs(estimate)):
        return None, [*notes, "does not vary between clusters, so no interval can be given"]
    if lost:
        notes.append(f"{lost} of {len(replicates)} resamples undefined and left out")
    if chosen == "jackknife":
        ends = _jackknife_ends(estimate, defined, level, scale, df)
        return ends, notes if ends else [*notes, "all that is counted sits in one cluster"]
    tail = (1 - level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return (float(low), float(high)), notes


def _jackknife_ends(
    estimate: float,
    replicates: NDArray[np.float64],
    level: float,
    scale: Scale,
    df: float | None,
) -> tuple[float, float] | None:
    """Estimate +- t(G - 1) * delete-one standard error; None at the end of a scale."""
    if scale != "plain":
        there, back = _SCALES[scale]
        with np.errstate(divide="ignore"):
            moved, middle = there(replicates), float(there(estimate))
        if not (np.isfinite(moved).all() and np.isfinite(middle)):
            return None
        ends = _jackknife_ends(middle, moved, level, "plain", df)
        return None if ends is None else (float(back(ends[0])), float(back(ends[1])))
    groups = len(replicates)
    se = np.sqrt((groups - 1) / groups * np.square(replicates - replicates.mean()).sum())
    half = float(stdtrit(groups - 1 if df is None else df, (1 + level) / 2) * se)
    return estimate - half, estimate + half


def _value(value: float | None) -> float:
    """Undefined becomes NaN, inside this module only."""
    return float("nan") if value is None else float(value)
