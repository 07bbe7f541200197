"""Recurrence, overlap and agreement of refits with a fit, and the noise floor of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.topics.description import ctfidf_words
from workbench.topics.reassignment import centroids
from workbench.topics.stability.matching import NOT_DRAWN, Bars, Matches, match

__all__ = [
    "Series",
    "Words",
    "agreement",
    "average_jaccard",
    "calibrated",
    "pairwise_agreement",
    "word_overlap",
]

DISSOLVED = 0.5
"""Jaccard overlap up to which a cluster counts as dissolved (Hennig 2007)."""

FLOOR_QUANTILE = 0.95
"""Quantile of the matches among topics of shuffled embeddings that a true match must reach."""


@dataclass(frozen=True)
class Series:
    """A fit and its refits over the same utterances, with the partners of the fit's topics.

    Attributes
    ----------
    fit : ndarray of int, shape (n_utterances,)
        Topic 0, 1, ..., -1 for outliers.
    refits : ndarray of int, shape (n_refits, n_utterances)
        The same per refit; `NOT_DRAWN` for utterances that are not in its subsample.
    matches : tuple of Matches
        One per refit.
    """

    fit: NDArray[np.intp]
    refits: NDArray[np.int32]
    matches: tuple[Matches, ...]

    @classmethod
    def of(
        cls, points: NDArray[np.float32], fit: NDArray[np.intp], refits: NDArray[np.int32]
    ) -> Series:
        """Match every refit with the fit; `points` has one row per utterance."""
        centres = centroids(points, fit)
        matches = []
        for labels in refits:
            drawn = labels != NOT_DRAWN
            theirs = centroids(points[drawn], labels[drawn].astype(np.intp))
            matches.append(match(fit[drawn], labels[drawn], centres, theirs))
        return cls(fit, refits, tuple(matches))

    def membership(self) -> NDArray[np.float64]:
        """Jaccard overlaps, shape (n_refits, n_topics)."""
        return np.array([found.membership for found in self.matches])

    def similarity(self) -> NDArray[np.float64]:
        """Cosines with the partner by embedding, shape (n_refits, n_topics)."""
        return np.array([found.similarity for found in self.matches])

    def recurs(self, bars: Bars) -> NDArray[np.bool_]:
        """Which topic came back in which refit, shape (n_refits, n_topics)."""
        return np.array([found.recurs(bars) for found in self.matches])

    def core_shares(self, recurs: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Per utterance and topic, the share of its refits in which it was in that very topic.

        Shape (n_utterances, n_topics); 0 where the utterance was never drawn.
        """
        inside = np.zeros((len(self.fit), recurs.shape[1]))
        for labels, found, back in zip(self.refits, self.matches, recurs, strict=True):
            for topic in np.flatnonzero(back):
                inside[labels == found.partner[topic], topic] += 1
        drawn = (self.refits != NOT_DRAWN).sum(axis=0)[:, None]
        return np.divide(inside, drawn, out=np.zeros_like(inside), where=drawn > 0)


def calibrated(noise: Series) -> Bars:
    """Bars that a match must pass: what 95 % of the matches among shuffled embeddings do not.

    Members must besides overlap by half: below, a cluster is dissolved (Hennig 2007), and above,
    no second topic can overlap as much.
    """
    membership, similarity = noise.membership(), noise.similarity()
    if not membership.size:
        return Bars(DISSOLVED, -1.0)
    return Bars(
        max(DISSOLVED, float(np.quantile(membership, FLOOR_QUANTILE))),
        float(np.quantile(similarity, FLOOR_QUANTILE)),
    )


def agreement(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[float, float | None]:
    """Adjusted Rand index of two labellings on the utterances that both hold.

    Returns
    -------
    with_outliers : float
        Outliers count as a group of their own.
    without_outliers : float or None
        On the utterances with a topic in both; None where fewer than two are left.

    References
    ----------
    Hubert and Arabie (1985), https://doi.org/10.1007/BF01908075
    """
    from sklearn.metrics import adjusted_rand_score

    shared = (one != NOT_DRAWN) & (other != NOT_DRAWN)
    placed = shared & (one >= 0) & (other >= 0)
    whole = float(adjusted_rand_score(one[shared], other[shared]))
    if placed.sum() < 2:
        return whole, None
    return whole, float(adjusted_rand_score(one[placed], other[placed]))


def pairwise_agreement(refits: NDArray[np.int32], subsamples: Sequence[int]) -> pl.DataFrame:
    """`agreement` of all pairs of refits: `same_subsample`, `ari`, `ari_without_outliers`."""
    rows = [
        (subsamples[a] == subsamples[b], *agreement(refits[a], refits[b]))
        for a, b in combinations(range(len(refits)), 2)
    ]
    schema = {
        "same_subsample": pl.Boolean,
        "ari": pl.Float64,
        "ari_without_outliers": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class Words:
    """How topics are described, for fit and refits alike."""

    texts: Sequence[str]
    vocabulary: Sequence[str]
    token_pattern: str
    n_words: int = 10

    def of(self, topics: NDArray[np.integer]) -> dict[int, list[str]]:
        """Top words per topic, from a topic (or `NOT_DRAWN`) per text."""
        drawn = np.flatnonzero(topics != NOT_DRAWN)
        table = ctfidf_words(
            [self.texts[at] for at in drawn.tolist()],
            topics[drawn],
            vocabulary=self.vocabulary,
            token_pattern=self.token_pattern,
            n_words=self.n_words,
        )
        return dict(table.group_by("topic", maintain_order=True).agg("word").iter_rows())


def word_overlap(series: Series, at: NDArray[np.intp], words: Words) -> NDArray[np.float64]:
    """Mean over refits of `average_jaccard` between a topic's words and its partner's.

    Partners are those by membership; a refit without partner counts 0. Shape (n_topics,).
    """

    def by_text(labels: NDArray[np.integer]) -> NDArray[np.int64]:
        topics = np.full(len(words.texts), NOT_DRAWN, dtype=np.int64)
        drawn = labels != NOT_DRAWN
        topics[at[drawn]] = labels[drawn]
        return topics

    ours = words.of(by_text(series.fit))
    total = np.zeros(int(series.fit.max(initial=-1)) + 1)
    for labels, found in zip(series.refits, series.matches, strict=True):
        theirs = words.of(by_text(labels))
        for topic, partner in enumerate(found.partner):
            if partner >= 0:
                total[topic] += average_jaccard(ours.get(topic, []), theirs.get(int(partner), []))
    return total / len(series.refits)


def average_jaccard(one: Sequence[str], other: Sequence[str]) -> float:
    """Agreement of two ranked lists: mean over depths of the Jaccard overlap of their heads.

    Greene, O'Callaghan and Cunningham (2014), doi:10.1007/978-3-662-44848-9_32, eq. 2.

    >>> average_jaccard(["sleep", "bed"], ["sleep", "tired"])
    0.6666666666666666
    """
    depth = max(len(one), len(other))
    if not depth:
        return 0.0
    heads = [(set(one[:k]), set(other[:k])) for k in range(1, depth + 1)]
    return sum(len(a & b) / len(a | b) for a, b in heads) / depth
