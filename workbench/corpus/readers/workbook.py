"""Sheets of an Excel workbook as cells of text, through the checked archive.

openpyxl reads the values, dates and times included. It does not say which cells are merged or hold
a formula without a stored result where it reads row by row; both are read from the sheet's XML,
which is checked on the way.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.corpus.damage import refusing_damage
from workbench.corpus.readers.archives import Archive, open_archive
from workbench.corpus.schema import ROW
from workbench.errors import BadInput
from workbench.resources import need

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Sheet", "first_sheet", "holds_words", "sheets"]

_STRINGS = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml")
"""Where workbooks keep their words: programs choose one of the two."""
_PEEK = 1 << 16
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook.

    Parameters
    ----------
    rows
        1-based row and its cells as text, "" where empty; a value merged over several rows stands
        in each of them.
    without_value
        How many cells hold a formula whose result was never stored.
    """

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    hidden: bool = False
    without_value: int = 0


def holds_words(path: Path, words: Sequence[str]) -> bool:
    """Whether the beginning of a workbook has all `words` as whole cells, for sniffing."""
    try:
        with open_archive(path) as archive:
            parts = [archive.read(name)[:_PEEK] for name in _STRINGS if name in archive.names]
    except BadInput:
        return False
    return any(all(f">{word}<".encode() in part for word in words) for part in parts)


def sheets(path: Path) -> list[Sheet]:
    """Read all sheets with cells, in their order.

    Raises
    ------
    BadInput
        If it is no sound workbook.
    """
    workbooks = need("openpyxl", feature="Reading Excel files", extra="formats")
    with open_archive(path) as archive:
        parts = _sheet_parts(archive)
        for name in archive.names:  # openpyxl parses them again, by itself
            if name.endswith((".xml", ".rels")) and name not in parts.values():
                archive.xml(name)
        facts = {name: _sheet_facts(archive.xml(part)) for name, part in parts.items()}
    with refusing_damage(path):
        try:
            book = workbooks.load_workbook(
                BytesIO(path.read_bytes()), read_only=True, data_only=True
            )
            return [_sheet(sheet, *facts.get(sheet.title, ([], 0))) for sheet in book.worksheets]
        except (SyntaxError, EOFError, LookupError, zlib.error, zipfile.BadZipFile) as error:
            raise ValueError("no workbook") from error  # errors of XML are syntax errors


def first_sheet(path: Path) -> pl.DataFrame:
    """Cells as text ("" where empty) under the names of the first row, with the rows of the sheet.

    Raises
    ------
    BadInput
        If it is no sound workbook, has no rows, or names a column twice.
    """
    cells = [row for sheet in sheets(path)[:1] for _, row in sheet.rows]
    if not cells:
        raise BadInput.in_file(path, "the first sheet has no rows.")
    names = cells[0]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadInput.in_file(path, f"the header has {twice} twice.", remedy="Rename one.")
    columns = [
        pl.Series(name, [row[at] if at < len(row) else "" for row in cells[1:]], dtype=pl.String)
        for at, name in enumerate(names)
        if name
    ]
    rows = pl.Series(ROW, range(2, len(cells) + 1), dtype=pl.Int64)
    table = pl.DataFrame([*columns, rows])
    return table.filter(pl.any_horizontal(pl.col(pl.String) != "")) if columns else table


# -- what openpyxl does not say --------------------------------------------------------------------


def _sheet_parts(archive: Archive) -> dict[str, str]:
    """Name of each sheet -> the part of the archive that holds it."""
    links = {
        link.get("Id"): link.get("Target", "") for link in archive.xml("xl/_rels/workbook.xml.rels")
    }
    parts: dict[str, str] = {}
    for sheet in archive.xml("xl/workbook.xml").iter(f"{_MAIN}sheet"):
        target = links.get(sheet.get(_LINK), "")
        part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl", target))
        if part in archive.names:
            parts[sheet.get("name", "")] = part
    return parts


def _sheet_facts(root: Element) -> tuple[list[tuple[int, int, int]], int]:
    """Merged areas (first row, column, last row, from 0), and formulas without a result."""
    merged = [_area(cell.get("ref", "")) for cell in root.iter(f"{_MAIN}mergeCell")]
    without = sum(
        cell.find(f"{_MAIN}f") is not None and not (cell.findtext(f"{_MAIN}v") or "")
        for cell in root.iter(f"{_MAIN}c")
    )
    return [area for area in merged if area is not None], without


def _area(reference: str) -> tuple[int, int, int] | None:
    utils = need("openpyxl.utils", feature="Reading Excel files", extra="formats")
    try:
        left, top, _, bottom = utils.range_boundaries(reference)
        return top - 1, left - 1, bottom - 1
    except (ValueError, TypeError):
        return None


def _sheet(sheet: Any, merged: list[tuple[int, int, int]], without: int) -> Sheet:
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    cells = [[_text(value) for value in row] for row in sheet.values]
    for top, left, bottom in merged:
        value = cells[top][left] if top < len(cells) and left < len(cells[top]) else ""
        for place in range(top, min(bottom + 1, len(cells))):
            cells[place] += [""] * (left + 1 - len(cells[place]))
            cells[place][left] = value
    rows = tuple((number, tuple(row)) for number, row in enumerate(cells, start=1))
    return Sheet(sheet.title, rows, sheet.sheet_state != "visible", without)


def _text(value: Any) -> str:
    """Text of a cell: dates and times in ISO form, durations as a clock."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return "".join(_clock(value.total_seconds()))
    return str(value)


def _clock(seconds: float) -> Iterator[str]:
    whole, part = divmod(round(abs(seconds) * 1000), 1000)
    yield f"{'-' if seconds < 0 else ''}{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    if part:
        yield f".{part:03}"
