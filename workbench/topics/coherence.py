"""Coherence and diversity of topics' words, on a fixed reference.

Coherence tells whether the words of a topic stand near each other in talk. It depends on the
reference, on what counts as a word, and on how many words are taken: compare two models only on
the same reference with the same `vocabulary`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput

__all__ = ["WINDOW", "coherence", "reference_vocabulary", "topic_diversity"]

WINDOW = 10
"""Words a window of the reference holds, as Röder et al. chose for c_npmi."""

_EPSILON = 1e-12
"""Added to a joint probability, so that words never met together have a finite value."""


def coherence(
    topics: Sequence[Sequence[str]],
    reference: Sequence[Sequence[str]],
    *,
    vocabulary: Collection[str] | None = None,
    window: int = WINDOW,
) -> NDArray[np.float64]:
    """Normalised pointwise mutual information of each topic's words (c_npmi).

    A window slides over each text of the reference, one word at a time; a text shorter than the
    window is one window. With p(w) the share of windows that hold a word and p(v, w) of those that
    hold both, a pair has ::

        npmi(v, w) = ln[(p(v, w) + e) / (p(v) p(w))] / -ln(p(v, w) + e),   e = 1e-12

    -1 for words that never meet (but for e), 0 for independent ones, 1 for inseparable ones. The
    coherence of a topic is the mean over its pairs.

    Parameters
    ----------
    topics : sequence of sequences of str
        Words of each topic, usually ten.
    reference : sequence of sequences of str
        Words of each text of the reference; texts without a word are passed over.
    vocabulary : collection of str, optional
        Words outside it are left out of the topics; by default those of the reference.
    window : int, default 10

    Returns
    -------
    ndarray of float, shape (n_topics,)
        NaN for a topic of which fewer than two words are left.

    Raises
    ------
    BadInput
        If the reference holds no word, or the window none.

    References
    ----------
    Röder, Both and Hinneburg 2015, doi 10.1145/2684822.2685324; Bouma 2009, Normalized (pointwise)
    mutual information in collocation extraction, Proc. GSCL.
    """
    if window < 1:
        raise BadInput(f"window must hold at least one word; got {window}.")
    known = {word for text in reference for word in text}
    if not known:
        raise BadInput("The reference holds no word; give texts as lists of words.")
    allowed = known if vocabulary is None else known & set(vocabulary)
    kept = [[word for word in dict.fromkeys(topic) if word in allowed] for topic in topics]
    column = {word: at for at, word in enumerate(sorted({w for words in kept for w in words}))}
    met = _windows(reference, column, window)
    share = np.asarray(met.mean(axis=0)).ravel()
    together = (met.T @ met).toarray() / met.shape[0]
    return np.array(
        [_mean_npmi([column[word] for word in words], share, together) for words in kept],
        dtype=np.float64,
    )


def reference_vocabulary(reference: Sequence[Sequence[str]], *, texts: int = 5) -> frozenset[str]:
    """Words in at least so many texts of the reference: rarer ones make any pair look coherent."""
    found = Counter(word for text in reference for word in set(text))
    return frozenset(word for word, count in found.items() if count >= texts)


def topic_diversity(topics: Sequence[Sequence[str]]) -> float:
    """Share of distinct words among the words of all topics (Dieng et al. 2020, doi 10.1162/tacl_a_00325).

    >>> topic_diversity([["bed", "sleep"], ["sleep", "alarm"]])
    0.75
    """
    words = [word for topic in topics for word in topic]
    return len(set(words)) / len(words) if words else float("nan")


def _windows(reference: Sequence[Sequence[str]], column: dict[str, int], window: int) -> Any:
    """Sparse matrix, windows by words: 1 where the window holds the word."""
    from scipy.sparse import csr_matrix

    rows: list[NDArray[np.intp]] = []
    columns: list[NDArray[np.intp]] = []
    begun = 0
    for text in reference:
        if not text:
            continue
        last = max(len(text) - window, 0)
        for place, word in enumerate(text):
            if word in column:
                first = max(place - window + 1, 0)
                rows.append(np.arange(first, min(place, last) + 1) + begun)
                columns.append(np.full(len(rows[-1]), column[word]))
        begun += last + 1
    at = np.concatenate([np.empty(0, np.intp), *rows])
    of = np.concatenate([np.empty(0, np.intp), *columns])
    met = csr_matrix((np.ones(len(at)), (at, of)), shape=(begun, len(column)))
    met.data[:] = 1.0  # a word said twice in a window counts once
    return met


def _mean_npmi(words: list[int], share: NDArray, together: NDArray) -> float:
    if len(words) < 2:
        return float("nan")
    first, second = np.array(list(combinations(words, 2))).T
    joint = together[first, second] + _EPSILON
    ratio = np.log(joint / (share[first] * share[second]))
    # words that share every window: the limit is 1
    return float(
        np.mean(np.where(joint >= 1, 1.0, ratio / -np.log(np.minimum(joint, 1 - _EPSILON))))
    )
