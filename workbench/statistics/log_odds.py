"""Which words (or other kinds of item) two groups of clusters use differently: log-odds with a prior.

The z values of the method take every word for an independent draw. Words of one conversation are
not: they come in bursts. So z is calibrated by relabelling whole clusters: its mean and spread over
relabellings replace 0 and 1, and the largest calibrated values of each relabelling say how far the
most extreme of all words lies by chance.

Sources
-------
Monroe, Colaresi and Quinn (2008), Fightin' Words, https://doi.org/10.1093/pan/mpn018, eq. 15-22
Westfall and Young (1993), Resampling-Based Multiple Testing, chapter 2 (largest value of all tests)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics.clusters import draw_clusters, encode_groups, times_drawn
from workbench.statistics.estimate import Estimate
from workbench.statistics.intervals import check_options, choose_method, from_replicates
from workbench.statistics.relabelling import Relabelling

__all__ = ["LogOddsTest", "log_odds_intervals", "log_odds_ratio", "log_odds_test"]

_SAME = 1e-9  # calibrated values nearer than this are one and the same
_COLUMNS = 2_000  # words worked on at once
_TESTED = 250  # the same, where each has thousands of relabellings
_LINES = 4_000  # relabellings worked on at once


def log_odds_ratio(
    first: ArrayLike, second: ArrayLike, prior: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-odds ratio of each word between two groups, with an informative Dirichlet prior.

    With counts y_1w, y_2w, prior counts a_w, and n_1, n_2, a_0 their sums over words::

        delta_w = log((y_1w + a_w) / (n_1 + a_0 - y_1w - a_w))
                - log((y_2w + a_w) / (n_2 + a_0 - y_2w - a_w))
        z_w     = delta_w / sqrt(1 / (y_1w + a_w) + 1 / (y_2w + a_w))

    Parameters
    ----------
    first, second : array-like of shape (..., words)
        Counts in the two groups. All words of a group stand in a line: those of no interest may be
        one column together.
    prior : array-like of shape (words,)
        Prior counts, more than 0; such as the share of each word in a large corpus times the number
        of words that the prior is worth.

    Returns
    -------
    delta, z : ndarray of shape (..., words)

    Raises
    ------
    BadInput
        If shapes differ, there are fewer than two words, or a prior count is not above 0.

    References
    ----------
    Monroe, Colaresi and Quinn (2008), https://doi.org/10.1093/pan/mpn018, eq. 15, 16, 20 and 22

    Examples
    --------
    >>> delta, z = log_odds_ratio([4, 6], [1, 9], [0.5, 0.5])
    >>> delta.round(3), z.round(3)
    (array([ 1.478, -1.478]), array([ 1.568, -2.904]))
    """
    one, two, a = (np.asarray(x, float) for x in (first, second, prior))
    if one.shape != two.shape or a.ndim != 1 or one.shape[-1:] != a.shape or len(a) < 2:
        raise BadInput(
            f"Counts {one.shape} and {two.shape} and a prior {a.shape}: one column per word, two words "
            "or more, expected of each."
        )
    if not (a > 0).all():
        raise BadInput("prior: every word needs a prior count above 0.")
    one, two = one + a, two + a
    delta = np.log(one / (one.sum(axis=-1, keepdims=True) - one))
    delta -= np.log(two / (two.sum(axis=-1, keepdims=True) - two))
    return delta, delta / np.sqrt(1 / one + 1 / two)


def log_odds_intervals(
    counts: ArrayLike,
    first: ArrayLike,
    clusters: ArrayLike,
    prior: ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    random_state: int = 0,
) -> list[Estimate]:
    """Log-odds ratio of each word with an interval over clusters, each word for itself.

    Parameters
    ----------
    counts : array-like of shape (n, words)
        Counts of each row, which is one cluster or its part in one group.
    first : array-like of shape (n,), bool
        Whether a row belongs to the first group.
    clusters : array-like of shape (n,)
        Cluster id of each row.
    prior : array-like of shape (words,)
        As in `log_odds_ratio`.
    level, resamples, random_state
        As in `cluster_interval`, whose rule decides between jackknife and bootstrap.

    Returns
    -------
    list of Estimate
        `n` is how often the two groups say the word.

    Raises
    ------
    BadInput
        As `log_odds_ratio`.
    """
    check_options(level=level, resamples=resamples)
    said, labels = np.asarray(counts, float), np.asarray(first, bool)
    ids, codes = encode_groups(clusters, name="clusters")
    groups = len(ids)
    sums = np.zeros((2, groups, said.shape[1]))
    np.add.at(sums, ((~labels).astype(int), codes), said)
    chosen = choose_method("auto", groups)
    if groups < 2:
        weights = np.empty((0, groups))
    elif chosen == "jackknife":
        weights = 1.0 - np.eye(groups)
    else:
        drawn = draw_clusters(groups, resamples=resamples, random_state=random_state)
        weights = np.concatenate([times_drawn(block) for block in drawn])
    estimate = log_odds_ratio(sums[0].sum(axis=0), sums[1].sum(axis=0), prior)[0]
    replicates = _by_columns(weights, sums, np.asarray(prior, float))
    return [
        from_replicates(
            float(value),
            replicates[:, word],
            chosen,
            level=level,
            n=int(said[:, word].sum()),
            n_clusters=groups,
        )
        for word, value in enumerate(estimate)
    ]


def _by_columns(
    weights: NDArray[np.float64], sums: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log-odds ratios for each line of cluster weights, some columns at a time."""
    everything = [weights @ group.sum(axis=1) + prior.sum() for group in sums]
    values = np.empty((len(weights), len(prior)))
    for begin in range(0, len(prior), _COLUMNS):
        part = slice(begin, begin + _COLUMNS)
        own = [weights @ group[:, part] + prior[part] for group in sums]
        odds = [x / (n[:, None] - x) for x, n in zip(own, everything, strict=True)]
        values[:, part] = np.log(odds[0] / odds[1])
    return values


@dataclass(frozen=True, eq=False)
class LogOddsTest:
    """Permutation tests of many words.

    Attributes
    ----------
    z_calibrated : ndarray of shape (words,)
        z less its mean, over its standard deviation, both over relabellings.
    p_values : ndarray of shape (words,)
        Two-sided, each word for itself.
    p_max : ndarray of shape (words,)
        Adjusted for all words tested: the share of relabellings whose largest calibrated value, of
        whatever word, is at least as large.
    distinct : int
        How many relabellings there are.
    """

    z_calibrated: NDArray[np.float64]
    p_values: NDArray[np.float64]
    p_max: NDArray[np.float64]
    distinct: int


def log_odds_test(
    counts: ArrayLike,
    first: ArrayLike,
    prior: ArrayLike,
    *,
    tested: int,
    strata: ArrayLike | None = None,
    permutations: int = 2000,
    random_state: int = 0,
) -> LogOddsTest:
    """Test which words two groups use differently, moving whole clusters within strata.

    Parameters
    ----------
    counts : array-like of shape (clusters, words)
        How often each cluster says each word.
    first : array-like of shape (clusters,), bool
        Whether a cluster belongs to the first group.
    prior : array-like of shape (words,)
        As in `log_odds_ratio`.
    tested : int
        Words to test, from the first column on; the others count as words said and no more.
    strata : array-like of shape (clusters,), optional
        Stratum of each cluster; labels are exchanged within strata only.
    permutations : int, default 2000
        Random relabellings.
    random_state : int, default 0
        Seed.

    Returns
    -------
    LogOddsTest
        With b of m relabellings at least as far out as what was found, p = (b + 1) / (m + 1). The
        labels as they are count as one of the relabellings in mean and spread too, which keeps the
        tests exact.

    Raises
    ------
    BadInput
        If shapes differ, a prior count is not above 0, a group is empty or no stratum has both groups.
    """
    said, alpha = np.asarray(counts, float), np.asarray(prior, float)
    labels = np.asarray(first, bool)
    relabelling = Relabelling.of(labels, strata)
    if not relabelling.mixed:
        raise BadInput("strata: none has clusters of both groups, so there is nothing to compare.")
    log_odds_ratio(said[labels].sum(axis=0), said[~labels].sum(axis=0), alpha)  # checks the input
    drawn = np.concatenate(list(relabelling.draws(permutations, random_state=random_state)))
    everything = drawn @ said.sum(axis=1), said.sum() + 2 * alpha.sum()
    calibrated, p_values, largest = [], [], np.zeros(len(drawn))
    for begin in range(0, tested, _TESTED):
        part = slice(begin, min(begin + _TESTED, tested))
        far = _calibrated(
            _z(drawn, said[:, part], alpha[part], everything[0] + alpha.sum(), everything[1])
        )
        calibrated.append(far[0].copy())
        np.abs(far, out=far)
        p_values.append((far >= far[0] - _SAME).mean(axis=0))
        np.maximum(largest, far.max(axis=1, initial=0.0), out=largest)
    z = np.concatenate(calibrated) if calibrated else np.empty(0)
    ordered = np.sort(largest)
    p_max = 1 - np.searchsorted(ordered, np.abs(z) - _SAME) / len(ordered)
    return LogOddsTest(z, np.concatenate(p_values or [z]), p_max, relabelling.distinct)


def _z(
    drawn: NDArray[np.bool_],
    said: NDArray[np.float64],
    prior: NDArray[np.float64],
    n1: NDArray[np.float64],
    n_both: float,
) -> NDArray[np.float64]:
    """Values z of some words for each line of labels; `n1` and `n_both` count all words and the prior."""
    z = np.empty((len(drawn), said.shape[1]))
    total = said.sum(axis=0) + 2 * prior
    narrow = said.astype(np.float32)  # counts below 2 ** 24 stay exact
    for begin in range(0, len(drawn), _LINES):
        lines = slice(begin, begin + _LINES)
        one = (drawn[lines].astype(np.float32) @ narrow).astype(float) + prior
        two, n = total - one, n1[lines, None]
        delta = np.log(one / (n - one) * ((n_both - n - two) / two))
        z[lines] = delta / np.sqrt(1 / one + 1 / two)
    return z


def _calibrated(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less the mean, over the standard deviation of each column; 0 where there is no spread."""
    z -= z.mean(axis=0)
    spread = z.std(axis=0)
    return np.divide(z, spread, out=np.zeros_like(z), where=spread > _SAME)
