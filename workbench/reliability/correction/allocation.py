"""Divide a sample among strata: Neyman allocation with a floor, and the width that comes of it.

Sizes are in proportion to N_h S_h (more where the automatic coder is less sure), but no inclusion
probability falls below a share of the mean one, so that no weight becomes large should the coder be
wrong where it felt sure.

Source: Neyman (1934), https://doi.org/10.2307/2342192; Cochran (1977), Sampling Techniques, chapter 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from workbench.reliability.correction.anticipation import Anticipated
from workbench.reliability.correction.double_coded import MIN_SOURCES

__all__ = ["Design", "allocate", "smallest_sizes"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Design:
    """Sizes and spreads of the strata, in pieces (units, or whole conversations)."""

    value: float
    sizes: Floats  # pieces in each stratum
    spread: Floats  # standard deviation of a piece's share, per stratum
    between: float  # variance that no coding can take away
    sources: Integers  # source of each piece
    stratum: Integers  # stratum of each piece
    stratum_of_unit: Integers

    @classmethod
    def of(
        cls,
        expected: Anticipated,
        pieces: NDArray,
        names: Sequence[str],
        sources: NDArray,
        correlation: float,
    ) -> Design:
        """Add units up to pieces and to sources."""
        strata = np.unique(np.asarray(names), return_inverse=True)[1]
        _, first, piece = np.unique(pieces, return_index=True, return_inverse=True)
        source = np.unique(sources, return_inverse=True)[1]
        per_piece = np.bincount(piece).mean()
        centred = expected.mean - expected.mean.mean()
        residual = centred - _slope(centred, expected.known, strata) * expected.known
        means = np.bincount(strata, residual) / np.bincount(strata)
        total = np.bincount(piece, residual - means[strata]) / per_piece
        chance = _summed(expected.variance, piece, correlation) / per_piece**2
        of_piece = strata[first]
        counts = np.bincount(of_piece).astype(float)
        spread = np.sqrt(np.bincount(of_piece, total**2 + chance) / counts)
        groups = int(source.max()) + 1
        by_source = np.bincount(source, centred) ** 2 + _summed(
            expected.variance, source, correlation
        )
        between = float(by_source.sum()) / len(source) ** 2 * groups / max(1, groups - 1)
        return cls(expected.value, counts, spread, between, source[first], of_piece, strata)

    def half_width(self, drawn: Floats, between: float, level: float, *, share: bool) -> float:
        """Half-width with so many pieces of each stratum; of shares on the log-odds."""
        weight = self.sizes / self.sizes.sum()
        # over sources, a delete-one jackknife finds n / (n - 1) times the variance of a stratum's mean
        pieces = np.maximum(drawn - 1, 1) if between else drawn
        variance = (weight**2 * (1 - drawn / self.sizes) * self.spread**2 / pieces).sum()
        missed = np.log1p(-np.minimum((drawn / self.sizes)[self.stratum], 1 - 1e-12))
        coded_sources = float((1 - np.exp(np.bincount(self.sources, missed))).sum())
        if coded_sources < MIN_SOURCES:
            return float("inf")
        half = float(stdtrit(coded_sources - 1, (1 + level) / 2) * np.sqrt(variance + between))
        if not share or not 0 < self.value < 1:
            return half
        middle, half = float(logit(self.value)), half / (self.value * (1 - self.value))
        return float(expit(middle + half) - expit(middle - half)) / 2


def _summed(variance: Floats, group: Integers, correlation: float) -> Floats:
    """Variance of each group's sum, with errors in a group correlated."""
    sizes = np.bincount(group)
    return np.bincount(group, variance) * (1 + (sizes - 1) * correlation)


def _slope(wanted: Floats, known: Floats, strata: Integers) -> float:
    """Weight of what is known within strata, between 0 and 1, as in the corrected estimate."""
    sizes = np.bincount(strata)
    inside = known - (np.bincount(strata, known) / sizes)[strata]
    square = float(inside @ inside)
    return float(np.clip(inside @ wanted / square, 0, 1)) if square > 1e-12 else 0.0


def allocate(total: float, design: Design, least: Floats, floor: float) -> Floats:
    """Neyman's sizes for a total, between the floor and all there are; whole numbers."""
    low = np.maximum(least, floor * total * design.sizes / design.sizes.sum())
    low = np.minimum(low, design.sizes)
    share = design.sizes * design.spread
    if share.sum() == 0:
        share = design.sizes
    few, many = 0.0, float((design.sizes / np.maximum(share, 1e-12)).max())
    for _ in range(60):
        middle = (few + many) / 2
        if np.clip(middle * share, low, design.sizes).sum() < total:
            few = middle
        else:
            many = middle
    return np.minimum(np.ceil(np.clip(many * share, low, design.sizes) - 1e-6), design.sizes)


def smallest_sizes(
    allocate: Callable[[float], Floats],
    width: Callable[[Floats], float],
    design: Design,
    wanted: float,
) -> Floats:
    """Sizes of the smallest total that reaches the wanted width."""
    few, many = 0, int(design.sizes.sum())
    while many - few > 1:
        middle = (few + many) // 2
        if width(allocate(middle)) <= wanted:
            many = middle
        else:
            few = middle
    return allocate(many)
