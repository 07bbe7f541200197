"""Long tables and units x coders matrices as a long table of codings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import polars as pl

from workbench.corpus import Codebook, Scheme
from workbench.corpus.layer import CoderKind
from workbench.corpus.schema import as_polars
from workbench.errors import BadInput, shown
from workbench.reliability.intake_layers import Codings, book_of

__all__ = ["codings_of_table"]

_UNIT, _VALUE = ("unit", "unit_id"), ("value", "label")
_PLACES = ("conversation", "source")
_KIND = "coder_kind"
_CODER_KINDS: tuple[str, ...] = get_args(CoderKind)
_EXAMPLES = 3


def codings_of_table(data: Any, codebook: Codebook | Scheme | Sequence[str] | None) -> Codings:
    """Read a long table or a matrix.

    Raises
    ------
    BadInput
        If it is neither, ids are missing, or a coder coded a unit twice.
    """
    book, labels, exclusive = book_of(codebook, "")
    table = _table(data)
    unit = next((name for name in _UNIT if name in table.columns), None)
    value = next((name for name in _VALUE if name in table.columns), None)
    long = unit is not None and value is not None and "coder" in table.columns
    rows = _long(table, unit, value) if long else _melted(table, unit)
    coders = _coders(rows, in_order=not long)
    listed = isinstance(rows.schema["labels"], pl.List)
    numbers = _numbers(labels)
    numeric = rows.schema["labels"].is_numeric() and numbers is not None
    sets = listed or exclusive is False
    rows = _collected(rows, listed=listed, sets=sets, numeric=numeric)
    kinds = _kinds(rows) if _KIND in rows.columns else {}
    stated: tuple[Any, ...] = numbers if numeric and numbers else labels
    found = stated or _found(rows)
    return Codings(
        rows.drop(_KIND, strict=False),
        coders,
        found if book or numeric else (),
        book,
        sets=sets,
        numeric=numeric,
        scheme=book if isinstance(codebook, (Scheme, Codebook)) else "",
        kinds=kinds,
    )


def _table(data: Any) -> pl.DataFrame:
    if isinstance(data, np.ndarray) or (
        isinstance(data, (list, tuple)) and all(isinstance(row, (list, tuple)) for row in data)
    ):
        rows = [list(row) for row in data]
        width = {len(row) for row in rows}
        if len(width) != 1:
            raise BadInput(
                "A matrix has one line per unit and one column per coder; got lines of "
                f"{sorted(width)} values."
            )
        columns = {
            str(column + 1): [_cell(row[column]) for row in rows] for column in range(width.pop())
        }
        return pl.DataFrame(columns, strict=False).insert_column(
            0, pl.Series("unit", range(1, len(rows) + 1))
        )
    return as_polars(data)


def _cell(value: Any) -> Any:
    missing = isinstance(value, (float, np.floating)) and np.isnan(value)
    return None if missing else value.item() if isinstance(value, np.generic) else value


def _long(table: pl.DataFrame, unit: str | None, value: str | None) -> pl.DataFrame:
    extra = [name for name in (*_PLACES, _KIND) if name in table.columns]
    rows = table.select(
        pl.col(str(unit)).cast(pl.String).alias("unit"),
        pl.col("coder").cast(pl.String),
        pl.col(str(value)).alias("labels"),
        *(pl.col(name).cast(pl.String) for name in extra),
    )
    _refuse_empty(rows, ["unit", "coder", *(name for name in extra if name in _PLACES)])
    return rows


def _refuse_empty(rows: pl.DataFrame, columns: Sequence[str]) -> None:
    """Refuse rows of which it is not known where they belong."""
    for name in columns:
        nulls = rows[name].is_null().arg_true()
        if len(nulls):
            raise BadInput(
                f"Column {name!r} is empty in {len(nulls):,} rows, the first in row {nulls[0] + 1}. "
                "Fill it in or drop these rows."
            )


def _melted(table: pl.DataFrame, unit: str | None) -> pl.DataFrame:
    """A matrix, one line per unit, as a long table."""
    key = unit or (table.columns[0] if table.width else "")
    places = [name for name in _PLACES if name in table.columns]
    coders = [name for name in table.columns if name not in (key, *places)]
    if len(coders) < 2:
        raise BadInput(
            f"A table of codes has the columns unit, coder and value, or a column of unit ids and one for "
            f"each of two or more coders; got the columns {shown(table.columns)}."
        )
    ids = table[key]
    if ids.null_count() or ids.n_unique() < len(ids):
        told = "has empty cells" if ids.null_count() else "names a unit twice"
        raise BadInput(
            f"Column {key!r} is taken for the ids of the units, and {told}. Put the ids of the units into "
            "the first column, or into one named unit."
        )
    _refuse_empty(table, places)
    kinds = {table.schema[name] for name in coders}
    numbers = all(kind.is_numeric() or kind == pl.Null for kind in kinds)
    lists = any(isinstance(kind, pl.List) for kind in kinds)
    dtype = pl.List(pl.String) if lists else pl.Float64() if numbers else pl.String()
    return table.select(
        pl.col(key).cast(pl.String).alias("unit"),
        *(pl.col(name).cast(pl.String) for name in places),
        *(pl.col(name).cast(dtype) for name in coders),
    ).unpivot(coders, index=["unit", *places], variable_name="coder", value_name="labels")


def _coders(rows: pl.DataFrame, *, in_order: bool) -> tuple[str, ...]:
    names = rows["coder"].unique(maintain_order=True).to_list()
    return tuple(names if in_order else sorted(names, key=_natural))


def _natural(name: str) -> list[tuple[int, int | str]]:
    """`coder 2` before `coder 10`."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts]


def _kinds(rows: pl.DataFrame) -> dict[str, str]:
    """Kind of each coder; one that is unknown would pass for a machine."""
    told = rows.select("coder", _KIND).drop_nulls().unique(maintain_order=True)
    for kind in told[_KIND]:
        if kind not in _CODER_KINDS:
            raise BadInput.unknown("kind of coder", kind, _CODER_KINDS)
    twice = told.filter(pl.col("coder").is_duplicated())
    if twice.height:
        raise BadInput(
            f"Column {_KIND!r} gives {twice['coder'][0]!r} several kinds, "
            f"{sorted(twice.filter(coder=twice['coder'][0])[_KIND])}: a coder has one."
        )
    return dict(told.iter_rows())


def _numbers(labels: Sequence[Any]) -> tuple[float, ...] | None:
    """Labels of a book as numbers; None where they are words."""
    try:
        return tuple(float(label) for label in labels)
    except (TypeError, ValueError):
        return None


def _collected(rows: pl.DataFrame, *, listed: bool, sets: bool, numeric: bool) -> pl.DataFrame:
    """One row per unit and coder, its labels as a list."""
    keys = ["unit", "coder"]
    again = keys if listed or not sets else [*keys, "labels"]
    twice = rows.filter(pl.struct(again).is_duplicated())
    if twice.height:
        told = twice.select(keys).unique(maintain_order=True).head(_EXAMPLES).rows()
        raise BadInput(
            f"{twice.select(keys).n_unique():,} pairs of unit and coder stand twice, such as {told}: which "
            "coding holds? Keep one row for each, or, where a unit takes several labels, give them as a "
            "list or pass the scheme as codebook=."
        )
    for name in (name for name in _PLACES if name in rows.columns):
        moved = rows.group_by("unit").agg(pl.col(name).n_unique()).filter(pl.col(name) > 1)
        if moved.height:
            raise BadInput(
                f"{moved.height:,} units stand in two {name}s, such as {moved['unit'].min()!r}. Unit ids "
                "have to be distinct over all conversations."
            )
    if listed:
        return rows
    cell = pl.col("labels") if numeric else pl.col("labels").cast(pl.String)
    if not sets:
        return rows.with_columns(
            pl.when(cell.is_not_null() & ~_is_nan(rows, numeric))
            .then(pl.concat_list(cell))
            .alias("labels")
        )
    others = [pl.col(x).first() for x in rows.columns if x not in (*keys, "labels")]
    return rows.group_by(keys, maintain_order=True).agg(cell.drop_nulls(), *others)


def _is_nan(rows: pl.DataFrame, numeric: bool) -> pl.Expr:
    floating = numeric and rows.schema["labels"].is_float()
    return pl.col("labels").is_nan().fill_null(value=False) if floating else pl.lit(value=False)


def _found(rows: pl.DataFrame) -> tuple[Any, ...]:
    return tuple(rows["labels"].explode().drop_nulls().unique().sort())
