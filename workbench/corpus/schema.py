"""Columns of a corpus: what each table holds and how a raw table is brought into that shape.

Names follow ConvoKit (utterances, conversations, speakers); we add columns and never rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from workbench.errors import BadInput

__all__ = [
    "CONVERSATION_COLUMNS",
    "META",
    "ROW",
    "SIDES",
    "SIDE_OF_ROLE",
    "SPEAKER_COLUMNS",
    "UTTERANCE_COLUMNS",
    "Table",
    "as_polars",
    "conform",
    "side_of",
]

META = "meta."
"""Prefix of columns that came with the source and have no name of their own here."""

ROW = "_row"
"""Scratch column of readers: the 1-based row or line of the source, for messages; never stored."""

SIDES = ("helper", "client", "other")

SIDE_OF_ROLE: Mapping[str, str] = {
    "therapist": "helper",
    "counsellor": "helper",
    "counselor": "helper",
    "supporter": "helper",
    "helper": "helper",
    "listener": "helper",
    "interviewer": "helper",
    "assistant": "helper",
    "client": "client",
    "patient": "client",
    "seeker": "client",
    "participant": "client",
    "user": "client",
    "system": "other",
    "tool": "other",
    "other": "other",
}
"""Which side of the help a role stands on; roles not named here are `other`."""

UTTERANCE_COLUMNS: Mapping[str, pl.DataType] = {
    "id": pl.String(),
    "conversation_id": pl.String(),
    "turn": pl.Int64(),
    "speaker": pl.String(),
    "role": pl.String(),
    "side": pl.String(),
    "text": pl.String(),
    "reply_to": pl.String(),
    "start": pl.Float64(),
    "end": pl.Float64(),
    "timestamp": pl.String(),
}

CONVERSATION_COLUMNS: Mapping[str, pl.DataType] = {
    "id": pl.String(),
    "source": pl.String(),
    "session_number": pl.Int64(),
    "topic": pl.String(),
    "quality": pl.String(),
    "target_behaviour": pl.String(),
    "consent_scope": pl.String(),
    "retention_until": pl.Date(),
}
"""`consent_scope` and `retention_until`: see `workbench.corpus.consent`."""

SPEAKER_COLUMNS: Mapping[str, pl.DataType] = {"id": pl.String(), "role": pl.String()}


Table = Any
"""A polars table, or any other that narwhals knows (pandas, pyarrow)."""


def as_polars(table: Table) -> pl.DataFrame:
    """Any table as polars; pandas' index is left out.

    Raises
    ------
    BadInput
        If it is no table.
    """
    if isinstance(table, pl.DataFrame):
        return table
    import narwhals as nw

    try:
        return nw.from_native(table, eager_only=True).to_polars()
    except TypeError:
        raise BadInput(
            f"Expected a table (polars or pandas), got {type(table).__name__}."
        ) from None


def side_of(role: pl.Expr) -> pl.Expr:
    """Side (`helper`, `client`, `other`) of a role, ignoring case."""
    return role.str.to_lowercase().replace_strict(
        dict(SIDE_OF_ROLE), default="other", return_dtype=pl.String
    )


def _cast(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Values as a type, null where they cannot be; a date is never made of a bare number."""
    if dtype == pl.Date() and column.dtype == pl.String:
        return column.str.to_date("%Y-%m-%d", strict=False)
    if dtype == pl.Date() and not column.dtype.is_temporal():
        return pl.Series(column.name, [None] * len(column), dtype=dtype)
    return column.cast(dtype, strict=False)


def conform(
    frame: pl.DataFrame, columns: Mapping[str, pl.DataType], *, table: str, where: str
) -> pl.DataFrame:
    """Cast known columns to their type, add absent ones as null, put known columns first.

    Raises
    ------
    BadInput
        If a value of a known column cannot be read as its type; the message names column and row.
    """
    made: list[pl.Expr | pl.Series] = []
    for name, dtype in columns.items():
        if name not in frame.columns:
            made.append(pl.lit(None, dtype).alias(name))
            continue
        before = frame[name]
        if before.dtype == dtype:
            made.append(before)
            continue
        after = _cast(before, dtype)
        broken = (after.is_null() & before.is_not_null()).arg_true()
        if len(broken):
            first = int(broken[0])
            row = int(frame[ROW][first]) if ROW in frame.columns else first + 1
            raise BadInput.in_file(
                where,
                f"{len(broken)} value(s) of {table}.{name} cannot be read as {dtype}.",
                row=row,
                remedy="Correct the column or map another one to it.",
            )
        made.append(after.alias(name))
    rest = [pl.col(name) for name in frame.columns if name not in columns]
    return frame.with_columns(made).select([*columns, *rest])
