"""Which topic of a refit is which topic of the fit: optimal assignment, by members and by embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOT_DRAWN", "Bars", "Matches", "match"]

NOT_DRAWN = -2
"""In place of a topic: the utterance's conversation is not in the subsample."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What a pair of partners must reach to count as the same topic.

    Attributes
    ----------
    membership : float
        Jaccard overlap of the members.
    similarity : float
        Cosine of the centroids.
    """

    membership: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Matches:
    """Partners of the fit's topics in one refit, arrays of shape (n_topics,).

    Attributes
    ----------
    partner : ndarray of int
        Partner by membership, -1 where there is none with a common member.
    membership : ndarray of float
        Jaccard overlap with it on the utterances of the refit, 0 where there is none.
    similarity : ndarray of float
        Cosine of the centroid with that of the partner by embedding, 0 where there is none.
    agreed : ndarray of bool
        Whether both assignments name the same partner.
    """

    partner: NDArray[np.intp]
    membership: NDArray[np.float64]
    similarity: NDArray[np.float64]
    agreed: NDArray[np.bool_]

    def recurs(self, bars: Bars) -> NDArray[np.bool_]:
        """Whether each topic came back: one partner, over both bars."""
        near = (self.membership >= bars.membership) & (self.similarity >= bars.similarity)
        return self.agreed & near


def match(
    ours: NDArray[np.integer],
    theirs: NDArray[np.integer],
    our_centres: NDArray[np.floating],
    their_centres: NDArray[np.floating],
) -> Matches:
    """Pair the topics of a fit with those of a refit, each with at most one.

    Two assignments, each with the greatest sum (Hungarian method): of the Jaccard overlaps of the
    members on the utterances that both hold (Hennig 2007, doi:10.1016/j.csda.2006.11.025), and of the
    cosines of the centroids (Greene, O'Callaghan and Cunningham 2014,
    doi:10.1007/978-3-662-44848-9_32, match topics in this way by their words).

    Parameters
    ----------
    ours, theirs : ndarray of int, shape (n_shared,)
        Topic of each shared utterance, 0, 1, ... or -1.
    our_centres, their_centres : ndarray of float, shapes (n_topics, d), (m_topics, d)
        Centroids, rows of length one.
    """
    overlap = _jaccard(ours, theirs, len(our_centres), len(their_centres))
    cosine = our_centres @ their_centres.T
    by_members, by_embedding = _assigned(overlap), _assigned(cosine)
    membership = _values(overlap, by_members)
    partner = np.where(membership > 0, by_members, -1)
    return Matches(
        partner=partner,
        membership=membership,
        similarity=_values(cosine, by_embedding),
        agreed=(partner >= 0) & (partner == by_embedding),
    )


def _jaccard(
    ours: NDArray[np.integer], theirs: NDArray[np.integer], n: int, m: int
) -> NDArray[np.float64]:
    """Members in common, by members of either, of every pair of topics: shape (n, m)."""
    cells = (ours.astype(np.intp) + 1) * (m + 1) + theirs + 1
    counts = np.bincount(cells, minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)
    common = counts[1:, 1:].astype(float)
    either = counts[1:].sum(axis=1)[:, None] + counts[:, 1:].sum(axis=0)[None, :] - common
    return np.divide(common, either, out=np.zeros_like(common), where=either > 0)


def _assigned(gains: NDArray[np.floating]) -> NDArray[np.intp]:
    """Column of each row in the assignment with the greatest sum; -1 for rows left over."""
    from scipy.optimize import linear_sum_assignment

    found = np.full(len(gains), -1, dtype=np.intp)
    rows, columns = linear_sum_assignment(gains, maximize=True)
    found[rows] = columns
    return found


def _values(gains: NDArray[np.floating], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    if not gains.size:
        return np.zeros(len(columns))
    return np.where(columns >= 0, gains[np.arange(len(gains)), columns], 0.0)
