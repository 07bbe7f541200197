"""Hashed n-grams: which short sequences of words or letters stand in a text, without keeping any."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["hashed_ngrams", "sparse_ngrams"]

_TOKEN = re.compile(r"[\w']+|[?!.]")
_SHORTEST = 2  # characters


def hashed_ngrams(
    texts: Sequence[str], *, columns: int, longest: int, characters: int = 0
) -> NDArray[np.float32]:
    """Count n-grams into columns by CRC-32, log(1 + count), rows scaled to length 1.

    Parameters
    ----------
    texts
        Any number of texts; case is ignored, begin and end count as tokens.
    columns
        Width of the table. Sequences that meet in a column add up.
    longest
        Longest sequence of words, in tokens; shorter ones are counted too.
    characters
        Longest sequence of characters inside one stretch without spaces (emoji and smileys among
        them), from 2 on, the spaces around it included; 0 for none.

    Returns
    -------
    ndarray of float32, shape (n, columns)
    """
    table = np.zeros((len(texts), columns), np.float32)
    for row, text in enumerate(texts):
        places, values = _row(text, columns, longest, characters)
        table[row, places] = values
    return table


def sparse_ngrams(
    texts: Sequence[str], *, columns: int, longest: int, characters: int = 0
) -> csr_matrix:
    """Count as `hashed_ngrams` does, into a sparse matrix: for training on many texts."""
    from scipy.sparse import csr_matrix

    rows = [_row(text, columns, longest, characters) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places = np.concatenate([np.zeros(0, np.int32), *(row[0] for row in rows)])
    values = np.concatenate([np.zeros(0, np.float32), *(row[1] for row in rows)])
    return csr_matrix((values, places, ends), shape=(len(texts), columns))


def _row(
    text: str, columns: int, longest: int, characters: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    counts = Counter(
        zlib.crc32(sequence.encode("utf-8", "surrogatepass")) % columns
        for sequence in _sequences(text.lower().replace("’", "'"), longest, characters)
    )
    values = np.log1p(np.fromiter(counts.values(), np.float32, len(counts)))
    length = np.maximum(np.linalg.norm(values), 1e-9)
    return np.fromiter(counts, np.int32, len(counts)), (values / length).astype(np.float32)


def _sequences(text: str, longest: int, characters: int) -> Iterator[str]:
    tokens = ["<s>", *_TOKEN.findall(text), "</s>"]
    for length in range(1, longest + 1):
        for at in range(len(tokens) - length + 1):
            yield " ".join(tokens[at : at + length])
    for stretch in text.split() if characters else ():
        padded = f" {stretch} "
        for length in range(_SHORTEST, characters + 1):
            for at in range(len(padded) - length + 1):
                yield f"\0{padded[at : at + length]}"
