"""Tables out of files: CSV with any of the usual separators, JSON Lines of flat objects, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus import damage
from workbench.corpus.readers.flattening import COMPANION, flatten
from workbench.corpus.readers.jsonlike import read_records
from workbench.corpus.readers.opening import is_binary, peek, read_text
from workbench.corpus.schema import ROW
from workbench.errors import BadInput, shown

__all__ = [
    "as_numbers",
    "csv_of_text",
    "read_csv",
    "read_flat_records",
    "read_parquet",
    "require",
    "separator_of",
]

_SEPARATORS = ("\t", ";", ",", "|")


def separator_of(path: Path) -> str | None:
    """Separator under which the first rows have the same number of fields, at least two.

    None where no separator gives a table.
    """
    if is_binary(path):
        return None
    start = peek(path)
    best, most = None, 1
    for separator in _SEPARATORS:
        widths = _widths(start, separator)
        if widths and min(widths) == max(widths) and widths[0] > most:
            best, most = separator, widths[0]
    if best is None:  # rows are uneven: the header alone decides, reading names the row
        head = start.split("\n", 1)[0]
        counts = {separator: head.count(separator) for separator in _SEPARATORS}
        best = max(counts, key=lambda separator: counts[separator])
        return best if counts[best] else None
    return best


def _widths(start: str, separator: str) -> list[int]:
    """Number of fields of the first complete rows."""
    rows = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
    widths: list[int] = []
    try:
        for row in rows:
            if row:
                widths.append(len(row))
            if len(widths) == 40:
                return widths
    except csv.Error:
        return []
    return widths[:-1] if len(widths) > 1 and not start.endswith("\n") else widths


def read_csv(path: Path, *, separator: str = ",") -> pl.DataFrame:
    """Read a CSV file, every column as text, with the source row in the scratch column.

    Row 1 is the header, as in a spreadsheet; a line break inside quotes does not count.

    Raises
    ------
    BadInput
        If the file is missing, empty, not UTF-8 or its rows do not fit its header.
    """
    return csv_of_text(path, read_text(path), separator=separator)


def csv_of_text(path: Path, text: str, *, separator: str = ",") -> pl.DataFrame:
    """Read the text of a CSV file, as `read_csv` does; `path` is for the messages.

    Raises
    ------
    BadInput
        If its rows do not fit its header.
    """
    _check_shape(path, text, separator)
    with damage.refusing_damage(path):
        table = pl.read_csv(
            io.BytesIO(text.encode()), infer_schema=False, separator=separator, eol_char="\n"
        )
    blank = pl.all_horizontal(pl.exclude(ROW).is_null())
    numbered = table.with_row_index(ROW, offset=2).with_columns(pl.col(ROW).cast(pl.Int64))
    return numbered.filter(~blank)


def _check_shape(path: Path, text: str, separator: str) -> None:
    """Refuse a header that names a column twice and a row with more or fewer fields than it."""
    mend = (
        "Every row needs as many fields as the header, and texts with the separator or a line break "
        "stand in double quotes."
    )
    names: list[str] = []
    number = 0
    with _long_fields():
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            for number, row in enumerate(rows, start=1):
                if number == 1:
                    names = row
                elif row and len(row) != len(names):
                    problem = f"the row has {len(row)} fields, the header {len(names)}."
                    raise BadInput.in_file(path, problem, row=number, remedy=mend)
        except csv.Error:
            raise BadInput.in_file(
                path, "the row cannot be read.", row=number + 1, remedy=mend
            ) from None
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput.in_file(path, f"the header has {twice} twice.", remedy="Rename one.")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module take fields of any length; a turn may hold a megabyte."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def read_flat_records(path: Path) -> pl.DataFrame:
    """Read JSON or JSON Lines of objects; nested values become JSON text.

    Raises
    ------
    BadInput
        If a line is no JSON or no object; names the line.
    """
    records: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, record in read_records(path):
        if not isinstance(record, dict):
            raise BadInput.in_file(path, "expected a JSON object.", row=number)
        records.append(record)
        numbers.append(number)
    columns, _ = flatten(records)
    kept = [column for column in columns if not column.name.endswith(COMPANION)]
    return pl.DataFrame([*kept, pl.Series(ROW, numbers, dtype=pl.Int64)])


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file.

    Raises
    ------
    BadInput
        If it is damaged.
    """
    table = damage.read_parquet(path)
    return table.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))


def require(path: Path, table: pl.DataFrame, needed: Sequence[str]) -> None:
    """Raise `BadInput` unless `table` has all `needed` columns."""
    absent = [name for name in needed if name not in table.columns]
    if absent:
        present = [name for name in table.columns if name != ROW]
        raise BadInput.in_file(
            path, f"there is no column {absent}.", remedy=f"Columns there: {shown(present)}."
        )


def as_numbers(column: pl.Series) -> pl.Series:
    """A column of text as whole or other numbers where all its values are some."""
    if column.dtype != pl.String or column.null_count() == column.len():
        return column
    if column.str.contains(r"^[+-]?0\d").any():  # codes with leading zeros are no numbers
        return column
    for dtype in (pl.Int64, pl.Float64):
        read = column.cast(dtype, strict=False)
        if read.null_count() == column.null_count():
            return read
    return column
