"""Rows of cells, from a sheet or from a table in a document, as a table with named columns.

The header is the first row, among the first thirty that hold anything, with a name for the words
and one for who says them. Where there is none, a table whose first row already holds a speaker (a
value that comes again below it) has no header at all; else the first row with two cells is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from workbench.corpus.readers.cues import clock_seconds, is_speaker_word
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.table import speaks
from workbench.corpus.schema import ROW

__all__ = ["Grid", "Row", "named_table"]

Row = tuple[int, Sequence[str]]
"""1-based row of the source, and its cells as text, "" where empty."""

_FIRST_ROWS = 30
_MOST_SPEAKERS, _LONGEST_NAME = 12, 60


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with named columns and the scratch column of rows.

    Parameters
    ----------
    sure
        Whether the names themselves say that this is dialogue.
    above
        Rows with something in them above the header.
    """

    table: pl.DataFrame
    sure: bool
    above: tuple[int, ...] = ()


def named_table(rows: Sequence[Row], asked: Collection[str] = ()) -> Grid | None:
    """Find the header of a grid and name its columns; None where there are no two rows of two cells.

    Parameters
    ----------
    asked
        Names that the user gave for columns of the source.
    """
    filled = [(row, [cell.strip() for cell in cells]) for row, cells in rows]
    filled = [(row, cells) for row, cells in filled if any(cells)]
    for place, (_, cells) in enumerate(filled[:_FIRST_ROWS]):
        if (asked and set(asked) <= set(cells)) or (len(cells) > 1 and speaks(cells)):
            above = tuple(row for row, _ in filled[:place])
            return Grid(_table(cells, filled[place + 1 :]), sure=True, above=above)
    wide = [(row, cells) for row, cells in filled if sum(map(bool, cells)) > 1]
    if len(wide) < 2:
        return None
    names = _without_header(wide)
    if names:
        return Grid(_table(names, wide), sure=True)
    first = filled.index(wide[0])
    above = tuple(row for row, _ in filled[:first])
    return Grid(_table(wide[0][1], filled[first + 1 :]), sure=False, above=above)


def _without_header(rows: Sequence[Row]) -> list[str] | None:
    """Names for the columns of a table that begins with a turn."""
    width = max(len(cells) for _, cells in rows)
    columns = [[cells[at] if at < len(cells) else "" for _, cells in rows] for at in range(width)]
    times = [at for at, values in enumerate(columns) if all(_is_clock(value) for value in values)]
    speakers = [
        at for at, values in enumerate(columns) if _are_speakers(values) and at not in times
    ]
    if not speakers:
        return None
    names = ["" for _ in columns]
    rest = [at for at in range(width) if at not in (speakers[0], *times)]
    if not rest:
        return None
    names[speakers[0]] = "speaker"
    names[max(rest, key=lambda at: sum(map(len, columns[at])))] = "text"
    for at, name in zip(times, ("start", "end"), strict=False):
        names[at] = name
    return names


def _is_clock(value: str) -> bool:
    return ":" in value and clock_seconds(value) is not None


def _are_speakers(values: Sequence[str]) -> bool:
    """Whether values are short and few, and the first comes again or all are words for roles."""
    few = 2 <= len(set(values)) <= min(_MOST_SPEAKERS, max(2, len(values) // 2))
    short = max(map(len, values)) <= _LONGEST_NAME
    roles = role_of_word(values[0]) is not None and all(map(is_speaker_word, values))
    return few and short and bool(values[0]) and (values[0] in values[1:] or roles)


def _table(header: Sequence[str], rows: Sequence[Row]) -> pl.DataFrame:
    """Columns under their names; one without a name gets its letter, one that stands twice a number."""
    width = max([len(header), *(len(cells) for _, cells in rows)])
    columns: dict[str, pl.Series] = {}
    for at in range(width):
        values = [cells[at] if at < len(cells) else "" for _, cells in rows]
        name = header[at] if at < len(header) else ""
        if not name and not any(values):
            continue
        name = name or f"column {_letters(at)}"
        number, free = 1, name
        while free in columns or free == ROW:
            number += 1
            free = f"{name} {number}"
        columns[free] = pl.Series(free, values, dtype=pl.String)
    return pl.DataFrame(
        [*columns.values(), pl.Series(ROW, [row for row, _ in rows], dtype=pl.Int64)]
    )


def _letters(at: int) -> str:
    """Letters of a column, as a sheet counts them: 0 -> A, 26 -> AA."""
    return _letters(at // 26 - 1) + chr(65 + at % 26) if at >= 26 else chr(65 + at)
