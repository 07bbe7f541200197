"""Bars of labels, as the corpus and the session show them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go
import polars as pl

from workbench.figures.palette import colours_of

__all__ = ["add_withheld", "label_bars"]


def add_withheld(
    figure: go.Figure,
    table: pl.DataFrame,
    *,
    value: str,
    names: Sequence[str],
    upright: bool = False,
) -> None:
    """Write, where a bar is withheld, why: rows of `table` without a `value` and with a `reason`.

    Parameters
    ----------
    names
        Places of the rows on the axis of names.
    upright
        Whether bars stand; else they lie.
    """
    if "reason" not in table.columns:
        return
    told = [
        (name, reason)
        for name, n, reason in zip(names, table[value], table["reason"], strict=True)
        if n is None and reason is not None
    ]
    if told:
        places, none = [name for name, _ in told], [0] * len(told)
        figure.add_scatter(
            x=places if upright else none,
            y=none if upright else places,
            mode="text",
            text=["withheld" if upright else "<br>".join(wrap(reason, 32)) for _, reason in told],
            textposition="top center" if upright else "middle right",
            textfont={"size": 11, "color": "#5c5c5c"},
            cliponaxis=False,
            hovertext=[reason for _, reason in told],
            hoverinfo="text",
            showlegend=False,
        )
    if not upright and table[value].null_count() == table.height:
        figure.update_xaxes(range=[0, 1], showticklabels=False)  # there is nothing to read off


def label_bars(table: pl.DataFrame, *, names: Sequence[str]) -> go.Figure:
    """Bars of assigned labels, with the sum of probabilities as a mark where there is one.

    Parameters
    ----------
    table
        `label` (a bar's `customdata`), `count`, `expected` (null without probabilities).
    names
        What to write at each bar; escaped.
    """
    palette = colours_of(table["label"].to_list())
    figure = go.Figure(
        go.Bar(
            x=table["count"].to_list(),
            y=list(names),
            orientation="h",
            name="labels given",
            showlegend=False,  # the axis says so, and no one colour stands for all bars
            customdata=table["label"].to_list(),
            marker={"color": [palette[label] for label in table["label"]]},
            hovertemplate="%{y}: %{x:,} given<extra></extra>",
        )
    )
    expected = table.with_columns(pl.Series("name", list(names))).drop_nulls("expected")
    if expected.height:
        figure.add_scatter(
            x=expected["expected"].to_list(),
            y=expected["name"].to_list(),
            mode="markers",
            name="expected count (sum of probabilities)",
            marker={"symbol": "diamond", "size": 10, "color": "#222222"},
            hovertemplate="%{y}: %{x:,.1f} expected<extra></extra>",
        )
    add_withheld(figure, table, value="count", names=names)
    return figure
