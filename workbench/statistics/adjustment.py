"""P values adjusted for the number of tests made together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput

__all__ = ["benjamini_hochberg", "holm"]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values so that the chance of any false finding stays at the level.

    Step-down Bonferroni: with p sorted upwards, the adjusted value is the running
    maximum of (m - i) * p_i, i = 0..m-1, at most 1.

    Parameters
    ----------
    p_values : sequence of float or None
        None where no test was possible; such entries stay None and are not counted.

    Returns
    -------
    list of float or None
        Adjusted values, in the order given.

    Raises
    ------
    BadInput
        If a value lies outside 0..1 or is NaN.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    tested, order, where = _sorted(p_values)
    m = len(tested)
    steps = np.maximum.accumulate(tested * np.arange(m, 0, -1))
    return _restore(np.minimum(steps, 1.0), order, where, len(p_values))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values so that the expected share of false findings stays at the level.

    Step-up: with p sorted upwards, the adjusted value is the running minimum from
    the largest on of m / i * p_i, i = 1..m. Holds for independent or positively
    dependent tests.

    Parameters
    ----------
    p_values : sequence of float or None
        None where no test was possible; such entries stay None and are not counted.

    Returns
    -------
    list of float or None
        Adjusted values, in the order given.

    Raises
    ------
    BadInput
        If a value lies outside 0..1 or is NaN.

    References
    ----------
    Benjamini and Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    tested, order, where = _sorted(p_values)
    m = len(tested)
    scaled = tested * m / np.arange(1, m + 1)
    steps = np.minimum.accumulate(scaled[::-1])[::-1]
    return _restore(np.minimum(steps, 1.0), order, where, len(p_values))


def _sorted(
    p_values: Sequence[float | None],
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Sorted p values, their order, and where they stood."""
    where = np.array([i for i, p in enumerate(p_values) if p is not None], dtype=np.intp)
    tested = np.array([p for p in p_values if p is not None], dtype=float)
    bad = ~((tested >= 0) & (tested <= 1))
    if bad.any():
        raise BadInput(f"p value {int(where[bad][0])} does not lie between 0 and 1.")
    order = np.argsort(tested, kind="stable")
    return tested[order], order, where


def _restore(
    adjusted: NDArray[np.float64], order: NDArray[np.intp], where: NDArray[np.intp], length: int
) -> list[float | None]:
    """Put adjusted values back where they stood."""
    result: list[float | None] = [None] * length
    for value, position in zip(adjusted, where[order], strict=True):
        result[position] = float(value)
    return result
