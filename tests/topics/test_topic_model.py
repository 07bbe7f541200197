import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from planted_topics import SUBJECTS, TALK
from sklearn.metrics import adjusted_rand_score

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData
from workbench.topics import TopicModel, Topics, backchannel_layer, fit_topics
from workbench.topics.model import default_min_topic_size, topic_vocabulary


def tables(topics):
    return (topics.layer.table, topics.info, topics.words, topics.map, topics.set_apart)


def assert_same(one, two):
    for first, second in zip(tables(one), tables(two), strict=True):
        assert first.equals(second)


def test_planted_subjects_are_found(model, truth):
    fitted = np.array([topic is not None for topic in model.topics_])
    assert (fitted == (truth != "")).all()
    found = np.array([topic for topic in model.topics_ if topic is not None])
    assert adjusted_rand_score(truth[fitted], found) > 0.8
    top = model.result_.words.filter(pl.col("topic") == 0)["word"].to_list()
    assert any(len(set(top) & set(words)) >= 4 for words in SUBJECTS.values())


def test_info_words_map_and_layer_agree(model, corpus):
    topics = model.result_
    labels = topics.layer.table["label"]
    fitted = labels.drop_nulls().len()
    assert topics.info["Count"].sum() == fitted == topics.map.height
    assert topics.info["share"].sum() == pytest.approx(1)
    for row in topics.info.iter_rows(named=True):
        assert (labels == str(row["Topic"])).sum() == row["Count"]
        words = topics.words.filter(pl.col("topic") == row["Topic"])["word"].to_list()
        assert words == row["Representation"]
        members = topics.layer.table.filter(pl.col("label") == str(row["Topic"]))["unit_id"]
        assert row["Topic"] == -1 or set(row["representative_ids"]) <= set(members)
    assert topics.n_topics == topics.info.filter(pl.col("Topic") >= 0).height
    assert topics.outlier_share.after == pytest.approx((labels == "-1").sum() / fitted)
    assert topics.outlier_share.after <= topics.outlier_share.before
    assert set(topics.layer.table["unit_id"]) == set(corpus.utterances["id"])


def test_what_is_set_apart_is_reported(model, corpus):
    flags = backchannel_layer(corpus).table.drop_nulls("label")
    topics = model.result_
    assert topics.set_apart["count"].sum() == flags.height
    assert topics.set_apart_share == pytest.approx(flags.height / corpus.utterances.height)
    notes = topics.layer.table.filter(pl.col("label").is_null())["note"]
    assert notes.str.starts_with("set apart: ").all()


def test_no_backchannel_or_name_among_the_words(model):
    words = set(model.result_.words["word"])
    assert not words & {"yeah", "okay", "mm", "hmm", "hello", "laughs", "the", "and"}


def test_row_order_ids_and_speakers_change_nothing(model, corpus, embeddings):
    order = np.random.default_rng(5).permutation(len(embeddings))
    shuffled = replace(corpus, utterances=corpus.utterances[order.tolist()])
    again = TopicModel(side="helper").fit(shuffled, embeddings[order])
    assert_same(model.result_, again.result_)
    assert [again.topics_[k] for k in np.argsort(order)] == model.topics_

    renamed = replace(
        corpus,
        utterances=corpus.utterances.with_columns(
            id="z" + pl.col("id").str.reverse(), speaker=pl.lit("someone")
        ),
    )
    assert fit_topics(renamed, embeddings, side="helper").words.equals(model.result_.words)


SCRIPT = """
import hashlib, sys
sys.path.insert(0, {folder!r})
from planted_topics import planted
import numpy as np
from workbench.topics import fit_topics
corpus = planted()[0]
topics = fit_topics(corpus, np.load({path!r}), side="helper")
tables = (topics.layer.table, topics.info, topics.words, topics.map, topics.set_apart)
print(hashlib.sha256("".join(t.write_json() for t in tables).encode()).hexdigest())
"""


def test_a_fresh_process_with_other_threads_gives_the_same(model, embeddings, tmp_path):
    np.save(tmp_path / "e.npy", embeddings)
    script = SCRIPT.format(folder=str(Path(__file__).parent), path=str(tmp_path / "e.npy"))
    threads = "2" if os.environ.get("OMP_NUM_THREADS") == "1" else "1"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
    changed = {**dict.fromkeys(names, threads), "PYTHONHASHSEED": "99"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **changed},
        capture_output=True,
        text=True,
        check=True,
    )
    content = "".join(table.write_json() for table in tables(model.result_))
    assert done.stdout.strip() == hashlib.sha256(content.encode()).hexdigest()


def test_written_and_read_again(model, tmp_path):
    model.result_.write(tmp_path / "topics")
    again = Topics.read(tmp_path / "topics")
    assert_same(model.result_, again)
    assert again.outlier_share == model.result_.outlier_share
    assert again.layer.metadata == model.result_.layer.metadata
    assert json.loads((tmp_path / "topics/topics.json").read_text())["side"] == "helper"
    assert not list(tmp_path.rglob("*.pkl"))
    with pytest.raises(BadInput, match="no fitted topics"):
        Topics.read(tmp_path)


def test_a_corrected_layer_decides_what_is_fitted(corpus, embeddings):
    kept = corpus.utterances.with_columns(
        label=pl.when(pl.col("text") == TALK[0]).then(pl.lit("backchannel"))
    ).select("label", unit_id="id")
    metadata = LayerMetadata("backchannel", "me", "human", labels=("backchannel",))
    mine = Layer.build("backchannel", kept, metadata)
    topics = TopicModel(side="helper").fit(corpus, embeddings, set_apart=mine).result_
    assert topics.set_apart["label"].to_list() == ["backchannel"]
    assert topics.set_apart["count"].sum() == kept["label"].drop_nulls().len()


def test_overrides_are_taken_and_recorded(corpus, embeddings):
    model = TopicModel(min_topic_size=30, hdbscan={"min_samples": 3}, vectorizer={"min_df": 1})
    topics = model.fit(corpus, embeddings).result_
    assert model.bertopic_.hdbscan_model.min_cluster_size == 30
    assert model.bertopic_.hdbscan_model.min_samples == 3
    assert topics.settings["min_topic_size"] == 30
    assert topics.settings["overrides"]["hdbscan"] == {"min_samples": 3}


def test_an_estimator_replaces_ours(corpus, embeddings):
    from sklearn.cluster import KMeans

    topics = fit_topics(corpus, embeddings, hdbscan=KMeans(6, n_init=1, random_state=0))
    assert topics.n_topics == 6
    assert topics.outlier_share.after == 0
    assert topics.layer.table["probability"].is_null().all()


def test_too_few_utterances_say_so(corpus, embeddings):
    few = corpus.filter(conversations=["c00", "c01"])
    with pytest.raises(InsufficientData, match="need at least 50"):
        fit_topics(few, embeddings[: few.utterances.height])
    with pytest.raises(InsufficientData, match="from 0 utterances"):
        fit_topics(corpus, embeddings, side="client")


def test_more_neighbours_than_texts_are_refused(corpus, embeddings):
    with pytest.raises(
        BadInput, match=r"n_neighbors is 900 with 2\d\d distinct texts; expected 2 to"
    ):
        TopicModel(umap={"n_neighbors": 900}).fit(corpus, embeddings)


def test_empty_texts_are_set_apart_and_too_few_are_left(corpus, embeddings):
    silent = replace(corpus, utterances=corpus.utterances.with_columns(text=pl.lit("")))
    with pytest.raises(InsufficientData, match=r"\(0 distinct ones after 360 backchannels"):
        fit_topics(silent, embeddings)


def test_equal_texts_are_one_text(corpus):
    same = replace(
        corpus,
        utterances=corpus.utterances.with_columns(text=pl.lit("My dog barks all night long.")),
    )
    with pytest.raises(InsufficientData, match="1 distinct"):
        fit_topics(same, np.ones((same.utterances.height, 4), dtype=np.float32))


def test_bad_input(corpus, embeddings):
    with pytest.raises(BadInput, match="one row per utterance"):
        fit_topics(corpus, embeddings[:-1])
    broken = embeddings.copy()
    broken[17, 3] = np.nan
    with pytest.raises(BadInput, match="row 17"):
        fit_topics(corpus, broken)
    with pytest.raises(BadInput, match="side"):
        fit_topics(corpus, embeddings, side="helpers")
    with pytest.raises(BadInput, match="min_topic_size"):
        fit_topics(corpus, embeddings, min_topic_size=1)


def test_no_structure_at_all_is_no_crash():
    rng = np.random.default_rng(1)
    texts = [f"word{rng.integers(900)} thing{k} other{rng.integers(900)}" for k in range(80)]
    frame = pl.DataFrame(
        {
            "conversation_id": ["c"] * 80,
            "speaker": ["x"] * 80,
            "role": ["client"] * 80,
            "text": texts,
        }
    )
    points = rng.normal(size=(80, 40)).astype(np.float32)
    topics = fit_topics(Corpus.build(frame), points, side="client")
    assert topics.info["Count"].sum() == 80


def test_smallest_topic_grows_with_the_corpus():
    assert [default_min_topic_size(n) for n in (50, 2500, 10_000, 1_000_000)] == [10, 12, 23, 230]


def test_vocabulary_leaves_out_names_rare_and_frequent_words():
    texts = ["anna loves tennis"] * 3 + ["the zebra"] * 2 + ["we play tennis outside"] * 2
    texts += [f"filling number{k}" for k in range(60)]
    assert topic_vocabulary(texts, {"anna"}) == ["loves", "tennis"]
