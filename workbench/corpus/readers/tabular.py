"""Tables of text out of files: everything read as strings, rows counted as a spreadsheet shows them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from workbench.corpus.readers.opening import read_text
from workbench.corpus.schema import ROW
from workbench.errors import BadInput

__all__ = ["read_csv", "require"]


def read_csv(path: Path, *, separator: str = ",") -> pl.DataFrame:
    """Read a CSV file, every column as text, with the source row in the scratch column.

    Row 1 is the header, as in a spreadsheet; a line break inside quotes does not count.

    Raises
    ------
    BadInput
        If the file is missing, empty, not UTF-8 or its rows do not fit its header.
    """
    text = read_text(path)
    try:
        table = pl.read_csv(
            io.StringIO(text), infer_schema=False, separator=separator, null_values=None
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise BadInput.in_file(
            path,
            f"the rows do not fit the header ({type(error).__name__}).",
            remedy="Check that every row has as many fields as the header, and that texts with the "
            "separator or a line break stand in double quotes.",
        ) from ValueError(reason)
    return table.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))


def require(path: Path, table: pl.DataFrame, needed: Sequence[str]) -> None:
    """Raise `BadInput` unless `table` has all `needed` columns."""
    absent = [name for name in needed if name not in table.columns]
    if absent:
        present = [name for name in table.columns if name != ROW]
        raise BadInput.in_file(
            path, f"there is no column {absent}.", remedy=f"Columns there: {present}."
        )
