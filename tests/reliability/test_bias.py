"""Coder bias: marginals, prevalence and bias index, tests of marginal homogeneity."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.contingency_tables import SquareTable

from workbench.reliability import (
    Ratings,
    coder_marginals,
    marginal_homogeneity,
    prevalence_and_bias,
)
from workbench.statistics import cluster_proportion

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "reliability"
FALSE_ALARMS = RESULTS / "marginal_homogeneity_false_alarms.csv"

# Stuart (1955): unaided vision of 7,477 women, right eye (rows) and left eye (columns), four grades
VISION = np.array(
    [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]]
)


def ratings_of(table, *, sources=None, **options):
    """Units of a categories x categories table of two coders."""
    pairs = [
        (str(i), str(j))
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        for _ in range(int(count))
    ]
    names = [str(i) for i in range(len(table))]
    return Ratings.build(
        pairs, categories=names, coders=["right", "left"], sources=sources, **options
    )


def drifting(rng, *, talks=20, units=30, shift=0.0, drift=0.25):
    """Three codes; the second coder replaces the first's code at a rate that drifts by conversation."""
    rows, sources = [], []
    for talk in range(talks):
        towards = rng.integers(3)
        strength = abs(rng.normal(0, drift))
        for _ in range(units):
            code = int(rng.integers(3))
            other = int(towards) if rng.random() < strength else code
            if rng.random() < shift:
                other = 0
            rows.append((str(code), str(other)))
            sources.append(f"t{talk:02d}")
    return Ratings.build(rows, categories=["0", "1", "2"], sources=sources)


def test_stuarts_vision_data():
    """Stuart (1955), Maxwell (1970): chi-square 11.96 on 3 degrees of freedom."""
    found = marginal_homogeneity(ratings_of(VISION)).row(0, named=True)
    assert round(found["statistic"], 2) == 11.96
    assert found["df"] == 3
    assert found["p_value"] == pytest.approx(0.0075, abs=5e-5)
    assert "takes units as independent" in found["reason"]


@pytest.mark.parametrize("seed", range(4))
def test_stuart_maxwell_equals_statsmodels(seed):
    k = 2 + seed
    table = np.random.default_rng(seed).integers(1, 40, size=(k, k))
    theirs = SquareTable(table, shift_zeros=False).homogeneity()
    found = marginal_homogeneity(ratings_of(table)).row(0, named=True)
    assert found["df"] == theirs.df
    assert found["statistic"] == pytest.approx(theirs.statistic, abs=1e-9)
    assert found["p_value"] == pytest.approx(theirs.pvalue, abs=1e-9)


def test_a_category_in_which_coders_never_differ_is_not_counted():
    """The statistic without it; statsmodels finds a singular matrix there."""
    table = np.array([[30, 0, 0, 0], [0, 10, 4, 7], [0, 2, 8, 3], [0, 1, 2, 9]])
    found = marginal_homogeneity(ratings_of(table)).row(0, named=True)
    theirs = SquareTable(table[1:, 1:], shift_zeros=False).homogeneity()
    assert found["df"] == 2
    assert found["statistic"] == pytest.approx(theirs.statistic, abs=1e-9)


def test_over_sources_of_one_unit_each_it_is_hotellings_test():
    table = np.array([[30, 6, 3], [14, 20, 5], [9, 8, 25]])
    ratings = ratings_of(table)
    found = marginal_homogeneity(ratings).row(0, named=True)
    deltas = (ratings.codes[:, [0]] == np.arange(2)).astype(float) - (
        ratings.codes[:, [1]] == np.arange(2)
    )
    n = len(deltas)
    mean, covariance = deltas.mean(axis=0), np.cov(deltas.T)
    t_squared = n * mean @ np.linalg.solve(covariance, mean)
    assert found["statistic_clusters"] == pytest.approx(
        (n - 2) / (2 * (n - 1)) * t_squared, rel=1e-12
    )
    assert found["df_clusters"] == n - 2


def test_false_alarms_when_coders_drift_by_conversation_and_power_when_one_is_biased():
    rng = np.random.default_rng(1)
    tests = pl.concat([marginal_homogeneity(drifting(rng)) for _ in range(200)])
    assert (tests["p_value"] < 0.05).mean() > 0.3  # units taken as independent
    assert (tests["p_value_clusters"] < 0.05).mean() < 0.10  # nominal 0.05, standard error 0.015
    biased = pl.concat(
        [marginal_homogeneity(drifting(rng, shift=0.3, drift=0.1)) for _ in range(20)]
    )
    assert (biased["p_value_clusters"] < 0.05).mean() > 0.8


@pytest.mark.prove
def test_false_alarms_by_number_of_conversations_are_the_committed_table():
    for row in pl.read_csv(FALSE_ALARMS).iter_rows(named=True):
        again = false_alarms(row["conversations"], repeats=500)
        assert again["over_sources"] == pytest.approx(row["over_sources"], abs=0.04)
        assert again["over_sources"] < 0.09
        assert again["over_units"] == pytest.approx(row["over_units"], abs=0.1)


def false_alarms(talks, *, repeats):
    """Share of p-values below 0.05 where no coder is biased and each drifts by conversation."""
    rng = np.random.default_rng(repeats + talks)
    tests = pl.concat([marginal_homogeneity(drifting(rng, talks=talks)) for _ in range(repeats)])
    return {
        "conversations": talks,
        "over_units": (tests["p_value"] < 0.05).mean(),
        "over_sources": (tests["p_value_clusters"] < 0.05).mean(),
        "standard_error": round((0.05 * 0.95 / repeats) ** 0.5, 4),
    }


def test_sets_of_labels():
    sets = [[{"q", "r"}, {"q"}], [{"r"}, {"q"}], [set(), {"q"}], [{"q"}, {"q", "r"}]]
    found = marginal_homogeneity(Ratings.build(sets, level="sets")).row(0, named=True)
    deltas = np.array([[0, 1], [-1, 1], [-1, 0], [0, -1]], dtype=float)
    total = deltas.sum(axis=0)
    assert found["statistic"] == pytest.approx(total @ np.linalg.solve(deltas.T @ deltas, total))
    assert found["df"] == 2


def test_reasons_where_there_is_no_test():
    alike = Ratings.build([["a", "a"], ["b", "b"]])
    assert "never differ" in marginal_homogeneity(alike)["reason"][0]
    apart = Ratings.build([["a", None], [None, "b"]])
    assert "no unit was coded by both" in marginal_homogeneity(apart)["reason"][0]
    few = ratings_of(VISION // 20, sources=np.arange((VISION // 20).sum()) % 3)
    row = marginal_homogeneity(few).row(0, named=True)
    assert row["p_value"] is not None
    assert row["p_value_clusters"] is None
    assert "3 sources are too few" in row["reason"]


def test_prevalence_bias_and_pabak_by_hand():
    """Sim and Wright (2005), https://doi.org/10.1093/ptj/85.3.257: 22, 2, 4 and 11 of 39, kappa .67."""
    ratings = ratings_of([[22, 2], [4, 11]])
    table = prevalence_and_bias(ratings).filter(pl.col("label") == "0")
    values = dict(table.select("measure", "estimate").iter_rows())
    assert values["prevalence_index"] == pytest.approx((22 - 11) / 39)
    assert round(values["prevalence_index"], 2) == 0.28
    assert values["bias_index"] == pytest.approx((2 - 4) / 39)
    assert round(values["pabak"], 2) == 0.69
    kappa = cohen_kappa_score(ratings.codes[:, 0], ratings.codes[:, 1])
    assert round(kappa, 2) == 0.67
    pi, bi, pabak = (values[name] for name in ("prevalence_index", "bias_index", "pabak"))
    assert (pabak - pi**2 + bi**2) / (1 - pi**2 + bi**2) == pytest.approx(kappa, abs=1e-12)


def test_the_bias_index_is_the_difference_of_marginals_on_common_units():
    ratings = drifting(np.random.default_rng(2), shift=0.2)
    shares = coder_marginals(ratings)
    bias = prevalence_and_bias(ratings).filter(pl.col("measure") == "bias_index")
    for label in ratings.labels:
        one, other = shares.filter(pl.col("label") == label)["estimate"]
        row = bias.filter(pl.col("label") == label).row(0, named=True)
        assert row["estimate"] == pytest.approx(one - other, abs=1e-12)
        assert row["low"] < row["estimate"] < row["high"]
        assert (row["n"], row["n_clusters"], row["method"]) == (600, 20, "jackknife-t")


def test_marginals_are_the_proportions_of_what_each_coder_coded():
    ratings = Ratings.build(
        [["a", None], ["b", "b"], ["a", "a"], [None, "b"]] * 5,
        coders=["x", "y"],
        sources=[f"t{n % 5}" for n in range(20)],
    )
    table = coder_marginals(ratings)
    assert table.select("coder", "label").rows() == [("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")]
    assert table["n"].to_list() == [15] * 4
    codes = ratings.codes[:, 0]
    given = codes >= 0
    direct = cluster_proportion(codes[given] == 0, np.ones(given.sum()), ratings.sources[given])
    assert table.row(0)[2:] == tuple(direct.as_row().values())


def test_a_coder_without_codes_has_null_marginals():
    table = coder_marginals(Ratings.build([["a", None], ["b", None]], coders=["x", "y"]))
    assert table["estimate"].to_list()[2:] == [None, None]
    assert table["reason"][2]


if __name__ == "__main__":  # writes the table anew
    found = [false_alarms(talks, repeats=2000) for talks in (6, 8, 12, 20, 40)]
    pl.DataFrame(found).write_csv(FALSE_ALARMS)
