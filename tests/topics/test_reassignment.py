import numpy as np

from workbench.topics.clustering import nearest
from workbench.topics.reassignment import reassign


def unit(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def test_outliers_join_the_topic_they_are_near_enough_to():
    points = unit(np.radians([0, 1, 2, 3, 90, 91, 92, 93, 1.5, 45, 88]))
    topics = np.array([0, 0, 0, 0, 1, 1, 1, 1, -1, -1, -1])
    after, centres = reassign(points, topics)
    assert after.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 0, -1, -1]
    np.testing.assert_allclose(centres, unit(np.radians([1.5, 91.5])), atol=1e-5)


def test_without_topics_or_outliers_nothing_moves():
    points = unit(np.radians([0.0, 50.0]))
    assert reassign(points, np.array([-1, -1]))[0].tolist() == [-1, -1]
    assert reassign(points, np.array([0, 1]))[0].tolist() == [0, 1]


def test_neighbours_equal_an_exhaustive_search():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(1500, 8)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    indices, distances = nearest(points, 5)
    full = 1 - points.astype(float) @ points.T.astype(float)
    np.fill_diagonal(full, -1)
    assert (indices == np.argsort(full, axis=1)[:, :5]).mean() > 0.999
    assert (indices[:, 0] == np.arange(1500)).all()
    assert (distances[:, 0] == 0).all()
    assert (np.diff(distances, axis=1) >= 0).all()
