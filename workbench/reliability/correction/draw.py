"""What was drawn, with which probability: weights, strata, and pieces that were drawn as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.correction.fits import Cells

__all__ = ["Pieces", "Units", "unseen_variance"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]

_LEAST = 3  # sources with drawn units that a stratum needs to be kept apart


@dataclass(frozen=True, eq=False)
class Units:
    """Who belongs where, and what was drawn; n units.

    Attributes
    ----------
    sources, strata : ndarray of int, shape (n,)
        Numbered from 0; strata that are too thin are pooled by `corrected_coefficients`.
    probability : ndarray of float, shape (n,)
        Inclusion probability of the drawn units; nan for those not drawn.
    """

    sources: Integers
    strata: Integers
    probability: Floats

    @cached_property
    def drawn(self) -> NDArray[np.bool_]:
        """Which units have human codes."""
        return ~np.isnan(self.probability)

    @cached_property
    def pooled_strata(self) -> Integers:
        """Strata with drawn units in at least three sources; the others are one stratum."""
        pairs = np.unique(np.column_stack([self.strata, self.sources])[self.drawn], axis=0)
        sources = np.bincount(pairs[:, 0], minlength=int(self.strata.max(initial=0)) + 1)
        thin = np.isin(self.strata, np.flatnonzero(sources < _LEAST))
        if not thin.any():
            return self.strata
        rest = len(np.unique(self.sources[thin & self.drawn]))
        if rest < _LEAST and not thin.all():
            # too thin even together: they join the largest
            thin |= self.strata == np.argmax(sources)
        return np.unique(np.where(thin, -1, self.strata), return_inverse=True)[1]

    @cached_property
    def weights(self) -> Floats:
        """1 / pi of the drawn units, scaled to the size of each stratum; 0 elsewhere."""
        raw = np.where(self.drawn, 1 / np.where(self.drawn, self.probability, 1), 0)
        strata = self.pooled_strata
        sizes, sums = np.bincount(strata), np.bincount(strata, weights=raw)
        return raw * (sizes / sums)[strata]

    def of(self, rows: NDArray[np.bool_]) -> Units:
        """Some of the units."""
        return Units(
            np.unique(self.sources[rows], return_inverse=True)[1],
            np.unique(self.strata[rows], return_inverse=True)[1],
            self.probability[rows],
        )

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return int(self.sources.max(initial=-1)) + 1

    @property
    def n_drawn_sources(self) -> int:
        """Sources with at least one human-coded unit."""
        return len(np.unique(self.sources[self.drawn]))


@dataclass(frozen=True, eq=False)
class Pieces:
    """What was drawn as one: p pieces, each in one stratum.

    Attributes
    ----------
    cells : Cells
        Piece and stratum of each drawn unit.
    left : ndarray of shape (p,)
        1 - pi: the smaller, the less is unknown about the rest. 1 for pieces of which only a part was
        coded (two-stage draws), which is on the wide side.
    correction : ndarray of shape (p,)
        n_h / (n_h - 1) of the piece's stratum.
    df : float
        Pieces minus strata.
    """

    cells: Cells
    left: Floats
    correction: Floats
    df: float

    @classmethod
    def of(cls, units: Units, strata: Integers, together: Integers | None) -> Pieces:
        """Gather the drawn units into pieces; without `together` each is one."""
        drawn = units.drawn
        groups = np.arange(len(drawn)) if together is None else together
        names, first, piece = np.unique(groups[drawn], return_index=True, return_inverse=True)
        whole = np.bincount(groups)[names] == np.bincount(piece)
        left = np.where(whole, (1 - units.probability[drawn])[first], 1.0)
        stratum = strata[drawn]
        counts = np.bincount(stratum[first])
        correction = counts / np.maximum(counts - 1, 1)
        df = float(max(1, len(names) - len(np.unique(stratum))))
        return cls(Cells(piece, stratum, len(names)), left, correction[stratum[first]], df)

    def error(self, replicates: Floats, estimate: Floats) -> Floats:
        """Standard error of the draw from estimates without each piece in turn; nan if one is."""
        moved = (replicates - estimate) ** 2
        return np.asarray(np.sqrt((moved * (self.left / self.correction)[:, None]).sum(axis=0)))


def unseen_variance(units: Units, coded: Floats, together: Integers | None) -> float:
    """Variance of a share that a draw cannot show: strata whose drawn units were all coded alike.

    A rare code may be there all the same. With n pieces drawn of such a stratum its share is taken to
    vary like p = 1 / (n + 2): (N_h / N)^2 (1 - pi) p (1 - p) / n, summed over these strata.
    """
    strata, drawn = units.pooled_strata, units.drawn
    pieces = np.arange(len(drawn)) if together is None else together
    total = 0.0
    for stratum in range(int(strata.max(initial=-1)) + 1):
        inside = strata == stratum
        rows = inside & drawn
        if len(np.unique(coded[rows])) > 1 or rows.sum() == inside.sum():
            continue
        n = len(np.unique(pieces[rows]))
        share = 1 / (n + 2)
        left = 1 - rows.sum() / inside.sum()
        total += (inside.sum() / len(drawn)) ** 2 * left * share * (1 - share) / n
    return float(total)
