"""Values of the coefficients in resamples of sources: the sources' sums times how often each was drawn."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.agreement.coefficients import Coefficient
from workbench.reliability.agreement.sums import Codings, Sums
from workbench.statistics import Method
from workbench.statistics.clusters import draw_clusters, times_drawn
from workbench.statistics.intervals import choose_method

__all__ = ["Part", "replicates_of"]

_BLOCK = 4_000_000  # numbers held at once
_MANY = 1_000  # sources from which on it pays to look for equal ones


@dataclass(frozen=True)
class Part:
    """One coefficient of one table: sums of the sources that are drawn, and of those that stay."""

    coefficient: Coefficient
    coded: Codings
    form: Sums
    drawn: NDArray[np.float64]
    fixed: NDArray[np.float64]

    @classmethod
    def of(cls, coefficient: Coefficient, coded: Codings, form: Sums) -> Part:
        """Tell the sources with doubly coded units from the rest."""
        paired = form.paired > 0
        fixed = form.totals[~paired].sum(axis=0)
        return cls(coefficient, coded, form, form.totals[paired], fixed)

    @property
    def n_clusters(self) -> int:
        """Sources that are drawn."""
        return len(self.drawn)

    def values(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of resamples of the drawn sources, given their sums."""
        step = max(1, _BLOCK // max(1, sums.shape[1]))
        return np.concatenate(
            [
                self.form.value(sums[begin : begin + step] + self.fixed)
                for begin in range(0, max(1, len(sums)), step)
            ]
        )

    @cached_property
    def patterns(self) -> tuple[NDArray[np.intp], NDArray[np.float64]] | None:
        """Which sources have equal sums, and these sums; None where hardly any do.

        Where every unit is a source of its own there are thousands of sources and a few dozen patterns.
        """
        if self.n_clusters < _MANY:
            return None
        rows = np.ascontiguousarray(self.drawn)
        texts = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
        _, first, pattern = np.unique(texts, return_index=True, return_inverse=True)
        return (pattern, rows[first]) if 4 * len(first) <= len(rows) else None

    def resampled(
        self, block: NDArray[np.intp], times: Callable[[], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Values of the resamples in a block of draws; `times` gives how often each source is in each."""
        if self.patterns is None:
            return self.values(times() @ self.drawn)
        pattern, rows = self.patterns
        counts = [np.bincount(pattern[line], minlength=len(rows)) for line in block]
        return self.values(np.array(counts, dtype=float) @ rows)

    @property
    def whole(self) -> float:
        """The coefficient of all units."""
        if not self.n_clusters:
            return math.nan
        return float(self.values(self.drawn.sum(axis=0, keepdims=True))[0])


def replicates_of(
    parts: list[Part], method: Method, resamples: int, random_state: int
) -> list[NDArray[np.float64]]:
    """Values without each source in turn, or of resamples; parts with equally many sources share draws."""
    made: list[list[NDArray[np.float64]]] = [[] for _ in parts]
    shared: dict[int, list[int]] = defaultdict(list)
    for number, part in enumerate(parts):
        if part.n_clusters < 2 or part.coefficient.name == "percent":
            continue
        if choose_method(method, part.n_clusters) == "jackknife":
            made[number].append(part.values(part.drawn.sum(axis=0) - part.drawn))
        else:
            shared[part.n_clusters].append(number)
    for groups, numbers in shared.items():
        for block in draw_clusters(groups, resamples=resamples, random_state=random_state):
            times = cache(partial(times_drawn, block))
            for number in numbers:
                made[number].append(parts[number].resampled(block, times))
    return [np.concatenate(values) if values else np.empty(0) for values in made]
