"""UMAP and HDBSCAN set so that the same texts give the same topics, in seconds.

`partition` is the whole way from points to topics without words or map, for whoever needs many
fits of the same texts (`workbench.topics.stability`); `TopicModel` walks the same way through BERTopic.

What makes the outcome depend on the machine's mood is taken out: neighbours are exact and
computed in fixed blocks on one thread, UMAP runs on one thread with a seed, HDBSCAN on one job.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput

__all__ = [
    "EPOCHS",
    "EXACT_UP_TO",
    "LARGEST_SHARE",
    "NEIGHBOURS",
    "exact_neighbours",
    "expected_warnings",
    "hdbscan_model",
    "nearest",
    "on_gpu",
    "one_thread",
    "partition",
    "umap_model",
    "within",
]

NEIGHBOURS = 10
"""Neighbours of UMAP; BERTopic's 15 leave more outliers among short turns."""

EXACT_UP_TO = 40_000
"""Texts up to which neighbours are exact; beyond, UMAP's own seeded search is used."""

EPOCHS = 200
"""Epochs of UMAP's layout; its default for small data is 500, without gain in these topics."""

TOGETHER = 0.2
"""Clusters nearer than this in UMAP's layout are one topic (`cluster_selection_epsilon`)."""

LARGEST_SHARE = 0.5
"""Largest share of the texts that one topic may take."""

_BLOCK = 1024


def on_gpu() -> bool:
    """Whether cuML is installed, so that its UMAP and HDBSCAN are used."""
    return find_spec("cuml") is not None


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread, so that sums are taken in the same order."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def nearest(embeddings: NDArray[np.float32], k: int) -> tuple[NDArray, NDArray]:
    """Find the k nearest rows by cosine distance, each row first among its own.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n, d)
        Rows of length one.
    k : int
        At most n.

    Returns
    -------
    indices : ndarray of int32, shape (n, k)
    distances : ndarray of float32, shape (n, k)
        1 - cosine, sorted upwards.
    """
    n = len(embeddings)
    indices = np.empty((n, k), dtype=np.int32)
    distances = np.empty((n, k), dtype=np.float32)
    with one_thread():
        for start in range(0, n, _BLOCK):
            block = 1.0 - embeddings[start : start + _BLOCK] @ embeddings.T
            rows = np.arange(len(block))
            block[rows, start + rows] = -1.0
            near = np.argpartition(block, k - 1, axis=1)[:, :k]
            near.sort(axis=1)
            far = np.take_along_axis(block, near, axis=1)
            order = np.argsort(far, axis=1, kind="stable")
            indices[start : start + _BLOCK] = np.take_along_axis(near, order, axis=1)
            distances[start : start + _BLOCK] = np.take_along_axis(far, order, axis=1)
    return indices, np.maximum(distances, 0.0)


def within(
    embeddings: NDArray[np.float32],
    neighbours: tuple[NDArray, NDArray],
    rows: NDArray[np.intp],
    k: int,
) -> tuple[NDArray, NDArray]:
    """Find the k nearest among some rows, from longer lists of neighbours among all rows.

    What is nearest among all and still there is nearest among those left. Where a list keeps
    fewer than `k`, the row is searched anew; the result equals `nearest(embeddings[rows], k)` up to
    the rounding of equal distances.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n, d)
        All rows, of length one.
    neighbours : tuple of ndarray
        `nearest` of all rows, with more than `k` neighbours.
    rows : ndarray of int, shape (m,)
        Positions of the rows that are left, ascending.
    k : int
        At most m.

    Returns
    -------
    indices : ndarray of int32, shape (m, k)
        Positions in `rows`.
    distances : ndarray of float32, shape (m, k)
    """
    place = np.full(len(embeddings), -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    near, far = place[neighbours[0][rows]], neighbours[1][rows]
    left = near >= 0
    order = np.argsort(~left, axis=1, kind="stable")[:, :k]
    indices = np.take_along_axis(near, order, axis=1)
    distances = np.take_along_axis(far, order, axis=1).astype(np.float32)
    short = np.flatnonzero(left.sum(axis=1) < k)
    if len(short):
        points = embeddings[rows]
        with one_thread():
            anew = np.maximum(1.0 - points[short] @ points.T, 0.0)
        anew[np.arange(len(short)), short] = -1.0
        indices[short] = np.argsort(anew, axis=1, kind="stable")[:, :k]
        distances[short] = np.maximum(np.take_along_axis(anew, indices[short], axis=1), 0.0)
    return indices, distances


def partition(
    embeddings: NDArray[np.float32],
    *,
    min_topic_size: int,
    random_state: int = 7,
    umap: Mapping[str, Any] | None = None,
    hdbscan: Mapping[str, Any] | None = None,
    neighbours: tuple[NDArray, NDArray] | None = None,
) -> NDArray[np.intp]:
    """Cluster texts into topics as `TopicModel` does before reassignment, and do nothing else.

    No words, no map, no BERTopic: half the time of a fit.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n, d)
        One row of length one per distinct text.
    min_topic_size : int
        Texts a topic needs.
    random_state : int, default 7
        Seed of UMAP.
    umap, hdbscan : mapping, optional
        Single options that win over our defaults.
    neighbours : tuple of ndarray, optional
        What `nearest` or `within` gave, with `NEIGHBOURS` columns; searched for where absent.

    Returns
    -------
    ndarray of int, shape (n,)
        Topic of each text, 0 the largest (of equal ones, the first met); -1 for outliers.

    Raises
    ------
    BadInput
        If more neighbours are asked for than there are texts.
    """
    check_neighbours(len(embeddings), umap)
    with one_thread(), expected_warnings():
        if neighbours is None and exact_neighbours(len(embeddings), umap):
            neighbours = nearest(embeddings, NEIGHBOURS)
        layout = umap_model(
            5, random_state=random_state, neighbours=neighbours, overrides=umap or {}
        )
        places = np.nan_to_num(np.asarray(layout.fit_transform(embeddings)))
        clusters = hdbscan_model(
            len(embeddings), min_cluster_size=min_topic_size, overrides=hdbscan or {}
        ).fit(places)
    return _by_size(np.asarray(clusters.labels_, dtype=np.intp))


def check_neighbours(n: int, umap: Mapping[str, Any] | None) -> None:
    """Refuse options of UMAP that ask for more neighbours than there are texts.

    Raises
    ------
    BadInput
        UMAP itself would take fewer without a word that reaches the result.
    """
    asked = int((umap or {}).get("n_neighbors", NEIGHBOURS))
    if not 2 <= asked < n:
        raise BadInput(
            f"UMAP's n_neighbors is {asked} with {n} distinct texts; expected 2 to {n - 1}. Give a smaller "
            "number, or more sessions."
        )


def exact_neighbours(n: int, umap: Mapping[str, Any] | None) -> bool:
    """Whether `n` texts get the exact neighbours of `nearest`, with these options of UMAP."""
    own = {"n_neighbors", "metric", "precomputed_knn"} & set(umap or {})
    return n <= EXACT_UP_TO and not on_gpu() and not own


def _by_size(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Number clusters by size, the largest 0; equal ones as they are met; -1 stays."""
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    real = found >= 0
    order = np.lexsort((first[real], -sizes[real]))
    numbers = np.empty(len(order), dtype=np.intp)
    numbers[order] = np.arange(len(order))
    renumbered = dict(zip(found[real].tolist(), numbers.tolist(), strict=True))
    return np.array([renumbered.get(label, -1) for label in labels.tolist()], dtype=np.intp)


def umap_model(
    n_components: int,
    *,
    random_state: int,
    neighbours: tuple[NDArray, NDArray] | None,
    overrides: Mapping[str, Any],
) -> Any:
    """UMAP with our defaults, on a GPU (cuML) where that is installed.

    Parameters
    ----------
    n_components : int
        5 for clustering, 2 for the map.
    random_state : int
        Seed of the layout.
    neighbours
        What `nearest` gave, or None to let UMAP search.
    overrides
        Further options, as UMAP names them; they win over the defaults.
    """
    options: dict[str, Any] = {
        "n_neighbors": NEIGHBOURS,
        "n_components": n_components,
        "min_dist": 0.0 if n_components > 2 else 0.1,
        "metric": "cosine",
        "n_epochs": EPOCHS,
        "random_state": random_state,
    }
    if on_gpu():
        from cuml.manifold import UMAP as CumlUMAP

        return CumlUMAP(**{**options, **overrides})
    from umap import UMAP

    if neighbours is not None:
        options["precomputed_knn"] = (*neighbours, None)
    return UMAP(**{**options, "n_jobs": 1, **overrides})


def hdbscan_model(n: int, *, min_cluster_size: int, overrides: Mapping[str, Any]) -> Any:
    """HDBSCAN with our defaults, on a GPU (cuML) where that is installed.

    No cluster may hold more than half of the `n` texts: short turns lie close together, and
    without that bound one "topic" of four fifths of a corpus comes and goes with the seed.
    `min_samples` 1 leaves the fewest outliers for the same number of topics. Where many turns lie close,
    clusters nearer than `TOGETHER` are taken for one (Malzer and Baum 2020, doi
    10.1109/MFI49285.2020.9235263): with it fewer turns of AnnoMI and ESConv are outliers, and refits on
    80 % of the turns agree better (adjusted Rand index 0.33 -> 0.46 and 0.38 -> 0.51, without it and
    with it).
    """
    options: dict[str, Any] = {
        "min_cluster_size": min_cluster_size,
        "min_samples": 1,
        "max_cluster_size": max(min_cluster_size + 1, round(LARGEST_SHARE * n)),
        "metric": "euclidean",
        "cluster_selection_method": "eom",
        "cluster_selection_epsilon": TOGETHER,
    }
    if on_gpu():
        from cuml.cluster import HDBSCAN as CumlHDBSCAN

        return CumlHDBSCAN(**{**options, **overrides})
    from hdbscan import HDBSCAN

    return HDBSCAN(**{**options, "core_dist_n_jobs": 1, **overrides})


@contextmanager
def expected_warnings() -> Iterator[None]:
    """Silence what UMAP says about choices made here on purpose."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*precomputed_knn.*")
        warnings.filterwarnings("ignore", message=".*n_jobs value.*")
        yield
