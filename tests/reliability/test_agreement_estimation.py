"""Estimates of agreement: intervals by the house's rule, undefined values with a reason, clear refusals."""

import krippendorff
import numpy as np
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

import workbench as wb
from workbench.errors import BadInput
from workbench.reliability import Ratings, read_coded
from workbench.reliability.agreement import (
    COEFFICIENTS,
    estimate_coefficient,
    estimate_coefficients,
    fits,
)
from workbench.settings import data_home


def talk(conversations, units, *, coders=2, k=3, agreement=0.7, seed=0):
    """Ratings of conversations in which coders agree more often than by chance."""
    rng = np.random.default_rng(seed)
    n = conversations * units
    truth = rng.integers(0, k, (n, 1))
    codes = np.where(rng.random((n, coders)) < agreement, truth, rng.integers(0, k, (n, coders)))
    return Ratings.build(
        codes.tolist(),
        categories=list(range(k)),
        sources=np.repeat([f"talk-{c:03}" for c in range(conversations)], units),
    )


def test_the_number_of_conversations_decides_how_the_interval_is_made():
    few = estimate_coefficient(talk(8, 20), "krippendorff_alpha")
    some = estimate_coefficient(talk(20, 20), "krippendorff_alpha")
    many = estimate_coefficient(talk(40, 20), "krippendorff_alpha")
    assert few.reason == "few conversations (8)"
    assert (few.method, some.method, many.method) == (
        "jackknife-t",
        "jackknife-t",
        "percentile bootstrap",
    )
    assert some.reason is None
    assert (some.n, some.n_clusters) == (400, 20)
    assert some.low < some.estimate < some.high <= 1


def test_many_coefficients_share_their_draws_and_change_nothing():
    ratings = talk(35, 12)
    tables = [ratings, *(ratings.holds(label) for label in ratings.labels)]
    names = ["cohen_kappa", "krippendorff_alpha", "gwet_ac1"]
    together = estimate_coefficients(tables, names, resamples=200, random_state=4)
    for table, found in zip(tables, together, strict=True):
        for name in names:
            assert found[name] == estimate_coefficient(table, name, resamples=200, random_state=4)


def test_percent_agreement_is_a_proportion():
    ratings = Ratings.build([["a", "a"]] * 12, sources=np.arange(12) // 2)
    found = estimate_coefficient(ratings, "percent")
    assert found.estimate == 1.0
    assert found.method == "Wilson over clusters"
    assert found.low < 1
    assert found.n == 12


@pytest.mark.parametrize(
    ("values", "names", "reason"),
    [
        ([["a", None], [None, "b"]], COEFFICIENTS, "no unit was coded by two coders"),
        (
            [["a", "a"], ["a", "a"]],
            ["cohen_kappa", "scott_pi", "fleiss_kappa", "krippendorff_alpha"],
            "expected disagreement is 0: only one category was used",
        ),
    ],
)
def test_undefined_is_null_with_a_reason(values, names, reason):
    nominal = Ratings.build(values, categories=["a", "b"], sources=["x", "y"])
    for name in names:
        if "nominal" in COEFFICIENTS[name].levels:
            found = estimate_coefficient(nominal, name)
            assert found.estimate is None
            assert found.low is None
            assert found.reason.startswith(reason)


def test_one_category_in_the_codebook_leaves_no_chance():
    values = [["a", "a"], ["a", "a"]]
    for name in ("gwet_ac1", "brennan_prediger"):
        assert estimate_coefficient(Ratings.build(values, categories="a"), name).reason == (
            "the codebook has one category only; 1 category in the codebook"
        )
        assert estimate_coefficient(Ratings.build(values), name).reason == (
            "one category occurs, and no codebook says that there are more; "
            "1 category in use, no codebook given"
        )


def test_no_units_at_all():
    ratings = Ratings.build([], categories=["a", "b"], coders=["p", "q"])
    for name in ("percent", "cohen_kappa", "krippendorff_alpha", "gwet_ac1"):
        assert estimate_coefficient(ratings, name).reason.startswith("no unit was coded by two")


def test_the_codebook_counts_categories_nobody_used():
    values = [["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]]
    seen = Ratings.build(values)
    book = Ratings.build(values, categories=["a", "b", "c", "d"])
    assert estimate_coefficient(seen, "brennan_prediger").estimate == pytest.approx(0.5)
    found = estimate_coefficient(book, "brennan_prediger")
    assert found.estimate == pytest.approx((0.75 - 0.25) / 0.75)
    assert found.reason.endswith("4 categories in the codebook")
    assert estimate_coefficient(seen, "brennan_prediger").reason.endswith(
        "2 categories in use, no codebook given"
    )
    alone = estimate_coefficient(book.holds("a"), "brennan_prediger")
    assert alone.reason.endswith("2 categories (this code, all others)")
    for name in ("cohen_kappa", "scott_pi", "fleiss_kappa", "krippendorff_alpha"):
        one, other = estimate_coefficient(seen, name), estimate_coefficient(book, name)
        assert one.estimate == other.estimate


def test_units_of_one_coder_are_left_out_and_said():
    ratings = Ratings.build([["a", "a"], ["a", "b"], ["b", "b"], ["b", None], [None, None]])
    found = estimate_coefficient(ratings, "cohen_kappa")
    assert found.n == 3
    assert found.reason.endswith("1 unit of one coder left out")
    pooled = estimate_coefficient(ratings, "fleiss_kappa")
    assert pooled.reason.endswith("1 unit of one coder in the marginals only")
    alone = estimate_coefficient(ratings, "krippendorff_alpha")
    assert "of one coder" not in (alone.reason or "")


def test_conversations_without_a_doubly_coded_unit_are_no_clusters():
    """A hundred singly coded conversations must not make five doubly coded ones look like many."""
    double = talk(5, 20, seed=1)
    single = talk(100, 5, seed=2)
    codes = np.vstack([double.codes, single.codes])
    codes[len(double.codes) :, 1] = -1
    ratings = Ratings.build(
        np.where(codes < 0, np.nan, codes),
        categories=[0, 1, 2],
        sources=[f"d{s}" for s in double.sources] + [f"s{s}" for s in single.sources],
    )
    for name in ("krippendorff_alpha", "gwet_ac1", "fleiss_kappa"):
        found = estimate_coefficient(ratings, name)
        assert (found.n, found.n_clusters, found.method) == (100, 5, "jackknife-t")
        assert "few conversations (5)" in found.reason


def test_too_many_undefined_resamples_leave_no_interval():
    """One of forty conversations holds the only unit that is not neutral."""
    values = [["n", "n"]] * 79 + [["c", "c"]]
    ratings = Ratings.build(values, sources=np.arange(80) // 2)
    found = estimate_coefficient(ratings, "krippendorff_alpha")
    assert found.estimate == 1.0
    assert found.low is None
    assert "of 1000 resamples" in found.reason
    lost = int(found.reason.split("undefined in ")[1].split()[0])
    assert 300 < lost < 430  # (39/40)^40 = 36 %


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda r: estimate_coefficient(r, "kappa"),
            "There is no coefficient of agreement 'kappa'",
        ),
        (
            lambda r: estimate_coefficient(r, "weighted_kappa"),
            "Weighted kappa needs ordered codes, and these are nominal",
        ),
        (lambda r: estimate_coefficient(r, "gwet_ac2"), "needs ordered codes"),
        (
            lambda r: estimate_coefficient(r, "cohen_kappa", weights="linear"),
            "weights was given, but cohen_kappa takes none",
        ),
        (
            lambda r: estimate_coefficient(r, "krippendorff_alpha", distance="interval"),
            "distance='interval' does not fit codes of level 'nominal'",
        ),
        (
            lambda r: estimate_coefficient(r.of(["1"]), "percent"),
            "at least two are needed",
        ),
    ],
)
def test_what_does_not_apply_is_refused(call, message):
    with pytest.raises(BadInput, match=message):
        call(Ratings.build([["a", "a"], ["a", "b"]]))


def test_two_coders_are_asked_for_where_two_are_needed():
    assert "ratings.of([...])" in fits("scott_pi", talk(2, 4, coders=3))
    assert fits("fleiss_kappa", talk(2, 4, coders=3)) is None
    sets = Ratings.build([[{"a"}, {"a", "b"}]], level="sets")
    assert "is for codes of level nominal or ordinal" in fits("fleiss_kappa", sets)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("cubic", "There is no weights 'cubic'"),
        ([[0, 1], [1, 0]], "one line and column for each of 3 codes"),
        ([[0, 1, 2], [1, 0, 1], [3, 1, 0]], "the same both ways"),
    ],
)
def test_weights_that_are_none_are_refused(weights, message):
    ratings = Ratings.build([[0, 1], [2, 2]], categories=[0, 1, 2], level="ordinal")
    with pytest.raises(BadInput, match=message):
        estimate_coefficient(ratings, "weighted_kappa", weights=weights)


def test_numbers_where_numbers_are_needed():
    with pytest.raises(BadInput, match="have to be numbers"):
        estimate_coefficient(Ratings.build([["a", "b"]], level="interval"), "krippendorff_alpha")
    with pytest.raises(BadInput, match="cannot be negative"):
        estimate_coefficient(Ratings.build([[-1, 2]], level="ratio"), "krippendorff_alpha")


def test_measurements_with_thousands_of_distinct_values():
    """No values x values table is made for interval data; ratio data say what to do."""
    rng = np.random.default_rng(0)
    truth = rng.normal(50, 10, (4000, 1))
    values = np.abs(truth + rng.normal(0, 3, (4000, 2)))
    found = estimate_coefficient(Ratings.build(values, level="interval"), "krippendorff_alpha")
    assert found.estimate == pytest.approx(100 / 109, abs=0.02)
    with pytest.raises(BadInput, match="take level='interval'"):
        estimate_coefficient(Ratings.build(values, level="ratio"), "krippendorff_alpha")


def test_the_scale_of_measurements_does_not_matter():
    values = np.array([[1.0, 2.0], [3.0, 3.0], [2.0, 4.0], [5.0, 4.0]])
    alphas = [
        estimate_coefficient(
            Ratings.build(values * scale, level="interval"), "krippendorff_alpha"
        ).estimate
        for scale in (1.0, 1e-9, 1e9)
    ]
    assert alphas == pytest.approx([alphas[0]] * 3)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize(
    ("scheme", "units", "rounded"), [("annomi-helper", 116, 0.729), ("annomi-client", 114, 0.527)]
)
def test_ten_annotators_of_annomi(scheme, units, rounded):
    """Five transcripts were coded by all ten; published and independent programs agree on them."""
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    layers = [layer for layer in corpus.layers if layer.name.startswith(f"{scheme}.")]
    ratings = read_coded(layers, corpus=corpus).ratings
    ratings = ratings.rows((ratings.codes >= 0).all(axis=1))
    assert ratings.codes.shape == (units, 10)
    alpha = estimate_coefficient(ratings, "krippendorff_alpha")
    assert (round(alpha.estimate, 3), alpha.n_clusters) == (rounded, 5)
    assert alpha.reason == "few conversations (5)"
    wanted = krippendorff.alpha(ratings.codes.T.astype(float), level_of_measurement="nominal")
    assert alpha.estimate == pytest.approx(wanted, abs=1e-9)
    counts, _ = aggregate_raters(ratings.codes)
    fleiss = estimate_coefficient(ratings, "fleiss_kappa")
    assert fleiss.estimate == pytest.approx(fleiss_kappa(counts), abs=1e-9)
