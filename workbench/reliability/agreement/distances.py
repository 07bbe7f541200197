"""How far two codes are apart: the distances and weights of the coefficients of agreement.

What the coefficients need is the distance of given pairs (observed disagreement) and the sum over all pairs
of two tables of counts (expected disagreement). Names and squared differences have closed forms for the
second, so that no categories x categories matrix is made for them.

Sources
-------
Krippendorff (2011), Computing Krippendorff's alpha-reliability, https://repository.upenn.edu/asc_papers/43
(differences for nominal, ordinal, interval and ratio codes).
Passonneau (2006), Measuring agreement on set-valued items (MASI), https://aclanthology.org/L06-1392
Cohen (1968), https://doi.org/10.1037/h0026256 (weights of disagreement).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

__all__ = [
    "Difference",
    "DistanceName",
    "Matrix",
    "Names",
    "Squares",
    "Table",
    "Weights",
    "numeric",
    "ratio_matrix",
    "sets_matrix",
    "weight_matrix",
]

#: Distances of Krippendorff's alpha.
DistanceName: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio", "masi", "jaccard"]

#: Weights of disagreement between ordered codes: by name, or a table of shape (k, k) with zeros on its
#: diagonal (Cohen 1968).
Weights: TypeAlias = Literal["linear", "quadratic"] | ArrayLike

#: Distinct values for which a table of all distances is still made (200 MB).
MOST_VALUES = 5_000


class Difference(ABC):
    """A distance between k categories, known by their positions."""

    @abstractmethod
    def between(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
        """Distance of each pair of positions."""


class Table(Difference):
    """A distance that is also summed over two tables of counts."""

    @abstractmethod
    def product(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over all pairs of categories of count x count x distance, for each line of counts.

        Parameters
        ----------
        one, other : ndarray of shape (lines, k)
            Counts of each category.

        Returns
        -------
        ndarray of shape (lines,)
        """


@dataclass(frozen=True)
class Names(Table):
    """0 for the same category, else 1; no table is made."""

    def between(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
        """Distance of each pair of positions."""
        return (one != other).astype(float)

    def product(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        """All pairs less the pairs of equal categories."""
        return one.sum(axis=1) * other.sum(axis=1) - (one * other).sum(axis=1)


@dataclass(frozen=True)
class Matrix(Table):
    """Any distances, given as a table of shape (k, k)."""

    table: NDArray[np.float64]

    def between(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
        """Distance of each pair of positions."""
        return self.table[one, other]

    def product(self, one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        """One product of counts and table."""
        return ((one @ self.table) * other).sum(axis=1)


@dataclass(frozen=True)
class Squares(Difference):
    """Squared difference of points on a line; sums over all pairs follow from moments."""

    points: NDArray[np.float64]

    def between(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.float64]:
        """Distance of each pair of positions."""
        return np.square(self.points[one] - self.points[other])


def numeric(categories: Sequence[Hashable], *, level: str) -> NDArray[np.float64]:
    """Categories of a numeric level as numbers.

    Raises
    ------
    BadInput
        If a category is no finite number, or a ratio level has negative ones.
    """
    try:
        points = np.array([float(value) for value in categories])  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadInput(f"Codes of level {level!r} have to be numbers.") from error
    if not np.isfinite(points).all():
        raise BadInput(f"Codes of level {level!r} have to be finite numbers.")
    if level == "ratio" and (points < 0).any():
        raise BadInput("Codes of level 'ratio' have a natural zero and cannot be negative.")
    return points


def ratio_matrix(points: NDArray[np.float64]) -> Matrix:
    """Make the distances ((a - b) / (a + b))^2, 0 between two zeros."""
    _check_size(len(points))
    gaps, sums = points[:, None] - points, points[:, None] + points
    return Matrix(np.square(np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums != 0)))


def sets_matrix(categories: Sequence[Hashable], *, name: str) -> Matrix:
    """Distances between sets of labels.

    Jaccard: 1 - |A and B| / |A or B|. MASI: 1 - that share x m, where m is 1 for equal sets, 2/3 where
    one holds the other, 1/3 where they overlap and 0 where they do not. Two empty sets are equal; an
    empty set and any other are 1 apart.

    Parameters
    ----------
    categories : sequence of frozenset
    name : {"masi", "jaccard"}
    """
    _check_size(len(categories))
    sets = [one if isinstance(one, frozenset) else frozenset([one]) for one in categories]
    labels = {label: n for n, label in enumerate(dict.fromkeys(x for one in sets for x in one))}
    member = np.zeros((len(sets), max(1, len(labels))))
    for line, one in enumerate(sets):
        member[line, [labels[label] for label in one]] = 1
    size = member.sum(axis=1)
    both = member @ member.T
    smaller = np.minimum(size[:, None], size)
    either = size[:, None] + size - both
    share = np.divide(both, either, out=np.ones_like(both), where=either > 0)
    if name == "masi":
        overlap = np.where(both == smaller, 2 / 3, 1 / 3)
        share = share * np.where(both == either, 1.0, overlap)
    return Matrix(1 - share)


def weight_matrix(weights: Weights, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of disagreement between ordered codes.

    Parameters
    ----------
    weights : {"linear", "quadratic"} or array-like of shape (k, k)
        Differences or squared differences of the points; or the weights themselves.
    points : ndarray of shape (k,)
        Ranks of ordinal codes, values of numeric ones.

    Raises
    ------
    BadInput
        If the name is unknown, or the table does not fit the codes.
    """
    gaps = np.abs(points[:, None] - points)
    if isinstance(weights, str):
        if weights not in ("linear", "quadratic"):
            raise BadInput.unknown("weights", weights, ["linear", "quadratic"])
        return gaps if weights == "linear" else gaps**2
    table = np.asarray(weights, dtype=float)
    if table.shape != gaps.shape:
        raise BadInput(
            f"weights have shape {table.shape}; expected one line and column for each of "
            f"{len(points)} codes of the codebook."
        )
    if not (table >= 0).all() or np.diag(table).any() or not (table == table.T).all():
        raise BadInput(
            "weights of disagreement are not negative, 0 between equal codes, and the same both ways."
        )
    return table


def _check_size(k: int) -> None:
    if k > MOST_VALUES:
        raise BadInput(
            f"There are {k:,} distinct values, more than {MOST_VALUES:,}: take level='interval', "
            "round the values, or use an intraclass correlation."
        )
