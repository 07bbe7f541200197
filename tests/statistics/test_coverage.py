"""Do nominal 95 % intervals hold the truth in 95 % of simulated studies?

Sessions differ (beta-binomial, intraclass correlation 0.1) and are of very unequal
length (negative binomial, mean 25 items). `make prove` runs the full sizes and found,
in percent of 10,000 studies (bootstrap 2,000; mean of any callable 1,000):

    clusters                     5     8    12    20    40   100
    jackknife-t
      proportion 0.30         93.5  94.0  94.2  94.1  94.7  94.8
      proportion 0.05         97.8  97.2  95.0  94.4  94.2  94.3
      ratio 0.8               93.0  93.0  93.9  93.9  94.2  94.7
      mean                    92.9  94.6  94.2  94.9  95.6  95.1
    percentile bootstrap
      proportion 0.30         83.7  86.8  90.1  91.5  92.9  93.6
      proportion 0.05         80.5  80.1  82.7  86.4  90.0  92.6
      ratio 0.8               82.2  84.7  88.8  90.7  93.3  94.0
      mean                    81.3  88.3  90.3  92.1  94.4  94.2

So the jackknife stays within two points of its level but is not exact; the bands
below are 1.5 (ratio 3, mean 2) points under it, and three binomial standard errors.
"""

import numpy as np
import pytest

from workbench.statistics import cluster_interval, cluster_proportion, ratio_of_sums

GROUPS = (5, 8, 12, 20, 40, 100)


def lengths(groups, rng):
    return 1 + rng.negative_binomial(2, 2 / 26, groups)


def proportion_coverage(groups, *, share, studies, method, seed=1):
    """Share of studies whose interval holds the true share of coded items."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(studies):
        items = lengths(groups, rng)
        coded = rng.binomial(items, rng.beta(9 * share, 9 * (1 - share), groups))
        result = cluster_proportion(coded, items, np.arange(groups), method=method)
        hits += result.low <= share <= result.high
    return hits / studies


def ratio_coverage(groups, *, ratio, studies, method, seed=2):
    """The same for the ratio of two counts that vary from session to session."""
    rng = np.random.default_rng(seed)
    hits = made = 0
    for _ in range(studies):
        below = lengths(groups, rng)
        above = rng.poisson(below * ratio * rng.gamma(4, 1 / 4, groups))
        result = ratio_of_sums(above, below, np.arange(groups), method=method)
        if result.low is not None:
            made += 1
            hits += result.low <= ratio <= result.high
    return hits / made


def mean_coverage(groups, *, studies, method, seed=3):
    """The same for a statistic given as a callable: a mean over normal items."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(studies):
        ids = np.repeat(np.arange(groups), rng.integers(2, 12, groups))
        values = rng.normal(0, 0.5, groups)[ids] + rng.normal(size=len(ids))
        result = cluster_interval(
            lambda rows, values=values: values[rows].mean(), ids, method=method, resamples=400
        )
        hits += result.low <= 0 <= result.high
    return hits / studies


def slack(studies, coverage=0.95):
    """Three binomial standard errors."""
    return 3 * np.sqrt(coverage * (1 - coverage) / studies)


@pytest.mark.parametrize("groups", GROUPS)
def test_jackknife_keeps_its_level(groups):
    studies = 1000
    margin = slack(studies)
    coverage = proportion_coverage(groups, share=0.3, studies=studies, method="jackknife")
    assert 0.935 - margin <= coverage <= 0.955 + margin
    rare = proportion_coverage(groups, share=0.05, studies=studies, method="jackknife")
    assert 0.935 - margin <= rare  # wide on purpose where hardly anything is counted
    ratio = ratio_coverage(groups, ratio=0.8, studies=studies, method="jackknife")
    assert 0.92 - margin <= ratio <= 0.955 + margin


@pytest.mark.parametrize("groups", [5, 12])
def test_jackknife_of_any_statistic_keeps_its_level(groups):
    coverage = mean_coverage(groups, studies=500, method="jackknife")
    assert 0.93 - slack(500) <= coverage <= 0.955 + slack(500)


def test_rare_events_need_the_log_odds():
    rng, hits, studies = np.random.default_rng(5), 0, 500
    for _ in range(studies):
        items = lengths(12, rng)
        coded = rng.binomial(items, rng.beta(9 * 0.05, 9 * 0.95, 12))
        result = cluster_interval(
            lambda rows, c=coded, i=items: c[rows].sum() / i[rows].sum(), np.arange(12)
        )
        hits += result.low is not None and result.low <= 0.05 <= result.high
    plain = hits / studies
    assert plain < 0.90
    assert proportion_coverage(12, share=0.05, studies=studies, method="jackknife") > plain + 0.05


def test_few_clusters_need_the_jackknife():
    options = {"share": 0.3, "studies": 500}
    percentile = proportion_coverage(5, method="bootstrap", **options)
    assert percentile < 0.88
    assert proportion_coverage(5, method="auto", **options) > percentile + 0.05


def test_bootstrap_is_good_enough_from_thirty_clusters_on():
    coverage = proportion_coverage(40, share=0.3, studies=400, method="auto")
    assert 0.92 - slack(400) <= coverage <= 0.955 + slack(400)


@pytest.mark.prove
@pytest.mark.parametrize("groups", GROUPS)
def test_coverage_in_full(groups):
    found = {}
    for method, studies in (("jackknife", 10_000), ("bootstrap", 2_000)):
        options = {"studies": studies, "method": method}
        found[f"proportion 0.30, {method}"] = proportion_coverage(groups, share=0.3, **options)
        found[f"proportion 0.05, {method}"] = proportion_coverage(groups, share=0.05, **options)
        found[f"ratio 0.8, {method}"] = ratio_coverage(groups, ratio=0.8, **options)
        found[f"mean, {method}"] = mean_coverage(groups, studies=1_000, method=method)
    print(groups, found)
    margin = slack(10_000)
    assert 0.935 - margin <= found["proportion 0.30, jackknife"] <= 0.955 + margin
    assert 0.935 - margin <= found["proportion 0.05, jackknife"]
    assert 0.92 - margin <= found["ratio 0.8, jackknife"] <= 0.955 + margin
    assert 0.93 - slack(1_000) <= found["mean, jackknife"] <= 0.955 + slack(1_000)
