"""Proportions against published intervals, statsmodels and the general resampler."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from statsmodels.stats.proportion import proportion_confint

from workbench.errors import BadInput
from workbench.statistics import (
    cluster_interval,
    cluster_proportion,
    cluster_proportions,
    proportion_interval,
    ratio_of_sums,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_reproduces_newcombe(successes, n, low, high):
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    result = proportion_interval(successes, n)
    assert (result.low, result.high) == pytest.approx((low, high), abs=5e-5)
    assert result.method == "Wilson"
    assert result.n_clusters is None


@settings(deadline=None)
@given(st.integers(1, 500), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_equals_statsmodels(n, share, level):
    successes = round(share * n)
    result = proportion_interval(successes, n, level=level)
    expected = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-9)


def test_no_items_have_no_proportion():
    result = proportion_interval(0, 0)
    assert (result.estimate, result.low, result.reason) == (None, None, "no items")
    with pytest.raises(BadInput, match="between 0 and n"):
        proportion_interval(3, 2)


def sessions(groups, seed=0):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 30, groups)
    ids = np.repeat(np.arange(groups), sizes)
    hits = rng.random(len(ids)) < rng.beta(3, 5, groups)[ids]
    return hits.astype(float), np.ones(len(ids)), ids


def test_proportion_equals_the_general_resampler():
    hits, ones, ids = sessions(12)
    fast = cluster_proportion(hits, ones, ids)
    slow = cluster_interval(lambda rows: logit(hits[rows].mean()), ids)
    assert fast.estimate == pytest.approx(hits.mean())
    assert (fast.low, fast.high) == pytest.approx((expit(slow.low), expit(slow.high)))
    assert fast.method == "jackknife-t (logit)"
    assert (fast.n, fast.n_clusters) == (len(ids), 12)


def test_ratio_equals_the_general_resampler():
    rng = np.random.default_rng(2)
    reflections, questions = rng.poisson(4, 14), rng.poisson(6, 14)
    ids = np.arange(14)
    fast = ratio_of_sums(reflections, questions, ids)
    slow = cluster_interval(
        lambda rows: np.log(reflections[rows].sum() / questions[rows].sum()), ids
    )
    assert (fast.low, fast.high) == pytest.approx((np.exp(slow.low), np.exp(slow.high)))
    assert fast.method == "jackknife-t (log)"


def test_bootstrap_uses_the_same_draws_as_the_general_resampler():
    hits, ones, ids = sessions(45)
    fast = cluster_proportion(hits, ones, ids, random_state=6)
    slow = cluster_interval(lambda rows: hits[rows].mean(), ids, random_state=6)
    assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high))
    assert fast.method == slow.method == "percentile bootstrap"


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_row_order_names_and_totals_do_not_matter(data):
    groups = data.draw(st.integers(1, 12))
    hits, ones, ids = sessions(groups, seed=data.draw(st.integers(0, 99)))
    order = np.random.default_rng(1).permutation(len(ids))
    plain = cluster_proportion(hits, ones, ids)
    others = [
        cluster_proportion(hits[order], ones[order], ids[order]),
        cluster_proportion(hits, ones, [f"client {7 - i}" for i in ids]),
    ]
    for other in others:
        assert (other.method, other.n, other.reason) == (plain.method, plain.n, plain.reason)
        assert other.low == (None if plain.low is None else pytest.approx(plain.low))
    totals = cluster_proportion(np.bincount(ids, hits), np.bincount(ids), np.arange(groups))
    assert totals.high == (None if plain.high is None else pytest.approx(plain.high))
    if plain.low is not None:
        assert 0 <= plain.low <= plain.estimate <= plain.high <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 28), st.integers(0, 99))
def test_counting_the_complement_mirrors_the_interval(groups, seed):
    hits, ones, ids = sessions(groups, seed)
    one, other = cluster_proportion(hits, ones, ids), cluster_proportion(1 - hits, ones, ids)
    assert (other.low, other.high) == pytest.approx((1 - one.high, 1 - one.low))


@pytest.mark.parametrize("hits", [[0, 0, 0], [5, 5, 5], [0, 2, 0], [1, 1, 1]])
def test_without_variation_the_interval_is_wide_not_empty(hits):
    result = cluster_proportion(hits, [5, 5, 5], ["a", "b", "c"])
    low, high = proportion_confint(3 * result.estimate, 3, method="wilson")
    assert (result.low, result.high) == pytest.approx((low, high))
    assert result.method == "Wilson over clusters"
    assert (
        result.reason
        == "few conversations (3); too little variation: each cluster counted as one item"
    )


def test_a_ratio_in_one_cluster_only_has_no_interval():
    result = ratio_of_sums([0, 4, 0], [3, 5, 6], ["a", "b", "c"])
    assert result.estimate == pytest.approx(4 / 14)
    assert result.low is None
    assert "sits in one cluster" in result.reason
    undefined = ratio_of_sums([1, 2], [0, 0], ["a", "b"])
    assert undefined.estimate is None
    assert undefined.reason == "the quantity is undefined for these rows"


@pytest.mark.parametrize("groups", [12, 60])
def test_many_kinds_at_once_are_what_each_is_alone(groups):
    rng = np.random.default_rng(5)
    parts = rng.multinomial(9, [0.5, 0.3, 0.2, 0.0], size=3 * groups)
    clusters = np.arange(3 * groups) % groups
    together = cluster_proportions(parts, parts.sum(axis=1), clusters, random_state=3)
    alone = [
        cluster_proportion(kind, parts.sum(axis=1), clusters, random_state=3) for kind in parts.T
    ]
    assert together == alone


def test_empty_clusters_are_not_counted():
    result = cluster_proportion([1, 0, 2, 0], [2, 0, 3, 0], ["a", "b", "c", "d"])
    assert (result.n, result.n_clusters) == (2, 2)
    assert result.estimate == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("numerators", "denominators", "clusters", "message"),
    [
        ([1, 3], [2, 2], [0, 1], "row 1: the numerator exceeds"),
        ([1, -1], [2, 2], [0, 1], "row 1: counts are"),
        ([1, np.nan], [2, 2], [0, 1], "row 1: counts are"),
        ([1], [2, 2], [0, 1], "not two columns"),
        ([1, 1], [2, 2], [0], "one id per row"),
    ],
)
def test_bad_counts_are_refused(numerators, denominators, clusters, message):
    with pytest.raises(BadInput, match=message):
        cluster_proportion(numerators, denominators, clusters)
