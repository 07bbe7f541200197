"""The blend of the full-size head: its calibration, and its figures on folds it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.coding.full import blended
from workbench.coding.full_subjects import Subject
from workbench.coding.labelled import capped, parents_hold
from workbench.coding.scoring import Table, score_predictions
from workbench.heads import Calibration, OutOfFold

__all__ = ["blend_of", "scored_alone"]


def blend_of(
    subject: Subject,
    tagged: Mapping[int, NDArray[np.float64]],
    folds: Mapping[int, NDArray[np.intp]],
) -> tuple[Calibration, dict[str, Table]]:
    """The calibration of a blend, and its figures on folds that no part learned from."""
    runs, scores, parts = [], [], []
    for seed, scored in tagged.items():
        heads = subject.out_of_fold(folds[seed], seed)
        own = blended(scored, heads.probability, exclusive=subject.scheme.exclusive)
        runs.append(_calibrated_by_others(subject, own, heads.fold))
        scores.append(own)
        parts.append((scored, heads))
    targets = np.tile(subject.material.targets, (len(scores), 1))
    calibration = _calibration(subject, np.vstack(scores), targets)
    tables = score_predictions(subject.material, subject.scheme, runs, report_seeds=list(tagged))
    return calibration, {**tables, "Parts of the blend": _parts(subject, parts, runs)}


def _calibration(
    subject: Subject, scores: NDArray[np.float64], targets: NDArray[np.float64]
) -> Calibration:
    exclusive, aim = subject.scheme.exclusive, subject.recipe.aim
    return Calibration.fit(scores, targets, exclusive=exclusive, aim=aim)


def _calibrated_by_others(
    subject: Subject, scores: NDArray[np.float64], fold: NDArray[np.intp]
) -> OutOfFold:
    """Probabilities and labels of each fold with the calibration of the other folds."""
    probability, assigned = np.empty(scores.shape), np.empty(scores.shape, bool)
    for left_out in np.unique(fold):
        test = fold == left_out
        own = _calibration(subject, scores[~test], subject.material.targets[~test])
        scheme = subject.scheme
        probability[test] = capped(scheme, scheme.labels, own.probabilities(scores[test]))
        assigned[test] = parents_hold(scheme, scheme.labels, own.assign(probability[test]))
    return OutOfFold(probability, assigned, fold)


def _parts(
    subject: Subject,
    parts: Sequence[tuple[NDArray[np.float64], OutOfFold]],
    blends: Sequence[OutOfFold],
) -> Table:
    """Log loss against the coders' shares of each part by itself, mean over seeds."""
    tagged = [_calibrated_by_others(subject, scores, heads.fold) for scores, heads in parts]
    kinds = {
        "adapted language model": tagged,
        "head on its states": [heads for _, heads in parts],
        "both": blends,
    }
    return [
        {"part": kind, "log loss": float(np.mean([_log_loss(subject, run) for run in runs]))}
        for kind, runs in kinds.items()
    ]


def _log_loss(subject: Subject, run: OutOfFold) -> float:
    p, target = np.clip(run.probability, 1e-9, 1 - 1e-9), subject.material.targets
    loss = target * np.log(p)
    if not subject.scheme.exclusive:
        loss = loss + (1 - target) * np.log1p(-p)
    return float(-loss.sum(axis=1).mean())


def scored_alone(subject: Subject, folds: Mapping[int, NDArray[np.intp]]) -> dict[str, Table]:
    """Figures of heads by themselves, without a tagger."""
    runs = [subject.out_of_fold(fold, seed) for seed, fold in folds.items()]
    return score_predictions(subject.material, subject.scheme, runs, report_seeds=list(folds))
