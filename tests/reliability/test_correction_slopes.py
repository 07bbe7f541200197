"""Slopes with a code as outcome or covariate, corrected by a human-coded sample."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from simulated_corpus import layer, simulated_corpus

from workbench.reliability.correction import corrected_slopes

CORPUS, AUTOMATIC, HUMAN = simulated_corpus(80, 40, seed=21)
IDS = HUMAN.table["unit_id"]
QUESTION = HUMAN.table["label"].to_numpy() == "question"
TALK = CORPUS.utterances["conversation_id"].to_numpy()


def miscoding(missed, alarm, *, late=0.0):
    """A rule that misses and adds codes, adding more the later the turn."""
    turn = CORPUS.utterances["turn"].to_numpy()
    noise = np.random.default_rng(5).random(len(QUESTION))
    added = noise < alarm + late * turn / 40
    return layer("rule", IDS, np.where(QUESTION, noise > missed, added), kind="rule")


def sample(n):
    return HUMAN.restricted_to(IDS.sort().sample(n, seed=3)), n / len(IDS)


def rows(result, quantity):
    table = result.table.filter(pl.col("quantity") == quantity)
    return {row["estimator"]: row for row in table.iter_rows(named=True)}


def with_outcome(by, name="start"):
    return replace(CORPUS, utterances=CORPUS.utterances.with_columns(pl.Series(name, by)))


def plain_slope(x, y):
    return float(np.polyfit(x, y, 1)[0])


def test_a_code_as_outcome():
    """Codes added late in the talk make a trend that is not there."""
    turn = CORPUS.utterances["turn"].to_numpy()
    truth = plain_slope(turn, QUESTION)
    coded, share = sample(900)
    found = rows(
        corrected_slopes(
            miscoding(0.1, 0.0, late=0.5),
            coded,
            CORPUS,
            label="question",
            outcome="code",
            covariates=["turn"],
            inclusion=share,
        ),
        "slope of turn",
    )
    assert found["automatic"]["low"] > truth
    assert found["corrected"]["low"] <= truth <= found["corrected"]["high"]


def test_a_code_as_covariate():
    """Miscoding draws the slope towards 0."""
    talk, rng = np.unique(TALK, return_inverse=True)[1], np.random.default_rng(6)
    outcome = QUESTION + rng.normal(size=80)[talk] / 2 + rng.normal(size=len(TALK))
    coded, share = sample(900)
    found = rows(
        corrected_slopes(
            miscoding(0.25, 0.15),
            coded,
            with_outcome(outcome),
            label="question",
            outcome="start",
            covariates=["code", "turn"],
            inclusion=share,
        ),
        "slope of code",
    )
    assert found["automatic"]["high"] < 1
    assert found["corrected"]["low"] <= 1 <= found["corrected"]["high"]


def test_a_conversation_outcome_on_the_share_of_a_code():
    """Codes that are missed shrink the shares, and so blow up the slope."""
    names, talk = np.unique(TALK, return_inverse=True)
    rng = np.random.default_rng(7)
    share = np.bincount(talk, QUESTION) / np.bincount(talk)
    rating = 3 + 2 * share + rng.normal(size=80) / 5
    corpus = CORPUS.join_outcomes(pl.DataFrame({"id": names, "rating": rating}))
    drawn = rng.permutation(names)[:40].tolist()
    coded = HUMAN.restricted_to(
        CORPUS.utterances.filter(pl.col("conversation_id").is_in(drawn))["id"]
    )
    result = corrected_slopes(
        miscoding(0.4, 0.0),
        coded,
        corpus,
        label="question",
        outcome="rating",
        covariates=["code"],
        unit="conversation",
        inclusion=0.5,
    )
    found = rows(result, "slope of code")
    assert found["automatic"]["n"] == 80
    assert found["corrected"]["n"] == 40
    assert found["corrected"]["low"] <= 2 <= found["corrected"]["high"]
    assert found["automatic"]["low"] > 2


def test_everything_coded_gives_the_regression_with_cluster_robust_errors():
    """Against statsmodels: coefficients to 1e-9, errors as the jackknife's near relation CR1."""
    api = pytest.importorskip("statsmodels.api")
    turn = CORPUS.utterances["turn"].to_numpy().astype(float)
    for family, model in (("linear", api.OLS), ("logistic", api.Logit)):
        options = {"disp": 0} if family == "logistic" else {}
        fitted = model(QUESTION.astype(float), api.add_constant(turn)).fit(
            cov_type="cluster",
            cov_kwds={"groups": np.unique(TALK, return_inverse=True)[1]},
            **options,
        )
        found = rows(
            corrected_slopes(
                AUTOMATIC,
                HUMAN,
                CORPUS,
                label="question",
                outcome="code",
                covariates=["turn"],
                family=family,
            ),
            "slope of turn",
        )["corrected"]
        assert found["estimate"] == pytest.approx(fitted.params[1], abs=1e-9)
        error = (found["high"] - found["low"]) / 2 / 1.9905  # t(79)
        assert error == pytest.approx(fitted.bse[1], rel=0.05)


def test_a_logistic_slope():
    turn = CORPUS.utterances["turn"].to_numpy()
    coded, share = sample(900)
    options = {"label": "question", "outcome": "code", "covariates": ["turn"], "family": "logistic"}
    everything = rows(corrected_slopes(AUTOMATIC, HUMAN, CORPUS, **options), "slope of turn")
    truth = everything["corrected"]["estimate"]
    result = corrected_slopes(
        miscoding(0.1, 0.0, late=0.5), coded, CORPUS, inclusion=share, **options
    )
    found = rows(result, "slope of turn")
    assert found["automatic"]["low"] > truth
    assert found["corrected"]["low"] <= truth <= found["corrected"]["high"]
    assert turn.max() > 20


def test_a_left_out_source_is_one_exact_step_away_for_least_squares():
    """The jackknife of the corrected slope, by refitting without each source in turn."""
    from workbench.reliability.correction.draw import Units
    from workbench.reliability.correction.two_phase import corrected_coefficients

    rng = np.random.default_rng(0)
    source = np.repeat(np.arange(8), 12)
    strata = rng.integers(0, 2, 96)
    x = np.column_stack([np.ones(96), rng.normal(size=96)])
    y, f = rng.normal(size=96), rng.normal(size=96)
    drawn = rng.random(96) < 0.5
    probability = np.where(drawn, np.where(strata == 1, 0.6, 0.3), np.nan)

    def fit(keep):
        units = Units(
            np.unique(source[keep], return_inverse=True)[1], strata[keep], probability[keep]
        )
        return corrected_coefficients(
            units, automatic=(x[keep], f[keep]), human=(x[keep], y[keep]), lam=0.6
        )

    found = fit(np.ones(96, bool))
    for left_out in range(8):
        again = fit(source != left_out)
        np.testing.assert_allclose(
            found.corrected_replicates[left_out], again.corrected, rtol=0, atol=1e-10
        )
