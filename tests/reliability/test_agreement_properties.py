"""What holds of every coefficient of the registry, on ratings that Hypothesis makes up."""

import math
from dataclasses import replace

import numpy as np
import pytest
from agreement_examples import plain
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.reliability import Ratings
from workbench.reliability.agreement import COEFFICIENTS, estimate_coefficients, fits

OPTIONS = {
    "weights": [None, "linear", "quadratic"],
    "distance": [None, "nominal", "ordinal", "interval", "ratio", "jaccard", "masi"],
}
SETS = tuple(map(frozenset, ("", "a", "b", "ab", "abc")))


@st.composite
def rated(draw, *, levels=("nominal", "ordinal", "interval", "ratio", "sets")):
    """Ratings of a few units, with missing cells, sources and unused categories."""
    level = draw(st.sampled_from(levels))
    categories = SETS if level == "sets" else tuple(range(draw(st.integers(1, 5))))
    width = draw(st.integers(2, 4))
    cell = st.integers(-1, len(categories) - 1)
    codes = draw(st.lists(st.tuples(*[cell] * width), min_size=1, max_size=14))
    rows = len(codes)
    sources = draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows))
    return Ratings(
        codes=np.array(codes, dtype=np.intp),
        categories=categories,
        units=tuple(range(rows)),
        coders=tuple("pqrs"[:width]),
        sources=np.array(sources),
        level=level,
    )


def measured(ratings, **options):
    """All estimates that apply, by name."""
    names = [name for name in COEFFICIENTS if fits(name, ratings) is None]
    return estimate_coefficients([ratings], names, **options)[0]


def numbers(estimates):
    """Every number of the estimates, for comparison to rounding."""
    return [
        math.nan if x is None else x
        for one in estimates.values()
        for x in (one.estimate, one.low, one.high)
    ]


def same(one, other):
    """Estimates and intervals agree to rounding, and so do reasons."""
    assert numbers(one) == pytest.approx(numbers(other), abs=1e-9, nan_ok=True)
    assert [x.reason for x in one.values()] == [x.reason for x in other.values()]


@settings(max_examples=60, deadline=None)
@given(rated(), st.randoms(use_true_random=False))
def test_order_of_rows_and_coders_does_not_matter(ratings, random):
    order = random.sample(range(ratings.n_units), ratings.n_units)
    turned = ratings.rows(order).of(random.sample(ratings.coders, ratings.n_coders))
    # whole numbers are summed, so this holds to the last digit
    assert measured(turned) == measured(ratings)


@settings(max_examples=40, deadline=None)
@given(rated(levels=("nominal", "sets")))
def test_names_of_labels_do_not_matter(ratings):
    if ratings.level == "sets":
        spelled = {"a": "z", "b": "y", "c": "x"}
        categories = tuple(frozenset(spelled[label] for label in one) for one in ratings.categories)
        renamed = replace(ratings, categories=categories, labels=())
    else:
        # the order of the codebook changes as well
        last = len(ratings.categories) - 1
        codes = np.where(ratings.codes < 0, -1, last - ratings.codes)
        categories = tuple(f"code {n}" for n in ratings.categories)
        renamed = replace(ratings, codes=codes, categories=categories, labels=())
    same(measured(renamed), measured(ratings))


@settings(max_examples=40, deadline=None)
@given(rated())
def test_a_corpus_twice_over_agrees_as_much(ratings):
    rows = list(range(ratings.n_units)) * 2
    doubled = replace(ratings.rows(rows), units=tuple(range(len(rows))))
    for name, one in measured(ratings).items():
        twice = measured(doubled)[name]
        if name != "krippendorff_alpha" or one.estimate is None:
            assert twice.estimate == pytest.approx(one.estimate, abs=1e-12)
            continue
        # alpha draws its expected pairs without replacement: 1 - a grows by (2n - 1) / (2n - 2)
        codings = ratings.codes[(ratings.codes >= 0).sum(axis=1) > 1]
        n = int((codings >= 0).sum())
        grown = (1 - one.estimate) * (2 * n - 1) / (2 * n - 2)
        assert 1 - twice.estimate == pytest.approx(grown, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(rated(), st.data())
def test_sums_give_what_the_definition_gives(ratings, data):
    names = [name for name in COEFFICIENTS if fits(name, ratings) is None]
    for name in names:
        takes = COEFFICIENTS[name].option
        allowed = [
            option
            for option in OPTIONS.get(takes, [None])
            if takes != "distance" or option in (None, *_distances(ratings.level))
        ]
        option = data.draw(st.sampled_from(allowed))
        if takes == "weights" and len(ratings.categories) < 2:
            continue
        options = {takes: option} if option else {}
        found = estimate_coefficients([ratings], [name], **options)[0][name]
        wanted = plain(name, ratings, option=option or ("linear" if takes == "weights" else None))
        assert (found.estimate is None) == (wanted is None), name
        if wanted is not None:
            assert found.estimate == pytest.approx(float(wanted), abs=1e-9), name
        else:
            assert found.reason


def _distances(level):
    if level == "sets":
        return ("nominal", "jaccard", "masi")
    order = ("nominal", "ordinal", "interval", "ratio")
    return order[: order.index(level) + 1]


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_full_agreement_is_one(name):
    level = "nominal" if "nominal" in COEFFICIENTS[name].levels else "ordinal"
    ratings = Ratings.build([[0, 0], [1, 1], [2, 2], [1, 1]], level=level)
    found = estimate_coefficients([ratings], [name])[0][name]
    assert found.estimate == 1.0


@pytest.mark.parametrize("name", COEFFICIENTS)
def test_replicates_are_the_coefficient_of_resampled_units(name):
    """The matrix product gives what building every resample would."""
    from workbench.statistics import cluster_interval

    rng = np.random.default_rng(3)
    level = "nominal" if "nominal" in COEFFICIENTS[name].levels else "ordinal"
    truth = rng.integers(0, 3, (60, 1))
    codes = np.where(rng.random((60, 2)) < 0.6, truth, rng.integers(0, 3, (60, 2)))
    codes[:4, 0] = -1
    ratings = Ratings.build(
        np.where(codes < 0, np.nan, codes),
        categories=[0, 1, 2],
        level=level,
        sources=rng.integers(0, 12, 60),
    )

    def again(rows):
        part = replace(ratings.rows(rows), units=tuple(range(len(rows))))
        return estimate_coefficients([part], [name])[0][name].estimate

    for method in ("jackknife", "bootstrap"):
        options = {"method": method, "resamples": 100, "random_state": 5}
        found = estimate_coefficients([ratings], [name], **options)[0][name]
        wanted = cluster_interval(again, ratings.sources, **options)
        assert found.estimate == wanted.estimate
        if name == "percent" and method == "jackknife":
            continue  # made on the log-odds, as every proportion
        assert (found.low, found.high) == pytest.approx((wanted.low, min(1.0, wanted.high)))
