"""Ready embeddings, brought into the order of chosen utterances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

__all__ = ["Embeddings", "aligned"]

Embeddings: TypeAlias = Mapping[str, ArrayLike] | ArrayLike
"""Sentence embeddings by utterance id, or one row per row of `corpus.utterances`."""


def aligned(
    embeddings: Embeddings, *, ids: Sequence[str], rows: ArrayLike, total: int, dimension: int
) -> NDArray[np.float32]:
    """Return one embedding per chosen utterance, shape (len(ids), dimension).

    Parameters
    ----------
    embeddings
        By utterance id, or one row per utterance of the corpus.
    ids
        Chosen utterances.
    rows
        Their row numbers in `corpus.utterances`.
    total
        Utterances of the corpus.
    dimension
        Length of an embedding.

    Raises
    ------
    BadInput
        If a chosen utterance has no embedding, or the table has not one row per utterance of the
        corpus, or embeddings are of another length.
    """
    if isinstance(embeddings, Mapping):
        absent = [id_ for id_ in ids if id_ not in embeddings]
        if absent:
            raise BadInput(
                f"{len(absent)} utterance(s) have no embedding, the first is {absent[0]!r}."
            )
        chosen = [np.asarray(embeddings[id_], np.float32) for id_ in ids]
    else:
        whole = np.asarray(embeddings, np.float32)
        if len(whole) != total:
            raise BadInput(
                f"There are {len(whole)} embeddings for {total} utterances; expected one per row of "
                "corpus.utterances, in its order."
            )
        chosen = list(whole[np.asarray(rows)])
    odd = next((row for row in chosen if row.shape != (dimension,)), None)
    if odd is not None:
        raise BadInput(
            f"An embedding has the shape {odd.shape}; the head learned with {dimension} numbers."
        )
    return np.array(chosen, np.float32).reshape(len(ids), dimension)
