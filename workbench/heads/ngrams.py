"""Hashed word n-grams: which short word sequences stand in a text, without keeping any word."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["hashed_ngrams"]

_TOKEN = re.compile(r"[\w']+|[?!.]")


def hashed_ngrams(texts: Sequence[str], *, columns: int, longest: int) -> NDArray[np.float32]:
    """Count word n-grams into columns by CRC-32, log(1 + count), rows scaled to length 1.

    Parameters
    ----------
    texts
        Any number of texts; case is ignored, begin and end count as tokens.
    columns
        Width of the table. Sequences that meet in a column add up.
    longest
        Longest sequence, in tokens; shorter ones are counted too.

    Returns
    -------
    ndarray of float32, shape (n, columns)
    """
    table = np.zeros((len(texts), columns), np.float32)
    for row, text in enumerate(texts):
        tokens = ["<s>", *_TOKEN.findall(text.lower().replace("’", "'")), "</s>"]
        counts = Counter(
            zlib.crc32(" ".join(tokens[at : at + length]).encode()) % columns
            for length in range(1, longest + 1)
            for at in range(len(tokens) - length + 1)
        )
        table[row, list(counts)] = np.log1p(np.fromiter(counts.values(), np.float32, len(counts)))
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
