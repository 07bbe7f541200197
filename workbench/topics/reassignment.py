"""Outliers that lie as close to a topic as its own members do are given to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEMBER_QUANTILE", "bars_of", "centroids", "reassign", "similarities"]

MEMBER_QUANTILE = 0.1
"""An outlier joins a topic that it is at least as similar to as this quantile of its members."""


def centroids(embeddings: NDArray[np.float32], topics: NDArray[np.intp]) -> NDArray[np.float32]:
    """Mean direction of each topic 0, 1, ...: shape (n_topics, d), rows of length one."""
    n_topics = int(topics.max(initial=-1)) + 1
    means = [embeddings[topics == topic].mean(axis=0) for topic in range(n_topics)]
    if not means:
        return np.empty((0, embeddings.shape[1]), dtype=np.float32)
    stacked = np.stack(means)
    return stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-12)


def similarities(
    embeddings: NDArray[np.float32], centres: NDArray[np.float32], topics: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Cosine of each text with the centroid of its topic; NaN for outliers."""
    found = np.full(len(topics), np.nan)
    placed = topics >= 0
    found[placed] = np.einsum("ij,ij->i", embeddings[placed], centres[topics[placed]])
    return found


def bars_of(
    embeddings: NDArray[np.float32], centres: NDArray[np.float32], topics: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Cosine from which on a text belongs to each topic: the `MEMBER_QUANTILE` of its members'."""
    own = similarities(embeddings, centres, topics)
    bars = [np.quantile(own[topics == topic], MEMBER_QUANTILE) for topic in range(len(centres))]
    return np.array(bars, dtype=np.float64)


def reassign(
    embeddings: NDArray[np.float32], topics: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Give outliers (-1) to the nearest topic they are near enough to.

    An outlier joins the topic whose bar it passes by the widest margin; the bar of a topic
    is told by `bars_of`.

    Returns
    -------
    topics : ndarray of int, shape (n_texts,)
        Topics after reassignment; what passes no bar stays -1.
    centres : ndarray of float32, shape (n_topics, d)
        Centroids of the members before reassignment.
    """
    centres = centroids(embeddings, topics)
    outliers = np.flatnonzero(topics == -1)
    if not len(centres) or not len(outliers):
        return topics, centres
    margins = embeddings[outliers] @ centres.T - bars_of(embeddings, centres, topics)
    best = margins.argmax(axis=1)
    joins = margins[np.arange(len(outliers)), best] >= 0
    after = topics.copy()
    after[outliers[joins]] = best[joins]
    return after, centres
