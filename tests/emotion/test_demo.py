"""The head on the invented demonstration corpus: printed, never tuned on."""

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.emotion import emotion_course, score_emotions
from workbench.emotion.tiers import ontology
from workbench.resources import bundled


@pytest.fixture(scope="module")
def demo():
    corpus = wb.load(bundled("data", "demo"))
    return corpus, score_emotions(corpus)


def test_intended_tone_is_told_better_than_by_chance(demo):
    corpus, (layers, refusals) = demo
    assert refusals == ()
    intended = corpus.layer("goemotions.intended").table.drop_nulls("label")
    tone = {e: ontology().group_of(e, "sentiment") for e in ontology().labels("emotion")}
    meant = intended.select("unit_id", tone=pl.col("label").replace_strict(tone))
    said = layers[2].probabilities.join(
        meant.group_by("unit_id").agg(pl.col("tone").unique()), on="unit_id"
    )
    for name in ("positive", "negative", "neutral"):
        held = said["tone"].list.contains(name).to_numpy()
        p = said[name].to_numpy()
        ranks = p.argsort().argsort() + 1
        pairs = held.sum() * (~held).sum()
        auc = (ranks[held].sum() - held.sum() * (held.sum() + 1) / 2) / pairs
        print(f"intended {name}: {held.sum()} of {len(held)} turns, AUC {auc:.2f}")
        assert auc > 0.6


def test_courses_cover_every_turn(demo):
    corpus, (layers, _) = demo
    course = emotion_course(corpus, layers[2])
    assert course["unit_id"].to_list() == corpus.utterances["id"].to_list()
    assert np.nanmax(np.abs(course["valence"].drop_nulls().to_numpy())) <= 1
    assert (course["valence"].is_null() == course["reason"].is_not_null()).all()
