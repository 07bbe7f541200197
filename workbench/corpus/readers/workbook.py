"""The first sheet of an Excel workbook as a table of text, through the checked archive."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.damage import refusing_damage
from workbench.corpus.readers.archives import open_archive
from workbench.corpus.schema import ROW
from workbench.errors import BadInput
from workbench.resources import need

__all__ = ["first_sheet", "holds_words"]

_STRINGS = ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml")
"""Where workbooks keep their words: programs choose one of the two."""
_PEEK = 1 << 16


def holds_words(path: Path, words: Sequence[str]) -> bool:
    """Whether the beginning of a workbook has all `words` as whole cells, for sniffing."""
    try:
        with open_archive(path) as archive:
            parts = [archive.read(name)[:_PEEK] for name in _STRINGS if name in archive.names]
    except BadInput:
        return False
    return any(all(f">{word}<".encode() in part for word in words) for part in parts)


def first_sheet(path: Path) -> pl.DataFrame:
    """Cells as text ("" where empty) under the names of the first row, with the rows of the sheet.

    Raises
    ------
    BadInput
        If it is no sound workbook, has no rows, or names a column twice.
    """
    workbooks = need("openpyxl", feature="Reading Excel files", extra="formats")
    with open_archive(path) as archive:
        archive.read("xl/workbook.xml")
    with refusing_damage(path), path.open("rb") as opened:
        try:
            book = workbooks.load_workbook(opened, read_only=True, data_only=True)
            cells = [list(row) for sheet in book.worksheets[:1] for row in sheet.values]
        except (SyntaxError, EOFError, LookupError, zlib.error, zipfile.BadZipFile) as error:
            raise ValueError("no workbook") from error  # errors of XML are syntax errors
    if not cells:
        raise BadInput.in_file(path, "the first sheet has no rows.")
    names = ["" if cell is None else str(cell) for cell in cells[0]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadInput.in_file(path, f"the header has {twice} twice.", remedy="Rename one.")
    columns = [
        pl.Series(name, [_text(row, at) for row in cells[1:]], dtype=pl.String)
        for at, name in enumerate(names)
        if name
    ]
    rows = pl.Series(ROW, range(2, len(cells) + 1), dtype=pl.Int64)
    table = pl.DataFrame([*columns, rows])
    return table.filter(pl.any_horizontal(pl.col(pl.String) != "")) if columns else table


def _text(row: list[Any], at: int) -> str:
    """Text of one cell; rows may end before the header does."""
    return "" if at >= len(row) or row[at] is None else str(row[at])
