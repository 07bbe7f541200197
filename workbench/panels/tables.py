"""A table of a view as a grid: pages sent one at a time, cells as text, nothing to edit."""

from __future__ import annotations

from typing import Any

import panel as pn
import polars as pl
from panel.io.model import JSCode

from workbench.panels.pages import read_page
from workbench.views.static import safe

__all__ = ["PAGE", "estimated_width", "grid", "page_frame"]

PAGE = 15
"""Rows of a page."""

_LEAST, _LONG, _WHOLE = 230, 260, 1130
"""Pixels that a column of long texts has at least, from which a text is long, and of the page's width."""
_DIGITS, _PIXELS, _TITLE, _PADDING, _ARROW = 7, 8, 9, 18, 46


def page_frame(table: pl.DataFrame) -> pl.DataFrame:
    """Give a table the cell types a grid can draw: lists become text joined by `; `."""
    lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    return table.with_columns(pl.col(x).cast(pl.List(pl.String)).list.join("; ") for x in lists)


def grid(table: pl.DataFrame) -> pn.widgets.Tabulator:
    """Make the grid of a table.

    Names of columns go in as titles alone, never as field names: those stand in the grid's
    configuration, where Panel looks for code in every text.
    """
    frame = page_frame(table)
    fields = {name: f"c{i}" for i, name in enumerate(frame.columns)}
    return pn.widgets.Tabulator(
        frame.rename(fields).to_pandas(),
        formatters={fields[name]: _formatter(frame[name]) for name in fields},
        titles={fields[name]: safe(name.replace("_", " ")) for name in fields},
        widths={fields[name]: width for name, width in _widths(frame).items()},
        text_align={fields[name]: "right" for name in fields if frame[name].dtype.is_numeric()},
        pagination="remote" if frame.height > PAGE else None,
        page_size=PAGE,
        show_index=False,
        disabled=True,
        selectable=False,
        layout="fit_data_fill",
        theme="simple",
        stylesheets=[read_page("table.css")],
        sizing_mode="stretch_width",
        margin=0,
    )


def _formatter(column: pl.Series) -> Any:
    if column.dtype.is_numeric():
        decimals = "0" if column.dtype.is_integer() else "3"
        return JSCode(read_page("number.js").replace("DECIMALS", decimals))
    return {"type": "textarea"}


def estimated_width(table: pl.DataFrame) -> int:
    """Pixels that the grid of a table takes, roughly."""
    return sum(_natural_widths(table).values())


def _natural_widths(table: pl.DataFrame) -> dict[str, int]:
    """Pixels of every column so that its title fits, and its texts unless they are long."""
    texts = table.select(pl.col(pl.String).str.len_chars().max().fill_null(0))
    longest = dict(zip(texts.columns, texts.row(0), strict=True)) if texts.width else {}
    return {
        name: min(
            _LONG,
            max(_TITLE * len(name) + _ARROW, _PIXELS * longest.get(name, _DIGITS) + _PADDING),
        )
        for name in table.columns
    }


def _widths(frame: pl.DataFrame) -> dict[str, int]:
    """Pixels of every column; what the others leave of the page goes to the columns with long texts."""
    widths = _natural_widths(frame)
    long = [name for name, width in widths.items() if width >= _LONG]
    if long:
        others = sum(width for name, width in widths.items() if name not in long)
        widths |= dict.fromkeys(long, max(_LEAST, (_WHOLE - others) // len(long)))
    return widths
