"""Which utterances are unlike those a head learned from, judged by their embeddings alone.

The training embeddings are summed up by their mean and the directions in which they vary most. An
utterance is far away where much of its embedding lies outside that space: its distance is the squared
length of the remainder. It counts as out of domain above the 95th percentile of such distances of
training utterances whose source had no part in the space, so about 5 % of talk of the training kind
does too. Every direction rests on at least 50 utterances, and no single embedding is kept.

Tried on AnnoMI: the remainder after 32 directions tells MELD (34 % of its utterances out of domain for
the helper head, 36 % for the client head) and GoEmotions (66 and 69 %) from held-out videos (5 and 5 %)
as well as the nearest training utterance does, and better than distances to 10 to 40 centroids. ESConv,
which is helping talk too, stands between (10 and 17 %).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.heads import grouped_folds

__all__ = ["Domain", "fit_domain"]

_DIRECTIONS = 32
_UTTERANCES = 50  # per direction, at least
_FOLDS = 5
_INSIDE = 0.95
_BLOCK = 4096  # embeddings looked at at once


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """The space of the training embeddings, of d dimensions and r directions.

    Attributes
    ----------
    center : ndarray of float32, shape (d,)
    directions : ndarray of float32, shape (r, d)
        Orthonormal rows.
    threshold
        Distance above which an utterance is out of domain.
    expected
        Share of utterances of the training kind that are called out of domain.
    """

    center: NDArray[np.float32]
    directions: NDArray[np.float32]
    threshold: float
    expected: float

    def distance(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Squared length of what lies outside the space, shape (n,)."""
        return _remainder(np.asarray(embeddings), self.center, self.directions)

    def outside(self, embeddings: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which embeddings, shape (n, d), are of utterances out of domain, shape (n,)."""
        return self.distance(embeddings) > self.threshold

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Arrays by name, for a file."""
        return {
            "center": self.center,
            "directions": self.directions,
            "threshold": np.array([self.threshold, self.expected], np.float32),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float32]]) -> Domain:
        """Read what `arrays` gave."""
        threshold, expected = (round(float(x), 6) for x in arrays["threshold"])
        return cls(arrays["center"], arrays["directions"], threshold, expected)


def fit_domain(
    embeddings: NDArray[np.float32], sources: NDArray[np.str_], *, random_state: int = 7
) -> Domain:
    """Fit the space on all embeddings, its threshold on folds that keep sources whole.

    Parameters
    ----------
    embeddings : shape (n, d)
    sources : shape (n,)
        At least five different ones.

    Raises
    ------
    InsufficientData
        If there are fewer sources.
    """
    vectors = np.asarray(embeddings, np.float32)
    fold = grouped_folds(sources.tolist(), folds=_FOLDS, random_state=random_state)
    distance = np.empty(len(vectors))
    for left_out in range(_FOLDS):
        test = fold == left_out
        distance[test] = _remainder(vectors[test], *_space(vectors[~test]))
    threshold = round(float(np.float32(np.quantile(distance, _INSIDE))), 6)
    return Domain(*_space(vectors), threshold=threshold, expected=round(1 - _INSIDE, 6))


def _space(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    center = vectors.mean(axis=0, dtype=np.float64)
    spread = np.cov(vectors.astype(np.float64) - center, rowvar=False)
    wanted = min(_DIRECTIONS, len(vectors) // _UTTERANCES)
    # eigh gives ascending eigenvalues
    directions = np.linalg.eigh(np.atleast_2d(spread))[1][:, ::-1][:, :wanted].T
    return center.astype(np.float32), np.ascontiguousarray(directions, np.float32)


def _remainder(
    vectors: NDArray[np.float32], center: NDArray[np.float32], directions: NDArray[np.float32]
) -> NDArray[np.float64]:
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), _BLOCK):
        moved = vectors[start : start + _BLOCK].astype(np.float32) - center
        within = moved @ directions.T
        length = (moved.astype(np.float64) ** 2).sum(axis=1)
        found[start : start + _BLOCK] = length - (within.astype(np.float64) ** 2).sum(axis=1)
    return found
