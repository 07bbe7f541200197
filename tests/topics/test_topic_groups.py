from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.multitest import multipletests

from workbench.corpus import Corpus, CorpusMetadata, Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import ESTIMATE_COLUMNS, cluster_proportion, permutation_test
from workbench.topics import group_cautions, group_table


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


def test_outliers_alone_are_shown_and_not_tested():
    table = group_table(*labelled([("a", "high", "-1"), ("b", "low", "-1")]))
    assert table["topic"].unique().to_list() == [-1]
    assert table["p_value"].is_null().all()


# -- estimands, strata, findings -----------------------------------------------------------------------


def test_estimands_are_named_and_differ_where_long_conversations_do():
    corpus, layer = labelled(
        [
            *[("long", "high", "0")] * 8,
            *[("short", "high", "0"), ("short", "high", "1"), ("mute", "high", None)],
            *[("c", "low", "0"), ("c", "low", "1"), ("d", "low", "1")],
        ]
    )
    pooled = group_table(corpus, layer)
    mean = group_table(corpus, layer, estimand="mean")
    assert pooled["estimand"].unique().to_list() == ["share of pooled turns"]
    assert mean["estimand"].unique().to_list() == ["mean of conversation shares"]
    high = {"group": "high", "topic": 0}
    assert pooled.filter(**high)["estimate"].item() == pytest.approx(9 / 10)
    assert pooled.filter(**high)["n"].item() == 10
    assert mean.filter(**high)["estimate"].item() == pytest.approx((1 + 1 / 2) / 2)
    assert mean.filter(**high)["n"].item() == 2
    assert "1 conversations without a fitted turn left out" in mean.filter(**high)["reason"].item()
    gap = mean.filter(group="high - low", topic=0)["estimate"].item()
    assert gap == pytest.approx(3 / 4 - (1 / 2 + 0) / 2)


def in_sites(rise, seed=0):
    """60 conversations of two sites; site A has mostly "high" and speaks of topic 0 far more."""
    rng = np.random.default_rng(seed)
    rows, sites = [], {}
    for number in range(60):
        site = "A" if number < 30 else "B"
        high = rng.random() < (0.7 if site == "A" else 0.3)
        share = (0.5 if site == "A" else 0.15) + rise * high
        sites[f"c{number:02}"] = site
        rows += [
            (f"c{number:02}", "high" if high else "low", "0" if rng.random() < share else "1")
            for _ in range(20)
        ]
    corpus, layer = labelled(rows)
    sites = pl.DataFrame({"id": list(sites), "site": list(sites.values())})
    return corpus.join_outcomes(sites), layer


def test_within_strata_a_difference_of_sites_is_none_of_groups():
    plain = group_table(*in_sites(0.0), permutations=999)
    within = group_table(*in_sites(0.0), strata="site", permutations=999)
    pair = {"group": "high - low", "topic": 0}
    assert plain.filter(**pair)["finding"].item()
    row = within.filter(**pair).row(0, named=True)
    assert not row["finding"]
    assert row["low"] < 0 < row["high"]
    assert row["estimand"] == "share of pooled turns, within strata of 'site'"
    assert "2 of 2 strata of 'site'" in row["reason"]
    shares = pl.col("group") != "high - low"
    assert within.filter(shares).equals(plain.filter(shares))
    found = group_table(*in_sites(0.25), strata="site", permutations=999).filter(**pair)
    assert found["finding"].item()
    assert 0.15 < found["estimate"].item() < 0.35


def test_strata_that_hold_one_group_each_are_not_tested_and_said_so():
    corpus, layer = simulated(0.5, 0.3)
    table = group_table(corpus, layer, strata="quality")
    pair = table.filter(group="high - low", topic=0).row(0, named=True)
    assert pair["p_value"] is pair["finding"] is pair["estimate"] is None
    assert "no stratum has sources of both groups" in pair["reason"]


def test_a_source_of_several_strata_is_moved_as_a_whole():
    corpus, layer = in_sites(0.0)
    merged = corpus.conversations.with_columns(
        source=pl.when(pl.col("id").is_in(["c00", "c59"])).then(pl.lit("s")).otherwise("id"),
        quality=pl.when(pl.col("id").is_in(["c00", "c59"]))
        .then(pl.lit("low"))
        .otherwise("quality"),
    )
    table = group_table(replace(corpus, conversations=merged), layer, strata="site")
    row = table.filter(group="high - low", topic=0).row(0, named=True)
    assert "2 of 3 strata of 'site'" in row["reason"]
    assert "58 of 59 sources" in row["reason"]


def many_topics(seed, *, high=0.1, sources=60, topics=30):
    """Conversations with topics of their own; the "high" ones speak of topic 0 at the given share."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(sources):
        group = "high" if number % 2 else "low"
        share = np.append(high if group == "high" else 0.1, rng.dirichlet(np.full(topics - 1, 0.3)))
        share[1:] *= 1 - share[0]
        own = rng.dirichlet(share * 20 + 1e-3)
        rows += [
            (f"c{number:02}", group, str(t))
            for t in rng.choice(topics, int(rng.integers(10, 40)), p=own)
        ]
    return labelled(rows)


def power(studies, **planted):
    """Studies that find topic 0, and studies that find another one."""
    right = wrong = 0
    for seed in range(studies):
        table = group_table(*many_topics(seed, **planted), permutations=1999).drop_nulls("finding")
        found = table.filter("finding")["topic"].to_list()
        right += 0 in found
        wrong += any(topic != 0 for topic in found)
    return right, wrong


def test_a_planted_topic_is_found_again():
    right, wrong = power(12, high=0.2, sources=100)
    print(
        f"20 % against 10 % of the turns, 100 sources: found in {right} of 12, another in {wrong}"
    )
    assert right >= 9
    assert wrong <= 3


@pytest.mark.prove
def test_power_in_full():
    for sources in (30, 60, 120):
        for high in (0.1, 0.15, 0.2):
            right, wrong = power(100, high=high, sources=sources)
            print(
                f"{sources} sources, {high:.0%} against 10 %: {right} of 100, another {wrong} of 100"
            )
            # where one topic grows, the shares of the others do fall: only equal groups tell of false alarms
            assert high > 0.1 or wrong <= 12
    assert right >= 90


def test_findings_are_by_benjamini_and_hochberg_over_the_whole_table():
    corpus, layer = many_topics(3, high=0.5)
    third = corpus.conversations.with_columns(
        quality=pl.when(pl.col("id").is_in([f"c{n:02}" for n in range(0, 60, 4)]))
        .then(pl.lit("mid"))
        .otherwise("quality")
    )
    table = group_table(replace(corpus, conversations=third), layer)
    tested = table.drop_nulls("p_value")
    assert tested["group"].unique().sort().to_list() == ["high - low", "high - mid", "low - mid"]
    expected = multipletests(tested["p_value"].to_numpy(), method="fdr_bh")
    assert tested["q_value"].to_list() == pytest.approx(expected[1])
    assert tested["finding"].to_list() == expected[0].tolist()
    assert tested["finding"].any()
    assert (tested["q_value"] <= tested["p_holm"]).all()
    assert table.filter(pl.col("p_value").is_null())["finding"].is_null().all()
    assert tested["chance_any"].is_between(0, 0.1).all()


# -- bad input, cautions ---------------------------------------------------------------------------


def test_one_group_is_refused():
    for labels in (
        [("a", "high", "0"), ("b", "high", "1")],
        [("a", "high", "0"), ("b", None, "1")],
    ):
        with pytest.raises(InsufficientData, match="one value only"):
            group_table(*labelled(labels))
    with pytest.raises(InsufficientData, match="conversations with a fitted turn"):
        group_table(*labelled([("a", "high", "0"), ("b", "low", None)]))


def test_bad_input():
    corpus, layer = labelled([("a", None, "0"), ("b", None, "1")])
    with pytest.raises(BadInput, match="qualitty"):
        group_table(corpus, layer, by="qualitty")
    with pytest.raises(BadInput, match="side_of_town"):
        group_table(corpus, layer, strata="side_of_town")
    with pytest.raises(BadInput, match="pooled"):
        group_table(corpus, layer, estimand="poled")
    with pytest.raises(InsufficientData, match="no value"):
        group_table(corpus, layer)
    with pytest.raises(BadInput, match="40 values; at most 20"):
        group_table(*simulated(0.5, 0.3), by="id")


def test_cautions_travel_with_the_comparison():
    corpus, _ = simulated(0.5, 0.3)
    general = group_cautions(corpus, "quality")
    assert any("add up to one" in sentence for sentence in general)
    assert any("much else" in sentence for sentence in general)
    annomi = replace(corpus, metadata=CorpusMetadata(name="annomi"))
    told = group_cautions(annomi, "quality")
    assert told[1:] == general
    assert "20 sessions of low quality are staged" in told[0]
    assert "illustration, not a finding" in told[0]
    assert group_cautions(annomi, "topic") == general
