"""Which topics are close: a tree of merges, and the topics that are left at any height of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput, InsufficientData
from workbench.topics.result import Topics

__all__ = ["HIERARCHY_COLUMNS", "Likeness", "Linkage", "merged_at", "topic_hierarchy"]

#: What two topics are compared by: the cosine of their c-TF-IDF weights, or of their centroids.
Likeness: TypeAlias = Literal["words", "centroids"]

Linkage: TypeAlias = Literal["ward", "average"]

HIERARCHY_COLUMNS: Mapping[str, pl.DataType] = {
    "parent": pl.Int64(),
    "left": pl.Int64(),
    "right": pl.Int64(),
    "distance": pl.Float64(),
    "topics": pl.List(pl.Int64()),
    "words": pl.List(pl.String()),
}

WORDS = 5
"""Words that a merged topic is named by."""


def topic_hierarchy(
    topics: Topics, *, by: Likeness = "words", linkage: Linkage = "ward"
) -> pl.DataFrame:
    """Join the two closest topics again and again, until one is left.

    BERTopic's `hierarchical_topics` as a table: the distance of two topics is 1 - cosine, and
    scipy's agglomerative clustering takes it from there. Topics are taken in the order of their
    numbers, so the tree does not depend on the order of anything.

    Parameters
    ----------
    topics : Topics
        Of one side; outliers take no part.
    by : {"words", "centroids"}, default "words"
        Compare c-TF-IDF weights, as BERTopic does, or mean embeddings.
    linkage : {"ward", "average"}, default "ward"
        "ward" is BERTopic's, applied to cosine distances as it does, although Ward's criterion is
        defined for Euclidean ones: heights order merges and mean nothing else. With "average" a
        height is the mean distance between the topics joined.

    Returns
    -------
    polars.DataFrame
        One row per merge, closest first: `parent` (a new number above all topics), `left`, `right`
        (a topic or an earlier parent), `distance`, `topics` (all topics below it), `words` (its
        heaviest words). The weights of a merged topic are the root of the mean square of those of its
        topics, weighted by core members; that is its c-TF-IDF up to the word count of each topic.

    Raises
    ------
    InsufficientData
        If there are fewer than two topics.
    BadInput
        If an option is unknown, or the topics hold no centroids.

    References
    ----------
    Ward (1963), https://doi.org/10.1080/01621459.1963.10500845
    Grootendorst (2022), BERTopic, https://doi.org/10.48550/arXiv.2203.05794
    """
    from scipy.cluster.hierarchy import linkage as merge
    from scipy.spatial.distance import squareform

    if linkage not in ("ward", "average"):
        raise BadInput.unknown("linkage", linkage, ["average", "ward"])
    info = topics.info.filter(pl.col("Topic") >= 0)
    order = info["Topic"].to_numpy().argsort()
    numbers = [int(number) for number in info["Topic"].to_numpy()[order]]
    if len(numbers) < 2:
        raise InsufficientData(f"A hierarchy needs two topics; there are {len(numbers)}.")
    weights, vocabulary = _weights(topics, numbers)
    if by == "words":
        points = weights
    elif by == "centroids":
        points = _centroids(topics)[order]
    else:
        raise BadInput.unknown("likeness of topics", by, ["centroids", "words"])
    steps = merge(squareform(_distances(points), checks=False), linkage)
    sizes = info["core"].to_numpy()[order].clip(min=1).astype(float)
    return _table(steps, numbers, weights, vocabulary, sizes)


def merged_at(hierarchy: pl.DataFrame, n_topics: int) -> pl.DataFrame:
    """Give each topic the one it belongs to when `n_topics` are left.

    What BERTopic's `reduce_topics` does, as a proposal: topics that share a `merged` number are
    those to merge.

    Parameters
    ----------
    hierarchy : polars.DataFrame
        From `topic_hierarchy`.
    n_topics : int
        Topics to be left.

    Returns
    -------
    polars.DataFrame
        `topic`, `merged` (the lowest number among those merged), by topic.

    Raises
    ------
    BadInput
        If `n_topics` is not between 1 and the number of topics.

    Examples
    --------
    >>> tree = pl.DataFrame([(3, 0, 2, 0.1, [0, 2], ["a"]), (4, 1, 3, 0.5, [0, 1, 2], ["a"])],
    ...                     schema=dict(HIERARCHY_COLUMNS), orient="row")
    >>> merged_at(tree, 2).rows()
    [(0, 0), (1, 1), (2, 0)]
    """
    leaves = hierarchy.height + 1
    if not 1 <= n_topics <= leaves:
        raise BadInput(f"n_topics: there are {leaves} topics to merge; got {n_topics}.")
    merged = {number: number for number in hierarchy["topics"].explode().unique()}
    for members in hierarchy.head(leaves - n_topics)["topics"]:
        merged |= dict.fromkeys(members, min(members))
    return pl.DataFrame(
        sorted(merged.items()), schema={"topic": pl.Int64, "merged": pl.Int64}, orient="row"
    )


def _weights(topics: Topics, numbers: list[int]) -> tuple[NDArray[np.float64], list[str]]:
    """c-TF-IDF weights, shape (n_topics, n_words), and the words, sorted."""
    kept = topics.ctfidf.filter(pl.col("topic") >= 0)
    vocabulary = sorted(kept["word"].unique())
    row = {number: place for place, number in enumerate(numbers)}
    column = {word: place for place, word in enumerate(vocabulary)}
    weights = np.zeros((len(numbers), len(vocabulary)))
    for topic, word, weight in kept["topic", "word", "weight"].iter_rows():
        if topic in row:
            weights[row[topic], column[word]] = weight
    return weights, vocabulary


def _centroids(topics: Topics) -> NDArray[np.float64]:
    if len(topics.centroids) != topics.n_topics:
        raise BadInput(
            f"{topics.n_topics} topics, but {len(topics.centroids)} centroids: fit the topics again, or "
            "compare them by='words'."
        )
    return topics.centroids.astype(float)


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - cosine of each two rows; 1 from a row of zeros, 0 from a row to itself."""
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    unit = points / np.where(lengths > 0, lengths, 1.0)
    distances = np.clip(1.0 - np.einsum("ik,jk->ij", unit, unit), 0.0, None)
    np.fill_diagonal(distances, 0.0)
    return (distances + distances.T) / 2


def _table(
    steps: NDArray[np.float64],
    numbers: list[int],
    weights: NDArray[np.float64],
    vocabulary: list[str],
    sizes: NDArray[np.float64],
) -> pl.DataFrame:
    """Name the merges that scipy found."""
    first = numbers[-1] + 1
    members = [[place] for place in range(len(numbers))]
    names = list(numbers)
    rows = []
    for step, (one, other, distance, _) in enumerate(steps):
        left, right = sorted((int(one), int(other)))
        below = sorted(members[left] + members[right])
        members.append(below)
        names.append(first + step)
        share = sizes[below] / sizes[below].sum()
        heavy = np.sqrt(share @ np.square(weights[below]))
        best = [place for place in np.argsort(-heavy, kind="stable")[:WORDS] if heavy[place] > 0]
        rows.append(
            {
                "parent": first + step,
                "left": names[left],
                "right": names[right],
                "distance": float(distance),
                "topics": [numbers[place] for place in below],
                "words": [vocabulary[place] for place in best],
            }
        )
    return pl.DataFrame(rows, schema=dict(HIERARCHY_COLUMNS))
