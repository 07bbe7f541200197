"""On real conversations: a crude coder misjudges every rate, a small human sample puts it right.

The coder takes a helper turn with a question mark for a question, one that begins like a reflection
for a reflection, a long one for input. Gold codes of a random fifth of the turns correct it; repeated
200 times, the interval about this corpus holds the rate in all gold codes as often as it says.
"""

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench import settings
from workbench.corpus import Layer, LayerMetadata
from workbench.reliability.correction import corrected_rates

pytestmark = pytest.mark.skipif(
    settings.data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)"
)
DRAWS = 200
STEMS = r"^\W*(so|you|it sounds|sounds like|it seems)\b"


@pytest.fixture(scope="module")
def annomi():
    """Corpus, crude codes, gold codes of the helper's turns."""
    corpus = wb.load(settings.data_home() / "annomi" / "AnnoMI-simple.csv")
    gold = corpus.layer("annomi-helper.gold")
    text = pl.col("text").str.to_lowercase()
    label = (
        pl.when(text.str.contains("?", literal=True))
        .then(pl.lit("question"))
        .when(text.str.contains(STEMS))
        .then(pl.lit("reflection"))
        .when(text.str.len_chars() > 150)
        .then(pl.lit("therapist_input"))
        .otherwise(pl.lit("other"))
    )
    turns = corpus.utterances.filter(pl.col("side") == "helper")
    about = LayerMetadata(
        scheme="annomi-helper", coder="crude", coder_kind="rule", labels=gold.metadata.labels
    )
    crude = Layer.build("crude", turns.select(pl.col("id").alias("unit_id"), label=label), about)
    return corpus, crude, gold


def drawn_units(gold, corpus, rng, *, whole):
    """A fifth of the turns, one by one or as whole conversations, and its probability."""
    ids = gold.table.select("unit_id").sort("unit_id")
    if not whole:
        n = ids.height // 5
        return ids["unit_id"].gather(rng.permutation(ids.height)[:n]), n / ids.height
    talks = corpus.conversations["id"].sort()
    chosen = talks.gather(rng.permutation(len(talks))[: len(talks) // 3])
    turns = corpus.utterances.filter(pl.col("conversation_id").is_in(chosen.implode()))["id"]
    return ids["unit_id"].filter(ids["unit_id"].is_in(turns.implode())), len(chosen) / len(talks)


def held(annomi, *, whole, draws):
    """Per label: share of draws whose corrected interval holds the rate in all gold codes."""
    corpus, crude, gold = annomi
    truth = dict(gold.table["label"].value_counts(normalize=True).iter_rows())
    rng = np.random.default_rng(7)
    hits = dict.fromkeys(truth, 0)
    for _ in range(draws):
        units, probability = drawn_units(gold, corpus, rng, whole=whole)
        found = corrected_rates(
            crude,
            gold.restricted_to(units),
            corpus,
            inclusion=probability,
            about="corpus",
            drawn="conversation" if whole else "utterance",
        ).table.filter(pl.col("estimator") == "corrected")
        for label, low, high in found.select("label", "low", "high").iter_rows():
            hits[label] += low <= truth[label] <= high
    return {label: count / draws for label, count in hits.items()}


def test_the_corrected_interval_holds_the_gold_rate_in_95_of_100_draws(annomi):
    shares = held(annomi, whole=False, draws=DRAWS)
    # 200 draws: standard error 1.5 points each; four labels of one draw depend on each other
    assert np.mean(list(shares.values())) == pytest.approx(0.95, abs=0.025)
    assert min(shares.values()) >= 0.95 - 3 * 0.0154


def test_with_whole_conversations_it_does_nearly(annomi):
    """A little below: 106 conversations of 7 to 598 turns, of which 35 are drawn; 0.88 to 0.92."""
    shares = held(annomi, whole=True, draws=100)
    assert min(shares.values()) >= 0.82
    assert np.mean(list(shares.values())) >= 0.86


def test_the_automatic_interval_does_not(annomi):
    """About conversations like these, which is wider: it still misses the gold rate."""
    corpus, crude, gold = annomi
    truth = dict(gold.table["label"].value_counts(normalize=True).iter_rows())
    table = corrected_rates(crude, gold, corpus).table.filter(pl.col("estimator") == "automatic")
    missed = [
        label
        for label, low, high in table.select("label", "low", "high").iter_rows()
        if not low <= truth[label] <= high
    ]
    assert {"reflection", "other"} <= set(missed)


def test_the_corrected_interval_is_shorter_than_that_of_the_human_sample(annomi):
    corpus, crude, gold = annomi
    units, probability = drawn_units(gold, corpus, np.random.default_rng(1), whole=False)
    table = corrected_rates(
        crude,
        gold.restricted_to(units),
        corpus,
        inclusion=probability,
        about="corpus",
        labels=["question"],
    ).table
    width = dict(table.select("estimator", pl.col("high") - pl.col("low")).iter_rows())
    assert width["corrected"] < 0.8 * width["human sample"]
