"""Fit one logistic regression per label on many comments, a few hundred at a time.

The penalised fit of `workbench.heads` reads the whole table at every step; with 43,000 comments and
33,000 columns small steps over shuffled batches (AdamW) take a tenth of the time. The early end of
training and the pull of hashed weights towards 0 keep rare n-grams small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.emotion.comments import Comments
from workbench.heads import FeatureSpec, Weights
from workbench.heads.ngrams import sparse_ngrams
from workbench.heads.surface import surface_features

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["FEATURES", "Schedule", "Table", "build_table", "fit_weights"]

FEATURES = FeatureSpec(surface=True, hashed=1 << 15, ngrams=2, characters=5)
"""What the emotion head reads."""

_KEEP, _KEEP_SQUARE, _TINY = 0.9, 0.999, 1e-8  # AdamW, https://arxiv.org/abs/1711.05101
_WARM = 0.1  # share of steps in which the step size grows
_DENSE_SCALE = 10.0  # embeddings of length 1 against n-grams of length 1
_SURFACE_SCALE = 1 / 3
_BIAS = -4.0  # log-odds of a rare label, as a start


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the weights are fitted; chosen on folds of the training part alone.

    Parameters
    ----------
    epochs
        Passes over the comments.
    batch
        Comments per step.
    dense_step, hashed_step
        Largest step size of weights of embedding and surface, and of n-grams.
    decay
        Pull of n-gram weights towards 0, per unit of step size.
    """

    epochs: int = 6
    batch: int = 256
    dense_step: float = 2e-3
    hashed_step: float = 1e-2
    decay: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Feature table in two parts: dense of shape (n, d) and sparse of shape (n, hashed)."""

    dense: NDArray[np.float32]
    hashed: csr_matrix

    def take(self, rows: NDArray[np.intp]) -> Table:
        """Some of its rows."""
        return Table(self.dense[rows], self.hashed[rows])

    def scores(self, weights: Weights) -> NDArray[np.float64]:
        """Scores of a head over this table, shape (n, k)."""
        table = weights.weight.astype(np.float64)
        cut = self.dense.shape[1]
        return np.asarray(self.dense @ table[:cut] + self.hashed @ table[cut:] + weights.bias)


def build_table(comments: Comments, embeddings: NDArray[np.float32]) -> Table:
    """Make the table of `FEATURES`, equal to `workbench.heads.features` but sparse where it can be."""
    hashed = sparse_ngrams(
        comments.texts,
        columns=FEATURES.hashed,
        longest=FEATURES.ngrams,
        characters=FEATURES.characters,
    )
    return Table(np.hstack([embeddings, surface_features(comments.texts)]), hashed)


def fit_weights(
    table: Table,
    labels: NDArray[np.bool_],
    *,
    random_state: int,
    schedule: Schedule | None = None,
) -> Weights:
    """Minimise the mean cross-entropy of all labels; the same input gives the same weights.

    Returns
    -------
    Weights
        In half precision, which is what is shipped; for the columns as they are.
    """
    how = schedule or Schedule()
    center, scale = _scaling(table.dense)
    dense, targets = (table.dense - center) * scale, labels.astype(np.float32)
    state = _AdamW(
        [
            (dense.shape[1], how.dense_step, 0.0),
            (table.hashed.shape[1], how.hashed_step, how.decay),
        ],
        labels.shape[1],
        steps=how.epochs * -(-len(targets) // how.batch),
    )
    rng = np.random.default_rng(random_state)
    for _ in range(how.epochs):
        order = rng.permutation(len(targets))
        for start in range(0, len(order), how.batch):
            rows = order[start : start + how.batch]
            near, far = dense[rows], table.hashed[rows]
            scores = near @ state.weights[0] + far @ state.weights[1] + state.weights[2]
            slope = (1 / (1 + np.exp(-scores)) - targets[rows]) / len(rows)
            state.step([near.T @ slope, far.T @ slope, slope.sum(axis=0, keepdims=True)])
    first = state.weights[0] * scale[:, None]
    bias = state.weights[2][0] - center @ first
    return Weights(np.vstack([first, state.weights[1]]).astype(np.float16), bias.astype(np.float32))


def _scaling(dense: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centre and scale of the dense columns: embeddings by one factor, surface by their spread."""
    surface = FEATURES.columns("surface")
    center = np.zeros(dense.shape[1], np.float32)
    scale = np.full(dense.shape[1], _DENSE_SCALE, np.float32)
    center[surface] = dense[:, surface].mean(axis=0)
    spread = dense[:, surface].std(axis=0)
    scale[surface] = _SURFACE_SCALE / np.where(spread > 1e-6, spread, 1)
    return center, scale


class _AdamW:
    """Weights of the two parts and the bias, with running means of their slopes."""

    def __init__(self, parts: list[tuple[int, float, float]], k: int, *, steps: int) -> None:
        rows = [part[0] for part in parts]
        self.weights = [np.zeros((r, k), np.float32) for r in rows]
        self.weights.append(np.full((1, k), _BIAS, np.float32))
        self._sizes = [part[1] for part in parts] + [parts[-1][1]]
        self._decays = [part[2] for part in parts] + [0.0]
        self._means = [np.zeros_like(w) for w in self.weights]
        self._squares = [np.zeros_like(w) for w in self.weights]
        self._steps, self._done = steps, 0

    def step(self, slopes: list[Any]) -> None:
        """Move all weights once; the step size grows over the first tenth, then falls to 0."""
        self._done += 1
        done = self._done / self._steps
        size = min(done / _WARM, (1 - done) / (1 - _WARM))
        first, second = 1 - _KEEP**self._done, 1 - _KEEP_SQUARE**self._done
        for at, slope in enumerate(slopes):
            weight, mean, square = self.weights[at], self._means[at], self._squares[at]
            np.add(mean, (1 - _KEEP) * (slope - mean), out=mean)
            np.add(square, (1 - _KEEP_SQUARE) * (slope * slope - square), out=square)
            move = (mean / first) / (np.sqrt(square / second) + _TINY) + self._decays[at] * weight
            np.subtract(weight, np.float32(size * self._sizes[at]) * move, out=weight)
