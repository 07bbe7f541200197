"""What a coder gains by abstaining, as a curve: coverage across, accuracy and macro-F1 up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from workbench.figures.estimates import interval_words, methods_of
from workbench.figures.layout import bare, styled

__all__ = ["coverage_curve"]

_LOOKS = {"accuracy": ("#0072B2", "solid", "circle"), "macro-F1": ("#D55E00", "dash", "square")}
"""Colour, line and mark of each measure."""


def coverage_curve(rows: Sequence[Mapping[str, Any]], *, title: str = "") -> go.Figure:
    """Draw the table of a card that says how right a coder is on what it still codes.

    Parameters
    ----------
    rows
        The table `workbench.coding.scoring.coverage.coverage_table` makes: `abstain below`,
        `measure` and the columns of every table of estimates.
    title
        Over the figure, such as the head's name.
    """
    table = pl.DataFrame(rows, infer_schema_length=None)
    if table.is_empty():
        return bare("This head's card has no table of coverage and accuracy.", title=title)
    coverage = table.filter(measure="coverage").select("abstain below", across="estimate")
    figure = go.Figure()
    for measure in _LOOKS:
        line = table.filter(measure=measure).join(coverage, on="abstain below")
        line = line.filter(pl.col("estimate").is_not_null()).sort("across")
        figure.add_trace(_line(measure, line))
    figure.update_xaxes(range=[0, 1.03], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.03])
    return styled(
        figure,
        title=title or "Abstaining: coverage and accuracy",
        x="share still coded (coverage)",
        y="share right, macro-F1 (of what is coded)",
        caption=f"Each dot: codes only above a probability. {methods_of(table)}",
    )


def _line(measure: str, line: pl.DataFrame) -> go.Scatter:
    colour, dash, symbol = _LOOKS[measure]
    high = [None if h is None else h - e for e, h in line.select("estimate", "high").iter_rows()]
    low = [None if x is None else e - x for e, x in line.select("estimate", "low").iter_rows()]
    words = [
        f"{measure} {interval_words(row, '.2f')}<br>abstains below {row['abstain below']:g}, "
        f"codes {row['across']:.0%}"
        for row in line.iter_rows(named=True)
    ]
    return go.Scatter(
        x=line["across"].to_list(),
        y=line["estimate"].to_list(),
        mode="lines+markers",
        name=measure,
        line={"color": colour, "dash": dash},
        marker={"symbol": symbol, "size": 8},
        error_y={"type": "data", "symmetric": False, "array": high, "arrayminus": low},
        hovertext=words,
        hoverinfo="text",
    )
