"""The tree of merges: against BERTopic's own, against scipy, and as input for merging."""

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest

from workbench.errors import BadInput, InsufficientData
from workbench.topics import backchannel_layer, merged_at, topic_hierarchy
from workbench.topics.texts import texts_of


@pytest.fixture(scope="module")
def topics(model):
    return model.result_


@pytest.fixture(scope="module")
def texts(corpus, embeddings):
    """What the model was fitted on: BERTopic keeps no documents, and its hierarchy asks for them."""
    flags = backchannel_layer(corpus)
    return texts_of(corpus, embeddings, side="helper", set_apart=flags).texts


@pytest.mark.parametrize("linkage", ["ward", "average"])
def test_the_merges_are_bertopics_when_it_is_given_the_same_distances(
    model, topics, texts, linkage
):
    """BERTopic compares its whole c-TF-IDF matrix; so does the table that keeps all words."""
    from scipy.cluster.hierarchy import linkage as merge
    from sklearn.metrics.pairwise import cosine_similarity

    bertopic = model.bertopic_
    theirs = bertopic.hierarchical_topics(
        texts,
        distance_function=lambda matrix: 1 - cosine_similarity(matrix),
        linkage_function=partial(merge, method=linkage),
    )
    ours = topic_hierarchy(topics, linkage=linkage)
    # BERTopic lists the last merge first
    wanted = [sorted(int(x) for x in row) for row in reversed(theirs["Topics"].to_list())]
    assert ours["topics"].to_list() == wanted
    # equal distances are moved apart by BERTopic, by a thousandth
    assert ours["distance"].to_numpy() == pytest.approx(theirs["Distance"][::-1], abs=5e-3)


def test_every_topic_is_below_the_last_merge_and_parents_are_new_numbers(topics):
    tree = topic_hierarchy(topics, by="centroids")
    numbers = list(range(topics.n_topics))
    assert tree["topics"][-1].to_list() == numbers
    assert tree["parent"].to_list() == list(range(len(numbers), 2 * len(numbers) - 1))
    joined = [*tree["left"], *tree["right"]]
    assert sorted(joined) == list(range(2 * len(numbers) - 2))
    assert tree["distance"].is_sorted()


def test_the_row_order_of_the_tables_changes_nothing(topics):
    mixed = replace(
        topics,
        info=topics.info.sample(fraction=1, shuffle=True, seed=1),
        ctfidf=topics.ctfidf.sample(fraction=1, shuffle=True, seed=1),
    )
    assert topic_hierarchy(mixed).equals(topic_hierarchy(topics))


def test_words_of_a_merged_topic_come_from_both(topics):
    tree = topic_hierarchy(topics)
    left, right = tree["left"][0], tree["right"][0]
    own = topics.ctfidf.filter(pl.col("topic").is_in([left, right]))
    assert set(tree["words"][0]) <= set(own["word"])
    single = pl.DataFrame({"topic": [0, 1], "word": ["same", "same"], "weight": [0.3, 0.3]})
    info = topics.info.filter(pl.col("Topic").is_in([0, 1]))
    (words,) = topic_hierarchy(replace(topics, ctfidf=single, info=info))["words"].to_list()
    assert words == ["same"]


def test_merging_down_to_n_topics(topics):
    tree = topic_hierarchy(topics, by="centroids")
    n = topics.n_topics
    for left in range(1, n + 1):
        merged = merged_at(tree, left)
        assert merged["topic"].to_list() == list(range(n))
        assert merged["merged"].n_unique() == left
    assert (merged["topic"] == merged["merged"]).all()
    first = tree.row(0, named=True)
    groups = merged_at(tree, n - 1).group_by("merged").agg("topic")
    assert first["topics"] in groups["topic"].to_list()


def test_what_cannot_be_merged_is_told(topics):
    with pytest.raises(InsufficientData, match="two topics; there are 1"):
        topic_hierarchy(replace(topics, info=topics.info.filter(pl.col("Topic") == 0)))
    with pytest.raises(BadInput, match="linkage"):
        topic_hierarchy(topics, linkage="single")
    with pytest.raises(BadInput, match="likeness"):
        topic_hierarchy(topics, by="names")
    with pytest.raises(BadInput, match="0 centroids"):
        topic_hierarchy(replace(topics, centroids=np.empty((0, 3))), by="centroids")
    with pytest.raises(BadInput, match="there are 6 topics to merge; got 9"):
        merged_at(topic_hierarchy(topics), 9)
