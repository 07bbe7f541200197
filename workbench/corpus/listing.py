"""Which formats are read and written, as one table."""

from __future__ import annotations

import polars as pl

from workbench.corpus.readers import readers
from workbench.corpus.writers import writers

__all__ = ["formats"]


def formats() -> pl.DataFrame:
    """Every registered format: `format`, `read`, `written` (yes or null) and `description`."""
    read, written = readers(), writers()
    rows = [
        (
            name,
            "yes" if name in read else None,
            "yes" if name in written else None,
            (read.get(name) or written[name]).description,
        )
        for name in sorted({*read, *written})
    ]
    columns = ("format", "read", "written", "description")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
