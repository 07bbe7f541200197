"""What scoring needs to know of coded material, and macro-F1 over it as a statistic of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.statistics import Statistic, macro_f1_statistic, multilabel_macro_f1

if TYPE_CHECKING:
    from workbench.corpus import Scheme

__all__ = ["CodedMaterial", "Table", "label_names", "macro_f1_of", "mean_of"]

Table: TypeAlias = list[dict[str, Any]]
"""Rows with equal keys: a table of a card."""


class CodedMaterial(Protocol):
    """Coded utterances of one scheme, n of them with k labels; `Material` is one.

    Attributes
    ----------
    texts : the n utterances
    targets : ndarray, shape (n, k)
        Share of coders that gave each label.
    gold : ndarray of bool, shape (n, k)
        What is scored against.
    sources, conversations : ndarray of str, shape (n,)
        What must not be cut (video, client, thread), and the conversation, of each utterance.
    facets : name -> ndarray of str, shape (n,)
        `topic` and `quality` of the conversation, where there are such; empty where not known.
    votes : coder -> ndarray of shape (n, k), nan where that coder did not code
    shared : ndarray of bool, shape (n,)
        Which utterances more than two coders coded.
    """

    @property
    def texts(self) -> list[str]: ...  # noqa: D102
    @property
    def targets(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def gold(self) -> NDArray[np.bool_]: ...  # noqa: D102
    @property
    def sources(self) -> NDArray[np.str_]: ...  # noqa: D102
    @property
    def conversations(self) -> NDArray[np.str_]: ...  # noqa: D102
    @property
    def facets(self) -> Mapping[str, NDArray[np.str_]]: ...  # noqa: D102
    @property
    def votes(self) -> Mapping[str, NDArray[np.float64]]: ...  # noqa: D102
    @property
    def shared(self) -> NDArray[np.bool_]: ...  # noqa: D102


def label_names(table: NDArray[np.bool_], scheme: Scheme) -> list[str]:
    """Label of each row of an exclusive scheme."""
    return [scheme.labels[column] for column in table.argmax(axis=1)]


def macro_f1_of(gold: NDArray[np.bool_], assigned: NDArray[np.bool_], scheme: Scheme) -> Statistic:
    """Macro-F1 of assigned labels, as a statistic of row numbers."""
    if scheme.exclusive:
        truth, guess = label_names(gold, scheme), label_names(assigned, scheme)
        return macro_f1_statistic(truth, guess, scheme.labels)
    return lambda rows: multilabel_macro_f1(gold[rows], assigned[rows])


def mean_of(statistics: Sequence[Statistic]) -> Statistic:
    """Mean of statistics over the same rows (runs with folds of several seeds); None if one is."""

    def mean(rows: NDArray[np.intp]) -> float | None:
        values = [statistic(rows) for statistic in statistics]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(values) else None

    return mean
