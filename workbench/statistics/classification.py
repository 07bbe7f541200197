"""Scores of a classifier as its model card shows them.

Labels are given, never guessed from the data, so that a class that a resample
happens to lack is not forgotten silently. Scores of probabilities are in
`workbench.statistics.calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.statistics.clusters import encode_groups
from workbench.statistics.intervals import Statistic

__all__ = [
    "confusion",
    "f1_by_label",
    "macro_f1",
    "macro_f1_statistic",
    "multilabel_macro_f1",
]


def confusion(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> NDArray[np.intp]:
    """Count items by true and predicted label.

    Parameters
    ----------
    truth, predicted : array-like of shape (n,)
        One label per item.
    labels : sequence of k distinct labels
        Order of rows and columns.

    Returns
    -------
    ndarray of int, shape (k, k)
        Rows are true labels, columns predicted ones.

    Raises
    ------
    BadInput
        If lengths differ or a label is not among `labels`.

    Examples
    --------
    >>> confusion(["a", "b", "b"], ["a", "a", "b"], ["a", "b"]).tolist()
    [[1, 0], [1, 1]]
    """
    cells = _cells(truth, predicted, labels)
    return np.bincount(cells, minlength=len(labels) ** 2).reshape(len(labels), len(labels))


def f1_by_label(
    truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]
) -> dict[Any, float | None]:
    """F1 of each label, 2 TP / (2 TP + FP + FN); None where a label never occurs."""
    table = confusion(truth, predicted, labels)
    scores = _f1(np.diag(table), table.sum(axis=1), table.sum(axis=0))
    return {
        label: None if np.isnan(score) else float(score)
        for label, score in zip(labels, scores, strict=True)
    }


def macro_f1(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> float | None:
    """Mean F1 over labels.

    A label that occurs neither in truth nor in predictions has no F1 and is left
    out of the mean; one that occurs and is never hit counts 0.

    Parameters
    ----------
    truth, predicted : array-like of shape (n,)
        One label per item.
    labels : sequence
        All labels.

    Returns
    -------
    float or None
        None for no items.

    Raises
    ------
    BadInput
        If lengths differ or a label is not among `labels`.

    Examples
    --------
    >>> macro_f1(["a", "b", "b"], ["a", "a", "b"], ["a", "b", "c"])
    0.6666666666666666
    """
    table = confusion(truth, predicted, labels)
    return _mean_f1(np.diag(table), table.sum(axis=1), table.sum(axis=0))


def macro_f1_statistic(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> Statistic:
    """Macro-F1 as a statistic of row numbers, for `cluster_interval` and its kin.

    Labels are encoded once, so a resample costs one `bincount`.

    Examples
    --------
    >>> score = macro_f1_statistic(["a", "b", "b"], ["a", "a", "b"], ["a", "b"])
    >>> score(np.array([0, 2]))
    1.0
    """
    cells, k = _cells(truth, predicted, labels), len(labels)

    def score(rows: NDArray[np.intp]) -> float | None:
        table = np.bincount(cells[rows], minlength=k * k).reshape(k, k)
        return _mean_f1(np.diag(table), table.sum(axis=1), table.sum(axis=0))

    return score


def multilabel_macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float | None:
    """Mean F1 over the columns of two 0/1 tables of shape (n, k).

    Columns without a 1 in either table are left out; None if that leaves none.

    Raises
    ------
    BadInput
        If the tables differ in shape or hold anything but 0 and 1.
    """
    true, guess = np.asarray(truth), np.asarray(predicted)
    if true.ndim != 2 or true.shape != guess.shape:
        raise BadInput(f"truth {true.shape} and predicted {guess.shape}: expected equal tables.")
    if not (np.isin(true, (0, 1)).all() and np.isin(guess, (0, 1)).all()):
        raise BadInput("truth and predicted must hold 0 and 1 only.")
    true, guess = true.astype(bool), guess.astype(bool)
    return _mean_f1((true & guess).sum(axis=0), true.sum(axis=0), guess.sum(axis=0))


def _cells(truth: ArrayLike, predicted: ArrayLike, labels: Sequence[Any]) -> NDArray[np.intp]:
    """Number of each item's cell in the confusion table, row by row."""
    true, guess = (
        _codes(v, labels, name=n) for v, n in ((truth, "truth"), (predicted, "predicted"))
    )
    if len(true) != len(guess):
        raise BadInput(f"{len(true)} true labels, but {len(guess)} predictions.")
    return true * len(labels) + guess


def _codes(values: ArrayLike, labels: Sequence[Any], *, name: str) -> NDArray[np.intp]:
    """Position of each value in `labels`."""
    position = {label: i for i, label in enumerate(labels)}
    if len(position) != len(labels):
        raise BadInput("labels must be distinct.")
    distinct, codes = encode_groups(values, name=name)
    unknown = [value for value in distinct.tolist() if value not in position]
    if unknown:
        raise BadInput.unknown("label", str(unknown[0]), [str(label) for label in labels])
    return np.array([position[value] for value in distinct.tolist()], dtype=np.intp)[codes]


def _f1(hits: NDArray, true: NDArray, guessed: NDArray) -> NDArray[np.float64]:
    """F1 per label from counts, NaN where a label never occurs."""
    present = true + guessed
    return np.divide(2.0 * hits, present, out=np.full(len(hits), np.nan), where=present > 0)


def _mean_f1(hits: NDArray, true: NDArray, guessed: NDArray) -> float | None:
    """Mean of the F1 values that exist."""
    scores = _f1(hits, true, guessed)
    defined = scores[~np.isnan(scores)]
    return float(defined.mean()) if len(defined) else None
