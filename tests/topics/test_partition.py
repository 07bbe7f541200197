"""From points to topics without BERTopic: the same topics, and the same neighbours in a part."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from workbench.topics import TopicModel, backchannel_layer
from workbench.topics.clustering import NEIGHBOURS, nearest, partition, within
from workbench.topics.model import default_min_topic_size
from workbench.topics.texts import texts_of


def points_of(corpus, embeddings, side="helper"):
    return texts_of(corpus, embeddings, side=side, set_apart=backchannel_layer(corpus)).embeddings


def assert_same_topics(ours, theirs):
    """Equal but for the numbers of topics of equal size."""
    assert ((ours == -1) == (theirs == -1)).all()
    assert adjusted_rand_score(ours, theirs) == 1
    sizes = np.bincount(ours[ours >= 0])
    assert sizes.tolist() == np.bincount(theirs[theirs >= 0]).tolist()
    assert (np.diff(sizes) <= 0).all()


@pytest.fixture
def cloud():
    points = np.random.default_rng(3).normal(size=(400, 12)).astype(np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_a_partition_is_what_bertopic_finds(model, corpus, embeddings):
    points = points_of(corpus, embeddings)
    found = partition(points, min_topic_size=default_min_topic_size(len(points)))
    assert_same_topics(found, np.array(model.bertopic_.topics_))


@pytest.mark.parametrize("side", ["helper", "client"])
def test_a_partition_is_what_bertopic_finds_in_the_demonstration(demo_study, side):
    corpus, embeddings = demo_study.corpus, demo_study.embeddings()
    fitted = TopicModel(side=side, random_state=11).fit(corpus, embeddings)
    points = points_of(corpus, embeddings, side)
    size = default_min_topic_size(len(points))
    found = partition(points, min_topic_size=size, random_state=11)
    assert found.max() >= 5
    assert_same_topics(found, np.array(fitted.bertopic_.topics_))


def test_options_are_taken_as_topic_model_takes_them(corpus, embeddings):
    options = {"umap": {"n_neighbors": 25}, "hdbscan": {"min_samples": 5}}
    fitted = TopicModel(min_topic_size=15, **options).fit(corpus, embeddings)
    found = partition(points_of(corpus, embeddings), min_topic_size=15, **options)
    assert_same_topics(found, np.array(fitted.bertopic_.topics_))


def test_neighbours_given_change_nothing(corpus, embeddings):
    points = points_of(corpus, embeddings)
    given = partition(points, min_topic_size=10, neighbours=nearest(points, NEIGHBOURS))
    assert (given == partition(points, min_topic_size=10)).all()


@pytest.mark.parametrize("wide", [11, 25], ids=["lists that run short", "long lists"])
def test_neighbours_of_a_part_are_exact(cloud, wide):
    rows = np.sort(np.random.default_rng(0).permutation(len(cloud))[:250])
    indices, distances = within(cloud, nearest(cloud, wide), rows, 10)
    expected, far = nearest(cloud[rows], 10)
    assert (indices == expected).all()
    assert distances == pytest.approx(far, abs=1e-6)
    assert (indices[:, 0] == np.arange(len(rows))).all()
