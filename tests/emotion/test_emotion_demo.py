"""The head on the invented demonstration corpus: printed, never tuned on."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import workbench as wb
from workbench.emotion import SENTIMENT, emotion_course, score_emotions
from workbench.emotion.tiers import ontology
from workbench.resources import bundled
from workbench.statistics import cluster_interval


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
    said = (
        layers[2]
        .probabilities.join(meant.group_by("unit_id").agg("tone"), on="unit_id")
        .join(corpus.utterances.select("id", "conversation_id"), left_on="unit_id", right_on="id")
        .join(corpus.conversations.select("id", "source"), left_on="conversation_id", right_on="id")
    )
    for name in SENTIMENT:
        held = said["tone"].list.contains(name).to_numpy()
        p = said[name].to_numpy()
        found = cluster_interval(
            lambda rows, held=held, p=p: roc_auc_score(held[rows], p[rows]),
            said["source"],
            resamples=200,
        )
        print(
            f"intended {name}: {held.sum()} of {len(held)} turns, "
            f"AUC {found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}]"
        )
        assert found.low > 0.5


def test_courses_cover_every_turn(demo):
    corpus, (layers, _) = demo
    course = emotion_course(corpus, layers[2])
    assert course["unit_id"].to_list() == corpus.utterances["id"].to_list()
    assert np.nanmax(np.abs(course["valence"].drop_nulls().to_numpy())) <= 1
    assert (course["valence"].is_null() == course["reason"].is_not_null()).all()
