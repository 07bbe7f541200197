"""Figures of agreement: who gave which code, how far coders agree, how sure they may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from workbench.figures.estimates import add_dots, add_reasons, interval_words, methods_of
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import GREY, OKABE_ITO, colours_of

__all__ = [
    "KIND_COLOURS",
    "agreement_dots",
    "calibration_figure",
    "code_scores_figure",
    "confusion_map",
    "marginal_bars",
]

KIND_COLOURS = {
    "human-human": OKABE_ITO[0],
    "humans": OKABE_ITO[0],
    "human-model": OKABE_ITO[5],
    "model-model": OKABE_ITO[2],
    "models": OKABE_ITO[2],
    "mixed": GREY,
}
"""Kind of a set of coders -> colour."""

_TITLE = 52
"""Pixels that a title takes."""

_SYMBOLS = ("circle", "square", "diamond", "triangle-up")
"""Marks of several quantities in one figure: colour never stands alone."""

_BLUES = [[0.0, "#f7fbff"], [0.5, "#6baed6"], [1.0, "#08306b"]]
_NAME = 34


def confusion_map(table: pl.DataFrame, *, first: str, second: str, of: str = "") -> go.Figure:
    """Heat map of the codes of one coder by the codes of another; colour is the share of the row.

    Parameters
    ----------
    table
        `first`, `second`, `count`, `share`, all pairs of codes in the book's order.
    first, second
        Names of the coders: rows and columns.
    of
        Label whose yes and no is compared, for codes that do not exclude each other.
    """
    title = f"{first} (rows), {second} (columns)" + (f": {of}" if of else "")
    total = table["count"].sum()
    if not total:
        return bare("The two coders have no unit in common.", title=title)
    labels = table["first"].unique(maintain_order=True).to_list()
    names = [plain(label, width=18, limit=_NAME) for label in labels]
    k = len(labels)
    counts = [table["count"][i * k : (i + 1) * k].to_list() for i in range(k)]
    shares = [table["share"][i * k : (i + 1) * k].to_list() for i in range(k)]
    large = [[(share or 0) > 0.55 for share in line] for line in shares]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            colorscale=_BLUES,
            xgap=2,
            ygap=2,
            customdata=counts,
            showscale=False,
            hovertemplate="%{y} by one, %{x} by the other<br>%{customdata:,} units, %{z:.0%} of the row"
            "<extra></extra>",
        )
    )
    if k <= _WRITTEN:
        for i, name in enumerate(names):
            for j, other in enumerate(names):
                figure.add_annotation(
                    x=other,
                    y=name,
                    text=f"{counts[i][j]:,}",
                    showarrow=False,
                    font={"size": 12, "color": "#ffffff" if large[i][j] else "#222222"},
                )
    return styled(
        figure,
        title=title,
        caption=f"n = {total:,} units that both coded. Colour: share of the row.",
        height=230 + 34 * max(k, 3),
        xaxis={
            "side": "top",
            "type": "category",
            "tickangle": 0 if k < 3 else -35,
            "automargin": False,  # room is made here: a late redraw would meet a figure that is gone
        },
        margin_t=_TITLE + 16 + (0 if k < 3 else round(4.2 * min(18, max(map(len, labels))))),
        yaxis={"autorange": "reversed", "type": "category"},
    )


_WRITTEN = 12
"""Labels up to which numbers are written into the cells."""


def agreement_dots(
    table: pl.DataFrame, *, title: str, what: str, line: pl.DataFrame | None = None
) -> go.Figure:
    """Dots of estimates with their intervals, coloured by who is compared with whom.

    Parameters
    ----------
    table
        `name`, `kind` and the columns of estimates.
    title
        Of the figure.
    what
        Name of the quantity, for the axis.
    line
        One row with `estimate`, `low`, `high` of one human against the majority of the others: drawn as a
        line in a band.
    """
    if table.is_empty():
        return bare("There is nothing to compare.", title=title)
    shown = table.reverse()
    names = [plain(name, width=_NAME, limit=70) for name in shown["name"]]
    figure = go.Figure()
    ends = [x for column in ("estimate", "low") for x in table[column].drop_nulls()]
    low = min([0.0, *(max(x, -1.0) for x in ends)])
    add_reasons(figure, shown, names=names, x=low)
    for kind in dict.fromkeys(table["kind"]):
        own = (shown["kind"] == kind).to_list()
        at = [i for i, keep in enumerate(own) if keep]
        add_dots(
            figure,
            shown[at],
            names=[names[i] for i in at],
            form=".2f",
            colours=KIND_COLOURS.get(kind, GREY),
        )
    if line is not None and line.height and line["estimate"][0] is not None:
        _human_line(figure, line)
    styled(
        figure,
        title=title,
        x=what,
        caption=f"{_counted(table)}. {methods_of(table)}",
        height=170 + 30 * table.height,
        xaxis={"range": [low - 0.04, 1.04]},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
            "range": [-0.7, len(names) - 0.3],
        },
    )
    return figure


def _human_line(figure: go.Figure, line: pl.DataFrame) -> None:
    """What one human reaches against the majority of the others: a line in a band."""
    row = line.row(0, named=True)
    if row["low"] is not None and row["high"] is not None:
        figure.add_vrect(
            x0=row["low"], x1=row["high"], fillcolor="#0072B2", opacity=0.10, line_width=0
        )
    figure.add_vline(x=row["estimate"], line={"color": "#0072B2", "width": 2, "dash": "dash"})


def code_scores_figure(table: pl.DataFrame, *, coder: str, reference: str) -> go.Figure:
    """Sensitivity, specificity, precision and F1 of each code as dots with intervals.

    Parameters
    ----------
    table
        `label`, `measure` and the columns of estimates, of one coder against one reference.
    """
    title = f"{coder} against {reference}"
    if table.is_empty():
        return bare("The two coders have no unit in common.", title=title)
    labels = table["label"].unique(maintain_order=True).to_list()[::-1]
    measures = table["measure"].unique(maintain_order=True).to_list()
    figure = go.Figure()
    place = {label: i for i, label in enumerate(labels)}
    step = 0.8 / max(1, len(measures))
    for number, measure in enumerate(measures):
        own = table.filter(pl.col("measure") == measure).drop_nulls("estimate")
        shift = 0.4 - step * (number + 0.5)
        figure.add_scatter(
            x=own["estimate"].to_list(),
            y=[place[label] + shift for label in own["label"]],
            mode="markers",
            name=measure.capitalize(),
            marker={
                "size": 9,
                "color": OKABE_ITO[number % len(OKABE_ITO)],
                "symbol": _SYMBOLS[number % len(_SYMBOLS)],
            },
            error_x=_interval_bars(own, "#777777"),
            text=[
                plain(f"{row['label']}, {measure}: {interval_words(row, '.2f')}")
                for row in own.iter_rows(named=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    undefined = table.filter(pl.col("estimate").is_null()).height
    lost = (
        f" {undefined} are not defined and stand in the table with their reason."
        if undefined
        else ""
    )
    return styled(
        figure,
        title=title,
        x="share (1 is perfect)",
        y="code",
        caption=f"{_counted(table)} at most. {methods_of(table)} The reference's codes "
        f"count as right.{lost}",
        height=200 + 62 * len(labels),
        xaxis={"range": [-0.03, 1.03]},
        yaxis={
            "tickvals": list(range(len(labels))),
            "ticktext": [plain(label, width=18, limit=_NAME) for label in labels],
            "range": [-0.6, len(labels) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
    )


def marginal_bars(table: pl.DataFrame) -> go.Figure:
    """How often each coder gave each code: bars that differ show bias, whatever the agreement.

    Parameters
    ----------
    table
        `coder`, `label` and the columns of an estimate: share of the units that all of them coded.
    """
    title = "Shares of codes"
    if not _most(table):
        return bare("No unit was coded by all of these coders.", title=title)
    labels = table["label"].unique(maintain_order=True).to_list()
    coders = table["coder"].unique(maintain_order=True).to_list()
    names = [plain(label, width=16, limit=_NAME) for label in labels]
    palette = colours_of([f"coder {name}" for name in coders])
    figure = go.Figure()
    for coder in coders:
        own = table.filter(pl.col("coder") == coder)
        rows = pl.DataFrame({"label": labels}).join(
            own, on="label", how="left", maintain_order="left"
        )
        figure.add_bar(
            x=names,
            y=rows["estimate"].to_list(),
            name=plain(coder, limit=24),
            marker={"color": palette[f"coder {coder}"]},
            error_y=_interval_bars(rows, "#555555"),
            hovertext=[plain(interval_words(row, ".1%")) for row in rows.iter_rows(named=True)],
            hovertemplate=f"{plain(coder, limit=24)}, %{{x}}: %{{hovertext}}<extra></extra>",
        )
    return styled(
        figure,
        title=title,
        x="code",
        y="share of units",
        caption=f"{_counted(table)} that both coded. {methods_of(table)}",
        height=420,
        barmode="group",
        yaxis={"tickformat": ".0%", "rangemode": "tozero"},
        xaxis={"type": "category"},
    )


def calibration_figure(
    curve: pl.DataFrame, *, coder: str, reference: str, labels: Sequence[str]
) -> go.Figure:
    """Reliability diagram: share of units that the reference gave a code, by the probability of it.

    Parameters
    ----------
    curve
        `label`, `probability` and the columns of estimates, one row per bin.
    labels
        Which labels to draw, in the book's order.
    """
    title = f"{coder} against {reference}"
    shown = curve.filter(pl.col("label").is_in(list(labels)))
    if shown.is_empty():
        return bare("No unit has both a probability and a code.", title=title)
    n = shown.filter(pl.col("label") == shown["label"][0])["n"].sum()
    # by place: codes of one family share a colour elsewhere, and curves have nothing else to tell them apart
    place = {label: i for i, label in enumerate(curve["label"].unique(maintain_order=True))}
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="perfect",
            line={"color": "#777777", "dash": "dot", "width": 1.5},
            hoverinfo="skip",
        )
    )
    for label in labels:
        own = shown.filter(pl.col("label") == label).sort("probability")
        colour = OKABE_ITO[place[label] % len(OKABE_ITO)]
        figure.add_scatter(
            x=own["probability"].to_list(),
            y=own["estimate"].to_list(),
            mode="lines+markers",
            name=plain(label, limit=24),
            line={"color": colour, "width": 1.5},
            marker={"size": 8, "color": colour, "symbol": _SYMBOLS[place[label] % len(_SYMBOLS)]},
            error_y=_interval_bars(own, colour),
            text=[
                plain(
                    f"{label}: mean probability {p:.2f}, given to {interval_words(row, '.0%')}; "
                    f"n = {row['n']:,}"
                )
                for p, row in zip(own["probability"], own.iter_rows(named=True), strict=True)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    return styled(
        figure,
        title=title,
        x=f"probability by {plain(coder, limit=24)}",
        y=f"share by {plain(reference, limit=24)}",
        caption=f"n = {n:,} units in bins of equal size. {methods_of(shown)}",
        height=500,
        xaxis={"range": [-0.02, 1.02], "tickformat": ".1f"},
        yaxis={"range": [-0.03, 1.03], "tickformat": ".0%"},
    )


def _counted(table: pl.DataFrame) -> str:
    """The largest n of a table of estimates, and the sources that its intervals resample."""
    sources = max(table["n_clusters"].drop_nulls().to_list(), default=0)
    return f"n = {_most(table):,} units" + (f" from {sources:,} sources" if sources else "")


def _most(table: pl.DataFrame) -> int:
    """The largest n of a table of estimates."""
    return max(table["n"].drop_nulls().to_list(), default=0)


def _interval_bars(rows: pl.DataFrame, color: str) -> dict[str, Any]:
    """Error bars from estimate, low and high of each row; none where an end is not defined."""
    ends = rows.select(
        above=pl.col("high") - pl.col("estimate"), below=pl.col("estimate") - pl.col("low")
    )
    return {
        "type": "data",
        "symmetric": False,
        "array": ends["above"].to_list(),
        "arrayminus": ends["below"].to_list(),
        "color": color,
        "thickness": 1.2,
    }
