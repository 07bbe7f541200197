"""From probabilities of 28 emotions to those of coarser groups, calibrated.

That at least one emotion of group g holds would have the probability
``q_g = 1 - prod_(k in g) (1 - p_k)`` if emotions were independent given the text. They are not
(annoyance and anger go together, admiration and neutral exclude each other), so q_g is only where a
calibration starts: ``P_g = 1 / (1 + exp(-(a_g logit(q_g) + o_g)))`` with a_g and o_g fitted by
maximum likelihood on comments that the head had not learned from, as is the cut-off t_g.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.emotion.tiers import Tier, ontology
from workbench.errors import BadInput
from workbench.files import read_json, write_json
from workbench.heads.calibrate import fit_calibration, fit_thresholds
from workbench.heads.head import probabilities

__all__ = ["Rollup"]

_EDGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Rollup:
    """Calibration of one coarser tier.

    Attributes
    ----------
    tier
        `ekman` or `sentiment`.
    scale, offset
        a and o of each group, in the tier's order.
    thresholds
        Cut-offs; a group is assigned where its probability reaches its cut-off.
    """

    tier: Tier
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    @classmethod
    def fit(cls, tier: Tier, held_out: NDArray[np.float64], truth: NDArray[np.bool_]) -> Rollup:
        """Fit on emotions' probabilities out of fold, shape (n, 28), and their labels."""
        scores, targets = union_scores(tier, held_out), grouped_labels(tier, truth)
        scale, offset = fit_calibration(scores, targets.astype(float), exclusive=False)
        rolled = probabilities(scores, scale, offset, exclusive=False)
        cuts = fit_thresholds(rolled, targets.astype(float), exclusive=False)
        return cls(tier, scale, offset, cuts)

    @property
    def labels(self) -> tuple[str, ...]:
        """Groups, in order."""
        return ontology().labels(self.tier)

    def probabilities(self, emotions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the groups, shape (n, g), from those of the emotions, shape (n, 28)."""
        scores = union_scores(self.tier, emotions)
        return probabilities(scores, self.scale, self.offset, exclusive=False)

    def assign(self, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which groups are assigned."""
        return probability >= self.thresholds

    def to_dict(self) -> dict[str, Any]:
        """Fields as JSON-able values, per group."""
        numbers = zip(self.labels, self.scale, self.offset, self.thresholds, strict=True)
        return {
            label: {"scale": float(a), "offset": float(o), "threshold": float(t)}
            for label, a, o, t in numbers
        }

    @classmethod
    def from_dict(cls, tier: Tier, content: Mapping[str, Any]) -> Rollup:
        """Read what `to_dict` gave."""
        groups = [content[label] for label in ontology().labels(tier)]
        arrays = [np.array([g[key] for g in groups]) for key in ("scale", "offset", "threshold")]
        return cls(tier, *arrays)


def write_rollups(folder: Path, rollups: list[Rollup]) -> None:
    """Write `rollup.json` beside a head."""
    write_json(folder / "rollup.json", {rollup.tier: rollup.to_dict() for rollup in rollups})


def read_rollups(folder: Path) -> tuple[Rollup, Rollup]:
    """Read the calibrations of Ekman's groups and of sentiment.

    Raises
    ------
    BadInput
        If the file is absent or lacks a group.
    """
    path = folder / "rollup.json"
    try:
        content = read_json(path)
        return (
            Rollup.from_dict("ekman", content["ekman"]),
            Rollup.from_dict("sentiment", content["sentiment"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput.in_file(
            path,
            f"the calibration of emotion groups cannot be read ({type(error).__name__}).",
            remedy="Make the head again with `workbench train goemotions`.",
        ) from error


def union_scores(tier: Tier, emotions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of q_g, shape (n, g)."""
    member = ontology().membership(tier)
    absent = np.log1p(-np.clip(emotions, _EDGE, 1 - _EDGE)) @ member
    union = np.clip(-np.expm1(absent), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(union) - np.log1p(-union))


def grouped_labels(tier: Tier, emotions: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which groups hold, shape (n, g), where these emotions hold."""
    return np.asarray((emotions.astype(int) @ ontology().membership(tier)) > 0)
