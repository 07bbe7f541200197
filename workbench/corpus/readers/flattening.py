"""Loose JSON values into flat columns of one type, and back.

A key that some records lack and others hold as null gets a companion column `<name>.absent`, so
that the two stay apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

__all__ = ["ABSENT", "COMPANION", "flatten", "series_of", "unflatten"]

ABSENT: Any = object()
"""Stands for a key that a record does not have."""

COMPANION = ".absent"
"""Ending of the column that says where a key was absent rather than null."""

_LARGEST = 2**63 - 1
_EXACT_IN_FLOAT = 2**53


def flatten(
    records: Sequence[Mapping[str, Any]], *, prefix: str = ""
) -> tuple[list[pl.Series], dict[str, list[str]]]:
    """Turn records into columns, one per key, named `<prefix><key>`.

    Returns
    -------
    columns, traits
        `traits[key]` lists what `unflatten` has to know: `json` (values of several kinds or nested
        ones are kept as JSON text) and `null` (null stands in the source, not absence).
    """
    keys = list(dict.fromkeys(key for record in records for key in record))
    columns: list[pl.Series] = []
    traits: dict[str, list[str]] = {}
    for key in keys:
        values = [record.get(key, ABSENT) for record in records]
        absent = [value is ABSENT for value in values]
        nulls = any(value is None for value in values)
        made, nested = series_of(
            None if gone else v for v, gone in zip(values, absent, strict=True)
        )
        columns.append(made.alias(f"{prefix}{key}"))
        traits[key] = ["json"] * nested + ["null"] * nulls
        if nulls and any(absent):
            columns.append(pl.Series(f"{prefix}{key}{COMPANION}", absent, dtype=pl.Boolean))
    return columns, traits


def series_of(values: Iterable[Any]) -> tuple[pl.Series, bool]:
    """One typed column of values, and whether they had to be kept as JSON text."""
    values = list(values)
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {str}:
        return pl.Series(values, dtype=pl.String), False
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean), False
    if kinds <= {int, float}:
        limit = _LARGEST if kinds == {int} else _EXACT_IN_FLOAT
        if all(abs(value) <= limit for value in values if isinstance(value, int)):
            dtype = pl.Int64 if kinds == {int} else pl.Float64
            return pl.Series(values, dtype=dtype, strict=False), False
    packed = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return pl.Series(packed, dtype=pl.String), True


def unflatten(
    table: pl.DataFrame, traits: Mapping[str, Sequence[str]], *, prefix: str = ""
) -> list[dict[str, Any]]:
    """The records that `flatten` was given; keys without traits are absent where null."""
    chosen = [name for name in table.columns if name.startswith(prefix)]
    companions = {f"{name}{COMPANION}" for name in chosen} & set(chosen)
    records: list[dict[str, Any]] = [{} for _ in range(table.height)]
    for name in chosen:
        if name in companions:
            continue
        key = name.removeprefix(prefix)
        flags = traits.get(key, ())
        gone = table[name + COMPANION].to_list() if name + COMPANION in companions else None
        for place, value in enumerate(table[name].to_list()):
            if value is None and ("null" not in flags or (gone is not None and gone[place])):
                continue
            nested = "json" in flags and value is not None
            records[place][key] = json.loads(value) if nested else value
    return records
