"""The forms of the coefficients: which sums over units they need, and how the value follows from these.

All are 1 - observed disagreement / expected disagreement. They differ in what a unit weighs, in how far two
codes are apart, and in where the expected disagreement comes from: the marginals of each coder (Cohen), of
all coders together (Scott, Fleiss, Krippendorff), prevalence (Gwet), or the number of categories alone
(Brennan and Prediger).

With missing cells a unit that one coder alone coded shows no agreement, but Fleiss' kappa and Gwet's
coefficients let it count for the marginals (Gwet 2014, chapter 2); Krippendorff's alpha leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.reliability.agreement.distances import (
    Difference,
    Matrix,
    Names,
    Squares,
    Table,
    numeric,
    ratio_matrix,
    sets_matrix,
    weight_matrix,
)
from workbench.reliability.agreement.sums import Codings, Sums, quotient
from workbench.reliability.ratings import LEVELS, Level

__all__ = [
    "ac1",
    "ac2",
    "alpha",
    "brennan_prediger",
    "cohen",
    "distances_for",
    "fleiss",
    "percent",
    "scott",
    "weighted",
]

_Array = NDArray[np.float64]

# sources x pairs of ranks held at once (400 MB)
_LARGEST = 50_000_000


# -- each unit weighs the same: percent, Scott, Fleiss, Gwet, Brennan and Prediger ---------------------


def _per_unit(
    coded: Codings,
    difference: Difference,
    largest: float,
    expected: Callable[[_Array], _Array],
    *,
    fewest: int = 1,
) -> Sums:
    """Mean disagreement of the units against a disagreement expected from mean shares of the categories.

    Columns: disagreement, paired units, then each category's share of its unit's codings, over the units
    with at least `fewest` codings. `expected` takes shares (lines, k) and gives disagreement on the scale
    0 to 1.
    """
    n = coded.codings
    pairs = np.where(n > 1, coded.scale / np.maximum(1, n * (n - 1)), 0.0)
    disagreement = coded.disagreement(2 * pairs, difference) / (largest or 1.0)
    shares = coded.marginals(np.where(n >= fewest, coded.scale / np.maximum(1, n), 0.0))
    totals = np.column_stack([disagreement, coded.scale * coded.paired, shares])

    def value(sums: _Array) -> _Array:
        observed = quotient(sums[:, 0], sums[:, 1])
        marginals = sums[:, 2:]
        share = quotient(marginals, marginals.sum(axis=1, keepdims=True))
        by_chance = expected(share)
        return 1 - quotient(observed, np.where(by_chance > 1e-12, by_chance, 0.0))

    return Sums(totals, coded.paired, value)


def percent(coded: Codings, _: object) -> Sums:
    """Percent agreement: disagreement is not set against anything."""
    return _per_unit(coded, Names(), 1.0, lambda share: np.ones(len(share)))


def _drawn_together(share: _Array) -> _Array:
    """Disagreement of two codings drawn from all coders' codings together."""
    return 1 - np.square(share).sum(axis=1)


def scott(coded: Codings, _: object) -> Sums:
    """Scott's pi: marginals of both coders together, over units that both coded."""
    return _per_unit(coded, Names(), 1.0, _drawn_together, fewest=2)


def fleiss(coded: Codings, _: object) -> Sums:
    """Fleiss' kappa: marginals of all coders together."""
    return _per_unit(coded, Names(), 1.0, _drawn_together)


def brennan_prediger(coded: Codings, _: object) -> Sums:
    """Brennan-Prediger: every category of the codebook is equally likely."""
    q = len(coded.ratings.categories)
    return _per_unit(coded, Names(), 1.0, lambda share: np.full(len(share), 1 - 1 / max(1, q)))


def _gwet(coded: Codings, table: _Array) -> Sums:
    """Make Gwet's coefficient for weights of disagreement between all q categories.

    Chance agreement is T / (q (q - 1)) * sum pi (1 - pi), T the sum of all weights of agreement.
    """
    q, largest = len(table), float(table.max(initial=0.0))
    total = q * q - table.sum() / (largest or 1.0)
    used = coded.used

    def expected(share: _Array) -> _Array:
        if q < 2:
            return np.full(len(share), np.nan)
        return 1 - total / (q * (q - 1)) * (share * (1 - share)).sum(axis=1)

    return _per_unit(coded, Matrix(table[np.ix_(used, used)]), largest, expected)


def ac1(coded: Codings, _: object) -> Sums:
    """Gwet's AC1."""
    q = len(coded.ratings.categories)
    return _gwet(coded, 1.0 - np.eye(q))


def ac2(coded: Codings, weights: object) -> Sums:
    """Gwet's AC2, with weights of disagreement by rank."""
    return _gwet(coded, _weights(coded, weights))


# -- two coders, each with marginals of its own: Cohen -------------------------------------------------


def _two_coders(coded: Codings, difference: Table) -> Sums:
    """Columns: disagreement, units, then the codings of one coder and of the other."""
    both = (coded.codings > 1).astype(float)
    k = len(coded.used)
    one, other = (coded.marginals(both, coder=column) for column in (0, 1))
    totals = np.column_stack([coded.disagreement(both, difference), coded.total(both), one, other])

    def value(sums: _Array) -> _Array:
        expected = difference.product(sums[:, 2 : 2 + k], sums[:, 2 + k :])
        return 1 - quotient(sums[:, 0] * sums[:, 1], expected)

    return Sums(totals, coded.paired, value)


def cohen(coded: Codings, _: object) -> Sums:
    """Cohen's kappa."""
    return _two_coders(coded, Names())


def weighted(coded: Codings, weights: object) -> Sums:
    """Cohen's weighted kappa."""
    used = coded.used
    return _two_coders(coded, Matrix(_weights(coded, weights)[np.ix_(used, used)]))


def _weights(coded: Codings, weights: object) -> _Array:
    """Weights of disagreement between all categories: by rank for ordinal codes, else by value."""
    ratings = coded.ratings
    points = (
        np.arange(float(len(ratings.categories)))
        if ratings.level == "ordinal"
        else numeric(ratings.categories, level=ratings.level)
    )
    return weight_matrix("linear" if weights is None else weights, points)  # type: ignore[arg-type]


# -- each coding weighs the same: Krippendorff ---------------------------------------------------------


def distances_for(level: Level) -> tuple[str, ...]:
    """Distances of alpha that a level allows; the last is the default."""
    if level == "sets":
        return ("nominal", "jaccard", "masi")
    return ("nominal", "ordinal", "interval", "ratio")[: LEVELS.index(level) + 1]


def alpha(coded: Codings, distance: object) -> Sums:
    """1 - (n - 1) * sum of observed distances / sum over all pairs of distances, n pairable codings.

    Columns: observed distances (ordinal: pairs of each two categories), then codings of each category.
    """
    name = distances_for(coded.ratings.level)[-1] if distance is None else str(distance)
    if name not in distances_for(coded.ratings.level):
        raise BadInput(
            f"distance={name!r} does not fit codes of level {coded.ratings.level!r}; "
            f"it may be one of {list(distances_for(coded.ratings.level))}."
        )
    n = coded.codings
    pairs = np.where(n > 1, coded.scale / np.maximum(1, n - 1), 0.0)
    if name == "ordinal":
        return _ordinal_alpha(coded, pairs)
    if name == "interval":
        return _interval_alpha(coded, pairs)
    counts = coded.marginals((n > 1).astype(float))
    difference = _difference(coded, name)
    totals = np.column_stack([coded.disagreement(2 * pairs, difference) / coded.scale, counts])

    def value(sums: _Array) -> _Array:
        codings = sums[:, 1:]
        observed = sums[:, 0] * (codings.sum(axis=1) - 1)
        return 1 - quotient(observed, difference.product(codings, codings))

    return Sums(totals, coded.paired, value)


def _interval_alpha(coded: Codings, pairs: _Array) -> Sums:
    """Make alpha for numbers, from moments: however many distinct values there are, four columns do."""
    points = numeric(
        [coded.ratings.categories[position] for position in coded.used],
        level=coded.ratings.level,
    )
    points = points - points.min(initial=np.inf)  # alpha is the same; whole numbers stay whole
    paired = (coded.codings > 1).astype(float)
    observed = coded.disagreement(2 * pairs, Squares(points)) / coded.scale
    moments = [coded.moment(paired, points**power) for power in (0, 1, 2)]

    def value(sums: _Array) -> _Array:
        apart, n, first, second = sums.T
        expected = 2 * (n * second - first**2)
        # equal points may leave a rounding error
        expected = np.where(expected > 1e-12 * n * second, expected, 0.0)
        return 1 - quotient(apart * (n - 1), expected)

    return Sums(np.column_stack([observed, *moments]), coded.paired, value)


def _ordinal_alpha(coded: Codings, pairs: _Array) -> Sums:
    """Make alpha for ranks: squared differences of the mid-ranks among the codings at hand."""
    cluster, low, high, sums_of_cells = coded.cells(2 * pairs)
    k, groups = len(coded.used), len(coded.paired)
    cells, column = np.unique(low * max(1, k) + high, return_inverse=True)
    below, above = np.divmod(cells, max(1, k))
    if groups * len(cells) > _LARGEST:
        raise BadInput(
            f"{k:,} ranks in {groups:,} sources are too many for ordinal alpha: take level='interval', or "
            "put the codes into fewer ranks."
        )
    counts = coded.marginals((coded.codings > 1).astype(float))
    observed = np.zeros((groups, len(cells)))
    observed[cluster, column] = sums_of_cells / coded.scale

    def value(sums: _Array) -> _Array:
        codings, met = sums[:, :k], sums[:, k:]
        n = codings.sum(axis=1, keepdims=True)
        rank = np.cumsum(codings, axis=1) - (codings + n) / 2  # mid-ranks, their mean is 0
        apart = (met * np.square(rank[:, above] - rank[:, below])).sum(axis=1)
        expected = 2 * n[:, 0] * (codings * rank**2).sum(axis=1)
        return 1 - quotient(apart * (n[:, 0] - 1), expected)

    return Sums(np.column_stack([counts, observed]), coded.paired, value)


def _difference(coded: Codings, name: str) -> Table:
    """Make the distance between the categories in use."""
    used = [coded.ratings.categories[position] for position in coded.used]
    if name == "nominal":
        return Names()
    if name in ("masi", "jaccard"):
        return sets_matrix(used, name=name)
    return ratio_matrix(numeric(used, level=coded.ratings.level))
