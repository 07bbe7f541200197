"""Place new utterances among fitted topics: nearest centroid, with the distance to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.topics.clustering import one_thread
from workbench.topics.texts import unit_length

__all__ = ["place"]

_BLOCK = 8192


def place(
    embeddings: NDArray[np.float32],
    centroids: NDArray[np.float32],
    bars: NDArray[np.float64],
    numbers: NDArray[np.int64],
    *,
    set_apart: Sequence[bool] | None = None,
) -> pl.DataFrame:
    """Find the nearest of `centroids` for every row; see `Topics.place`.

    Parameters
    ----------
    centroids : ndarray of float32, shape (n_topics, d)
        Rows of length one.
    bars : ndarray of float, shape (n_topics,)
        Least cosine of a member.
    numbers : ndarray of int, shape (n_topics,)
        The topics' numbers.
    """
    _check(embeddings, centroids, bars, numbers)
    apart = np.zeros(len(embeddings), dtype=bool) if set_apart is None else np.asarray(set_apart)
    if apart.shape != (len(embeddings),) or apart.dtype != bool:
        raise BadInput(
            f"set_apart: expected one truth value per row of the embeddings ({len(embeddings)}); "
            f"got {apart.dtype} of shape {apart.shape}."
        )
    nearest = np.empty(len(embeddings), dtype=np.intp)
    similarity = np.empty(len(embeddings))
    with one_thread():
        for start in range(0, len(embeddings), _BLOCK):
            block = unit_length(embeddings[start : start + _BLOCK])
            found = (block @ centroids.T).argmax(axis=1)
            nearest[start : start + _BLOCK] = found
            # row by row: a matrix product rounds a row by its place in the block
            similarity[start : start + _BLOCK] = np.einsum("ij,ij->i", block, centroids[found])
    topic = np.where(similarity >= bars[nearest], numbers[nearest], -1)
    placed = pl.DataFrame({"topic": topic, "similarity": similarity, "distance": 1 - similarity})
    return placed.with_columns(
        pl.when(~pl.Series(apart)).then(pl.col(name)).alias(name) for name in placed.columns
    )


def _check(
    embeddings: NDArray[np.float32],
    centroids: NDArray[np.float32],
    bars: NDArray[np.float64],
    numbers: NDArray[np.int64],
) -> None:
    if not len(centroids) or not len(centroids) == len(bars) == len(numbers):
        raise BadInput(
            f"These topics cannot place utterances: {len(numbers)} topics, {len(centroids)} centroids. "
            "Fit them again."
        )
    if embeddings.ndim != 2 or embeddings.shape[1] != centroids.shape[1]:
        raise BadInput(
            f"embeddings: expected shape (n, {centroids.shape[1]}), as the topics' centroids; got "
            f"{embeddings.shape}. Use the encoder that the topics were fitted with, or fit them again."
        )
    broken = ~np.isfinite(embeddings).all(axis=1)
    if broken.any():
        raise BadInput(
            f"embeddings: {int(broken.sum())} rows hold NaN or infinity, the first is row "
            f"{int(np.flatnonzero(broken)[0])}. Encode the utterances again."
        )
