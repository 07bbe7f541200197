"""Rankings, and one score from several of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from workbench.embedding.search.wording import expression

__all__ = ["RANK_CONSTANT", "bm25", "ranks", "reciprocal_rank_fusion"]

RANK_CONSTANT = 60
"""Constant of reciprocal rank fusion, as its authors set it."""

_K1, _B = 1.2, 0.75


def ranks(scores: ArrayLike) -> NDArray[np.int64]:
    """Ranks from 1, the highest score first; equal scores share the better rank.

    >>> ranks([0.2, 0.9, 0.2]).tolist()
    [2, 1, 2]
    """
    values = -np.asarray(scores, float)
    return np.searchsorted(np.sort(values), values, side="left").astype(np.int64) + 1


def reciprocal_rank_fusion(*rankings: Sequence[int | None]) -> NDArray[np.float64]:
    """One score from several rankings of the same things.

    .. math:: score(d) = \\sum_r 1 / (60 + rank_r(d))

    with 0 for a ranking d is not in (Cormack, Clarke & Buettcher 2009, doi 10.1145/1571941.1572114).

    Parameters
    ----------
    *rankings
        For each ranking the rank from 1 of every thing; None where it is not in the ranking.

    >>> reciprocal_rank_fusion([1, 2], [None, 1]).round(5).tolist()
    [0.01639, 0.03252]
    """
    parts = [
        [0.0 if rank is None else 1.0 / (RANK_CONSTANT + rank) for rank in ranking]
        for ranking in rankings
    ]
    return np.sum(parts, axis=0, dtype=float)


def bm25(
    texts: pl.Series,
    keywords: Sequence[str],
    *,
    whole_word: bool | None = None,
    ignore_case: bool = True,
) -> NDArray[np.float64]:
    """How well each text answers to some keywords; 0 where it holds none.

    .. math:: \\sum_w \\ln(1 + (N - n_w + 0.5) / (n_w + 0.5)) \\cdot
              f (k_1 + 1) / (f + k_1 (1 - b + b \\cdot length / mean\\ length))

    with f the hits of w in the text, n_w the texts with a hit, lengths in words, k1 = 1.2, b = 0.75
    (Robertson & Zaragoza 2009, doi 10.1561/1500000019, with the logarithm kept positive).

    Parameters
    ----------
    texts
        Texts to be ranked, which are also what frequencies are taken from.
    keywords
        Words and phrases.

    Raises
    ------
    BadInput
        If a keyword is empty.
    """
    lengths = texts.str.count_matches(r"\S+").to_numpy().astype(float)
    mean = lengths.mean() if len(lengths) and lengths.any() else 1.0
    damped = _K1 * (1 - _B + _B * lengths / mean)
    scores = np.zeros(len(texts))
    for word in keywords:
        sought = expression(word, whole_word=whole_word, ignore_case=ignore_case)
        hits = texts.str.count_matches(sought).to_numpy().astype(float)
        with_hit = np.count_nonzero(hits)
        rarity = np.log1p((len(texts) - with_hit + 0.5) / (with_hit + 0.5))
        scores += rarity * hits * (_K1 + 1) / (hits + damped)
    return scores
