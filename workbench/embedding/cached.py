"""`embed`: look up, encode what is new, keep it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench import progress as bars
from workbench.embedding.encoder import Encoder, distinct, shards
from workbench.embedding.store import EmbeddingStore

__all__ = ["embed"]


def embed(
    texts: Sequence[str],
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    progress: bool = False,
) -> np.ndarray:
    """Vectors of `texts`, each distinct text encoded once in the life of the store.

    New vectors are kept shard by shard (about 2,000 texts): a run that is killed and started again
    encodes only what it had not reached.

    Parameters
    ----------
    texts
        Any strings, repeats and empty ones included.
    encoder
        Default: `Encoder()`, MiniLM from the installed package.
    store
        Default: `EmbeddingStore()`, the user's store.
    progress
        Show a bar over the shards to encode.

    Returns
    -------
    numpy.ndarray
        float32 (texts, dimension), exactly representable in float16, as `Encoder.encode` gives.

    Raises
    ------
    BadInput
        If an element is not a string.
    WorkbenchError
        If the store cannot be written; shards kept so far stay.
    """
    encoder = encoder or Encoder()
    store = store or EmbeddingStore()
    keys, first, inverse = distinct(texts)
    vectors = np.empty((len(keys), encoder.dimension), np.float16)
    found, known = store.get(keys, encoder.fingerprint)
    if found.any():
        vectors[found] = known
    missing = np.flatnonzero(~found)
    parts = list(shards([texts[first[i]] for i in missing], keys[missing]))
    for part in bars.track(parts, doing="Encoding") if progress else parts:
        rows = missing[part.rows]
        vectors[rows] = encoder.encode_shard(part.texts)
        store.put(keys[rows], vectors[rows], encoder.fingerprint)
    return vectors[inverse].astype(np.float32)
