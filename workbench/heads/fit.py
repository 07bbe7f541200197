"""Train a head: weights on everything, calibration and cut-offs on scores out of grouped folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.heads.calibrate import Aim, Calibration
from workbench.heads.folds import grouped_folds
from workbench.heads.head import Head, Weights
from workbench.heads.linear import fit_linear
from workbench.heads.spec import FeatureSpec
from workbench.progress import track

__all__ = ["OutOfFold", "Recipe", "fit_head", "out_of_fold"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is trained; defaults suit some thousand coded utterances.

    Parameters
    ----------
    turn_penalty, surface_penalty, context_penalty, hashed_penalty, early_penalty, reader_penalty
        Squared-weight penalty on the embedding of the turn itself, on (standardised) surface
        features and relations, on embeddings of previous turns (ten times that on their surface
        features), on n-grams, on the turn's vector after an early layer (centred, of mean squared
        length 1), on what a language model makes of it (standardised, of that length).
    folds
        Grouped folds for calibration and cut-offs.
    iterations
        Most steps of the optimiser.
    aim
        Cut-offs of labels that are assigned one by one: best F1, or labels as often as they are
        true.
    """

    turn_penalty: float = 0.5
    surface_penalty: float = 0.3
    context_penalty: float = 10.0
    hashed_penalty: float = 0.7
    early_penalty: float = 1.0
    reader_penalty: float = 0.2
    folds: int = 5
    iterations: int = 80
    aim: Aim = "f1"


def fit_head(
    table: ArrayLike,
    targets: ArrayLike,
    groups: Sequence[str],
    *,
    name: str,
    labels: Sequence[str],
    exclusive: bool,
    features: FeatureSpec,
    encoder: str,
    recipe: Recipe | None = None,
    random_state: int = 7,
) -> Head:
    """Train, calibrate and cut; the same input gives the same head.

    Parameters
    ----------
    table : array-like of shape (n, f)
        Feature table made by `workbench.heads.features` with `features`.
    targets : array-like of shape (n, k)
        1 where a label holds, else 0; shares where several coders saw the utterance. Rows of an
        exclusive head sum to 1.
    groups
        What must not be cut (video, client, thread), one per row.
    name, labels, exclusive, features, encoder
        As in `Head`.
    recipe
        How to train.
    random_state
        Seed of the folds.

    Returns
    -------
    Head
        With an empty card.

    Raises
    ------
    BadInput
        If shapes do not fit each other.
    InsufficientData
        If there are fewer groups than folds.
    """
    how = recipe or Recipe()
    given, wanted = _checked(table, targets, labels, exclusive, features)
    fold = grouped_folds(groups, folds=how.folds, random_state=random_state)
    scores = np.empty(wanted.shape)
    for left_out in track(range(how.folds), doing=f"Training {name}"):
        weights = _fit(given[fold != left_out], wanted[fold != left_out], features, exclusive, how)
        scores[fold == left_out] = weights.scores(given[fold == left_out])
    how_sure = Calibration.fit(scores, wanted, exclusive=exclusive, aim=how.aim)
    return Head(
        name=name,
        labels=tuple(labels),
        exclusive=exclusive,
        features=features,
        weights=_fit(given, wanted, features, exclusive, how),
        scale=how_sure.scale,
        offset=how_sure.offset,
        thresholds=how_sure.thresholds,
        encoder=encoder,
    )


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """Predictions for rows whose group the head had not seen.

    Attributes
    ----------
    probability : ndarray of shape (n, k)
    assigned : ndarray of bool, shape (n, k)
    fold : ndarray of int, shape (n,)
    """

    probability: NDArray[np.float64]
    assigned: NDArray[np.bool_]
    fold: NDArray[np.intp]


def out_of_fold(
    table: ArrayLike,
    targets: ArrayLike,
    groups: Sequence[str],
    *,
    labels: Sequence[str],
    exclusive: bool,
    features: FeatureSpec,
    recipe: Recipe | None = None,
    folds: int = 5,
    random_state: int,
    fold: NDArray[np.intp] | None = None,
    adjust: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
) -> OutOfFold:
    """Predict every row by a head trained, calibrated and cut without its fold.

    Parameters
    ----------
    table, targets, groups, labels, exclusive, features, recipe
        As in `fit_head`.
    folds, random_state
        Number and seed of the outer folds; take seeds that served for no decision.
    fold
        Outer fold of each row, in place of random grouped ones (one coder per fold, say). Rows
        numbered -1 are used for training always and predicted never: theirs stay nan and False.
    adjust
        What is done to probabilities before labels are assigned; default: nothing.
    """
    given, wanted = _checked(table, targets, labels, exclusive, features)
    if fold is None:
        fold = grouped_folds(groups, folds=folds, random_state=random_state)
    group = np.asarray(groups)
    probability = np.full(wanted.shape, np.nan)
    assigned = np.zeros(wanted.shape, bool)
    for left_out in sorted({int(x) for x in fold} - {-1}):
        test = fold == left_out
        train = ~np.isin(group, group[test])
        head = fit_head(
            given[train],
            wanted[train],
            group[train].tolist(),
            name="held-out",
            labels=labels,
            exclusive=exclusive,
            features=features,
            encoder="",
            recipe=recipe,
            random_state=random_state,
        )
        found = head.predict_proba(given[test])
        probability[test] = found if adjust is None else adjust(found)
        assigned[test] = head.assign(probability[test])
    return OutOfFold(probability, assigned, fold)


def _fit(
    table: NDArray[np.float32],
    targets: NDArray[np.float64],
    features: FeatureSpec,
    exclusive: bool,
    recipe: Recipe,
) -> Weights:
    return fit_linear(table, targets, features=features, exclusive=exclusive, recipe=recipe)


def _checked(
    table: ArrayLike,
    targets: ArrayLike,
    labels: Sequence[str],
    exclusive: bool,
    features: FeatureSpec,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    given, wanted = np.asarray(table, np.float32), np.asarray(targets, np.float64)
    if given.ndim != 2 or given.shape[1] != features.width:
        raise BadInput(f"The table has the shape {given.shape}; expected {features.width} columns.")
    if wanted.shape != (len(given), len(labels)):
        raise BadInput(
            f"Targets have the shape {wanted.shape}; expected {(len(given), len(labels))}."
        )
    if ((wanted < 0) | (wanted > 1)).any():
        raise BadInput("Targets are 0, 1 or shares between them.")
    if exclusive and not np.allclose(wanted.sum(axis=1), 1):
        raise BadInput("Targets of exclusive labels must sum to 1 in each row.")
    return given, wanted
