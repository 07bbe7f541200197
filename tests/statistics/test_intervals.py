"""Cluster intervals against published examples and scipy."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import BadInput
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Estimate,
    cluster_interval,
    macro_f1_statistic,
    paired_difference,
)

# Efron and Tibshirani (1993), table 3.1: 15 law schools.
LSAT = [576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594]
GPA = [3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96]


def mean_of(values):
    return lambda rows: values[rows].mean()


def test_jackknife_reproduces_the_law_school_standard_error():
    x, y = np.array(LSAT), np.array(GPA)
    result = cluster_interval(lambda rows: np.corrcoef(x[rows], y[rows])[0, 1], np.arange(15))
    se = (result.high - result.low) / 2 / stats.t.ppf(0.975, 14)
    assert result.estimate == pytest.approx(0.776, abs=5e-4)
    assert se == pytest.approx(0.1425, abs=5e-5)  # Efron (1982), The Jackknife, section 3
    assert result.method == "jackknife-t"


def test_jackknife_of_a_mean_of_single_rows_is_the_t_interval():
    values = np.random.default_rng(3).normal(size=17)
    result = cluster_interval(mean_of(values), np.arange(17), level=0.9)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert (result.n, result.n_clusters, result.level) == (17, 17, 0.9)


def test_percentile_bootstrap_of_single_rows_equals_scipy():
    values = np.random.default_rng(4).exponential(size=45)
    result = cluster_interval(mean_of(values), np.arange(45), random_state=8, level=0.9)
    expected = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=1000,
        method="percentile",
        confidence_level=0.9,
        rng=np.random.default_rng(8),
    ).confidence_interval
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high))
    assert result.method == "percentile bootstrap"
    assert result.reason is None


@pytest.mark.parametrize(
    ("clusters", "method"), [(29, "jackknife-t"), (30, "percentile bootstrap")]
)
def test_the_number_of_clusters_chooses_the_method(clusters, method):
    values = np.random.default_rng(0).normal(size=clusters)
    assert cluster_interval(mean_of(values), np.arange(clusters)).method == method


@pytest.mark.parametrize(("clusters", "few"), [(2, True), (9, True), (10, False)])
def test_below_ten_clusters_it_says_few_conversations(clusters, few):
    values = np.random.default_rng(0).normal(size=clusters)
    for method in ("auto", "bootstrap"):
        reason = cluster_interval(mean_of(values), np.arange(clusters), method=method).reason
        assert (reason == f"few conversations ({clusters})") if few else reason is None


def test_undefined_is_an_answer():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    one = cluster_interval(mean_of(values), ["a"] * 4)
    assert one.estimate == 2.5
    assert one.low is None
    assert "at least two clusters" in one.reason
    nothing = cluster_interval(mean_of(values), [])
    assert (nothing.estimate, nothing.reason) == (None, "no rows")
    never = cluster_interval(lambda rows: None, [1, 2, 3, 4])
    assert (never.estimate, never.reason) == (None, "the quantity is undefined for these rows")
    same = cluster_interval(lambda rows: 0.5, [1, 2, 3, 4])
    assert same.estimate == 0.5
    assert same.high is None
    assert "does not vary" in same.reason


def test_statistics_undefined_in_resamples_are_counted():
    def needs_row_0(rows):
        return float(rows.mean()) if 0 in rows else float("nan")

    left_out = cluster_interval(needs_row_0, np.arange(12))
    assert left_out.low is None
    assert "undefined when one of 1 clusters is left out" in left_out.reason
    often = cluster_interval(needs_row_0, np.arange(40))  # absent from (1 - 1/40)^40 = 36 %
    assert often.low is None
    assert "of 1000 resamples" in often.reason

    def needs_early_rows(rows):
        return float(rows.mean()) if rows.min() < 5 else None

    seldom = cluster_interval(needs_early_rows, np.arange(40))  # (35/40)^40 = 0.5 %
    assert seldom.low < seldom.estimate < seldom.high
    assert "undefined and left out" in seldom.reason


def test_bounds_cut_the_interval():
    values = np.array([0.9, 1.0, 1.0, 0.7])
    assert cluster_interval(mean_of(values), np.arange(4)).high > 1
    assert cluster_interval(mean_of(values), np.arange(4), bounds=(0, 1)).high == 1


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["jackknife", "bootstrap"]))
def test_row_order_and_cluster_names_do_not_matter(data, method):
    n = data.draw(st.integers(4, 40))
    values = np.array(data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)
    ids = np.array(data.draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    order = np.array(data.draw(st.permutations(range(n))))
    options = {"method": method, "resamples": 100}
    plain = cluster_interval(mean_of(values), ids, **options)
    shuffled = cluster_interval(mean_of(values[order]), ids[order], **options)
    renamed = cluster_interval(mean_of(values), [f"video {i}" for i in ids], **options)
    numbers = [x.as_row().values() for x in (plain, shuffled, renamed)]
    for other in numbers[1:]:
        assert list(other) == [
            pytest.approx(x, abs=1e-9) if isinstance(x, float) else x for x in numbers[0]
        ]
    if method == "jackknife":  # any renaming at all, here one that reverses the order
        reversed_names = cluster_interval(mean_of(values), -ids, **options)
        assert reversed_names.low == (None if plain.low is None else pytest.approx(plain.low))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=8))
def test_resampling_never_cuts_a_cluster(sizes):
    ids = np.repeat(np.arange(len(sizes)), sizes)
    seen = []

    def record(rows):
        seen.append(np.bincount(ids[rows], minlength=len(sizes)))
        return float(rows.mean())

    cluster_interval(record, ids, method="bootstrap", resamples=100)
    drawn = np.array(seen)
    assert (drawn % np.array(sizes) == 0).all()
    assert ((drawn // np.array(sizes)).sum(axis=1) == len(sizes)).all()


def test_paired_difference_is_the_difference_on_the_same_resamples():
    rng = np.random.default_rng(5)
    base = rng.normal(size=60)
    a, b = base + rng.normal(0.3, 0.1, 60), base
    ids = np.repeat(np.arange(40), 2)[:60]
    pair = paired_difference(mean_of(a), mean_of(b), ids)
    direct = cluster_interval(mean_of(a - b), ids)
    assert (pair.low, pair.high) == pytest.approx((direct.low, direct.high))
    assert pair.high - pair.low < 0.1 < cluster_interval(mean_of(a), ids).high
    swapped = paired_difference(mean_of(b), mean_of(a), ids)
    assert (swapped.low, swapped.high) == pytest.approx((-pair.high, -pair.low))


def test_paired_difference_undefined_where_either_is():
    result = paired_difference(lambda rows: None, lambda rows: 1.0, [1, 2, 3])
    assert result.estimate is None
    assert result.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 95}, "between 0 and 1"),
        ({"method": "jacknife"}, "Did you mean 'jackknife'"),
        ({"resamples": 20}, "at least 100"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(BadInput, match=message):
        cluster_interval(len, [1, 2], **options)


@pytest.mark.parametrize("ids", [["a", None], [1.0, float("nan")], [["a"], ["b"]], ["a", 1, None]])
def test_clusters_without_id_are_refused(ids):
    with pytest.raises(BadInput, match="clusters"):
        cluster_interval(len, ids)


def test_mixed_ids_are_refused():
    with pytest.raises(BadInput, match="all strings or all numbers"):
        cluster_interval(len, np.array(["a", 1], dtype=object))


def test_estimate_never_holds_nan_nor_a_gap_without_reason():
    for fields in ({"estimate": float("nan")}, {"estimate": 1.0, "low": 0.0}, {"estimate": None}):
        with pytest.raises(BadInput):
            Estimate(**fields)
    row = Estimate(0.5, 0.4, 0.6, method="Wilson", n=9).as_row()
    assert list(row) == list(ESTIMATE_COLUMNS)


def test_a_thousand_resamples_of_macro_f1_are_quick():
    rng = np.random.default_rng(0)
    labels = ["question", "reflection", "input", "other"]
    truth, predicted = rng.choice(labels, size=(2, 4000))
    begin = time.perf_counter()
    result = cluster_interval(
        macro_f1_statistic(truth, predicted, labels), np.arange(4000) % 92, bounds=(0, 1)
    )
    assert time.perf_counter() - begin < 5
    assert result.low < 0.25 < result.high
