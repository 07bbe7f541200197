"""A calibration curve: shares by bins of equal mass, and the error beside its noise floor."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from coded_corpus import LABELS, corpus, layer

from workbench.corpus import Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability import (
    calibration_curve,
    calibration_errors,
    probabilities_of,
    read_coded,
)
from workbench.statistics import classwise_ece

TALKS = 60
UNITS = corpus(TALKS).utterances["id"].to_list()
DRAWN = np.random.default_rng(9)
TRUE = DRAWN.dirichlet(np.ones(3), len(UNITS))
GOLD = np.array([DRAWN.choice(3, p=p) for p in TRUE])


def model(probabilities):
    said = [LABELS[i] for i in probabilities.argmax(axis=1)]
    plain = layer("head", said, units=UNITS, kind="model")
    table = pl.DataFrame(probabilities, schema=list(LABELS)).insert_column(
        0, pl.Series("unit_id", UNITS)
    )
    return Layer(
        plain.name, plain.table, plain.metadata, table.sample(fraction=1, shuffle=True, seed=1)
    )


def read(probabilities):
    head = model(probabilities)
    gold = layer("gold", [LABELS[i] for i in GOLD], units=UNITS, kind="gold")
    ratings = read_coded([head, gold], corpus=corpus(TALKS)).ratings
    return ratings, probabilities_of(head, ratings)


def test_probabilities_stand_in_the_order_of_the_units():
    ratings, p = read(TRUE)
    assert ratings.units == tuple(UNITS)
    assert p == pytest.approx(TRUE)


def test_a_calibrated_coder_lies_on_the_diagonal_within_its_intervals():
    ratings, p = read(TRUE)
    curve = calibration_curve(ratings, p, "gold")
    assert curve["label"].unique(maintain_order=True).to_list() == list(LABELS)
    assert curve.group_by("label").len()["len"].to_list() == [10] * 3
    assert curve["n"].sum() == 3 * len(UNITS)
    inside = (
        (curve["low"] <= curve["probability"]) & (curve["probability"] <= curve["high"])
    ).mean()
    assert inside >= 0.85
    first = curve.row(0, named=True)
    own = np.argsort(TRUE[:, 0])[: first["n"]]
    assert first["probability"] == pytest.approx(TRUE[own, 0].mean())
    assert first["estimate"] == pytest.approx((GOLD[own] == 0).mean())


def test_an_overconfident_coder_lies_off_it_and_its_error_above_the_floor():
    sharp = TRUE**3 / (TRUE**3).sum(axis=1, keepdims=True)
    ratings, p = read(sharp)
    curve = calibration_curve(ratings, p, "gold")
    top = curve.filter(pl.col("bin") == 10)
    assert (top["estimate"] < top["probability"]).all()
    assert top["high"].min() < top["probability"].min()
    errors = calibration_errors(ratings, p, "gold")
    assert errors["label"].to_list() == [None, *LABELS]
    assert (errors["error"] > errors["floor_high"]).all()
    onehot = np.eye(3)[GOLD]
    assert errors["error"].to_list()[1:] == pytest.approx(
        classwise_ece(p, onehot, bins=10).ece.tolist()
    )
    fair = calibration_errors(*read(TRUE), "gold")
    assert fair["error"][0] < 1.5 * fair["floor"][0] < errors["error"][0]


def test_equal_probabilities_share_a_bin():
    p = np.full((len(UNITS), 3), 1 / 3)
    curve = calibration_curve(*read(p), "gold")
    assert curve.height == 3


def test_what_cannot_be_compared_is_refused():
    ratings, p = read(TRUE)
    gold = layer("gold", [LABELS[i] for i in GOLD], units=UNITS, kind="gold")
    with pytest.raises(BadInput, match="no probabilities"):
        probabilities_of(gold, ratings)
    with pytest.raises(BadInput, match="coder 'nobody'"):
        calibration_curve(ratings, p, "nobody")
    with pytest.raises(InsufficientData, match="nothing to compare"):
        calibration_curve(ratings, np.full_like(p, np.nan), "gold")
