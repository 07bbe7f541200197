"""Surface features of an utterance: punctuation, length and first words, no word list of any corpus.

They are made for spoken English: a question mark, a clause that begins with a question word, who is
spoken of. Values lie near 0 to 1 except for the logarithm of the length.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["SURFACE_FEATURES", "surface_features"]

SURFACE_FEATURES = (
    "any question mark",
    "question marks, at most 3",
    "ends in a question mark",
    "log of 1 + words",
    "at most two words",
    "at most five words",
    "first word asks (what, how, ...)",
    "first word is an auxiliary verb",
    "last sentence begins with a question word",
    "last sentence begins with an auxiliary verb",
    "begins with so, and or it",
    "share of words for you",
    "share of words for I",
    "begins with a cut-off",
    "ends in a cut-off",
    "note in square brackets",
    "sentences",
    "no words",
)

_WORD = re.compile(r"[\w']+")
_ASKING = frozenset(["what", "how", "why", "when", "where", "who", "which"])
_AUXILIARY = frozenset(
    ["do", "does", "did", "is", "are", "was", "were", "have", "has"]
) | frozenset(["can", "could", "would", "will", "should"])
_YOU = frozenset(["you", "you're", "you've", "your"])
_I = frozenset(["i", "i'm", "i've", "my", "me"])


def surface_features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Surface features of texts.

    Returns
    -------
    ndarray of float32, shape (n, 18)
        Columns as in `SURFACE_FEATURES`.

    Examples
    --------
    >>> row = surface_features(["And what would help?"])[0]
    >>> float(row[SURFACE_FEATURES.index("ends in a question mark")])
    1.0
    """
    table = np.zeros((len(texts), len(SURFACE_FEATURES)), np.float32)
    for row, text in enumerate(texts):
        table[row] = _features(text.replace("’", "'").strip())
    return table


def _features(text: str) -> list[float]:
    words = _WORD.findall(text.lower())
    count = len(words)
    first = words[0] if words else ""
    asked = text.count("?")
    last = _WORD.findall(re.split(r"(?<=[.?!])\s+", text)[-1].lower())
    begins = last[0] if last else ""
    return [
        asked > 0,
        min(asked, 3),
        text.endswith("?"),
        math.log1p(count),
        count <= 2,
        count <= 5,
        first in _ASKING,
        first in _AUXILIARY,
        begins in _ASKING,
        begins in _AUXILIARY,
        first in {"so", "and", "it"},
        sum(word in _YOU for word in words) / max(count, 1),
        sum(word in _I for word in words) / max(count, 1),
        text.startswith("-"),
        text.endswith(("-", "—", "...", "…")),
        "[" in text,
        min(len(re.findall(r"[.?!]+", text)), 20),
        count == 0,
    ]
