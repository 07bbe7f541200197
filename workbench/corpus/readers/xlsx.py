"""Excel workbooks (`.xlsx`) with one utterance a row, as `table` reads them.

Every visible sheet that looks like dialogue is read, the others are listed. Several such sheets
are conversations of their own where no column says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.joining import join_corpora
from workbench.corpus.readers.grids import Grid, named_table
from workbench.corpus.readers.office import confidence, refuse_older_form
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.table import corpus_of_table
from workbench.corpus.readers.workbook import Sheet, sheets
from workbench.corpus.schema import ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]


def _sniff(path: Path) -> float:
    return confidence(path, part=r"xl/workbook\.xml", endings=(".xlsx", ".xlsm", ".xls"))


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    refuse_older_form(path, save_as=".xlsx")
    asked = dict(columns or {})
    found = sheets(path)
    shown = [sheet for sheet in found if not sheet.hidden]
    grids = [(sheet, grid) for sheet in shown if (grid := named_table(sheet.rows, asked))]
    _check_asked(asked, grids)
    sure = [(sheet, grid) for sheet, grid in grids if grid.sure]
    parts: list[tuple[Sheet, Grid, Corpus]] = []
    trouble: BadInput | None = None
    for sheet, grid in sure or grids:
        here = {theirs: ours for theirs, ours in asked.items() if theirs in grid.table.columns}
        where = f"{path}, sheet {sheet.name!r}"
        name = bare_name(path) if len(sure or grids) == 1 else f"{bare_name(path)}-{sheet.name}"
        try:
            one = corpus_of_table(
                path, grid.table, columns=here, roles=roles, conversation=name, where=where
            )
        except BadInput as error:
            if grid.sure:
                raise
            trouble = error
        else:
            parts.append((sheet, grid, one))
    if not parts:
        raise trouble or BadInput.in_file(
            path,
            "no sheet holds a table of dialogue.",
            remedy="Expected rows with a column for the text and one for the speaker.",
        )
    corpus = join_corpora([(f"{path}, sheet {sheet.name!r}", one) for sheet, _, one in parts])
    told = _findings(path, found, [(sheet, grid) for sheet, grid, _ in parts])
    return replace(corpus, findings=(*corpus.findings, *told))


def _check_asked(asked: Mapping[str, str], grids: list[tuple[Sheet, Grid]]) -> None:
    present = {name for _, grid in grids for name in grid.table.columns if name != ROW}
    for theirs in asked:
        if theirs not in present:
            raise BadInput.unknown("column", theirs, sorted(present))


def _findings(path: Path, found: list[Sheet], read: list[tuple[Sheet, Grid]]) -> list[Finding]:
    told = []
    names = [sheet.name for sheet, _ in read]
    others = [
        f"{sheet.name}{' (hidden)' if sheet.hidden else ''}"
        for sheet in found
        if sheet.name not in names and any(any(cells) for _, cells in sheet.rows)
    ]
    if others:
        message = f"sheet(s) without a table of dialogue were left out: {others[:12]}."
        mend = "If one holds dialogue, name its columns with columns= and unhide it."
        told.append(Finding("note", "other sheets", len(others), str(path), message, mend))
    for sheet, grid in read:
        where = f"{path}, sheet {sheet.name!r}"
        if grid.above:
            rows = ", ".join(f"row {row}" for row in grid.above[:3])
            message = f"{len(grid.above)} row(s) above the header were left out."
            told.append(
                Finding("note", "above header", len(grid.above), f"{where}, {rows}", message, "")
            )
        if sheet.without_value:
            message = f"{sheet.without_value} cell(s) hold a formula without a stored result."
            mend = "They are empty here; open the file in a spreadsheet program and save it."
            told.append(Finding("warning", "formula", sheet.without_value, where, message, mend))
    return told


READER = Reader("xlsx", "Excel workbooks with one utterance a row (.xlsx)", _sniff, _read)
