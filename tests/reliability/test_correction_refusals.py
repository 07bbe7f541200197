"""What a correction refuses, each with one message that says what to do."""

from dataclasses import replace

import polars as pl
import pytest
from simulated_corpus import layer, simulated_corpus

from workbench.errors import BadInput, InsufficientData
from workbench.reliability.correction import (
    corrected_differences,
    corrected_rates,
    corrected_slopes,
    trained_on_checksum,
    trained_on_mark,
)

CORPUS, AUTOMATIC, HUMAN = simulated_corpus(30, 20, seed=4)
DRAWN = HUMAN.table["unit_id"].sample(150, seed=1)
CODED = HUMAN.restricted_to(DRAWN)
SHARE = 150 / HUMAN.table.height


def with_facts(layer, **facts):
    return replace(layer, metadata=replace(layer.metadata, **facts))


def refused(message, *, automatic=AUTOMATIC, human=CODED, corpus=CORPUS, kind=BadInput, **options):
    options = {"inclusion": SHARE, **options}
    with pytest.raises(kind, match=message) as caught:
        corrected_rates(automatic, human, corpus, **options)
    assert len(str(caught.value).split()) < 70


def table(probability):
    return pl.DataFrame({"unit_id": DRAWN, "inclusion_probability": probability})


def test_a_sample_of_unknown_probability():
    refused("nothing says with what probability", inclusion=None)


@pytest.mark.parametrize(
    "words",
    [
        "uncertainty: lowest margin first",
        "the turns of which the model was least sure",
        "difficult turns",
        "a random half of the most uncertain turns",
        "what the trainer found telling",
    ],
)
def test_units_chosen_because_the_model_was_unsure(words):
    chosen = with_facts(CODED, sampling=words)
    refused("chosen, not drawn by lot", human=chosen)
    refused("chosen, not drawn by lot", human=chosen, inclusion=None)


@pytest.mark.parametrize(
    "words",
    [
        "simple random sample, handed to one coder",
        "stratified by active listening, marginal cases and confidential talks alike",
    ],
)
def test_words_that_only_look_like_a_choice_are_no_choice(words):
    drawn = with_facts(CODED, sampling=words)
    found = corrected_rates(AUTOMATIC, drawn, CORPUS, inclusion=SHARE)
    assert found.table["estimate"].is_not_null().all()


def test_units_drawn_by_uncertainty_with_known_probabilities_are_welcome():
    chosen = with_facts(CODED, sampling="in proportion to uncertainty")
    result = corrected_rates(AUTOMATIC, chosen, CORPUS, inclusion=table(SHARE))
    assert result.table["estimate"].is_not_null().all()


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.5, None, float("nan")])
def test_probabilities_of_zero_or_absent(probability):
    column = pl.Series([probability] + [SHARE] * 149, dtype=pl.Float64)
    refused("1 of 150 human-coded units have no inclusion probability", inclusion=table(column))


def test_one_probability_out_of_range():
    refused("above 0 and up to 1; got 0", inclusion=0)


def test_a_table_without_its_columns_or_with_a_unit_twice():
    refused(
        "no column 'inclusion_probability'",
        inclusion=table(SHARE).rename({"inclusion_probability": "p"}),
    )
    refused("names a unit twice", inclusion=pl.concat([table(SHARE), table(SHARE)]))


def test_drawn_units_that_nobody_coded():
    refused(
        "10 of 150 drawn units have no human code",
        human=CODED.restricted_to(DRAWN[:140]),
        inclusion=table(SHARE),
    )


def test_a_stratum_that_was_never_drawn():
    strata = pl.DataFrame({"unit_id": HUMAN.table["unit_id"]}).with_columns(
        stratum=pl.when(pl.col("unit_id").is_in(DRAWN.implode()))
        .then(pl.lit("a"))
        .otherwise(pl.lit("b"))
    )
    refused("No unit of stratum 'b' has human codes", strata=strata)
    refused("leaves out 5 of", strata=strata[5:])


def test_human_codes_that_the_coder_learned_from():
    facts = AUTOMATIC.metadata
    for seen in (
        DRAWN[:3].to_list(),
        ["v000", "v001"],
        ["c000"],
        [trained_on_mark("v000")],
        trained_on_checksum(DRAWN),
    ):
        learned = replace(AUTOMATIC, metadata=replace(facts, facts={"trained_on": seen}))
        refused("learned from", automatic=learned)
        crossed = {"trained_on": seen, "cross_fitted": True}
        fitted = replace(AUTOMATIC, metadata=replace(facts, facts=crossed))
        assert corrected_rates(fitted, CODED, CORPUS, inclusion=SHARE).notes == ()


def test_training_elsewhere_is_no_matter_and_silence_about_it_is_noted():
    elsewhere = with_facts(AUTOMATIC, facts={"trained_on": ["annomi-1"]})
    assert corrected_rates(elsewhere, CODED, CORPUS, inclusion=SHARE).notes == ()
    silent = with_facts(AUTOMATIC, facts={})
    (note,) = corrected_rates(silent, CODED, CORPUS, inclusion=SHARE).notes
    assert "does not say what its coder learned from" in note
    other = with_facts(AUTOMATIC, facts={"trained_on": trained_on_checksum(DRAWN[:100])})
    (note,) = corrected_rates(other, CODED, CORPUS, inclusion=SHARE).notes
    assert "tells by a checksum alone" in note


def test_layers_that_do_not_belong_together():
    refused("has the scheme 'helper', the human layer", human=with_facts(CODED, scheme="client"))
    refused("only one has", human=with_facts(CODED, labels=("other", "open", "question")))
    refused("needs human codes", human=with_facts(CODED, coder_kind="llm"))
    foreign = layer("human", ["x1", "x2"], [True, False], kind="human")
    refused("not in this corpus", human=foreign)
    other, _, _ = simulated_corpus(5, 5)
    refused("not in this corpus", corpus=other)
    fewer = AUTOMATIC.restricted_to(AUTOMATIC.table["unit_id"][:100])
    refused("not in the automatic layer", automatic=fewer)


def test_codes_that_contradict_each_other_or_say_nothing():
    rows = CODED.table
    other = (
        pl.when(pl.col("label") == "question").then(pl.lit("other")).otherwise(pl.lit("question"))
    )
    again = pl.concat([rows, rows.head(2).with_columns(label=other)])
    refused(
        "several labels to 2 units.*Blind repeats",
        human=replace(CODED, table=again, metadata=replace(CODED.metadata, exclusive=True)),
    )
    first = pl.int_range(pl.len()) < 3
    silent = rows.with_columns(label=pl.when(~first).then(pl.col("label")))
    found = corrected_rates(AUTOMATIC, replace(CODED, table=silent), CORPUS, inclusion=SHARE)
    assert "3 of 150 human-coded units have no label" in found.notes[-1]


def test_a_label_that_the_automatic_coder_never_gave_counts():
    unstated = with_facts(AUTOMATIC, labels=())
    rare = CODED.table.with_columns(
        label=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("rare")).otherwise("label")
    )
    human = replace(CODED, table=rare, metadata=replace(CODED.metadata, labels=()))
    table = corrected_rates(unstated, human, CORPUS, inclusion=SHARE).table
    row = table.filter(label="rare", estimator="human sample")
    assert row["estimate"].item() == pytest.approx(30 / 150)


def test_too_few_conversations():
    some = HUMAN.restricted_to(HUMAN.table["unit_id"][:60])
    refused("from 4 source|from 3 source", human=some, kind=InsufficientData)
    quality = CORPUS.conversations.with_columns(
        quality=pl.when(pl.col("id") < "c003").then(pl.lit("rare")).otherwise(pl.lit("usual"))
    )
    refused(
        "Where quality is 'rare', human codes come from 3 source",
        corpus=replace(CORPUS, conversations=quality),
        kind=InsufficientData,
        by="quality",
    )


def test_unknown_names():
    refused("no label 'questoin'. Did you mean 'question'", labels=["questoin"])
    refused("no column 'qualty'", by="qualty")
    with pytest.raises(BadInput, match="no value of 'quality' 'hihg'"):
        corrected_differences(
            AUTOMATIC, CODED, CORPUS, between="quality", groups=("hihg", "low"), inclusion=SHARE
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "turn", "covariates": ["turn"]}, "Exactly one of outcome and covariates"),
        ({"outcome": "code", "covariates": []}, "Exactly one of outcome and covariates"),
        ({"outcome": "code", "covariates": ["quality"]}, "holds String"),
        ({"outcome": "code", "covariates": ["start"]}, "has no value in"),
        ({"outcome": "turn", "covariates": ["code"], "family": "logistic"}, "between 0 and 1"),
        (
            {"outcome": "code", "covariates": ["session_number"], "unit": "conversation"},
            "codes for a part of their units only",
        ),
    ],
)
def test_regressions_that_cannot_be(options, message):
    with pytest.raises(BadInput, match=message):
        corrected_slopes(AUTOMATIC, CODED, CORPUS, label="question", inclusion=SHARE, **options)


def test_a_covariate_that_does_not_vary_is_named_as_the_trouble():
    flat = replace(CORPUS, utterances=CORPUS.utterances.with_columns(start=pl.lit(1.0)))
    with pytest.raises(InsufficientData, match="no solution"):
        corrected_slopes(
            AUTOMATIC,
            CODED,
            flat,
            label="question",
            outcome="code",
            covariates=["start"],
            inclusion=SHARE,
        )
