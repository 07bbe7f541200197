"""Figures of a corpus as it came: groups of conversations, lengths, labels."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from workbench.figures.bars import add_withheld, label_bars
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import OKABE_ITO, SIDE

__all__ = ["group_sizes", "label_counts", "turn_lengths", "turns_per_conversation"]


def group_sizes(table: pl.DataFrame, *, by: str) -> go.Figure:
    """Bars of conversations per group; a bar's `customdata` is the group.

    Parameters
    ----------
    table
        `group`, `conversations`, `turns`.
    by
        Name of the grouping column.
    """
    title = f"Conversations by {by}"
    if table.is_empty():
        return bare("There is no conversation.", title=title)
    table = table.reverse()
    names = [plain(str(group), width=32, limit=64) for group in table["group"]]
    figure = go.Figure(
        go.Bar(
            x=table["conversations"].to_list(),
            y=names,
            orientation="h",
            customdata=table["group"].to_list(),
            marker={"color": OKABE_ITO[0]},
            text=table["conversations"].to_list(),
            textposition="auto",
            hovertext=[f"{turns or 0:,} turns" for turns in table["turns"]],
            hovertemplate="%{y}<br>%{x} conversations, %{hovertext}<extra></extra>",
            showlegend=False,
        )
    )
    add_withheld(figure, table, value="conversations", names=names)
    known = table["conversations"].drop_nulls()
    told = f"n = {known.sum():,} conversations. Click a bar to list its conversations."
    return styled(
        figure,
        title=title,
        x="conversations (count)",
        y=by,
        caption=told if len(known) else "Every group is withheld.",
        height=180 + 26 * table.height,
    )


def turn_lengths(table: pl.DataFrame) -> go.Figure:
    """Bars of the share of each side's turns that have so many words.

    Parameters
    ----------
    table
        `side`, `words` (a range as text, in order), `turns`, `share` (of the side's turns).
    """
    figure = go.Figure()
    for (side,), part in table.group_by("side", maintain_order=True):
        figure.add_bar(
            x=part["words"].to_list(),
            y=part["share"].to_list(),
            name=str(side),
            customdata=part["turns"].to_list(),
            marker={"color": SIDE[str(side)]},
            hovertemplate=f"{side}: %{{x}} words<br>%{{customdata:,}} turns, %{{y:.1%}}<extra></extra>",
        )
    hidden = int(table["turns"].null_count())
    told = f" {hidden} bar(s) withheld: {table['reason'].drop_nulls()[0]}." if hidden else ""
    return styled(
        figure,
        title="How long turns are",
        x="words in the turn",
        y="share of the side's turns",
        caption=f"n = {table['turns'].sum():,} turns. A word is a run of letters, digits or apostrophes."
        + told,
        yaxis_tickformat=".0%",
        legend_title_text="side ",
    )


def turns_per_conversation(table: pl.DataFrame) -> go.Figure:
    """Box with points of turns per conversation, a box per side; `customdata` is the conversation.

    Parameters
    ----------
    table
        `id`, `side`, `turns`.
    """
    figure = go.Figure()
    for (side,), part in table.group_by("side", maintain_order=True):
        figure.add_box(
            x=part["turns"].to_list(),
            name=str(side),
            customdata=part["id"].to_list(),
            text=[plain(name) for name in part["id"]],
            boxpoints="all" if part.height <= 2000 else "outliers",
            jitter=0.5,
            pointpos=0,
            marker={"color": SIDE[str(side)], "size": 5, "opacity": 0.6},
            hovertemplate="%{text}<br>%{x} turns<extra></extra>",
        )
    n = table["id"].n_unique()
    return styled(
        figure,
        title="Turns per conversation",
        x="turns (count)",
        y="side",
        caption=f"n = {n:,} conversations. Box: quartiles and median; every point is a conversation.",
        height=200 + 70 * table["side"].n_unique(),
        showlegend=False,
    )


def label_counts(table: pl.DataFrame, *, layer: str) -> go.Figure:
    """Bars of assigned labels, with the sum of probabilities as a mark where there is one.

    Parameters
    ----------
    table
        `label`, `count`, `expected` (null without probabilities).
    layer
        Name of the layer.
    """
    title = f"Labels of {layer}"
    if table.is_empty():
        return bare("This layer has no label.", title=title)
    table = table.reverse()
    names = [plain(label, width=32, limit=48) for label in table["label"]]
    figure = label_bars(table, names=names)
    return styled(
        figure,
        title=title,
        x="labels (count)",
        y="label",
        caption=f"n = {table['count'].sum():,} labels given.",
        height=190 + 26 * table.height,
        showlegend=table["expected"].null_count() == 0,
    )
