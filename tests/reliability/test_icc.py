"""Intraclass correlations: published examples, pingouin to 1e-9, missing cells, coverage."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from workbench.errors import BadInput
from workbench.reliability import ICC_FORMS, icc, icc_gap, icc_table
from workbench.reliability.variance_components import (
    coded_twice,
    components_of_sums,
    conversation_sums,
)

COVERAGE = Path(__file__).parents[1] / "benchmarks" / "results" / "reliability" / "icc_coverage.csv"
GOLDEN = json.loads((Path(__file__).parent / "golden" / "icc_pingouin.json").read_text())

# Shrout and Fleiss (1979), table 2: six targets, four judges
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    dtype=float,
)


def components(table):
    kept, _ = coded_twice(table)
    return components_of_sums(conversation_sums(kept).sum(axis=0)[None, :], kept.shape[1])


def draw(rng, n, k, *, true=0.6, bias=(), missing=0.0, skewed=False):
    """A table with residual and conversation variance summing to one, and coders' fixed shifts."""
    if skewed:
        row, error = ((rng.gamma(1.5, size=(n, c)) - 1.5) / math.sqrt(1.5) for c in (1, k))
    else:
        row, error = rng.normal(size=(n, 1)), rng.normal(size=(n, k))
    table = (
        row * math.sqrt(true) + error * math.sqrt(1 - true) + (np.asarray(bias) if len(bias) else 0)
    )
    holes = rng.random((n, k)) < missing
    holes[(~holes).sum(axis=1) < 2] = False
    return np.where(holes, np.nan, table)


@pytest.mark.parametrize(
    ("form", "published"),
    [("1", 0.17), ("A,1", 0.29), ("C,1", 0.71), ("1,k", 0.44), ("A,k", 0.62), ("C,k", 0.91)],
)
def test_shrout_and_fleiss_1979_table_4(form, published):
    assert round(icc(SHROUT_FLEISS, form).estimate, 2) == published


def test_components_are_those_of_the_published_mean_squares():
    """Shrout and Fleiss (1979), table 3: BMS 11.24, WMS 6.26, JMS 32.49, EMS 1.02."""
    found = components(SHROUT_FLEISS)
    assert found.residual[0] == pytest.approx(1.02, abs=0.005)
    assert found.conversation[0] == pytest.approx((11.24 - 1.02) / 4, abs=0.005)
    assert found.coder[0] == pytest.approx((32.49 - 1.02) / 6, abs=0.005)
    assert found.within[0] == pytest.approx(6.26, abs=0.005)


@pytest.mark.parametrize("number", range(len(GOLDEN["complete"])))
def test_equals_pingouin(number):
    golden = GOLDEN["complete"][number]
    for row, form in enumerate(ICC_FORMS):
        found = icc(golden["values"], form, method="F")
        assert found.estimate == pytest.approx(golden["icc"][row], abs=1e-9)
        assert found.low == pytest.approx(golden["low"][row], abs=1e-9)
        assert found.high == pytest.approx(golden["high"][row], abs=1e-9)


@pytest.mark.parametrize("number", range(len(GOLDEN["holes"])))
def test_missing_cells_equal_components_from_the_adjusted_sums_of_squares_of_statsmodels(number):
    golden = GOLDEN["holes"][number]
    table = np.array(golden["values"], dtype=float)
    n, k = table.shape
    cells = int((~np.isnan(table)).sum())
    rows_ss, columns_ss, error_ss = golden["ss"]
    rows_df, columns_df, error_df = golden["df"]
    residual = error_ss / error_df
    found = components(table)
    assert found.residual[0] == pytest.approx(residual, rel=1e-9)
    assert found.conversation[0] == pytest.approx(
        (rows_ss - rows_df * residual) / (cells - k), rel=1e-9
    )
    assert found.coder[0] == pytest.approx(
        (columns_ss - columns_df * residual) / (cells - n), rel=1e-9
    )
    each = (~np.isnan(table)).sum(axis=1)
    within = golden["one_way_ss"][1] / golden["one_way_df"][1]
    size = (cells - (each**2).sum() / cells) / (n - 1)
    between = (golden["one_way_ss"][0] / (n - 1) - within) / size
    assert found.between[0] == pytest.approx(between, rel=1e-9)
    assert icc(table, "1").estimate == pytest.approx(between / (between + within), rel=1e-9)
    whole = found.conversation + found.coder + found.residual
    assert icc(table, "A,1").estimate == pytest.approx(
        float((found.conversation / whole)[0]), rel=1e-12
    )


def test_restricted_maximum_likelihood_agrees_where_it_must_and_nearly_where_cells_are_missing():
    """Complete and positive: REML is the mean squares. Missing: another estimator of the same thing."""
    table = draw(np.random.default_rng(3), 40, 4, bias=(-0.6, 0.0, 0.2, 0.7))
    punched = np.where(np.random.default_rng(4).random(table.shape) < 0.2, np.nan, table)
    for values, tolerance in ((table, 1e-3), (punched, 0.05)):
        kept, _ = coded_twice(values)
        frame = pd.DataFrame(
            {
                "y": kept.ravel(),
                "row": np.repeat(np.arange(len(kept)), 4),
                "column": np.tile(np.arange(4), len(kept)),
                "all": 1,
            }
        ).dropna()
        parts = {"row": "0 + C(row)", "column": "0 + C(column)"}
        fit = MixedLM.from_formula("y ~ 1", frame, groups="all", vc_formula=parts).fit()
        reml = dict(zip(fit.model.exog_vc.names, fit.vcomp, strict=True)) | {"error": fit.scale}
        found = components(values)
        assert found.conversation[0] == pytest.approx(reml["row"], abs=tolerance)
        assert found.coder[0] == pytest.approx(reml["column"], abs=2 * tolerance)
        assert found.residual[0] == pytest.approx(reml["error"], abs=tolerance)


def test_a_coders_shift_changes_agreement_and_leaves_consistency_alone_even_with_missing_cells():
    table = draw(np.random.default_rng(5), 30, 4, missing=0.3)
    shifted = table + np.array([0.0, 2.0, -1.0, 0.5])
    assert icc(shifted, "C,1").estimate == pytest.approx(icc(table, "C,1").estimate, abs=1e-12)
    assert icc(shifted, "A,1").estimate < icc(table, "A,1").estimate - 0.2
    gap = icc_gap(shifted)
    expected = icc(shifted, "C,1").estimate - icc(shifted, "A,1").estimate
    assert gap.estimate == pytest.approx(expected, abs=1e-12)
    assert gap.low > 0


def test_below_fifteen_conversations_the_estimate_is_marked():
    few = icc(SHROUT_FLEISS)
    assert few.estimate is not None
    assert few.reason.startswith("fewer than 15 conversations (6)")
    enough = icc(draw(np.random.default_rng(0), 15, 3))
    assert enough.reason is None


def test_the_method_and_k_are_stated():
    table = draw(np.random.default_rng(6), 40, 3, missing=0.3)
    assert icc(draw(np.random.default_rng(6), 40, 3), method="F").method == "F (McGraw and Wong)"
    assert icc(table, method="bootstrap").method == "percentile bootstrap"
    found = icc_table(table)
    assert found["method"].unique().to_list() == ["jackknife-t (Fisher's z)"]
    each = (~np.isnan(table)).sum(axis=1)
    assert found["k"][3] == pytest.approx(len(each) / (1 / each).sum())
    assert "harmonic mean of coders per conversation" in found["reason"][3]
    assert "fitting constants" in found["reason"][1]


def test_conversations_of_one_source_are_resampled_together():
    table = np.repeat(draw(np.random.default_rng(7), 20, 3), 3, axis=0)
    apart, together = icc(table), icc(table, clusters=np.repeat(np.arange(20), 3))
    assert together.method == "jackknife-t (Fisher's z)"
    assert (together.n, together.n_clusters) == (60, 20)
    assert together.high - together.low > 1.3 * (apart.high - apart.low)


def test_a_negative_estimate_is_shown_as_computed():
    rng = np.random.default_rng(8)
    table = rng.normal(size=(20, 3))
    table -= 0.8 * table.mean(axis=1, keepdims=True)
    found = icc(table, "C,1")
    assert found.estimate < 0
    assert "negative" in found.reason


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.full((20, 3), 2.0), "all values are equal"),
        ([[1.0, np.nan], [np.nan, 2.0]], "0 conversations coded by two"),
        ([[1.0, 2.0]], "1 conversations coded by two"),
        ([[1.0, 2.0, np.nan], [np.nan, 3.0, 1.0]], "nothing to estimate"),
    ],
)
def test_undefined_is_null_with_a_reason(table, reason):
    found = icc(table)
    assert found.estimate is None
    assert reason in found.reason


def test_perfect_agreement_is_one_without_an_interval():
    found = icc(np.repeat(np.arange(20.0)[:, None], 3, axis=1))
    assert found.estimate == pytest.approx(1)
    assert found.low is None
    assert found.reason


def test_conversations_of_one_coder_are_left_out_and_counted():
    table = draw(np.random.default_rng(9), 20, 3)
    more = np.vstack([table, [[9.0, np.nan, np.nan]] * 4])
    assert icc(more).estimate == icc(table).estimate
    assert "4 conversations with fewer than two coders" in icc(more).reason


def test_row_order_does_not_matter():
    table = draw(np.random.default_rng(10), 40, 3, missing=0.2)
    sources = np.array([f"video {n % 33:02d}" for n in range(40)])
    order = np.random.default_rng(0).permutation(40)
    one, other = icc(table, clusters=sources), icc(table[order], clusters=sources[order])
    assert (one.estimate, one.low) == pytest.approx((other.estimate, other.low), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: icc(SHROUT_FLEISS, "2,1"), "There is no form"),
        (lambda: icc([1.0, 2.0]), "conversations x coders"),
        (lambda: icc([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]], method="F"), "complete table"),
        (lambda: icc([["a", "b"]]), "expected numbers"),
        (lambda: icc([[1.0, np.inf]]), "finite"),
        (lambda: icc(SHROUT_FLEISS, clusters=[1, 2]), "6 conversations, but 2 cluster ids"),
        (lambda: icc_gap(SHROUT_FLEISS, method="F"), "interval method"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(BadInput, match=message):
        call()


def coverage(n, *, form, method, missing, skewed=False, repeats=150):
    """Share of the intervals given that hold the truth, 0.6 without coder variance; four fixed coders."""
    bias = (-0.5, -0.1, 0.1, 0.5)
    truth = 0.6 / (1 + (np.var(bias, ddof=1) if form == "A,1" else 0))
    rng = np.random.default_rng(n)
    found = [
        icc(
            draw(rng, n, 4, bias=bias, missing=missing, skewed=skewed),
            form,
            method=method,
            resamples=300,
        )
        for _ in range(repeats)
    ]
    return float(np.mean([one.low <= truth <= one.high for one in found if one.low is not None]))


@pytest.mark.parametrize(
    ("n", "form", "method", "missing"),
    [(15, "C,1", "F", 0.0), (15, "C,1", "jackknife", 0.3), (20, "A,1", "jackknife", 0.3)],
)
def test_intervals_cover(n, form, method, missing):
    assert coverage(n, form=form, method=method, missing=missing) >= 0.88  # standard error 0.018


def test_the_closed_form_is_too_narrow_for_skewed_values_and_the_jackknife_is_not():
    skewed = {"n": 40, "form": "C,1", "missing": 0.0, "skewed": True}
    assert coverage(method="F", **skewed) < 0.87
    assert coverage(method="jackknife", **skewed) >= 0.86


def test_the_closed_form_speaks_of_other_coders_and_the_jackknife_of_these():
    """Coders drawn anew each time, variance 0.3: ICC(A,1) = 0.6 / 1.3."""
    rng = np.random.default_rng(11)
    held = {"F": 0, "jackknife": 0}
    for _ in range(150):
        table = draw(rng, 100, 4, bias=math.sqrt(0.3) * rng.normal(size=4))
        for method in held:
            found = icc(table, "A,1", method=method)
            held[method] += found.low <= 0.6 / 1.3 <= found.high
    assert held["F"] >= 0.88 * 150  # standard error 0.018
    assert held["jackknife"] < 0.8 * 150


@pytest.mark.prove
def test_coverage_by_number_of_conversations_is_the_committed_table():
    """Run this file to write the table anew; the test repeats a part of it with other draws."""
    table = pl.read_csv(COVERAGE)
    for row in table.filter(pl.col("method") == "jackknife").iter_rows(named=True):
        settings = {name: row[name] for name in ("form", "method", "missing", "skewed")}
        again = coverage(row["n"], **settings, repeats=400)
        assert abs(again - row["coverage"]) < 4 * math.hypot(row["standard_error"], 0.015)


def write_coverage(repeats=1000):
    rows = []
    ways = (("F", 0.0), ("jackknife", 0.0), ("jackknife", 0.3), ("bootstrap", 0.0))
    for skewed, n, form, (method, missing) in product(
        (False, True), (5, 8, 12, 15, 20, 30, 50, 100), ("C,1", "A,1"), ways
    ):
        if method == "F" and form == "A,1":
            continue  # coders are fixed here, the closed form takes them as drawn
        settings = {"form": form, "method": method, "missing": missing, "skewed": skewed}
        few = repeats // 4 if method == "bootstrap" else repeats
        share = coverage(n, **settings, repeats=few)
        error = math.sqrt(max(share * (1 - share), 1 / few) / few)
        rows.append({"n": n, **settings, "coverage": share, "standard_error": round(error, 4)})
    COVERAGE.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_csv(COVERAGE)


if __name__ == "__main__":
    write_coverage()


def test_an_interval_ends_at_one_where_fisher_z_has_no_value():
    """Without its only disagreement the table is in full agreement, where z has no end."""
    found = icc([[1.0, 2.0], [2.0, 3.0], [4.0, 4.0]], "C,1")
    assert found.method == "jackknife-t"
    assert found.high == 1.0
