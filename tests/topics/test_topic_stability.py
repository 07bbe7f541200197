"""Which topics come back: planted ones do, noise and fragile ones do not."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from planted_blobs import blobs

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import ESTIMATE_COLUMNS
from workbench.topics import fit_topics, topic_stability, warm_workers
from workbench.topics.stability.matching import NOT_DRAWN, Bars, match
from workbench.topics.stability.measure import agreement, average_jaccard
from workbench.topics.stability.sample import sample_of, shuffled

REFITS = 6


def certified(corpus, embeddings, **options):
    topics = fit_topics(corpus, embeddings, side="client")
    return topics, topic_stability(corpus, embeddings, topics, **{"refits": REFITS, **options})


@pytest.fixture(scope="module")
def planted():
    return blobs([0.25, 0.25, 0.25, 0.25], each=40)


@pytest.fixture(scope="module")
def fitted(planted):
    corpus, embeddings, _ = planted
    return certified(corpus, embeddings)


def assert_same(one, two):
    assert one.table.equals(two.table)
    assert one.summary.equals(two.summary)
    assert one.refits.equals(two.refits)
    assert one.layer.table.equals(two.layer.table)
    assert one.settings == two.settings


def test_planted_topics_all_come_back(planted, fitted):
    topics, found = fitted
    assert topics.n_topics == found.table.height == 4
    assert found.stable == (0, 1, 2, 3)
    assert found.table["estimate"].to_list() == [1.0] * 4
    assert found.table["membership_overlap"].min() > 0.95
    assert found.table["word_overlap"].min() > 0.3
    assert found.figure("ari") > 0.95
    assert found.figure("ari", "shuffled") < 0.9
    assert found.figure("topics") == pytest.approx(4)


def test_the_table_is_one_of_estimates(fitted):
    _, found = fitted
    assert set(ESTIMATE_COLUMNS) < set(found.table.columns)
    assert found.table["n"].to_list() == [REFITS] * 4
    assert found.table["n_clusters"].to_list() == [REFITS // 2] * 4
    assert (found.table["low"] < 1).all()
    assert found.table["reason"].str.contains("not over new sessions").all()
    assert found.belongs_to(fitted[0])


def test_the_stable_core_is_a_layer(planted, fitted):
    corpus, _, truth = planted
    topics, found = fitted
    rows = found.layer.table
    assert rows["unit_id"].equals(topics.layer.table["unit_id"])
    subject = dict(zip(corpus.utterances["id"], truth.tolist(), strict=True))
    inside = rows.drop_nulls("label")
    assert inside.height > 0.9 * rows.height
    pairs = {(label, subject[unit]) for unit, label in inside.select("unit_id", "label").rows()}
    assert len(pairs) == 4
    assert inside["probability"].min() >= 0.75
    assert rows.filter(pl.col("label").is_null())["note"].null_count() == 0


def test_row_order_changes_nothing(planted, fitted):
    corpus, embeddings, _ = planted
    order = np.random.default_rng(2).permutation(len(embeddings))
    mixed = replace(corpus, utterances=corpus.utterances[order.tolist()])
    assert_same(certified(mixed, embeddings[order])[1], fitted[1])


def test_workers_change_nothing(planted, fitted):
    corpus, embeddings, _ = planted
    with warm_workers(2) as executor:
        again = topic_stability(corpus, embeddings, fitted[0], refits=REFITS, executor=executor)
    assert_same(again, fitted[1])


def test_a_killed_run_goes_on(planted, fitted, tmp_path):
    corpus, embeddings, _ = planted
    topics, whole = fitted
    topic_stability(corpus, embeddings, topics, refits=4, folder=tmp_path)
    first = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    (tmp_path / "refit-01.parquet").unlink()
    again = topic_stability(corpus, embeddings, topics, refits=REFITS, folder=tmp_path)
    assert_same(again, whole)
    after = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    kept = set(first) - {"refit-01.parquet"}
    assert {name: first[name] for name in kept} == {name: after[name] for name in kept}
    assert len(after) == REFITS + 1 + 5


def test_what_is_kept_for_another_seed_is_not_used(planted, fitted, tmp_path):
    corpus, embeddings, _ = planted
    topics, whole = fitted
    topic_stability(corpus, embeddings, topics, refits=2, random_state=1, folder=tmp_path)
    again = topic_stability(corpus, embeddings, topics, refits=REFITS, folder=tmp_path)
    assert_same(again, whole)


def test_a_merged_topic_is_judged_as_it_is_now(planted, fitted):
    corpus, embeddings, _ = planted
    topics, found = fitted
    rows = topics.layer.table.with_columns(pl.col("label").replace({"1": "0"}))
    merged = replace(topics, layer=Layer("topics-client", rows, topics.layer.metadata))
    again = topic_stability(corpus, embeddings, merged, refits=REFITS)
    assert again.table["topic"].to_list() == [0, 2, 3]
    assert set(again.stable) >= {2, 3}
    assert again.table["membership_overlap"][0] < 0.75
    assert not found.belongs_to(merged)
    assert set(again.layer.table["label"].drop_nulls()) <= {"0", "2", "3"}


def test_a_fragile_topic_is_told_from_firm_ones():
    corpus, embeddings, truth = blobs([0.2, 0.2, 0.2], each=40, loose=120, seed=3)
    topics, found = certified(corpus, embeddings, refits=10)
    subject = dict(zip(corpus.utterances["id"], truth.tolist(), strict=True))
    labels = topics.layer.table.select("unit_id", "label").drop_nulls().rows()
    of_topic = {}
    for unit, label in labels:
        of_topic.setdefault(int(label), []).append(subject[unit] >= 0)
    firm = {topic for topic, planted in of_topic.items() if topic >= 0 and np.mean(planted) > 0.5}
    assert len(firm) == 3
    assert len(of_topic.keys() - {-1}) > 3
    assert set(found.stable) == firm
    assert found.figure("stable_topics", "shuffled") < 0.2


def falsely_stable(seeds):
    """Topics called stable, and topics found, in corpora without any structure."""
    stable = total = 0
    for seed in seeds:
        corpus, embeddings, _ = blobs([], loose=200, seed=seed)
        _, found = certified(corpus, embeddings, refits=10)
        stable += len(found.stable)
        total += found.table.height
    return stable, total


def test_noise_has_no_stable_topics():
    stable, total = falsely_stable(range(3))
    assert total >= 3
    assert stable <= 1


@pytest.mark.prove
def test_noise_has_stable_topics_in_at_most_a_twentieth_of_its_topics():
    stable, total = falsely_stable(range(100, 120))
    assert total >= 50
    assert stable <= max(2, 0.05 * total)


# -- the parts ---------------------------------------------------------------------------------------


def test_partners_by_hand():
    ours = np.array([0, 0, 0, 0, 1, 1, -1, -1])
    theirs = np.array([1, 1, 1, -1, 0, 0, 0, -1])
    found = match(ours, theirs, np.eye(2), np.eye(2)[::-1])
    assert found.partner.tolist() == [1, 0]
    assert found.membership == pytest.approx([3 / 4, 2 / 3])
    assert found.agreed.all()
    assert found.recurs(Bars(0.7, 0.9)).tolist() == [True, False]


def test_a_topic_without_partner_does_not_come_back():
    ours = np.array([0, 0, 1, 1])
    found = match(ours, np.array([0, 0, -1, -1]), np.eye(2), np.eye(2)[:1])
    assert found.partner.tolist() == [0, -1]
    assert found.recurs(Bars(0.5, 0.5)).tolist() == [True, False]
    nothing = match(ours, np.full(4, -1), np.eye(2), np.empty((0, 2)))
    assert not nothing.recurs(Bars(0.5, 0.5)).any()


def test_agreement_is_on_what_both_hold():
    one = np.array([0, 0, 1, 1, -1, -1, NOT_DRAWN])
    other = np.array([1, 1, 0, 0, -1, -1, 0])
    assert agreement(one, other) == (1.0, 1.0)
    outliers = np.array([1, 1, 0, -1, -1, -1, 0])
    whole, placed = agreement(one, outliers)
    assert whole < 1
    assert placed == 1.0


def test_ranked_words():
    assert average_jaccard(["a", "b"], ["a", "b"]) == 1
    assert average_jaccard(["a", "b"], ["b", "a"]) == pytest.approx((0 + 1) / 2)
    assert average_jaccard(["a"], ["b"]) == 0
    assert average_jaccard([], []) == 0


def test_subsamples_keep_sources_whole(planted):
    corpus, embeddings, _ = planted
    two_each = corpus.conversations.with_columns(
        source=pl.lit("s") + (pl.int_range(pl.len()) // 2).cast(pl.String)
    )
    paired = replace(corpus, conversations=two_each)
    topics = fit_topics(paired, embeddings, side="client")
    sample = sample_of(paired, embeddings, topics)
    for seed in range(5):
        kept = sample.turns.filter(pl.Series(sample.drawn(0.8, seed)))
        assert kept["conversation_id"].n_unique() == 16
        assert kept["source"].n_unique() == 8
    assert not (sample.drawn(0.8, 0) == sample.drawn(0.8, 1)).all()


def test_shuffling_keeps_values_and_breaks_what_goes_together():
    points = np.repeat(np.eye(4, dtype=np.float32), 50, axis=0)
    mixed = shuffled(points, 0)
    alone = mixed[(mixed > 0).sum(axis=1) == 1]
    assert len(alone) < 150
    assert (np.linalg.norm(mixed, axis=1) < 1 + 1e-5).all()
    assert ((mixed > 0).sum(axis=0) == 50).all()


def test_bad_input(planted, fitted):
    corpus, embeddings, _ = planted
    topics, _ = fitted
    with pytest.raises(BadInput, match="refits=1"):
        topic_stability(corpus, embeddings, topics, refits=1)
    with pytest.raises(BadInput, match="share=1"):
        topic_stability(corpus, embeddings, topics, share=1)
    own = replace(topics, settings={**topics.settings, "overrides": {"hdbscan": "KMeans"}})
    with pytest.raises(BadInput, match="your own estimator"):
        topic_stability(corpus, embeddings, own)
    part = corpus.filter(conversations=corpus.conversations["id"].head(10).to_list())
    rows = corpus.utterances["conversation_id"].is_in(part.conversations["id"].implode())
    with pytest.raises(BadInput, match="another corpus"):
        topic_stability(part, embeddings[rows.to_numpy()], topics)


def test_one_conversation_cannot_be_certified():
    corpus, embeddings, _ = blobs([0.2, 0.2], each=40)
    whole = Corpus.build(corpus.utterances.with_columns(conversation_id=pl.lit("only")))
    topics = fit_topics(whole, embeddings, side="client")
    with pytest.raises(InsufficientData, match="1 sources"):
        topic_stability(whole, embeddings, topics)
