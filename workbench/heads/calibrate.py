"""From scores out of fold to probabilities that hold, and to the cut-offs that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.heads.head import assigned, probabilities

__all__ = ["Aim", "Calibration", "fit_calibration", "fit_thresholds"]

Aim: TypeAlias = Literal["f1", "share"]
"""What cut-offs of labels that are assigned one by one are for: best F1, or true counts."""

_POWERS = np.linspace(0, 1, 11)
_CUTS = np.linspace(0.05, 0.95, 91)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """From scores to probabilities and labels; k labels.

    Attributes
    ----------
    exclusive : bool
    scale, offset, thresholds : ndarray of shape (k,)
        As in `workbench.heads.Head`.
    """

    exclusive: bool
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        scores: NDArray[np.float64],
        targets: NDArray[np.float64],
        *,
        exclusive: bool,
        aim: Aim = "f1",
    ) -> Calibration:
        """Fit on scores (n, k) of what had not learned from these rows."""
        scale, offset = fit_calibration(scores, targets, exclusive=exclusive)
        held_out = probabilities(scores, scale, offset, exclusive=exclusive)
        cuts = fit_thresholds(held_out, targets, exclusive=exclusive, aim=aim)
        return cls(exclusive, scale, offset, cuts)

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (n, k)."""
        return probabilities(scores, self.scale, self.offset, exclusive=self.exclusive)

    def assign(self, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which labels are assigned at these probabilities, shape (n, k)."""
        return assigned(probability, self.thresholds, exclusive=self.exclusive)


def fit_calibration(
    scores: NDArray[np.float64], targets: NDArray[np.float64], *, exclusive: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit scale and offset by maximum likelihood on scores that the head had not learned from.

    Exclusive labels share one scale (temperature) and have an offset each; labels that are
    assigned one by one have a scale and an offset each (Platt scaling). A weak pull towards
    scale 1 and offset 0 keeps rare labels finite.

    Parameters
    ----------
    scores, targets : shape (n, k)

    Returns
    -------
    scale, offset : ndarray of shape (k,)

    References
    ----------
    Guo et al. (2017), https://arxiv.org/abs/1706.04599; Platt (1999).
    """
    k = scores.shape[1]
    if exclusive:
        found = _minimise(scores, targets, exclusive=True)
        return np.full(k, found[0]), found[1:] - found[1:].mean()
    pairs = [_minimise(scores[:, [j]], targets[:, [j]], exclusive=False) for j in range(k)]
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def fit_thresholds(
    probability: NDArray[np.float64],
    targets: NDArray[np.float64],
    *,
    exclusive: bool,
    aim: Aim = "f1",
) -> NDArray[np.float64]:
    """Find cut-offs on probabilities out of fold.

    For exclusive labels t_k = (share of k) ** power, one power between 0 (most probable label) and
    1 (label that gained most over its share) for all labels, that with the best mean F1. Otherwise
    one cut-off per label, 0.5 for labels that never occur: that with the best F1, or, with the aim
    "share", that which assigns a label as often as it is true, so that counts of labels hold. Flat
    tops are broken towards 0 and 0.5.

    Returns
    -------
    ndarray of shape (k,)
        Cut-offs, greater than 0.
    """
    truth = targets > 0.5
    if exclusive:
        truth = np.arange(targets.shape[1]) == targets.argmax(axis=1)[:, None]
        share = np.maximum(targets.mean(axis=0), 1e-6)
        gained = []
        for power in _POWERS:
            best = (probability / share**power).argmax(axis=1)
            guess = np.arange(targets.shape[1]) == best[:, None]
            gained.append(
                float(np.mean([_f1(truth[:, j], guess[:, j]) for j in range(len(share))]))
            )
        return np.asarray(share ** _POWERS[int(np.argmax(gained))])
    if aim == "share":
        return _share_cuts(probability, truth)
    order = _CUTS[np.argsort(np.abs(_CUTS - 0.5), kind="stable")]
    cuts = []
    for j in range(targets.shape[1]):
        reached = [_f1(truth[:, j], probability[:, j] >= cut) for cut in order]
        cuts.append(order[int(np.argmax(reached))] if truth[:, j].any() else 0.5)
    return np.array(cuts)


def _share_cuts(probability: NDArray[np.float64], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Per label, the probability of rank m from the top where m utterances are true."""
    ranked = -np.sort(-probability, axis=0)
    often = truth.sum(axis=0)
    cuts = ranked[np.maximum(often - 1, 0), np.arange(truth.shape[1])]
    return np.where(often > 0, np.maximum(cuts, 1e-6), 0.5)


def _minimise(
    scores: NDArray[np.float64], targets: NDArray[np.float64], *, exclusive: bool
) -> NDArray[np.float64]:
    from scipy.optimize import minimize

    n, k = scores.shape
    start = np.concatenate([[1.0], np.zeros(k)])

    def loss(values: NDArray[np.float64]) -> float:
        p = probabilities(scores, np.full(k, values[0]), values[1:], exclusive=exclusive)
        p = np.clip(p, 1e-12, 1 - 1e-12)
        fit = -(targets * np.log(p)).sum()
        if not exclusive:
            fit -= ((1 - targets) * np.log(1 - p)).sum()
        return float((fit + 0.5 * ((values - start) ** 2).sum()) / n)

    bounds = [(0.05, 20.0), *[(-20.0, 20.0)] * k]
    return np.asarray(minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def _f1(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    total = int(truth.sum() + guess.sum())
    return 2 * float((truth & guess).sum()) / total if total else 0.0
