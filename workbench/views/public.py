"""What a public view must not show: figures on few people, and what would let one work them out.

A cell of a table is *small* if fewer than k people (5 by default, setting WORKBENCH_FEWEST_SPEAKERS) stand
behind it. Where a cell is about both sides the smaller side counts: five conversations of one client are
about one client. The model of a chat (`assistant`, `system`, `tool`) is nobody.

Where cells add up to a total that is shown, one small cell could be worked out from the others: then the
smallest of the others is withheld too, until the withheld cells together stand for at least k people.
That holds for the totals named with a table (a topic over groups, a group over topics); totals over
several screens, columns or labels that imply each other are not searched for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import polars as pl

from workbench import settings
from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput

__all__ = ["Crowd", "counts_of", "fewest_speakers"]

_NOBODY = ("assistant", "system", "tool")
_WITHHELD = "withheld: a small group could be worked out from it"

Cell: TypeAlias = tuple[Any, ...]
People: TypeAlias = Mapping[str, Collection[str]]
"""Side -> the people of that side."""


def fewest_speakers() -> int:
    """Fewest people that a public figure may be about.

    Raises
    ------
    BadInput
        If the setting is no whole number from 2.
    """
    told = settings.value("fewest_speakers")
    if not told.isdecimal() or int(told) < 2:
        raise BadInput(f"WORKBENCH_FEWEST_SPEAKERS is {told!r}; expected a whole number from 2.")
    return int(told)


class Crowd:
    """The people of a corpus, and which of its figures are about few of them.

    Parameters
    ----------
    corpus
        Where units have speakers.
    fewest
        k; default: the setting.
    """

    def __init__(self, corpus: Corpus, *, fewest: int | None = None) -> None:
        self.fewest = fewest_speakers() if fewest is None else fewest
        person = pl.when(~pl.col("role").str.to_lowercase().is_in(_NOBODY)).then("speaker")
        self.turns = corpus.utterances.select(
            "id", "conversation_id", "side", person.alias("person")
        )
        talks = self.turns.with_columns(id="conversation_id")
        self._units = pl.concat([self.turns, talks]).select("id", "side", "person").unique()

    @property
    def reason(self) -> str:
        """Why a small cell is not shown."""
        return f"fewer than {self.fewest} speakers"

    def behind(self, layer: Layer, *, by: str = "label") -> pl.DataFrame:
        """People behind each value of a column of a layer: `<by>`, `side`, `person`."""
        rows = layer.table.select(by, id="unit_id")
        return rows.join(self._units, on="id").select(by, "side", "person")

    def is_small(self, people: pl.DataFrame) -> bool:
        """Whether so few people are behind one figure; `people` has `side` and `person`."""
        return _size([_sides(people.select("side", "person").iter_rows())]) < self.fewest

    def withhold(
        self,
        table: pl.DataFrame,
        people: pl.DataFrame,
        *,
        keys: Sequence[str],
        values: Sequence[str],
        totals: Sequence[Sequence[str]] = ((),),
    ) -> pl.DataFrame:
        """The table with null in the cells that must not be shown, and `reason`.

        Parameters
        ----------
        people
            Columns `keys`, `side`, `person`: who is behind each cell; a cell without anybody is small.
        keys
            Columns that name a cell.
        values
            Columns to be withheld.
        totals
            For each known total, the keys that it is told by: `()` for one total of all rows, `("group",)`
            for one of each group.
        """
        behind: dict[Cell, list[tuple[str, str]]] = defaultdict(list)
        for *cell, side, person in people.select(*keys, "side", "person").iter_rows():
            behind[tuple(cell)].append((side, person))
        cells = [tuple(cell) for cell in table.select(keys).iter_rows()]
        crowds = {cell: _sides(behind.get(cell, ())) for cell in cells}
        places = [[list(keys).index(key) for key in total] for total in totals]
        small, withheld = self._closed(crowds, places)
        why = [
            self.reason if cell in small else _WITHHELD if cell in withheld else None
            for cell in cells
        ]
        reason = pl.Series("_why", why, dtype=pl.String)
        shown = pl.col("_why").is_null()
        told = pl.col("reason") if "reason" in table.columns else pl.lit(None, pl.String)
        return (
            table.with_columns(reason)
            .with_columns(
                *(pl.when(shown).then(value).alias(value) for value in values),
                pl.coalesce("_why", told).alias("reason"),
            )
            .drop("_why")
        )

    def _closed(
        self, crowds: Mapping[Cell, People], totals: Iterable[Sequence[int]]
    ) -> tuple[set[Cell], set[Cell]]:
        """Cells that are small, and those withheld for the sake of these."""
        small = {cell for cell, people in crowds.items() if _size([people]) < self.fewest}
        closed, totals = set(small), list(totals)
        again = True
        while again:
            again = False
            for places in totals:
                groups: dict[Cell, list[Cell]] = defaultdict(list)
                for cell in crowds:
                    groups[tuple(cell[place] for place in places)].append(cell)
                for group in groups.values():
                    hidden = [cell for cell in group if cell in closed]
                    left = [cell for cell in group if cell not in closed]
                    told = len(hidden) == 1 or _size([crowds[x] for x in hidden]) < self.fewest
                    if hidden and left and told:
                        closed.add(min(left, key=lambda x: (_size([crowds[x]]), str(x))))
                        again = True
        return small, closed - small


def counts_of(corpus: Corpus, crowd: Crowd | None = None) -> str:
    """How much a corpus holds, in words; with a `crowd` only if it is large enough."""
    if crowd is not None and crowd.is_small(crowd.turns):
        return f"{crowd.reason}, so no counts are shown"
    return (
        f"{corpus.conversations.height:,} conversations, {corpus.utterances.height:,} turns, "
        f"{corpus.speakers.height:,} speakers"
    )


def _sides(rows: Iterable[tuple[str, str | None]]) -> dict[str, set[str]]:
    """People by side; a side on which only a model speaks does not count."""
    people: dict[str, set[str]] = defaultdict(set)
    for side, person in rows:
        if person is not None:
            people[side].add(person)
    return dict(people)


def _size(crowds: Sequence[People]) -> int:
    """People behind some cells together: those of the smaller of the sides that help and are helped."""
    together: dict[str, set[str]] = defaultdict(set)
    for people in crowds:
        for side, names in people.items():
            together[side] |= set(names)
    sides = [names for side, names in together.items() if side != "other"] or list(
        together.values()
    )
    return min((len(names) for names in sides), default=0)
