"""What a fitted topic model keeps: enough to describe topics and to place new utterances."""

import json

import numpy as np
import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.topics import TopicModel, Topics


@pytest.fixture(scope="module")
def model(corpus, embeddings):
    """Leaves of the cluster tree: there are outliers; and every word may describe a topic."""
    leaves = {"cluster_selection_method": "leaf", "min_samples": 3}
    model = TopicModel(vectorizer={"token_pattern": r"\w\w+"}, hdbscan=leaves)
    return model.fit(corpus, embeddings)


@pytest.fixture(scope="module")
def topics(model):
    return model.result_


@pytest.fixture
def stored(topics, tmp_path):
    topics.write(tmp_path / "helper")
    return tmp_path / "helper"


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def core(topics, corpus, topic):
    """Members of a topic before reassignment, with their row in the corpus."""
    rows = corpus.utterances.select(unit_id="id", text="text").with_row_index("row")
    own = topics.layer.table.filter((pl.col("label") == str(topic)) & pl.col("note").is_null())
    return own.join(rows, on="unit_id", maintain_order="left")


def test_centroids_are_the_mean_direction_of_the_core(topics, corpus, embeddings):
    assert topics.centroids.shape == (topics.n_topics, embeddings.shape[1])
    assert topics.centroids.dtype == np.float32
    distinct = core(topics, corpus, 2).sort("unit_id").unique("text", keep="first")
    mean = unit(embeddings[distinct["row"].to_numpy()]).mean(axis=0)
    np.testing.assert_allclose(topics.centroids[2], mean / np.linalg.norm(mean), atol=1e-5)


def test_all_words_with_a_weight_are_kept_and_the_top_ten_lead_them(topics, model):
    matrix = model.bertopic_.c_tf_idf_
    for row, topic in enumerate(sorted(set(topics.words["topic"]))):
        kept = topics.ctfidf.filter(pl.col("topic") == topic)
        assert kept.height == min(200, (matrix[row] > 0).sum())
        assert kept["weight"].is_sorted(descending=True)
        top = topics.words.filter(pl.col("topic") == topic)
        np.testing.assert_allclose(kept["weight"].head(top.height), top["weight"])
    assert topics.ctfidf.height > 2 * topics.words.height


def test_new_utterances_go_to_the_nearest_centroid_or_nowhere(topics):
    rng = np.random.default_rng(4)
    near = topics.centroids + rng.normal(scale=0.01, size=topics.centroids.shape)
    far = -topics.centroids.sum(axis=0, keepdims=True)
    placed = topics.place(np.vstack([near * 7, far]))
    assert placed.columns == ["topic", "similarity", "distance"]
    assert placed["topic"].to_list() == [*range(topics.n_topics), -1]
    assert (placed["similarity"][:-1] > 0.99).all()
    np.testing.assert_allclose(placed["distance"], 1 - placed["similarity"])


def test_core_members_are_placed_where_they_were_fitted(topics, corpus, embeddings):
    placed = topics.place(embeddings)
    for topic in range(topics.n_topics):
        rows = core(topics, corpus, topic)["row"].to_numpy()
        labels = placed["topic"].to_numpy()[rows]
        assert (labels == topic).mean() >= 0.75  # a tenth of the members lies below the bar


def test_row_order_does_not_matter_and_set_apart_has_no_topic(topics, embeddings):
    order = np.random.default_rng(0).permutation(len(embeddings))
    placed = topics.place(embeddings)
    assert topics.place(embeddings[order]).equals(placed[order.tolist()])
    apart = np.arange(len(embeddings)) % 3 == 0
    some = topics.place(embeddings, set_apart=apart)
    assert some.filter(pl.Series(apart)).null_count().row(0) == (apart.sum(),) * 3
    assert some.filter(pl.Series(~apart)).equals(placed.filter(pl.Series(~apart)))


def test_what_was_stored_places_the_same(topics, stored, embeddings):
    again = Topics.read(stored)
    assert again.place(embeddings).equals(topics.place(embeddings))
    assert again.ctfidf.equals(topics.ctfidf)
    assert {file.suffix for file in stored.iterdir()} == {".parquet", ".json", ".npy"}
    np.load(stored / "centroids.npy", allow_pickle=False)


def test_an_earlier_format_names_the_command(stored):
    facts = json.loads((stored / "topics.json").read_text())
    del facts["format"]
    (stored / "topics.json").write_text(json.dumps(facts))
    with pytest.raises(BadInput, match=r"format 1.*expected format 2.*`workbench topics STUDY`"):
        Topics.read(stored)


def test_an_absent_file_is_named(stored):
    (stored / "centroids.npy").unlink()
    with pytest.raises(BadInput, match=r"\['centroids.npy'\] are absent"):
        Topics.read(stored)


@pytest.mark.parametrize(
    ("shape", "told"), [((4, 31), r"expected shape \(n, 32\)"), ((32,), r"got \(32,\)")]
)
def test_another_encoder_is_refused(topics, shape, told):
    with pytest.raises(BadInput, match=told):
        topics.place(np.ones(shape, np.float32))


def test_rows_that_cannot_be_placed_are_named(topics, embeddings):
    broken = embeddings[:5].copy()
    broken[3, 0] = np.nan
    with pytest.raises(BadInput, match="the first is row 3"):
        topics.place(broken)
    with pytest.raises(BadInput, match="one truth value per row"):
        topics.place(embeddings[:5], set_apart=[True, False])


def test_outliers_and_doubtful_members_are_printed_together(topics):
    share = topics.outlier_share
    table = topics.layer.table.drop_nulls("label")
    doubted = table.filter(
        (pl.col("label") != "-1")
        & (pl.col("note").str.starts_with("reassigned") | (pl.col("probability") < 0.5))
    )
    assert share.low_confidence == pytest.approx(doubted.height / table.height)
    assert share.low_confidence >= share.before - share.after > 0
    assert share.after > 0
    for told in (share.before, share.after, share.low_confidence):
        assert f"{told:.1%}" in repr(topics)
