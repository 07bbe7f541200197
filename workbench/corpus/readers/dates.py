"""Dates as messengers write them: three numbers whose order the whole file decides.

`3/4/24` is a day in March or in April. Impossible months tell, then that messages follow each other
in time; where both orders fit alike, the day is taken to come first, and this is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

__all__ = ["DateOrder", "as_date", "date_order"]

DateOrder = Literal["day first", "month first", "year first"]

_ORDERS: tuple[DateOrder, ...] = ("day first", "month first", "year first")
_PLACES = {"day first": (2, 1, 0), "month first": (2, 0, 1), "year first": (0, 1, 2)}
_YEARS = (1990, 2700)
"""From the first messengers to years of the Buddhist calendar."""


@lru_cache(maxsize=10_000)
def as_date(numbers: tuple[str, str, str], order: DateOrder) -> date | None:
    """Date of three numbers in an order; years of two digits are of this century."""
    year, month, day = (numbers[place] for place in _PLACES[order])
    if len(year) not in (2, 4) or max(len(month), len(day)) > 2:
        return None
    full = int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(full, int(month), int(day)) if _YEARS[0] <= full <= _YEARS[1] else None
    except ValueError:
        return None


def date_order(stated: Sequence[tuple[str, str, str]]) -> tuple[DateOrder, bool]:
    """In which order dates are written, and whether another one would do as well.

    Parameters
    ----------
    stated
        The three numbers of every message, in the order of the file.
    """
    marks: dict[DateOrder, tuple[int, int]] = {}
    for order in _ORDERS:
        days = [as_date(numbers, order) for numbers in stated]
        known = [day for day in days if day is not None]
        back = sum(later < earlier for earlier, later in pairwise(known))
        marks[order] = (len(days) - len(known), back)
    if all(len(numbers[0]) < 3 for numbers in stated):
        marks["year first"] = (marks["year first"][0], len(stated))  # only if nothing else fits
    best = min(_ORDERS, key=lambda order: marks[order])
    rivals = [order for order in _ORDERS if order != best and marks[order] == marks[best]]
    differs = any(
        as_date(numbers, best) != as_date(numbers, rival) for rival in rivals for numbers in stated
    )
    return best, differs
