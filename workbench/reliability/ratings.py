"""Ratings: units x coders, the one shape that every coefficient of agreement reads.

Whatever came in (Layers, a long table, a matrix) is a table of category numbers here, with all
categories of the codebook, used or not: a coefficient that counts categories must not depend on which of
them a sample happens to hold. -1 stands for a missing cell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput

__all__ = ["LEVELS", "MISSING", "Level", "Origin", "Ratings"]

#: How categories relate: mere names, ranks, numbers with differences, numbers with a zero, or sets of labels.
Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio", "sets"]

LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval", "ratio", "sets")

#: Where categories come from.
Origin: TypeAlias = Literal["codebook", "use", "label"]

#: Code of a missing cell.
MISSING = -1


@dataclass(frozen=True, slots=True)
class Ratings:
    """What each coder said of each unit.

    Parameters
    ----------
    codes : ndarray of int, shape (n_units, n_coders)
        Position of the given category in `categories`; -1 where a coder did not code a unit.
    categories : tuple
        All categories of the codebook in its order: labels, for numeric levels the distinct numbers
        (ascending), for sets `frozenset`s of labels.
    units : tuple
        Id of each unit.
    coders : tuple of str
        Name of each coder.
    sources : ndarray, shape (n_units,)
        Cluster of each unit (the source of its conversation), over which intervals are made.
    level : {"nominal", "ordinal", "interval", "ratio", "sets"}
        How the categories relate.
    labels : tuple
        All labels of the codebook; the categories themselves unless these are sets.
    kinds : tuple of str
        Kind of each coder: human, gold, model, llm, rule (default: human).
    origin : {"codebook", "use", "label"}
        Where the categories come from: all of a codebook, those in use, or one label and all others.

    Raises
    ------
    BadInput
        If the parts do not fit each other.
    """

    codes: NDArray[np.intp]
    categories: tuple[Hashable, ...]
    units: tuple[Hashable, ...]
    coders: tuple[str, ...]
    sources: NDArray[Any]
    level: Level = "nominal"
    labels: tuple[Hashable, ...] = ()
    kinds: tuple[str, ...] = ()
    origin: Origin = "codebook"

    def __post_init__(self) -> None:
        """Fill in what follows from the rest, and refuse parts that do not fit."""
        if not self.labels:
            object.__setattr__(self, "labels", _labels_of(self.categories, self.level))
        if not self.kinds:
            object.__setattr__(self, "kinds", ("human",) * len(self.coders))
        if self.level not in LEVELS:
            raise BadInput.unknown("level of measurement", str(self.level), LEVELS)
        if self.codes.shape != (len(self.units), len(self.coders)):
            raise BadInput(
                f"codes have shape {self.codes.shape}; expected one line for each of "
                f"{len(self.units)} units and one column for each of {len(self.coders)} coders."
            )
        if len(self.sources) != len(self.units) or len(self.kinds) != len(self.coders):
            raise BadInput("There has to be one source for each unit and one kind for each coder.")
        if len(set(self.categories)) != len(self.categories):
            raise BadInput("The categories have to be distinct.")
        if len(set(self.coders)) != len(self.coders):
            raise BadInput(f"The coders have to be distinct; got {list(self.coders)}.")
        if self.codes.size and not (
            self.codes.min() >= MISSING and self.codes.max() < len(self.categories)
        ):
            raise BadInput(f"codes have to lie between -1 and {len(self.categories) - 1}.")

    @classmethod
    def build(
        cls,
        values: Sequence[Sequence[Any]] | NDArray[Any],
        *,
        categories: Sequence[Hashable] | None = None,
        level: Level = "nominal",
        units: Iterable[Hashable] | None = None,
        coders: Sequence[str] | None = None,
        sources: ArrayLike | None = None,
        labels: Sequence[Hashable] = (),
        kinds: Sequence[str] = (),
    ) -> Ratings:
        """Make ratings of a units x coders table of values; None and NaN are missing cells.

        Parameters
        ----------
        values : shape (n_units, n_coders)
            Categories as they are: labels, numbers, or sets of labels.
        categories
            All categories in order; default: those that occur, sorted.
        level, units, coders, sources, labels, kinds
            As in `Ratings`; units are numbered, coders are "1", "2", ... and each unit is its own
            source where not given.

        Raises
        ------
        BadInput
            If a value is not among the categories, or the parts do not fit.

        Examples
        --------
        >>> Ratings.build([["a", "b"], ["b", None]]).codes.tolist()
        [[0, 1], [1, -1]]
        """
        rows = [list(row) for row in values]
        width = len(coders) if coders is not None else (len(rows[0]) if rows else 0)
        if any(len(row) != width for row in rows):
            raise BadInput(
                f"Every unit needs {width} values, one for each coder (None: not coded)."
            )
        if level == "sets":
            rows = [[None if _is_missing(v) else frozenset(v) for v in row] for row in rows]
        origin: Origin = "use" if categories is None else "codebook"
        if categories is None:
            categories = _sorted({v for row in rows for v in row if not _is_missing(v)})
        position = {category: number for number, category in enumerate(categories)}
        codes = np.full((len(rows), width), MISSING, dtype=np.intp)
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if _is_missing(value):
                    continue
                if value not in position:
                    raise BadInput.unknown(
                        "category", _text(value), [_text(name) for name in categories]
                    )
                codes[line, column] = position[value]
        names = tuple(coders) if coders is not None else tuple(str(n + 1) for n in range(width))
        ids = tuple(units) if units is not None else tuple(range(len(rows)))
        return cls(
            codes=codes,
            categories=tuple(categories),
            units=ids,
            coders=names,
            sources=np.arange(len(rows)) if sources is None else np.asarray(sources),
            level=level,
            labels=tuple(labels),
            kinds=tuple(kinds),
            origin=origin,
        )

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.units)

    @property
    def n_coders(self) -> int:
        """Number of coders."""
        return len(self.coders)

    def of(self, coders: Iterable[str]) -> Ratings:
        """Keep some coders, in the order given; units that none of them coded stay, as missing cells."""
        wanted = tuple(coders)
        for name in wanted:
            if name not in self.coders:
                raise BadInput.unknown("coder", name, self.coders)
        columns = [self.coders.index(name) for name in wanted]
        return replace(
            self,
            codes=self.codes[:, columns],
            coders=wanted,
            kinds=tuple(self.kinds[column] for column in columns),
        )

    def rows(self, mask: ArrayLike) -> Ratings:
        """Keep some units: a mask of shape (n_units,) or row numbers."""
        kept = np.arange(self.n_units)[np.asarray(mask)]
        return replace(
            self,
            codes=self.codes[kept],
            units=tuple(self.units[row] for row in kept),
            sources=self.sources[kept],
        )

    def holds(self, label: Hashable) -> Ratings:
        """Ask of each cell whether it is (sets: contains) this label; categories (False, True).

        Raises
        ------
        BadInput
            If there is no such label.

        Examples
        --------
        >>> Ratings.build([["a", "b"], ["b", None]]).holds("b").codes.tolist()
        [[0, 1], [1, -1]]
        """
        if label not in self.labels:
            raise BadInput.unknown("label", str(label), [str(name) for name in self.labels])
        truth = np.array(
            [_holds(category, label, self.level) for category in self.categories], dtype=np.intp
        )
        found = np.full_like(self.codes, MISSING)
        given = self.codes != MISSING
        found[given] = truth[self.codes[given]]
        return replace(
            self,
            codes=found,
            categories=(False, True),
            level="nominal",
            labels=(False, True),
            origin="label",
        )


def _holds(category: Hashable, label: Hashable, level: Level) -> bool:
    if level == "sets" and isinstance(category, frozenset):
        return label in category
    return category == label


def _labels_of(categories: Sequence[Hashable], level: Level) -> tuple[Hashable, ...]:
    if level != "sets":
        return tuple(categories)
    return _sorted({label for one in categories if isinstance(one, frozenset) for label in one})


def _sorted(values: Iterable[Hashable]) -> tuple[Hashable, ...]:
    """Numbers by size, sets by their labels, the rest by its text: the same for every order of rows."""
    distinct = list(values)
    if all(isinstance(value, (int, float, np.number)) for value in distinct):
        return tuple(sorted(distinct))  # type: ignore[type-var]
    return tuple(sorted(distinct, key=lambda value: (_text(value), str(type(value)))))


def _text(value: Hashable) -> str:
    if isinstance(value, frozenset):
        return " + ".join(sorted(str(label) for label in value)) or "(none)"
    return str(value)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))
