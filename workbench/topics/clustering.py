"""UMAP and HDBSCAN set so that the same texts give the same topics, in seconds.

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

__all__ = [
    "EXACT_UP_TO",
    "NEIGHBOURS",
    "expected_warnings",
    "hdbscan_model",
    "nearest",
    "on_gpu",
    "one_thread",
    "umap_model",
]

NEIGHBOURS = 10
"""Neighbours of UMAP; BERTopic's 15 leave more outliers among short turns."""

EXACT_UP_TO = 40_000
"""Texts up to which neighbours are exact; beyond, UMAP's own seeded search is used."""

EPOCHS = 200
"""Epochs of UMAP's layout; its default for small data is 500, without gain in these topics."""

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
    `min_samples` 1 leaves the fewest outliers for the same number of topics.
    """
    options: dict[str, Any] = {
        "min_cluster_size": min_cluster_size,
        "min_samples": 1,
        "max_cluster_size": max(min_cluster_size + 1, round(LARGEST_SHARE * n)),
        "metric": "euclidean",
        "cluster_selection_method": "eom",
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
