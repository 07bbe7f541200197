"""Positions in a source as places in its text, however the program that wrote them counted.

The standard counts Unicode characters. Programs on Windows count a line end as two, or leave one of
the two out, count characters beyond the 65,536th twice, or count the mark at the start of the file.
Which way a source was counted is decided by the selections whose names are the words they mark.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, product

__all__ = ["Counting", "choose_counting"]

_SHORTEST = 4
"""Letters from which a name that equals the words at a place is no accident."""

_AS_WRITTEN = "characters"


@dataclass(frozen=True, slots=True)
class Counting:
    """One way of counting: its name, and the positions at which each character begins."""

    name: str
    begins: Sequence[int]

    def place(self, position: int) -> int:
        """Index in the text of a position."""
        return bisect_left(self.begins, position)


def choose_counting(
    text: str, marked: Sequence[tuple[int, int, str]], *, byte_order_mark: bool
) -> tuple[Counting, bool]:
    """The way of counting that fits best, and whether names confirm it or nothing else is possible.

    Parameters
    ----------
    text
        Words of a source without the mark at its start.
    marked
        Start, end and name of each selection.
    byte_order_mark
        Whether the file began with one.
    """
    ways = _ways(text, byte_order_mark)
    if len(ways) == 1:
        return ways[0], True
    named = [each for each in marked if len(_folded(each[2])) >= _SHORTEST]
    fits = [sum(_quotes(text, way, each) for each in named) for way in ways]
    best = max(range(len(ways)), key=lambda place: fits[place])
    last = max((end for _, end, _ in marked), default=0)
    same = all(way.place(last) == ways[0].place(last) for way in ways)
    return ways[best], fits[best] > 0 or same


def _ways(text: str, byte_order_mark: bool) -> list[Counting]:
    """Ways of counting that differ on this text, the standard's first."""
    widths: list[tuple[str, Callable[[str], int]]] = [(_AS_WRITTEN, lambda _sign: 1)]
    if any(ord(sign) > 0xFFFF for sign in text):
        widths.append(("UTF-16 units", lambda sign: 2 if ord(sign) > 0xFFFF else 1))
    ends: list[tuple[str, dict[str, int]]] = [("", {})]
    if "\r\n" in text:
        ends.append((", a line end as one", {"\r": 0}))
    elif "\n" in text:
        ends.append((", a line end as two", {"\n": 2}))
    starts = [("", 0)] + [(", with the mark at the start", 1)] * byte_order_mark
    ways = []
    for (unit, width), (line, special), (mark, offset) in product(widths, ends, starts):
        sizes = (special.get(sign, width(sign)) for sign in text)
        ways.append(Counting(f"{unit}{line}{mark}", list(accumulate(sizes, initial=offset))))
    return ways


def _quotes(text: str, way: Counting, marked: tuple[int, int, str]) -> bool:
    """Whether the name of a selection is the words at its place, or the beginning of them."""
    start, end, name = marked
    words = _folded(text[way.place(start) : way.place(end)])
    quote = _folded(name.removesuffix("…").removesuffix("..."))
    return bool(words) and bool(quote) and (words.startswith(quote) or quote == words)


def _folded(text: str) -> str:
    return " ".join(text.split())
