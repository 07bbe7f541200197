"""Permutation test against scipy, and its level."""

import numpy as np
import pytest
from scipy import stats

from workbench.errors import BadInput
from workbench.statistics import permutation_test


def mean_of(values):
    return lambda rows: values[rows].mean()


def test_exact_p_equals_scipy():
    values = np.random.default_rng(0).normal(size=11)
    groups = np.array(["high"] * 5 + ["low"] * 6)
    result = permutation_test(mean_of(values), groups, np.arange(11))
    expected = stats.permutation_test(
        (values[:5], values[5:]),
        lambda x, y: abs(x.mean() - y.mean()),
        alternative="greater",
        n_resamples=np.inf,
    )
    assert result.p_value == pytest.approx(expected.pvalue)
    assert result.exact
    assert result.permutations == 462
    assert (result.first, result.second) == ("high", "low")
    assert result.difference == pytest.approx(values[:5].mean() - values[5:].mean())


def test_random_p_is_add_one_and_near_the_exact_one():
    values = np.random.default_rng(1).normal(size=16) + np.repeat([0.0, 0.9], 8)
    groups = np.repeat([0, 1], 8)
    exact = permutation_test(mean_of(values), groups, np.arange(16), permutations=12870)
    random = permutation_test(mean_of(values), groups, np.arange(16), permutations=4000)
    assert exact.exact
    assert not random.exact
    assert random.p_value == pytest.approx(exact.p_value, abs=4 * np.sqrt(0.25 / 4000))
    assert random.p_value * 4001 == pytest.approx(round(random.p_value * 4001))
    far = permutation_test(
        mean_of(values + 100.0 * groups), groups, np.arange(16), permutations=100
    )
    assert far.p_value >= 1 / 101


def test_whole_clusters_move():
    ids = np.repeat(np.arange(6), [1, 4, 2, 3, 5, 2])
    groups = ids % 2
    seen = []

    def record(rows):
        seen.append(np.bincount(ids[rows], minlength=6))
        return float(rows.mean())

    permutation_test(record, groups, ids)
    sizes = np.bincount(ids)
    assert all(((counts == 0) | (counts == sizes)).all() for counts in seen)


def test_row_order_does_not_matter():
    rng = np.random.default_rng(2)
    ids = rng.integers(0, 20, 90)
    values, groups, order = rng.normal(size=90), ids % 2, rng.permutation(90)
    plain = permutation_test(mean_of(values), groups, ids, permutations=300)
    mixed = permutation_test(mean_of(values[order]), groups[order], ids[order], permutations=300)
    assert mixed.p_value == plain.p_value
    assert mixed.difference == pytest.approx(plain.difference)


def test_level_under_the_null_with_cluster_effects():
    rng = np.random.default_rng(3)
    ids, hits = np.repeat(np.arange(12), 8), 0
    for _ in range(300):
        values = rng.normal(size=12)[ids] + rng.normal(size=96)
        result = permutation_test(mean_of(values), ids % 2, ids, permutations=99)
        hits += result.p_value <= 0.05
    assert hits <= stats.binom.ppf(0.999, 300, 0.05)


def test_undefined_groups_and_relabellings():
    values = np.arange(12.0)
    groups = np.repeat([0, 1], 6)
    nothing = permutation_test(lambda rows: None, groups, np.arange(12))
    assert nothing.difference is None
    assert nothing.p_value is None
    assert "undefined" in nothing.reason

    def sometimes(rows):
        return None if {0, 11} <= set(rows.tolist()) else float(values[rows].mean())

    result = permutation_test(sometimes, groups, np.arange(12))
    undefined = 2 * 210  # ways to have clusters 0 and 11 in one group of six
    assert result.reason == f"undefined in {undefined} relabellings, counted as far"
    assert result.p_value == pytest.approx((undefined + 2) / 924)


@pytest.mark.parametrize(
    ("groups", "clusters", "message"),
    [
        ([0, 0, 0], [1, 2, 3], "two distinct values, got 1"),
        ([0, 1, 2], [1, 2, 3], "two distinct values, got 3"),
        ([0, 1, 1], [1, 1, 2], "1 clusters have rows in both groups"),
        ([0, 1], [1, 2, 3], "one of each per row"),
        ([0, None], [1, 2], "row 1 has no id"),
    ],
)
def test_bad_groups_are_refused(groups, clusters, message):
    with pytest.raises(BadInput, match=message):
        permutation_test(len, groups, clusters)


def test_no_permutations_are_refused():
    with pytest.raises(BadInput, match="at least 1"):
        permutation_test(len, [0, 1], [0, 1], permutations=0)
