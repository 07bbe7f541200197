from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import ESTIMATE_COLUMNS, cluster_proportion, permutation_test
from workbench.topics import group_table


def labelled(rows):
    """Corpus and topic layer from (conversation, group, label)."""
    frame = pl.DataFrame(rows, schema=["conversation_id", "quality", "label"], orient="row")
    turns = frame.select("conversation_id", speaker=pl.lit("x"), text=pl.lit("words"))
    talks = frame.select("quality", id="conversation_id").unique("id", maintain_order=True)
    corpus = Corpus.build(turns, conversations=talks)
    table = pl.DataFrame({"unit_id": corpus.utterances["id"], "label": frame["label"]})
    return corpus, Layer.build("topics-helper", table, LayerMetadata("topics-helper", "t", "model"))


def simulated(share_high, share_low, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(40):
        group, share = ("high", share_high) if number % 2 else ("low", share_low)
        for _ in range(20):
            rows.append((f"c{number}", group, "0" if rng.random() < share else "1"))
    return labelled(sorted(rows))


def test_shares_by_hand():
    corpus, layer = labelled(
        [
            *[("a", "high", "0"), ("a", "high", "1"), ("b", "high", "1"), ("b", "high", None)],
            *[("c", "low", "0"), ("c", "low", "0"), ("d", "low", "-1"), ("d", "low", "1")],
        ]
    )
    table = group_table(corpus, layer)
    assert [*ESTIMATE_COLUMNS] == table.columns[2:10]
    share = {(g, t): e for g, t, e in table.select("group", "topic", "estimate").iter_rows()}
    assert share["high", 0] == pytest.approx(1 / 3)
    assert share["high", -1] == 0
    assert share["low", 0] == pytest.approx(1 / 2)
    assert share["high - low", 1] == pytest.approx(2 / 3 - 1 / 4)
    high = table.filter(group="high", topic=0)
    assert high["n"].item() == 3
    assert high["n_clusters"].item() == 2
    assert "few conversations" in high["reason"].item()
    assert table.filter(pl.col("topic") == -1)["p_value"].is_null().all()


def test_intervals_are_those_over_sources():
    corpus, layer = simulated(0.3, 0.3)
    row = group_table(corpus, layer).row(0, named=True)
    turns = corpus.utterances.with_columns(label=layer.table["label"]).join(
        corpus.conversations.select("quality", conversation_id="id"), on="conversation_id"
    )
    high = turns.filter(pl.col("quality") == "high")
    expected = cluster_proportion(
        (high["label"] == "0").to_numpy(), np.ones(high.height), high["conversation_id"].to_numpy()
    )
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )


def test_a_planted_difference_is_found_and_none_is_made_up():
    def p_of(high, low, seed=0):
        table = group_table(*simulated(high, low, seed), permutations=199)
        return table.filter(group="high - low", topic=0)

    found = p_of(0.6, 0.3)
    assert found["p_holm"].item() <= 0.02
    assert 0.2 < found["low"].item() < found["estimate"].item() < found["high"].item()
    assert sum(p_of(0.4, 0.4, seed)["p_value"].item() <= 0.05 for seed in range(10)) <= 2


def test_p_values_are_those_of_the_permutation_test():
    corpus, layer = simulated(0.42, 0.33, seed=4)
    p_value = group_table(corpus, layer).filter(group="high - low", topic=0)["p_value"].item()
    turns = corpus.utterances.select(id="conversation_id").with_columns(
        said=(layer.table["label"] == "0").cast(pl.Float64)
    )
    rows = turns.join(corpus.conversations.select("id", "quality"), on="id")
    said = rows["said"].to_numpy()
    test = permutation_test(
        lambda r: said[r].mean(), rows["quality"], rows["id"], permutations=4999
    )
    assert 0.001 < test.p_value < 0.5
    assert p_value == pytest.approx(test.p_value, abs=0.02)


def test_row_order_does_not_matter():
    corpus, layer = simulated(0.5, 0.3)
    order = np.random.default_rng(2).permutation(corpus.utterances.height).tolist()
    mixed = replace(corpus, utterances=corpus.utterances[order])
    assert group_table(mixed, replace(layer, table=layer.table[order])).equals(
        group_table(corpus, layer)
    )


def test_sources_with_both_groups_are_left_out_of_the_test_and_said_so():
    corpus, layer = simulated(0.5, 0.3)
    talks = corpus.conversations.with_columns(
        source=pl.when(pl.col("id").is_in(["c0", "c1"])).then(pl.lit("s")).otherwise("id")
    )
    table = group_table(replace(corpus, conversations=talks), layer)
    row = table.filter(group="high - low", topic=0).row(0, named=True)
    assert "1 sources with both groups" in row["reason"]
    assert row["p_value"] is not None
    assert row["n_clusters"] == 39


def test_one_group_has_no_difference_rows():
    corpus, layer = labelled([("a", "high", "0"), ("b", "high", "1")])
    assert group_table(corpus, layer)["group"].unique().to_list() == ["high"]


def test_outliers_alone_are_shown_and_not_tested():
    table = group_table(*labelled([("a", "high", "-1"), ("b", "low", "-1")]))
    assert table["topic"].unique().to_list() == [-1]
    assert table["p_value"].is_null().all()


def test_bad_input():
    corpus, layer = labelled([("a", None, "0"), ("b", None, "1")])
    with pytest.raises(BadInput, match="qualitty"):
        group_table(corpus, layer, by="qualitty")
    with pytest.raises(InsufficientData, match="quality"):
        group_table(corpus, layer)
