"""Shares of topics by position, session and class, against counts made by hand."""

import time

import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import ESTIMATE_COLUMNS, cluster_proportion
from workbench.topics import topics_over_position, topics_over_sessions, topics_per_class
from workbench.topics.over_time import DECILES, THIRDS


def talks(n=12, turns=20, *, sessions=True, topics=3, seed=0):
    """Topic 0 belongs to the openings, topic 1 to later sessions; the rest is drawn."""
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for talk in range(n):
        for turn in range(turns):
            rows.append((f"c{talk:03}", ("therapist", "client")[turn % 2], f"said {turn}"))
            if turn % 2:
                labels.append(None)
            elif turn < turns * 0.3:
                labels.append("0")
            else:
                labels.append(str(rng.integers(1, topics)) if talk % 3 else "1")
    frame = pl.DataFrame(rows, schema=["conversation_id", "role", "text"], orient="row")
    frame = frame.with_columns(speaker=pl.col("role"))
    facts = pl.DataFrame({"id": [f"c{talk:03}" for talk in range(n)]}).with_columns(
        source=pl.lit("client ") + (pl.int_range(pl.len()) // 2).cast(pl.String),
        session_number=pl.int_range(pl.len()) % 2 + 1 if sessions else None,
        quality=pl.when(pl.int_range(pl.len()) < n // 2)
        .then(pl.lit("high"))
        .otherwise(pl.lit("low")),
    )
    corpus = Corpus.build(frame, conversations=facts)
    table = pl.DataFrame({"unit_id": corpus.utterances["id"], "label": labels})
    helper = corpus.utterances.filter(pl.col("side") == "helper")["id"]
    layer = Layer.build(
        "topics-helper",
        table.filter(pl.col("unit_id").is_in(helper.implode())),
        LayerMetadata("topics-helper", "bertopic", "model"),
    )
    return corpus, layer


def test_shares_by_position_are_the_counts_over_all_said_there():
    corpus, layer = talks()
    table = topics_over_position(corpus, layer)
    assert table.columns == ["topic", "position", *ESTIMATE_COLUMNS]
    assert table["position"].unique(maintain_order=True).to_list() == [*THIRDS, *DECILES]
    turns = corpus.utterances.select("turn", "conversation_id", unit_id="id")
    said = layer.table.drop_nulls("label").join(turns, on="unit_id")
    last = said.filter(pl.col("turn") / 19 >= 2 / 3)
    row = table.row(
        by_predicate=(pl.col("topic") == 1) & (pl.col("position") == THIRDS[2]), named=True
    )
    assert row["estimate"] == pytest.approx((last["label"] == "1").mean())
    assert row["n"] == last.height
    sums = table.group_by("position").agg(pl.col("estimate").sum())["estimate"]
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))


def test_intervals_are_the_houses_over_sources():
    corpus, layer = talks(n=24)
    table = topics_over_position(corpus, layer, random_state=4)
    turns = corpus.utterances.select("turn", "conversation_id", unit_id="id")
    sources = corpus.conversations.select("source", conversation_id="id")
    said = (
        layer.table.drop_nulls("label")
        .join(turns, on="unit_id")
        .join(sources, on="conversation_id")
    )
    first = said.filter(pl.col("turn") / 19 < 1 / 3).sort("unit_id")
    wanted = cluster_proportion(
        (first["label"] == "0").cast(int), [1] * first.height, first["source"], random_state=4
    )
    row = table.row(
        by_predicate=(pl.col("topic") == 0) & (pl.col("position") == THIRDS[0]), named=True
    )
    assert (row["low"], row["high"]) == pytest.approx((wanted.low, wanted.high))
    assert (row["n"], row["n_clusters"]) == (first.height, 12)


def test_the_course_over_sessions():
    corpus, layer = talks()
    table = topics_over_sessions(corpus, layer)
    assert table["session_number"].unique().sort().to_list() == [1, 2]
    assert table["n_clusters"].unique().to_list() == [6]
    bare, its_layer = talks(sessions=False)
    with pytest.raises(InsufficientData, match="has a session_number"):
        topics_over_sessions(bare, its_layer)


def test_classes_of_conversations_and_of_utterances():
    corpus, layer = talks()
    table = topics_per_class(corpus, layer, by="quality")
    assert table.columns == ["class", "topic", "position", *ESTIMATE_COLUMNS]
    assert table["class"].unique(maintain_order=True).to_list() == ["high", "low"]
    whole = table.filter(pl.col("position") == "whole session")
    assert whole.group_by("class").agg(pl.col("estimate").sum())["estimate"].to_list() == (
        pytest.approx([1.0, 1.0])
    )
    units = layer.table["unit_id"]
    codes = Layer.build(
        "codes.gold",
        pl.DataFrame({"unit_id": units, "label": ["question", None] * (len(units) // 2)}),
        LayerMetadata("codes", "gold", "gold"),
    )
    coded = topics_per_class(corpus, layer, by=codes)
    assert coded["class"].unique().to_list() == ["question"]
    assert coded.filter(pl.col("position") == "whole session")["n"][0] == len(units) // 2


def test_a_place_without_utterances_says_so():
    corpus, layer = talks(n=12, turns=5)
    table = topics_over_position(corpus, layer)
    empty = table.filter(pl.col("position") == "decile 2")
    assert empty["estimate"].null_count() == empty.height
    assert set(empty["reason"]) == {"no fitted utterances here"}


def test_bad_input_is_named():
    corpus, layer = talks()
    with pytest.raises(BadInput, match="conversation column 'qualty'"):
        topics_per_class(corpus, layer, by="qualty")
    with pytest.raises(InsufficientData, match="'topic'"):
        topics_per_class(corpus, layer, by="topic")
    single, its_layer = talks(turns=1)
    with pytest.raises(InsufficientData, match="two turns or more"):
        topics_over_position(single, its_layer)


def test_row_order_changes_nothing():
    corpus, layer = talks()
    mixed = Layer(
        "topics-helper", layer.table.sample(fraction=1, shuffle=True, seed=3), layer.metadata
    )
    assert topics_over_position(corpus, mixed).equals(topics_over_position(corpus, layer))


def test_sixty_topics_at_thirteen_positions_of_many_conversations_take_seconds():
    corpus, layer = talks(n=1000, turns=30, topics=60)
    begun = time.perf_counter()
    table = topics_over_position(corpus, layer)
    assert table.height == 60 * 13
    assert table["n_clusters"].max() == 500
    assert time.perf_counter() - begun < 10
