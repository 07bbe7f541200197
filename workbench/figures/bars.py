"""Bars of labels, as the corpus and the session show them."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from workbench.figures.palette import colours_of

__all__ = ["label_bars"]


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
    return figure
