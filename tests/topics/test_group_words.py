"""Words that two groups use differently: counted, found when planted, and not made up on real talk."""

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.settings import data_home
from workbench.statistics import ESTIMATE_COLUMNS, log_odds_ratio
from workbench.topics import group_words

FILLER = [f"w{first}{second}" for first in "abcdefgh" for second in "klmnopqrst"]


def talk(seed=0, *, sources=40, rise=0.0, turns=8):
    """Helper turns of bursty words; in "high" conversations "plan" is said more often."""
    rng = np.random.default_rng(seed)
    common = rng.dirichlet(np.full(len(FILLER), 0.5))
    rows, groups = [], {}
    for number in range(sources):
        name = f"c{number:02}"
        groups[name] = "high" if number % 2 else "low"
        share = np.append(common * 0.97, 0.03 + rise * (number % 2))
        own = rng.dirichlet(share * 30 + 1e-3)
        for _ in range(turns):
            said = rng.choice([*FILLER, "plan"], 10, p=own)
            rows.append((name, "helper", "therapist", " ".join(said)))
            rows.append((name, "client", "client", "plan plan plan"))
    turns_of = pl.DataFrame(
        rows, schema=["conversation_id", "speaker", "role", "text"], orient="row"
    )
    talks = pl.DataFrame({"id": list(groups), "quality": list(groups.values())})
    return Corpus.build(turns_of, conversations=talks)


def labels_of(corpus, label):
    """A topic layer of the helper's turns, whose label follows from the number of the row."""
    turns = corpus.utterances.filter(side="helper")
    table = turns.select(unit_id="id").with_row_index("row").with_columns(label=label)
    return Layer.build("topics-helper", table, LayerMetadata("topics-helper", "t", "model"))


def test_log_odds_are_those_of_the_turns():
    corpus = talk(1)
    table = group_words(corpus, permutations=99)
    assert [*ESTIMATE_COLUMNS] == table.columns[6:14]
    assert table["group"].unique().to_list() == ["high - low"]
    assert table["topic"].is_null().all()
    groups = dict(corpus.conversations.select("id", "quality").iter_rows())
    counts = {"high": Counter(), "low": Counter()}
    for talk_id, text in corpus.utterances.filter(side="helper")[
        "conversation_id", "text"
    ].iter_rows():
        counts[groups[talk_id]].update(text.split())
    words = sorted(counts["high"] | counts["low"])
    high, low = (np.array([counts[g][w] for w in words]) for g in ("high", "low"))
    delta, z = log_odds_ratio(high, low, 500 * (high + low) / (high + low).sum())
    for word in ("plan", table["word"][0], table["word"][-1]):
        row, at = table.filter(word=word).row(0, named=True), words.index(word)
        assert (row["count_first"], row["count_second"]) == (high[at], low[at])
        assert row["n"] == high[at] + low[at]
        assert row["n_clusters"] == 40
        assert row["estimate"] == pytest.approx(delta[at])
        assert row["z"] == pytest.approx(z[at])
        assert row["low"] < row["estimate"] < row["high"]
    assert table["z_calibrated"].is_sorted(descending=True)


def test_a_planted_word_is_found_again():
    found = [group_words(talk(seed, rise=0.06, sources=80)).filter("finding") for seed in range(5)]
    print(
        f"9 % against 3 % of the words, 80 sources: {[table['word'].to_list() for table in found]}"
    )
    assert sum("plan" in table["word"] for table in found) >= 4
    assert sum(table.filter(pl.col("word") != "plan").height for table in found) <= 2
    first = found[0].filter(word="plan").row(0, named=True)
    assert first["q_value"] <= 0.05
    assert first["z_calibrated"] > 0
    assert 0 < first["low"] < first["high"]


def test_words_of_few_sources_are_not_listed_but_count():
    corpus = talk(2)
    rare = corpus.utterances.with_columns(
        text=pl.when(pl.col("conversation_id").is_in(["c01", "c03", "c05", "c07"]))
        .then(pl.col("text") + " martha martha")
        .otherwise("text")
    )
    corpus = replace(corpus, utterances=rare)
    assert "martha" not in group_words(corpus, permutations=99)["word"]
    assert "martha" in group_words(corpus, permutations=99, min_sources=4)["word"]
    few, more = (group_words(corpus, permutations=99, min_sources=m) for m in (5, 4))
    shared = more.join(few, on="word", how="semi").sort("word")
    assert few.sort("word")["estimate"].to_list() == pytest.approx(shared["estimate"].to_list())


def test_only_fitted_turns_and_only_one_topic():
    corpus = talk(3)
    layer = labels_of(
        corpus, pl.when(pl.col("row") % 4 < 3).then((pl.col("row") % 4).cast(pl.String))
    )
    everything = group_words(corpus, permutations=99)["n"].sum()
    fitted = group_words(corpus, layer, permutations=99)["n"].sum()
    one = group_words(corpus, layer, topic=1, permutations=99)
    assert 0.6 * everything < fitted < 0.8 * everything
    assert 0.15 * everything < one["n"].sum() < 0.3 * everything
    assert one["topic"].unique().to_list() == [1]


def test_what_strata_explain_is_taken_out():
    """Both sites have both groups, one mostly "high"; the word belongs to the site."""
    corpus = talk(4)
    number = pl.col("id").str.slice(1).cast(pl.Int64)
    talks = corpus.conversations.with_columns(
        site=pl.when(number < 20).then(pl.lit("A")).otherwise(pl.lit("B")),
        quality=pl.when((number < 20) == (number % 5 > 0))
        .then(pl.lit("high"))
        .otherwise(pl.lit("low")),
    )
    site_a = pl.col("conversation_id").str.slice(1).cast(pl.Int64) < 20
    words = corpus.utterances.with_columns(
        text=pl.when(site_a).then(pl.col("text") + " clinic").otherwise(pl.col("text") + " hall")
    ).with_columns(
        text=pl.col("text")
        + pl.when(pl.col("turn") == 0).then(pl.lit(" clinic hall")).otherwise(pl.lit(""))
    )
    corpus = replace(corpus, conversations=talks, utterances=words)
    plain = group_words(corpus).filter(word="clinic").row(0, named=True)
    within = group_words(corpus, strata="site").filter(word="clinic").row(0, named=True)
    assert plain["finding"]
    assert within["estimate"] == plain["estimate"]
    assert not within["finding"]
    assert "2 of 2 strata of 'site'" in within["reason"]


def test_row_order_does_not_matter():
    corpus = talk(5)
    order = np.random.default_rng(2).permutation(corpus.utterances.height).tolist()
    mixed = replace(
        corpus, utterances=corpus.utterances[order], conversations=corpus.conversations[::-1]
    )
    assert group_words(mixed, permutations=199).equals(group_words(corpus, permutations=199))


def test_bad_input():
    corpus = talk(6, sources=4)
    layer = labels_of(corpus, pl.lit("0"))
    for options, message in (
        ({"by": "qualitty"}, "qualitty"),
        ({"side": "helpers"}, "helpers"),
        ({"topic": 0}, "topics_layer"),
        ({"topics_layer": layer, "topic": 5}, "no topic '5'"),
        ({"prior": 0.0}, "above 0"),
        ({"min_sources": 0}, "at least 1"),
    ):
        with pytest.raises(BadInput, match=message):
            group_words(corpus, **options)
    with pytest.raises(InsufficientData, match="at least 5 sources"):
        group_words(corpus)
    with pytest.raises(InsufficientData, match="one value only"):
        group_words(corpus.filter(conversations=["c01", "c03"]))


# -- nothing is made up on real talk ---------------------------------------------------------------


def halves(corpus, seed):
    """The corpus with its sources put into two groups by chance."""
    sources = corpus.conversations["source"].unique().sort()
    first = np.random.default_rng(seed).permutation(len(sources)) < len(sources) // 2
    half = pl.DataFrame({"source": sources, "half": np.where(first, "a", "b")})
    named = corpus.conversations.select("id", "source").join(half, on="source")
    return corpus.join_outcomes(named.select("id", "half"))


def splits_with_findings(corpus, splits, **options):
    return sum(
        group_words(halves(corpus, seed), by="half", random_state=seed, **options)["finding"].any()
        for seed in range(splits)
    )


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_random_halves_of_annomi_raise_no_more_than_chance():
    """Frequent words only, for speed; `make prove` reads all of them."""
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-simple.csv")
    found = splits_with_findings(corpus, 8, min_sources=40)
    print(f"{found} of 8 random halves of AnnoMI have a word that differs")
    assert found <= stats.binom.ppf(0.99, 8, 0.05)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.prove
@pytest.mark.parametrize("side", ["helper", "client"])
def test_two_hundred_random_halves_of_annomi(side):
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-simple.csv")
    found = splits_with_findings(corpus, 200, side=side)
    print(f"{side}: {found} of 200 random halves of AnnoMI have a word that differs")
    assert found <= 17
