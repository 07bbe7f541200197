"""`embed`: look up, encode what is new, keep it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import numpy as np

from workbench import progress as bars
from workbench.embedding.encoder import Encoder, distinct, shards
from workbench.embedding.fan_out import encode_with, spread
from workbench.embedding.store import EmbeddingStore
from workbench.errors import BadInput

__all__ = ["embed", "embed_blocks"]

BLOCK_ROWS = 262_144
"""Rows of a block: 200 MB of vectors of 384 numbers. Each block reads the store once."""


def embed(
    texts: Sequence[str],
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
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
    executor
        Whose workers encode: a `ProcessPoolExecutor`, Dask's `Client(...).get_executor()`, or any other.
        The texts to encode are sent to them. Default: this process.
    progress
        Show a bar over the shards to encode.

    Returns
    -------
    numpy.ndarray
        float32 (texts, dimension), exactly representable in float16, as `Encoder.encode` gives.

    Raises
    ------
    BadInput
        If an element is not a string, or the store holds vectors of another dimension.
    WorkbenchError
        If the store cannot be written or workers are lost; shards kept so far stay.
    """
    encoder = encoder or Encoder()
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    done = 0
    for block in embed_blocks(
        texts, encoder=encoder, store=store, executor=executor, progress=progress
    ):
        vectors[done : done + len(block)] = block
        done += len(block)
    return vectors


def embed_blocks(
    texts: Sequence[str],
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
    progress: bool = False,
    sending: Callable[[int], None] | None = None,
) -> Iterator[np.ndarray]:
    """Vectors as `embed` gives them, a block of rows at a time: for more than fit into memory.

    Everything new is encoded into the store before the first block comes.

    Parameters
    ----------
    texts, encoder, store, executor, progress
        As of `embed`.
    sending
        Called with the number of texts just before the first is handed to the executor.

    Yields
    ------
    numpy.ndarray
        float16 (at most 262,144 texts, dimension), in the order of the texts.
    """
    encoder, store = encoder or Encoder(), store or _usual_store(EmbeddingStore().folder)
    keys, first, inverse = distinct(texts)
    held = store.dimension(encoder.fingerprint)
    if held not in (None, encoder.dimension):
        raise BadInput(
            f"The store holds vectors of {held} numbers for this encoder, which gives "
            f"{encoder.dimension}; `workbench cache prune --encoder {encoder.fingerprint}` empties it."
        )
    new = np.flatnonzero(~store.has(keys, encoder.fingerprint))
    if executor is not None and sending is not None and len(new):
        sending(len(new))
    with closing(
        _encoded([texts[first[i]] for i in new], keys[new], encoder, executor, progress)
    ) as made:
        for rows, vectors in made:
            store.put(keys[new[rows]], vectors, encoder.fingerprint)
    for start in range(0, len(texts), BLOCK_ROWS):
        wanted, back = np.unique(inverse[start : start + BLOCK_ROWS], return_inverse=True)
        yield _stored(store, encoder, keys[wanted], [texts[first[i]] for i in wanted])[back]


def _encoded(
    texts: Sequence[str],
    keys: np.ndarray,
    encoder: Encoder,
    executor: Executor | None,
    progress: bool,
) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
    """Rows and vectors of distinct texts, shard by shard as they are done."""
    if executor is None:
        yield from encoder.stream(texts, progress=progress)
        return
    parts = list(shards(texts, keys))
    options = tuple(sorted(encoder.options.items()))
    jobs = ((options, encoder.fingerprint, part.texts) for part in parts)
    with closing(spread(encode_with, jobs, executor=executor)) as answers:
        shown = bars.track(answers, doing="Encoding", total=len(parts)) if progress else answers
        for number, vectors in shown:
            yield parts[number].rows, vectors


def _stored(
    store: EmbeddingStore, encoder: Encoder, keys: np.ndarray, texts: list[str]
) -> np.ndarray:
    """Vectors out of the store; what was removed or damaged since it was put is encoded again."""
    found, known = store.get(keys, encoder.fingerprint)
    if found.all():
        return known.reshape(len(keys), encoder.dimension)
    vectors = np.empty((len(keys), encoder.dimension), np.float16)
    if found.any():
        vectors[found] = known
    gone = np.flatnonzero(~found)
    for rows, made in encoder.stream([texts[i] for i in gone]):
        vectors[gone[rows]] = made
        store.put(keys[gone[rows]], made, encoder.fingerprint)
    return vectors


@lru_cache(maxsize=2)
def _usual_store(folder: Path) -> EmbeddingStore:
    """The user's store, kept open: its keys are read once in a process."""
    return EmbeddingStore(folder)
