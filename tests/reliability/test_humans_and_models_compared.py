"""One human against the others, a model against the same majorities, and contested units."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from coded_corpus import coder, corpus, layer

from workbench.errors import BadInput
from workbench.reliability import (
    Ratings,
    contested_units,
    human_reference,
    majority_of,
    read_coded,
)
from workbench.statistics import macro_f1


def test_the_majority_of_exclusive_codes_leaves_out_ties():
    ratings = Ratings.build([["a", "a", "b"], ["a", "b", None], [None] * 3], categories="abc")
    assert majority_of(ratings).tolist() == [[1, 0, 0], [-1] * 3, [-1] * 3]
    sets = Ratings.build([[{"x"}, {"x", "y"}], [set(), set()]], level="sets", labels="xy")
    assert majority_of(sets).tolist() == [[1, 1], [0, 0]]


def test_a_model_is_measured_against_the_same_majorities_as_each_human(layers):
    ratings = read_coded(layers, corpus=corpus()).ratings
    found = human_reference(ratings)
    macro = found.filter(measure="macro-F1")
    expected = {}
    for human in ("anna", "benedikt", "chi"):
        others = [x for x in ("anna", "benedikt", "chi") if x != human]
        majority = majority_of(ratings.of(others))
        known = majority[:, 0] >= 0
        truth = majority[known].argmax(axis=1)
        for one in (human, "head"):
            said = ratings.of([one]).codes[known, 0]
            expected[human, one] = macro_f1(truth, said, range(3))
    own = macro.filter(pl.col("coder").is_in(["anna", "benedikt", "chi"]))
    for name, value in own.select("coder", "estimate").iter_rows():
        assert value == pytest.approx(expected[name, name])
    humans = [expected[x, x] for x in ("anna", "benedikt", "chi")]
    models = [expected[x, "head"] for x in ("anna", "benedikt", "chi")]
    line = macro.filter(coder="one human").row(0, named=True)
    assert (line["estimate"], line["low"], line["high"]) == pytest.approx(
        (np.mean(humans), min(humans), max(humans))
    )
    model = macro.filter(coder="head").rows(named=True)
    assert model[0]["estimate"] == pytest.approx(np.mean(models))
    assert model[1]["against"] == "one human"
    assert model[1]["estimate"] == pytest.approx(np.mean(models) - np.mean(humans))
    assert model[1]["low"] < model[1]["estimate"] < model[1]["high"]


def test_a_model_that_leaves_out_hard_units_is_held_against_humans_on_the_easy_ones():
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 600)
    hard = np.arange(600) % 2 == 1

    def coding():
        """Right on four of five easy units, and on half of the hard ones."""
        wrong = rng.random(600) < np.where(hard, 0.5, 0.2)
        return np.where(wrong, (truth + rng.integers(1, 3, 600)) % 3, truth).astype(object)

    codes = np.stack([coding() for _ in range(6)], axis=1)
    codes[hard, 5] = None
    kinds = (*["human"] * 5, "model")
    sources = np.arange(600) // 15
    built = Ratings.build(codes, kinds=kinds, sources=sources, coders=[*"ABCDE", "model"])
    rows = human_reference(built).filter(measure="macro-F1")
    difference = rows.filter(coder="model", against="one human").row(0, named=True)
    assert difference["low"] < 0 < difference["high"]
    easy = human_reference(built.rows(~hard)).filter(measure="macro-F1")
    same = easy.filter(coder="model", against="one human").row(0, named=True)
    assert difference["estimate"] == pytest.approx(same["estimate"])
    assert difference["n"] <= 300


def test_each_row_counts_its_own_units_and_sources(layers):
    """Chi coded one source only; her row must not borrow the evidence of the others."""
    few = [
        *layers[:2],
        layers[2].restricted_to(pl.Series([f"t0-{i}" for i in range(8)])),
        layers[3],
    ]
    found = human_reference(read_coded(few, corpus=corpus()).ratings).filter(measure="macro-F1")
    chi = found.filter(coder="chi").row(0, named=True)
    assert (chi["n_clusters"], chi["low"]) == (1, None)
    ranges = found.filter(pl.col("method").str.starts_with("mean, lowest"))
    assert ranges["level"].null_count() == ranges.height == 2


def test_without_two_humans_there_is_no_human_reference(layers):
    alone = read_coded([layers[0], layers[3]], corpus=corpus()).ratings
    assert human_reference(alone).is_empty()
    gold = coder("gold", wrong=0.1, kind="gold")
    two = human_reference(read_coded([layers[0], gold, layers[3]], corpus=corpus()).ratings)
    assert two.filter(coder="one human", measure="macro-F1")["estimate"].item() is not None


def test_a_label_without_positives_has_no_f1():
    """The coder's guesses alone are no positives: 0 would pass for a failure to find some."""
    codes = [["a", "a", "a"], ["a", "a", "b"], ["a", "a", "a"], ["b", "a", "a"]]
    found = human_reference(Ratings.build(codes, kinds=("human", "human", "model")))
    row = found.filter(coder="1", measure="F1", label="b").row(0, named=True)
    assert row["estimate"] is None
    assert row["reason"] == "no majority gave this label"


def test_sources_without_a_shared_unit_are_no_evidence(layers):
    few = [
        layers[0],
        *(x.restricted_to(pl.Series([f"t0-{i}" for i in range(8)])) for x in layers[1:3]),
    ]
    found = human_reference(read_coded(few, corpus=corpus()).ratings)
    assert set(found["n_clusters"]) == {1}


def test_contested_units_come_with_what_everybody_said():
    codes = pl.DataFrame(
        {
            "unit": ["t0-0", "t0-1", "t0-2", "t0-3"],
            "anna": ["x", "x", "x", None],
            "ben": ["x", "y", "y", "z"],
            "chi": ["x", "x", "z", None],
        }
    )
    found = contested_units(codes, corpus=corpus())
    assert found["unit_id"].to_list() == ["t0-2", "t0-1"]
    assert found["disagreement"].to_list() == pytest.approx([1.0, 2 / 3])
    assert found["entropy"].to_list() == pytest.approx([np.log2(3), 0.9182958])
    assert found["majority"].to_list() == [None, "x"]
    assert found.select("conversation_id", "turn").row(0) == ("t0", 2)
    assert found.select("coder: anna", "coder: ben", "coder: chi").row(1) == ("x", "y", "x")
    spelled = codes.with_columns(pl.col("ben").replace({"x": "X"}))
    with pytest.raises(BadInput, match="merge="):
        contested_units(spelled, corpus=corpus())
    assert contested_units(spelled, corpus=corpus(), merge={"X": "x"}).equals(found)


def test_sets_are_written_in_the_order_of_the_book():
    ones = [
        layer("anna", [("other", "question"), ()], exclusive=False),
        layer("ben", [("question",), ("other",)], exclusive=False),
    ]
    found = contested_units(ones, corpus=corpus())
    assert found["coder: anna"].to_list() == ["question + other", "(none)"]
