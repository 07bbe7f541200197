"""Penalised logistic regression over the feature table, for soft targets, by L-BFGS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.heads.head import Weights
from workbench.heads.spec import FeatureSpec

if TYPE_CHECKING:
    from workbench.heads.fit import Recipe

__all__ = ["fit_linear"]


def fit_linear(
    table: NDArray[np.float32],
    targets: NDArray[np.float64],
    *,
    features: FeatureSpec,
    exclusive: bool,
    recipe: Recipe,
) -> Weights:
    """Minimise mean cross-entropy plus sum_j lambda_j |w_j|^2 / n.

    Parameters
    ----------
    table : shape (n, f)
        Feature table; dense columns are standardised inside where they are surface features, those
        of an early layer centred and brought to a mean squared length of 1, those of a reader
        standardised each and brought to that length, and the weights are brought back to the columns
        as they are.
    targets : shape (n, k)
        Share of coders that gave each label (0 or 1 where there was one coder).
    features
        What the columns are.
    exclusive
        Softmax over the labels, or one logistic regression per label.
    recipe
        Penalties lambda, per kind of column.

    Returns
    -------
    Weights
    """
    from scipy.optimize import minimize

    dense = features.width - features.hashed
    center, scale = _standardisation(table[:, :dense], features)
    blocks = _Blocks(table, dense, center, scale)
    penalty = _penalties(features, recipe)[:, None] / len(table)
    k = targets.shape[1]

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(-1, k)
        loss, slope = _loss(blocks.times(weights[:-1]) + weights[-1], targets, exclusive)
        gradient = np.vstack([blocks.transposed_times(slope), slope.sum(axis=0)])
        gradient[:-1] += 2 * penalty * weights[:-1]
        return loss + float((penalty * weights[:-1] ** 2).sum()), gradient.ravel()

    found: Any = minimize(
        objective,
        np.zeros((features.width + 1) * k),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": recipe.iterations, "ftol": 1e-7, "maxcor": 10},
    )
    weight, bias = found.x.reshape(-1, k)[:-1], found.x.reshape(-1, k)[-1]
    weight[:dense] /= scale[:, None]
    bias = bias - center @ weight[:dense]
    return Weights(weight.astype(np.float32), bias.astype(np.float32))


class _Blocks:
    """The table as a dense part and a sparse one, for products with weights and with slopes."""

    def __init__(
        self,
        table: NDArray[np.float32],
        dense: int,
        center: NDArray[np.float64],
        scale: NDArray[np.float64],
    ) -> None:
        from scipy.sparse import csr_matrix

        self.dense = ((table[:, :dense] - center) / scale).astype(np.float32)
        self.hashed = csr_matrix(table[:, dense:], dtype=np.float32)
        self.hashed_across = self.hashed.T.tocsr()

    def times(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores, shape (n, k)."""
        small = weights.astype(np.float32)
        cut = self.dense.shape[1]
        return (self.dense @ small[:cut] + self.hashed @ small[cut:]).astype(np.float64)

    def transposed_times(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gradient over the weights, shape (f, k)."""
        small = slope.astype(np.float32)
        parts = [self.dense.T @ small, self.hashed_across @ small]
        return np.vstack(parts).astype(np.float64)


def _loss(
    scores: NDArray[np.float64], targets: NDArray[np.float64], exclusive: bool
) -> tuple[float, NDArray[np.float64]]:
    """Mean cross-entropy and its slope over the scores."""
    n = len(scores)
    if exclusive:
        top = scores.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scores - top).sum(axis=1, keepdims=True)) + top
        logs = scores - log_sum
        return float(-(targets * logs).sum() / n), (np.exp(logs) - targets) / n
    softplus = np.logaddexp(0, scores)
    slope = 1 / (1 + np.exp(-np.clip(scores, -500, 500))) - targets
    return float((softplus - targets * scores).sum() / n), slope / n


def _standardisation(
    dense: NDArray[np.float32], features: FeatureSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    center, scale = np.zeros(dense.shape[1]), np.ones(dense.shape[1])
    for kind in ("surface", "context surface", "relation"):
        at = features.columns(kind)
        part = dense[:, at].astype(np.float64)
        center[at] = part.mean(axis=0)
        spread = part.std(axis=0)
        scale[at] = np.where(spread > 1e-6, spread, 1)
    early = features.columns("early embedding")
    if len(early):  # its vectors share most of their length, which says nothing; one scale for all
        part = dense[:, early].astype(np.float64)
        center[early] = part.mean(axis=0)
        scale[early] = max(float(np.sqrt(part.var(axis=0).sum())), 1e-6)
    read = features.columns("reader")
    if len(read):  # hidden states differ in scale by orders of magnitude; together of length 1
        part = dense[:, read].astype(np.float64)
        center[read] = part.mean(axis=0)
        scale[read] = np.maximum(part.std(axis=0), 1e-6) * np.sqrt(len(read))
    return center, scale


def _penalties(features: FeatureSpec, recipe: Recipe) -> NDArray[np.float64]:
    penalty = np.empty(features.width)
    penalty[features.columns("embedding")] = recipe.turn_penalty
    penalty[features.columns("surface")] = recipe.surface_penalty
    penalty[features.columns("relation")] = recipe.surface_penalty
    penalty[features.columns("context embedding")] = recipe.context_penalty
    penalty[features.columns("context surface")] = 10 * recipe.context_penalty
    penalty[features.columns("early embedding")] = recipe.early_penalty
    penalty[features.columns("reader")] = recipe.reader_penalty
    penalty[features.columns("hashed")] = recipe.hashed_penalty
    return penalty
