"""Times of a source as seconds."""

from __future__ import annotations

import polars as pl

from workbench.corpus.validation import Finding

__all__ = ["seconds", "unreadable"]

_CLOCK = r"^(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d(?:[.,]\d+)?)$"


def seconds(stated: pl.Series) -> pl.Series:
    """Seconds of numbers or of clock times `[H:]MM:SS[.fff]`; null where neither can be read."""
    if stated.dtype.is_numeric():
        return stated.cast(pl.Float64)
    text = stated.cast(pl.String).str.strip_chars()
    parts = text.str.replace(",", ".", literal=True).str.extract_groups(_CLOCK)
    hours, minutes, rest = (parts.struct[i].cast(pl.Float64) for i in range(3))
    clock = hours.fill_null(0) * 3600 + minutes * 60 + rest
    plain = text.cast(pl.Float64, strict=False)
    return clock.fill_null(plain).rename(stated.name)


def unreadable(stated: pl.Series, read: pl.Series, rows: pl.Series, where: str) -> list[Finding]:
    """Say which times of the source could not be read."""
    given = stated.cast(pl.String).fill_null("").str.strip_chars() != ""
    broken = read.is_null() & given
    if not broken.any():
        return []
    count = int(broken.sum())
    places = ", ".join(f"row {row}" for row in rows.filter(broken).head(3))
    message = f"{count} time(s) in {stated.name!r} do not read as seconds or HH:MM:SS."
    mend = "They are left empty; everything else of the rows was kept."
    return [Finding("warning", "malformed time", count, f"{where}, {places}", message, mend)]
