"""Dots with intervals, and in words where a quantity is undefined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from workbench.figures.layout import plain

_FEW = "few conversations"
_RANGE = "lowest and highest"
"""In the method of an estimate whose `low` and `high` are a range of scores, no interval."""

__all__ = ["add_dots", "add_reasons", "interval_words", "methods_of"]


def interval_words(row: Mapping[str, Any], form: str = ".3g") -> str:
    """Estimate and interval in words, or why there is none.

    >>> interval_words({"estimate": None, "reason": "No turn was coded change."})
    'not defined: No turn was coded change.'
    """
    if row["estimate"] is None:
        return f"not defined: {row['reason'] or 'no reason given'}"
    text = format(row["estimate"], form)
    if row["low"] is not None and row["high"] is not None:
        text += f" ({format(row['low'], form)} to {format(row['high'], form)})"
        text += f"; {row['reason']}" if row["reason"] else ""
    elif row["reason"]:
        text += f", no interval: {row['reason']}"
    return text


def methods_of(table: pl.DataFrame) -> str:
    """How the intervals of a table were made, for a caption; a range of scores is named as one."""
    with_ends = table.filter(pl.col("low").is_not_null())
    ranges = with_ends["method"].str.contains(_RANGE, literal=True).fill_null(value=False)
    told = [
        f"Bars of a mean: {x}, no interval."
        for x in sorted(set(with_ends["method"].filter(ranges)))
    ]
    return " ".join([_intervals_of(with_ends.filter(~ranges)), *told])


def _intervals_of(with_interval: pl.DataFrame) -> str:
    if with_interval.is_empty():
        return "There are no intervals."
    levels = sorted({level for level in with_interval["level"] if level is not None})
    share = f"{levels[0]:.0%} intervals" if levels else "Ranges"
    methods = sorted(set(with_interval["method"].drop_nulls()))
    few = with_interval["reason"].str.contains(_FEW, literal=True).any()
    warning = " Few conversations: the intervals are rough." if few else ""
    return f"{share}: {', '.join(methods)}.{warning}"


def add_dots(
    figure: go.Figure,
    table: pl.DataFrame,
    *,
    names: Sequence[str],
    form: str = ".3g",
    colours: Sequence[str] | str = "#0072B2",
    customdata: Sequence[Any] | None = None,
    trace: str = "",
    row: int | None = None,
) -> None:
    """Add the estimates of `table` as dots with their intervals, one line per name.

    Parameters
    ----------
    table
        A table of estimates; rows without an estimate are left to `add_reasons`.
    names
        Position of each row on the y axis, already `plain`.
    form
        Number format of the hover text.
    colours
        One for all or one per row.
    row
        Of the subplot, where there are any.
    """
    keep = table["estimate"].is_not_null()
    shown = table.filter(keep)
    if shown.is_empty():
        return
    at = [i for i, defined in enumerate(keep) if defined]
    high = [None if h is None else h - e for e, h in shown.select("estimate", "high").iter_rows()]
    low = [None if x is None else e - x for e, x in shown.select("estimate", "low").iter_rows()]
    marks = go.Scatter(
        x=shown["estimate"].to_list(),
        y=[names[i] for i in at],
        mode="markers",
        name=trace,
        customdata=None if customdata is None else [customdata[i] for i in at],
        marker={
            "size": 10,
            "color": colours if isinstance(colours, str) else [colours[i] for i in at],
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": high,
            "arrayminus": low,
            "color": "#555555",
            "thickness": 1.5,
        },
        text=[plain(interval_words(x, form)) for x in shown.iter_rows(named=True)],
        hovertext=[f"n = {n:,}" for n in shown["n"]],
        hovertemplate="%{y}<br>%{text}<br>%{hovertext}<extra></extra>",
        showlegend=bool(trace),
    )
    figure.add_trace(marks, row=row, col=None if row is None else 1)


def add_reasons(
    figure: go.Figure,
    table: pl.DataFrame,
    *,
    names: Sequence[str],
    x: float = 0.0,
    row: int | None = None,
) -> None:
    """Write, in the line of every undefined quantity, that it is not defined and why."""
    undefined = [
        (name, plain(interval_words(entry), width=48))
        for name, entry in zip(names, table.iter_rows(named=True), strict=True)
        if entry["estimate"] is None
    ]
    if undefined:
        words = go.Scatter(
            x=[x] * len(undefined),
            y=[name for name, _ in undefined],
            mode="text",
            text=[reason for _, reason in undefined],
            textposition="middle right",
            textfont={"size": 11, "color": "#5c5c5c"},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_trace(words, row=row, col=None if row is None else 1)
