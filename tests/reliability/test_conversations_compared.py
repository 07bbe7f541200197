"""Ratings, counts and rates of conversations compared, beside single turns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from coded_corpus import TALKS, TURNS, N, corpus, layer

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.reliability import (
    MEASURES,
    agreement_levels,
    icc,
    read_coded,
)
from workbench.reliability.comparison import levels_of


def test_counts_and_rates_are_those_of_each_conversation(layers):
    found = wb.agreement(layers, "conversation", corpus=corpus())
    ratings = read_coded(layers, corpus=corpus()).ratings
    held = ratings.of(["anna", "head"]).holds("question").codes
    counts = held.reshape(TALKS, TURNS, 2).sum(axis=1).astype(float)
    sources = ratings.sources[::TURNS]
    for scale, values in (("counts", counts), ("rates", counts / TURNS)):
        row = found.filter(
            label="question", coders="anna & head", scale=scale, measure="ICC(A,1)"
        ).row(0, named=True)
        assert row["estimate"] == pytest.approx(icc(values, "A,1", clusters=sources).estimate)
        assert row["n"] == TALKS
        assert "fewer than 15 conversations" in row["reason"]
    assert set(found["measure"]) == set(MEASURES["conversation"])


def test_turns_that_one_coder_skipped_count_for_nobody():
    codes = ["question"] * N
    half = corpus().utterances.filter(pl.col("turn") < TURNS // 2)["id"].to_list()
    ones = [layer("anna", codes), layer("ben", codes[: len(half)], units=half)]
    ones[1] = layer("ben", ["question", "other"] * (len(half) // 2), units=half)
    found = wb.agreement(ones, "conversation", corpus=corpus(), measures=["ICC(A,1)"])
    row = found.filter(label="question", scale="rates").row(0, named=True)
    assert row["estimate"] == pytest.approx(0.0, abs=1e-9) or row["estimate"] is None
    assert row["n"] == TALKS


def test_units_and_conversations_that_could_not_be_compared_are_told():
    """Anna and Ben coded disjoint halves of the last talk: it has no count that both could have."""
    units = corpus().utterances["id"].to_list()
    first = units[: -TURNS // 2]
    second = units[:-TURNS] + units[-TURNS // 2 :]
    ones = [
        layer(name, ["question", "other"] * (len(own) // 2), units=own)
        for name, own in (("anna", first), ("ben", second))
    ]
    found = wb.agreement(ones, "conversation", corpus=corpus(), measures=["ICC(A,1)"])
    assert found["n"].unique().to_list() == [TALKS - 1]
    told = "8 units that not all coders of their conversation coded left out, among them all of 1"
    assert all(told in reason for reason in found["reason"])


def test_coders_whose_counts_were_not_compared_are_not_called_few(layers, table):
    none = wb.agreement(layers, "conversation", corpus=corpus()).head(0)
    found = levels_of(table, none, absent="too many pairs")
    assert found["few"].null_count() == found.height
    assert all("too many pairs" in reason for reason in found["reason"])


def test_conversations_have_to_be_known(layers):
    with pytest.raises(BadInput, match="pass corpus="):
        wb.agreement(layers, "conversation")


def test_ratings_of_conversations_are_compared_as_they_are():
    talks = corpus().conversations["id"]
    scores = {"anna": [3, 4, 2, 5, 4, 1], "ben": [3, 5, 2, 4, 4, 2]}
    rated = []
    for name, values in scores.items():
        facts = LayerMetadata(
            "globals", name, "human", unit="conversation", labels=("empathy",), exclusive=False
        )
        rows = pl.DataFrame({"unit_id": talks, "label": "empathy", "value": values})
        rated.append(Layer.build(f"globals.{name}", rows, facts))
    found = wb.agreement(rated, "conversation", corpus=corpus())
    row = found.filter(measure="ICC(C,1)").row(0, named=True)
    assert (row["label"], row["scale"], row["n"]) == ("empathy", "ratings", 6)
    table = np.array(list(scores.values()), dtype=float).T
    assert row["estimate"] == pytest.approx(icc(table, "C,1").estimate)


def globals_of(name, values, *, label="empathy", units=None):
    facts = LayerMetadata("globals", name, "human", unit="conversation", exclusive=False)
    talks = corpus().conversations["id"].to_list() if units is None else units
    rows = pl.DataFrame({"unit_id": talks, "label": label, "value": values})
    return Layer.build(f"globals.{name}", rows, facts)


def test_ratings_keep_their_values_whatever_else_is_asked():
    anna, ben = [3, 4, 2, 5, 4, 1], [3, 5, 2, 4, 4, 2]
    expected = icc(np.array([anna, ben], dtype=float).T, "A,1").estimate
    ones = [globals_of("anna", anna), globals_of("ben", ben, label="Empathy")]
    options = {"corpus": corpus(), "measures": ["ICC(A,1)"]}
    found = wb.agreement(ones, "conversation", merge={"Empathy": "empathy"}, **options)
    assert found["estimate"].item() == pytest.approx(expected)
    with pytest.raises(BadInput, match="pass unit='conversation'"):
        wb.agreement([globals_of("anna", anna), globals_of("ben", ben)], corpus=corpus())
    talks = [*corpus().conversations["id"], "t0"]
    twice = globals_of("ben", [*ben, 5], units=talks)
    with pytest.raises(BadInput, match="rates 'empathy' of conversation 't0' more than once"):
        wb.agreement([globals_of("anna", anna), twice], "conversation", **options)


def test_a_table_of_numbers_by_conversation_is_one_of_ratings():
    table = pl.DataFrame({"unit": corpus().conversations["id"]}).with_columns(
        anna=pl.Series([3, 4, 2, 5, 4, 1]), ben=pl.Series([3, 5, None, 4, 4, 2])
    )
    found = wb.agreement(table, "conversation", scale="interval", corpus=corpus())
    values = table.select("anna", "ben").to_numpy().astype(float)
    sources = corpus().conversations["source"].to_list()
    for form in ("A,1", "C,k"):
        row = found.filter(measure=f"ICC({form})").row(0, named=True)
        own = icc(values, form, clusters=sources)
        assert (row["scale"], row["label"]) == ("ratings", None)
        assert (row["estimate"], row["low"], row["n"]) == (own.estimate, own.low, 5)
    with pytest.raises(BadInput, match="need scale='interval'"):
        wb.agreement(table, "conversation")
    turns = pl.DataFrame({"unit": ["a", "b"], "conversation": "t", "x": [1, 2], "y": [1, 3]})
    with pytest.raises(BadInput, match="numbers of single units"):
        wb.agreement(turns, "conversation", scale="interval")


def test_the_two_levels_stand_side_by_side(layers, table):
    found = agreement_levels(layers, corpus=corpus())
    tallied = wb.agreement(layers, "conversation", corpus=corpus())
    row = found.filter(label="other", coders="anna & chi").row(0, named=True)
    alpha = table.filter(label="other", coders="anna & chi", measure="krippendorff_alpha")
    rates = tallied.filter(label="other", coders="anna & chi", measure="ICC(C,1)", scale="rates")
    assert row["alpha"] == alpha["estimate"].item()
    assert row["alpha_low"] == alpha["low"].item()
    assert row["icc_c_rates"] == rates["estimate"].item()
    assert (row["n_utterances"], row["n_conversations"], row["few"]) == (N, TALKS, True)
    assert found.height == 3 * 8
