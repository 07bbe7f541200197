"""Codes only above a confidence, and the notes and shares that say so."""

import numpy as np
import polars as pl
import pytest
from coded_mood import BOOK, LABELS

from workbench.coding.layer_notes import abstaining, share_sentence, with_shares
from workbench.coding.scoring.coverage import coverage_table
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.figures.coverage import coverage_curve
from workbench.heads import OutOfFold


def _layer(rows, *, exclusive=True, facts=None, units=4):
    table = pl.DataFrame(
        rows,
        schema={
            "unit_id": pl.String,
            "label": pl.String,
            "probability": pl.Float64,
            "note": pl.String,
        },
        orient="row",
    )
    seen = pl.DataFrame({"unit_id": [f"u{i}" for i in range(units)], **dict.fromkeys(LABELS, 0.5)})
    metadata = LayerMetadata(
        "mood", "head", "model", labels=LABELS, exclusive=exclusive, facts=facts or {}
    )
    return Layer.build("mood.head", table, metadata, probabilities=seen)


def test_units_below_are_seen_and_not_assigned():
    layer = _layer(
        [
            ("u0", "calm", 0.9, None),
            ("u1", "glad", 0.55, None),
            ("u2", "low", 0.7, None),
            ("u3", "low", 0.5, "out of domain"),
        ]
    )
    kept = abstaining(layer, 0.7)
    assert kept.table.select("unit_id", "label", "probability", "note").rows() == [
        ("u0", "calm", 0.9, None),
        ("u1", None, None, "abstained (0.55)"),
        ("u2", "low", 0.7, None),
        ("u3", None, None, "out of domain; abstained (0.50)"),
    ]
    assert kept.name == "mood.head-above-70"
    assert kept.metadata.facts["abstained"]["share"] == 0.5
    assert share_sentence(kept).startswith("50% of the 4 coded utterances had a code withheld")
    assert kept.probabilities.equals(layer.probabilities)
    assert [row[1] for row in kept.counts().rows()] == [1, 0, 1]


def test_where_any_number_of_labels_holds_each_is_withheld_alone():
    layer = _layer(
        [
            ("u0", "calm", 0.9, None),
            ("u0", "glad", 0.6, None),
            ("u1", "calm", 0.4, None),
            ("u1", "low", 0.65, None),
            ("u2", None, None, None),
        ],
        exclusive=False,
    )
    kept = abstaining(layer, 0.7).table.select("unit_id", "label", "note").rows()
    assert kept == [
        ("u0", "calm", "abstained (0.60)"),
        ("u1", None, "abstained (0.65)"),
        ("u2", None, None),
    ]


@pytest.mark.parametrize("asked", [0, 1, -0.2, 70])
def test_a_confidence_is_a_probability(asked):
    with pytest.raises(BadInput, match="above 0 and below 1"):
        abstaining(_layer([("u0", "calm", 0.9, None)]), asked)


def test_shares_of_a_part_are_counted_from_its_notes():
    rows = [(f"u{i}", "calm", 0.9, "out of domain" if i else None) for i in range(4)]
    layer = with_shares(_layer(rows, facts={"out_of_domain": {"expected": 0.05}}))
    assert layer.metadata.facts["out_of_domain"]["share"] == 0.75
    part = layer.restricted_to(pl.Series(["u0", "u1"]))
    assert share_sentence(part).startswith("50% of the 2 coded utterances")
    assert share_sentence(_layer(rows)) is None
    empty = with_shares(layer.restricted_to(pl.Series(["none"])))
    share = empty.metadata.facts["out_of_domain"]
    assert share["share"] is None
    assert share["reason"]


class _Coded:
    """Facts of eight utterances in four sources: right where the probability is high."""

    sources = np.array(list("aabbccdd"))
    gold = np.eye(3, dtype=bool)[[0, 1, 2, 0, 1, 2, 0, 1]]


def test_coverage_and_accuracy_by_hand():
    guess = np.eye(3, dtype=bool)[[0, 1, 2, 0, 2, 1, 1, 0]]
    sure = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5])
    probability = np.where(guess, sure[:, None], 0.05)
    run = OutOfFold(probability, guess, np.zeros(8, int))
    rows = coverage_table(_Coded, BOOK.schemes[0], run, cuts=(0.0, 0.7, 0.95))
    table = {(row["abstain below"], row["measure"]): row["estimate"] for row in rows}
    assert (table[0.0, "coverage"], table[0.0, "accuracy"]) == (1, 0.5)
    assert (table[0.7, "coverage"], table[0.7, "accuracy"]) == (0.5, 1)
    assert table[0.7, "macro-F1"] == 1
    nothing = next(r for r in rows if (r["abstain below"], r["measure"]) == (0.95, "accuracy"))
    assert nothing["estimate"] is None
    assert nothing["reason"]
    curve = {trace.name: list(trace.x) for trace in coverage_curve(rows, title="mood").data}
    assert curve["accuracy"] == [0.5, 1.0]
