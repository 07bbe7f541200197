"""Spans of several coders compared by unitizing alpha."""

from __future__ import annotations

import polars as pl
import pytest
from coded_corpus import TALKS, corpus

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.reliability import (
    layer_spans,
    unitizing_alpha,
)


def spans(name, places, *, kind="human", known=("goal", "plan")):
    facts = LayerMetadata("goals", name, kind, unit="span", labels=known, exclusive=False)
    schema = ["unit_id", "label", "start_char", "end_char"]
    rows = pl.DataFrame(places, schema=schema, orient="row")
    return Layer.build(f"goals.{name}", rows, facts)


def test_spans_are_compared_by_unitizing_alpha():
    ones = [
        spans("anna", [(f"t{i}-0", "goal", 0, 4) for i in range(TALKS)]),
        spans("ben", [(f"t{i}-0", "goal" if i else "plan", 0, 4 + i % 2) for i in range(TALKS)]),
        spans("chi", [(f"t{i}-0", "goal", 1, 4) for i in range(TALKS)], kind="model"),
    ]
    found = wb.agreement(ones, "span", corpus=corpus())
    assert found["label"].null_count() == found.height
    assert set(found["coders"]) == {"anna & ben & chi", "anna & ben", "anna & chi", "ben & chi"}
    texts, continua = layer_spans(ones[:2], corpus())
    own = unitizing_alpha(texts, continua, labels=["goal", "plan"])
    pair = found.filter(coders="anna & ben")
    assert pair["estimate"].to_list() == own.filter(pl.col("label").is_null())["estimate"].to_list()
    by = wb.agreement(ones, "span", "label", corpus=corpus())
    assert set(by["label"]) == {None, "goal", "plan"}
    with pytest.raises(BadInput, match="needs corpus="):
        wb.agreement(ones, "span")


def test_labels_of_spans_are_checked_as_those_of_utterances_are():
    def marked(name, label, known=()):
        return spans(name, [(f"t{i}-0", label, 0, 4) for i in range(TALKS)], known=known)

    pair = [marked("anna", "goal"), marked("ben", "Goal")]
    with pytest.raises(BadInput, match="A label is spelled in several ways"):
        wb.agreement(pair, "span", corpus=corpus())
    merged = wb.agreement(pair, "span", "label", corpus=corpus(), merge={"Goal": "goal"})
    assert merged.filter(measure="unitizing_alpha (u)")["estimate"].item() == 1.0
    assert set(merged["label"]) == {None, "goal"}
    with pytest.raises(BadInput, match=r"'hope' .* The book has"):
        other = [marked("anna", "goal", ("goal", "plan")), marked("ben", "hope")]
        wb.agreement(other, "span", corpus=corpus())
    with pytest.raises(BadInput, match="not in the codebook the given labels: 'goal'"):
        wb.agreement([pair[0], marked("ben", "goal")], "span", corpus=corpus(), codebook=["x"])
    with pytest.raises(BadInput, match="no label 'Goal'"):
        unitizing_alpha(*layer_spans(pair, corpus()), labels=["plan"])


def test_spans_without_a_text_in_common_and_measures_of_labels_are_refused():
    apart = [spans("anna", [("t0-0", "goal", 0, 4)]), spans("ben", [("t1-0", "goal", 0, 4)])]
    with pytest.raises(BadInput, match="No utterance was read by two"):
        wb.agreement(apart, "span", corpus=corpus())
    with pytest.raises(BadInput, match="pass by='label'"):
        wb.agreement(apart, "span", corpus=corpus(), measures=["unitizing_alpha ((k)u)"])


def test_spans_are_not_compared_as_single_units_nor_options_ignored(layers):
    ones = [spans(name, [("t0-0", "goal", 0, 4)]) for name in ("anna", "ben")]
    with pytest.raises(BadInput, match="pass unit='span'"):
        wb.agreement(ones, corpus=corpus())
    with pytest.raises(BadInput, match="scale= is for codes of units"):
        wb.agreement(ones, "span", corpus=corpus(), scale="ordinal")
    for unit in ("span", "conversation"):
        with pytest.raises(BadInput, match="reference= is for codes of single units"):
            wb.agreement(layers, unit, corpus=corpus(), reference="anna")


def test_codes_of_conversations_are_told_as_such():
    talks = [f"t{i}" for i in range(TALKS)]
    facts = {"unit": "conversation", "labels": ("good", "poor")}
    ones = [
        Layer.build(
            f"outcome.{name}",
            pl.DataFrame({"unit_id": talks, "label": given}),
            LayerMetadata("outcome", name, "human", **facts),
        )
        for name, given in (("anna", ["good", "poor"] * 3), ("ben", ["good"] * 6))
    ]
    found = wb.agreement(ones, corpus=corpus(), measures=["percent"])
    assert found.select("unit", "estimate", "n").row(0) == ("conversation", 0.5, TALKS)
