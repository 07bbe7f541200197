"""The difference of two groups' figures, whose units may lie in the same sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.two_phase import About, Corrected, Estimator

__all__ = ["difference_of"]


def difference_of(
    parts: Sequence[Corrected],
    units: Units,
    groups: Sequence[NDArray[np.bool_]],
    *,
    about: About,
) -> tuple[Corrected, dict[Estimator, float]]:
    """First less second of two groups' figures, and degrees of freedom of each estimator.

    A source is left out of both groups at once. Degrees of freedom are Welch and Satterthwaite's, of
    two independent groups; where groups share sources, there are at most as many as sources that were
    left out, less one.

    Parameters
    ----------
    parts
        Figures of both groups.
    units
        Units of the corpus, n of them.
    groups : two ndarrays of shape (n,)
        Which units are in each group.
    """
    if about == "corpus":
        return _of_two_draws(*parts)
    both = units.of(groups[0] | groups[1])
    joint = np.unique(units.sources[groups[0] | groups[1]])
    first, second = (
        _over(part, joint, np.unique(units.sources[group]))
        for part, group in zip(parts, groups, strict=True)
    )
    found = replace(
        first,
        automatic=first.automatic - second.automatic,
        human=first.human - second.human,
        corrected=first.corrected - second.corrected,
        automatic_replicates=first.automatic_replicates - second.automatic_replicates,
        human_replicates=first.human_replicates - second.human_replicates,
        corrected_replicates=first.corrected_replicates - second.corrected_replicates,
    )
    alone = [units.of(group) for group in groups]
    drawn = [own.n_drawn_sources for own in alone], both.n_drawn_sources
    whole = [own.n_sources for own in alone], both.n_sources
    sources: dict[Estimator, tuple[list[int], int]] = {
        "automatic": whole,
        "human": drawn,
        "corrected": drawn,
    }
    df: dict[Estimator, float] = {}
    for name, (counts, together) in sources.items():
        squares = [float(getattr(part, f"{name}_replicates").var()) for part in (first, second)]
        df[name] = min(_welch(squares, [count - 1 for count in counts]), together - 1)
    return found, df


def _of_two_draws(first: Corrected, second: Corrected) -> tuple[Corrected, dict[Estimator, float]]:
    """Difference about the corpus at hand, of groups that were drawn apart."""
    found = replace(
        first,
        automatic=first.automatic - second.automatic,
        human=first.human - second.human,
        corrected=first.corrected - second.corrected,
        human_error=np.hypot(first.human_error, second.human_error),
        corrected_error=np.hypot(first.corrected_error, second.corrected_error),
    )
    df: dict[Estimator, float] = {}
    drawn: tuple[Estimator, ...] = ("human", "corrected")
    for name in drawn:
        squares = [float(getattr(part, f"{name}_error")[0]) ** 2 for part in (first, second)]
        df[name] = _welch(squares, [first.df, second.df])
    return found, df


def _over(part: Corrected, joint: NDArray[np.intp], own: NDArray[np.intp]) -> Corrected:
    """Replicates for all sources of both groups: one that is not in a group leaves it as it is."""
    at = np.searchsorted(joint, own)

    def spread(value: NDArray[np.float64], replicates: NDArray[np.float64]) -> NDArray[np.float64]:
        full = np.tile(value, (len(joint), 1))
        full[at] = replicates
        return full

    return replace(
        part,
        automatic_replicates=spread(part.automatic, part.automatic_replicates),
        human_replicates=spread(part.human, part.human_replicates),
        corrected_replicates=spread(part.corrected, part.corrected_replicates),
    )


def _welch(variances: Sequence[float], freedom: Sequence[float]) -> float:
    total = sum(variances)
    if not total > 0:
        return float(min(freedom))
    return total**2 / sum(v**2 / df for v, df in zip(variances, freedom, strict=True))
