"""Figures of emotional courses."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from workbench.figures.estimates import add_dots, add_reasons, methods_of
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import SIDE

__all__ = ["emotion_heat", "emotion_means", "valence_curve"]


def valence_curve(course: pl.DataFrame, *, session: str, window: int) -> go.Figure:
    """Valence turn by turn: a point per turn, a line of the running mean per side.

    Parameters
    ----------
    course
        One conversation of `workbench.emotion.emotion_course`, with a column `text`.
    session
        Id of the conversation.
    window
        Turns in the running mean.
    """
    title = f"Valence of {session}"
    scored = course.drop_nulls("valence")
    if scored.is_empty():
        return bare("No turn of this conversation was scored.", title=title)
    figure = go.Figure()
    for (side,), part in scored.group_by("side", maintain_order=True):
        colour, turns = SIDE[str(side)], part["turn"].to_list()
        figure.add_scatter(
            x=turns,
            y=part["valence"].to_list(),
            mode="markers",
            name=f"{side}, turns",
            legendgroup=str(side),
            customdata=turns,
            text=[plain(text, limit=160) for text in part["text"]],
            marker={
                "color": colour,
                "size": 6,
                "opacity": 0.55,
                "symbol": "circle" if side == "helper" else "square",
            },
            hovertemplate=f"turn %{{x}}, {side}: %{{y:+.2f}}<br>%{{text}}<extra></extra>",
        )
        figure.add_scatter(
            x=turns,
            y=part["valence_smooth"].to_list(),
            mode="lines",
            name=f"{side}, running mean",
            legendgroup=str(side),
            customdata=turns,
            line={"color": colour, "width": 3, "dash": "solid" if side == "helper" else "dash"},
            hovertemplate=f"turn %{{x}}, {side}, mean %{{y:+.2f}}<extra></extra>",
        )
    figure.add_hline(y=0, line={"color": "#888888", "width": 1})
    unscored = course.height - scored.height
    left_out = f" Not scored: {unscored} (no words)." if unscored else ""
    return styled(
        figure,
        title=title,
        x="turn (number in the session)",
        y="P(positive) - P(negative)",
        caption=f"n = {scored.height} turns.{left_out} Lines: mean over {window} turns of the same side. No "
        "interval: the model's error on this kind of talk is unknown.",
        height=440,
        yaxis_range=[-1.05, 1.05],
    )


def emotion_heat(
    course: pl.DataFrame, *, labels: Sequence[str], session: str, side: str
) -> go.Figure:
    """Probability of each emotion group, turn by turn, as shades.

    Parameters
    ----------
    course
        One conversation of `emotion_course`; columns `p.<label>`, `turn`, `text`.
    labels
        Groups to draw, from top to bottom.
    session, side
        For the title.
    """
    title = f"Emotions of {session}, {side}"
    if course.is_empty():
        return bare("There is no turn of this side.", title=title)
    texts = [plain(text, limit=160) for text in course["text"]]
    figure = go.Figure(
        go.Heatmap(
            x=course["turn"].to_list(),
            y=list(labels),
            z=[course[f"p.{label}"].to_list() for label in labels],
            customdata=[course["turn"].to_list()] * len(labels),
            text=[texts] * len(labels),
            zmin=0,
            zmax=1,
            colorscale="Blues",
            hoverongaps=False,
            colorbar={"title": {"text": "probability"}, "thickness": 12},
            hovertemplate="turn %{x}, %{y}: %{z:.2f}<br>%{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False, zeroline=False)
    return styled(
        figure,
        title=title,
        x="turn (number in the session)",
        y="emotion",
        caption=f"n = {course.height} turns; several emotions may hold in one turn. Grey: not scored, or "
        "another side's turn.",
        plot_bgcolor="#d0d0d0",
        height=210 + 26 * len(labels),
    )


def emotion_means(table: pl.DataFrame, *, by: str, label: str) -> go.Figure:
    """Dots of the mean per group and side, with intervals.

    Parameters
    ----------
    table
        `group`, `side` and the columns of estimates.
    by
        Name of the grouping column.
    label
        What was averaged.
    """
    title = f"Mean {label} by {by}"
    if table.is_empty():
        return bare("There is no group to compare.", title=title)
    names = [f"{plain(g, width=28)}, {s}" for g, s in table["group", "side"].iter_rows()]
    figure = go.Figure()
    add_reasons(figure, table, names=names)
    for side in table["side"].unique(maintain_order=True):
        of_side = (table["side"] == side).to_list()
        add_dots(
            figure,
            table.filter(of_side),
            names=[name for name, mine in zip(names, of_side, strict=True) if mine],
            form="+.3f",
            colours=SIDE[side],
            trace=side,
        )
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    clusters = [n for n in table["n_clusters"] if n is not None]
    sources = f"{min(clusters)} to {max(clusters)} in a group" if clusters else "none"
    return styled(
        figure,
        title=title,
        x=f"mean {label} per turn",
        y=by,
        caption=f"{methods_of(table)} They resample whole sources ({sources}) and leave out the model's own "
        "error on this kind of talk.",
        height=190 + 30 * table.height,
    )
