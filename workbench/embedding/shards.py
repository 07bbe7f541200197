"""Each text once, in an order and in parts that depend on the texts alone.

Texts are ordered by length and hash and cut into shards of bounded size, so the same set of texts
makes the same batches in whatever order it comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import BadInput

__all__ = ["KEY_BYTES", "Shard", "distinct", "encodable", "shards", "text_mark"]

KEY_BYTES = 16
_SHARD_TEXTS = 2_048
_SHARD_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the work: `rows` says where its texts stand among all."""

    rows: np.ndarray
    texts: list[str]


def distinct(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find each distinct text once.

    Returns
    -------
    keys
        Hashes (distinct,) as bytes of length `KEY_BYTES`, sorted.
    first
        Index of a text with that hash, (distinct,).
    inverse
        Which key each text has, (texts,).

    Raises
    ------
    BadInput
        If an element is not a string, or `texts` is one string.
    """
    if isinstance(texts, str):
        raise BadInput("Texts are a list of strings; got one string. Put it into a list.")
    hashes = b"".join(_hash(text, row) for row, text in enumerate(texts))
    keys, first, inverse = np.unique(
        np.frombuffer(hashes, dtype=f"S{KEY_BYTES}"), return_index=True, return_inverse=True
    )
    return keys, first, inverse


def text_mark(text: str) -> str:
    """Hash under which a text is known in the store, in hexadecimal digits."""
    return _hash(text, 0).hex()


def shards(texts: Sequence[str], keys: np.ndarray) -> Iterator[Shard]:
    """Cut distinct texts, ordered by length and hash, into shards of bounded size."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    order = np.lexsort((keys, lengths))
    start = size = 0
    for stop, row in enumerate(order):
        full = stop - start >= _SHARD_TEXTS or size + lengths[row] > _SHARD_CHARACTERS
        if full and stop > start:
            yield _shard(texts, order[start:stop])
            start, size = stop, 0
        size += int(lengths[row])
    if start < len(order):
        yield _shard(texts, order[start:])


def _shard(texts: Sequence[str], rows: np.ndarray) -> Shard:
    return Shard(rows=rows, texts=[texts[row] for row in rows])


def _hash(text: str, row: int) -> bytes:
    if not isinstance(text, str):
        raise BadInput(
            f"Text {row} (counted from 0) is {type(text).__name__}, not a string. "
            "Replace missing texts by an empty string."
        )
    return hashlib.blake2b(encodable(text).encode(), digest_size=KEY_BYTES).digest()


def encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
