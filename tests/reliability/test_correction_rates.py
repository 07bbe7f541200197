"""Rates and differences of automatic codes, corrected by a human-coded sample."""

import doctest
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from simulated_corpus import layer, simulated_corpus, true_rate
from simulated_studies import draw, simulated_codes

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.reliability.correction import (
    ESTIMATORS,
    admission,
    corrected_differences,
    corrected_rates,
    corrected_slopes,
    plan_double_coding,
)
from workbench.reliability.correction.differences import difference_of
from workbench.reliability.correction.two_phase import corrected_share
from workbench.statistics import ESTIMATE_COLUMNS, cluster_proportion

CORPUS, AUTOMATIC, HUMAN = simulated_corpus(60, 40, seed=11)


def biased(alarm):
    """A rule that finds a question in the human's, and in a share `alarm` of all other turns."""
    rng = np.random.default_rng(2)
    human = HUMAN.table["label"].to_numpy() == "question"
    found = human | (rng.random(len(human)) < alarm)
    return layer("rule", HUMAN.table["unit_id"], found, kind="rule")


def sample(n, *, seed=1):
    drawn = HUMAN.table["unit_id"].sort().sample(n, seed=seed)
    return HUMAN.restricted_to(drawn), n / HUMAN.table.height


def estimate(result, estimator="corrected", **where):
    table = result.table.filter(pl.col("estimator") == estimator)
    for column, value in where.items():
        table = table.filter(pl.col(column) == value)
    return table.row(0, named=True)


def test_three_estimates_side_by_side():
    coded, share = sample(500)
    result = corrected_rates(biased(0.2), coded, CORPUS, inclusion=share)
    assert result.table.columns == ["quantity", "label", "estimator", *ESTIMATE_COLUMNS, "lam"]
    assert result.table["estimator"].to_list() == list(ESTIMATORS) * 2
    assert set(result.table["quantity"]) == {"rate"}
    naive = estimate(result, "automatic", label="question")
    corrected = estimate(result, label="question")
    assert not naive["low"] <= true_rate(HUMAN) <= naive["high"]
    assert corrected["low"] <= true_rate(HUMAN) <= corrected["high"]
    assert (naive["n"], naive["n_clusters"]) == (HUMAN.table.height, 60)
    assert corrected["n"] == 500
    assert 0 < corrected["lam"] <= 1


def test_the_estimate_by_hand():
    """Share of the automatic codes, plus the mean of human minus automatic over the drawn units."""
    coded, share = sample(400)
    rule = biased(0.3)
    result = corrected_rates(rule, coded, CORPUS, inclusion=share, lam=1, labels=["question"])
    f = (rule.table["label"] == "question").cast(float)
    drawn = rule.table["unit_id"].is_in(coded.table["unit_id"].implode())
    y = (HUMAN.table["label"] == "question").cast(float)
    by_hand = f.mean() + (y.filter(drawn) - f.filter(drawn)).mean()
    assert estimate(result)["estimate"] == pytest.approx(by_hand, abs=1e-12)
    assert estimate(result, "human sample")["estimate"] == pytest.approx(y.filter(drawn).mean())


def test_it_says_that_it_corrects_to_the_human_coder():
    coded, share = sample(300)
    result = corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=share)
    assert result.sentence.startswith("Corrected to the codes of human, not to truth")
    assert "not to truth" in result._repr_html_()
    assert "<table" in result._repr_html_()


def test_names_of_coders_are_escaped_on_screens():
    coded, share = sample(300)
    named = replace(coded, metadata=replace(coded.metadata, coder="<b>x</b>"))
    shown = corrected_rates(AUTOMATIC, named, CORPUS, inclusion=share)._repr_html_()
    assert "<b>x</b>" not in shown


def test_with_everything_coded_it_is_the_rate_of_the_human_codes():
    result = corrected_rates(AUTOMATIC, HUMAN, CORPUS, labels=["question"])
    house = cluster_proportion(
        HUMAN.table["label"] == "question",
        np.ones(HUMAN.table.height),
        CORPUS.utterances["conversation_id"],
        method="jackknife",
    )
    found = estimate(result)
    assert found["estimate"] == pytest.approx(house.estimate, abs=1e-12)
    assert (found["low"], found["high"]) == pytest.approx((house.low, house.high), abs=1e-9)
    corpus = estimate(
        corrected_rates(AUTOMATIC, HUMAN, CORPUS, labels=["question"], about="corpus")
    )
    assert corpus["estimate"] == pytest.approx(house.estimate)


def test_probabilities_and_strata_make_it_shorter():
    """A good coder's probabilities help more than labels; drawing where it is unsure helps too."""

    def width(result):
        return (
            estimate(result, label="question")["high"] - estimate(result, label="question")["low"]
        )

    coded, share = sample(500)
    options = {"about": "corpus", "labels": ["question"]}
    by_label = corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=share, **options)
    by_share = corrected_rates(
        AUTOMATIC, coded, CORPUS, inclusion=share, use="probability", **options
    )
    human = estimate(by_label, "human sample")
    assert width(by_share) < width(by_label) < human["high"] - human["low"]
    plan = plan_double_coding(
        AUTOMATIC, CORPUS, label="question", half_width=0.03, about="corpus", strata=("band",)
    )
    drawn = plan.draw(random_state=3)
    chosen = HUMAN.restricted_to(drawn["unit_id"])
    with_strata = corrected_rates(
        AUTOMATIC, chosen, CORPUS, inclusion=drawn, strata=plan.frame, **options
    )
    without = corrected_rates(AUTOMATIC, chosen, CORPUS, inclusion=drawn, **options)
    assert width(with_strata) < width(without)
    assert abs(estimate(with_strata)["estimate"] - true_rate(HUMAN)) < 0.04
    assert abs(estimate(without)["estimate"] - true_rate(HUMAN)) < 0.06


def test_units_drawn_with_unequal_probabilities_need_their_weights():
    """Oversampled where the coder said "question": plain shares of the sample would be far off."""
    plan = plan_double_coding(
        AUTOMATIC, CORPUS, label="question", half_width=0.03, about="corpus", strata=("band",)
    )
    found, plain = [], []
    for seed in range(20):
        drawn = plan.draw(random_state=seed)
        coded = HUMAN.restricted_to(drawn["unit_id"])
        result = corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=drawn, labels=["question"])
        found.append(estimate(result, "human sample")["estimate"])
        plain.append(true_rate(coded))
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - true_rate(HUMAN)) < 4 * error
    assert abs(np.mean(plain) - true_rate(HUMAN)) > 4 * error


def test_rates_by_quality_and_their_difference():
    """A coder that errs in one group only shifts the automatic difference, not the corrected one."""
    rng = np.random.default_rng(0)
    high = (
        CORPUS.utterances.join(
            CORPUS.conversations, left_on="conversation_id", right_on="id", how="left"
        )["quality"].to_numpy()
        == "high"
    )
    human = HUMAN.table["label"].to_numpy() == "question"
    unfair = layer(
        "rule",
        HUMAN.table["unit_id"],
        human | (~high & (rng.random(len(human)) < 0.3)),
        kind="rule",
    )
    truth = human[high].mean() - human[~high].mean()
    coded, share = sample(600)
    result = corrected_differences(
        unfair,
        coded,
        CORPUS,
        between="quality",
        groups=("high", "low"),
        inclusion=share,
        labels=["question"],
    )
    assert estimate(result)["quantity"] == "difference: quality high - low"
    assert abs(estimate(result, "automatic")["estimate"] - truth) > 0.1
    assert estimate(result)["low"] <= truth <= estimate(result)["high"]
    rates = corrected_rates(
        unfair, coded, CORPUS, by="quality", inclusion=share, labels=["question"]
    )
    parts = [
        estimate(rates, quantity=f"rate where quality is {name}")["estimate"]
        for name in ("high", "low")
    ]
    assert estimate(result)["estimate"] == pytest.approx(parts[0] - parts[1], abs=1e-12)


def test_groups_within_the_same_sources_have_no_more_freedom_than_these_sources():
    rng = np.random.default_rng(3)
    source, human, automatic = simulated_codes(8, 0.3, rng)
    first = np.arange(len(source)) % 2 == 0
    units = draw(source, automatic, "utterances", rng)
    parts = [
        corrected_share(units.of(rows), automatic[rows], human[rows]) for rows in (first, ~first)
    ]
    _, df = difference_of(parts, units, (first, ~first), about="population")
    assert max(df.values()) <= 7
    apart = units.sources < 4
    parts = [
        corrected_share(units.of(rows), automatic[rows], human[rows]) for rows in (apart, ~apart)
    ]
    _, df = difference_of(parts, units, (apart, ~apart), about="population")
    assert all(3 <= value <= 6 for value in df.values())


def test_turns_that_nobody_decided_about_are_told():
    """A coder who withholds half of its codes shows a rate too low, and the table says so."""
    held = AUTOMATIC.table.with_columns(
        note=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("abstained (0.41)"))
    )
    held = held.with_columns(label=pl.when(pl.col("note").is_null()).then("label"))
    coded, share = sample(400)
    found = corrected_rates(replace(AUTOMATIC, table=held), coded, CORPUS, inclusion=share)
    (told,) = (note for note in found.notes if "withheld" in note)
    assert told.startswith("1,265 of 2,530 automatically coded units")
    assert not any(
        "no label" in note
        for note in corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=share).notes
    )


def test_with_one_weight_a_difference_is_the_slope_on_the_group():
    coded, share = sample(600)
    flagged = replace(
        CORPUS,
        conversations=CORPUS.conversations.with_columns(
            session_number=(pl.col("quality") == "high").cast(pl.Int64)
        ),
    )
    difference = corrected_differences(
        AUTOMATIC,
        coded,
        flagged,
        between="quality",
        groups=("high", "low"),
        inclusion=share,
        labels=["question"],
        lam=0.7,
    )
    slope = corrected_slopes(
        AUTOMATIC,
        coded,
        flagged,
        label="question",
        outcome="code",
        covariates=["session_number"],
        inclusion=share,
        lam=0.7,
    )
    assert estimate(difference)["estimate"] == pytest.approx(
        estimate(slope, quantity="slope of session_number")["estimate"], abs=1e-10
    )


def test_a_code_the_human_never_gave_has_a_wide_interval_not_none():
    never = layer("human", HUMAN.table["unit_id"], np.zeros(HUMAN.table.height, bool), kind="human")
    coded = never.restricted_to(sample(200)[0].table["unit_id"])
    found = estimate(
        corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=200 / HUMAN.table.height),
        label="question",
    )
    assert found["estimate"] == 0
    assert found["low"] == pytest.approx(0, abs=1e-12)
    assert found["high"] > 0.02
    assert "too little variation" in found["reason"]


def test_the_order_of_rows_and_layers_of_several_rounds_do_not_matter():
    coded, share = sample(300)
    result = corrected_rates(AUTOMATIC, coded, CORPUS, inclusion=share)
    mixed = replace(AUTOMATIC, table=AUTOMATIC.table.reverse())
    turned = replace(coded, table=coded.table.sample(fraction=1, shuffle=True, seed=3))
    assert corrected_rates(mixed, turned, CORPUS, inclusion=share).table.equals(result.table)


def test_sources_not_conversations_are_the_clusters():
    joined = CORPUS.conversations.with_columns(
        source=pl.lit("v") + (pl.int_range(60) // 3).cast(str)
    )
    coded, share = sample(500)
    found = estimate(
        corrected_rates(AUTOMATIC, coded, replace(CORPUS, conversations=joined), inclusion=share)
    )
    assert found["n_clusters"] == 20


def test_several_labels_on_one_unit():
    """Of a scheme whose codes do not exclude each other each label has its own rate."""
    about = replace(HUMAN.metadata, exclusive=False)
    ids = HUMAN.table["unit_id"]
    both = pl.concat(
        [HUMAN.table.select("unit_id", "label"), pl.DataFrame({"unit_id": ids, "label": "other"})]
    ).unique(maintain_order=True)
    human = Layer.build("human", both, about)
    rule = replace(AUTOMATIC, metadata=replace(AUTOMATIC.metadata, exclusive=False))
    coded = human.restricted_to(ids.sort().sample(300, seed=1))
    result = corrected_rates(rule, coded, CORPUS, inclusion=300 / len(ids))
    assert estimate(result, label="other")["estimate"] == pytest.approx(1)
    question = estimate(result, label="question")
    assert question["low"] < true_rate(HUMAN) < question["high"]


def test_groups_within_conversations_drawn_whole_are_not_apart():
    coded = HUMAN.restricted_to(CORPUS.utterances.filter(pl.col("conversation_id") < "c030")["id"])
    half = CORPUS.utterances.with_columns(
        role=pl.when(pl.col("turn") < 10).then(pl.lit("early")).otherwise(pl.lit("late"))
    )
    corpus = replace(CORPUS, utterances=half)
    options = {
        "between": "role",
        "groups": ("late", "early"),
        "inclusion": 0.5,
        "drawn": "conversation",
    }
    with pytest.raises(BadInput, match="30 conversations that were drawn whole"):
        corrected_differences(AUTOMATIC, coded, corpus, about="corpus", **options)
    found = estimate(corrected_differences(AUTOMATIC, coded, corpus, **options))
    assert found["low"] < found["estimate"] < found["high"]


def test_a_difference_about_the_corpus_at_hand_is_known_better():
    coded, share = sample(600)
    options = {
        "between": "quality",
        "groups": ("high", "low"),
        "inclusion": share,
        "labels": ["question"],
    }
    here = estimate(corrected_differences(AUTOMATIC, coded, CORPUS, about="corpus", **options))
    usual = estimate(corrected_differences(AUTOMATIC, coded, CORPUS, **options))
    assert here["estimate"] == pytest.approx(usual["estimate"], abs=0.02)
    assert here["high"] - here["low"] < 0.8 * (usual["high"] - usual["low"])
    high = CORPUS.conversations.filter(pl.col("quality") == "high")["id"]
    ids = CORPUS.utterances.filter(pl.col("conversation_id").is_in(high.implode()))["id"]
    rest = HUMAN.table["unit_id"].filter(~HUMAN.table["unit_id"].is_in(ids.implode()))
    truth = true_rate(HUMAN.restricted_to(ids)) - true_rate(HUMAN.restricted_to(rest))
    assert here["low"] <= truth <= here["high"]


def test_examples_in_the_docstrings_hold():
    result = doctest.testmod(admission)
    assert result.attempted > 0
    assert result.failed == 0


def test_few_conversations_are_said():
    some = CORPUS.utterances.filter(pl.col("conversation_id") < "c008")["id"]
    found = estimate(
        corrected_rates(AUTOMATIC.restricted_to(some), HUMAN.restricted_to(some), CORPUS)
    )
    assert found["reason"] == "few conversations (8)"
