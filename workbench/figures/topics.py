"""Figures of fitted topics: sizes, map, words, groups."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from workbench.figures.bars import add_withheld
from workbench.figures.estimates import add_dots, add_reasons, methods_of
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import GREY, OKABE_ITO

__all__ = ["group_differences", "group_shares", "topic_map", "topic_sizes", "topic_words"]

OUTLIER = -1
_NUMBERED = 40
_SVG_POINTS = 4000


def _colour(topic: int) -> str:
    return GREY if topic == OUTLIER else OKABE_ITO[topic % len(OKABE_ITO)]


def topic_sizes(info: pl.DataFrame, *, shares: str, chosen: int | None = None) -> go.Figure:
    """Bars of each topic's share of the fitted turns; `customdata` is the topic's number.

    Parameters
    ----------
    info
        `Topics.info`, with a column `title` to show.
    shares
        Sentence with the shares of outliers and of turns set apart.
    chosen
        Topic to outline.
    """
    # withheld topics stand last: their place must not tell how large they are
    table = info.sort(
        pl.col("Count").is_null(), pl.col("Topic") == OUTLIER, -pl.col("Count")
    ).reverse()
    figure = go.Figure(
        go.Bar(
            x=table["share"].to_list(),
            y=[plain(title, width=44, limit=44) for title in table["title"]],
            orientation="h",
            customdata=table["Topic"].to_list(),
            marker={
                "color": [_colour(topic) for topic in table["Topic"]],
                "line": {
                    "color": "#000000",
                    "width": [3 if topic == chosen else 0 for topic in table["Topic"]],
                },
            },
            text=["" if n is None else f"{n:,}" for n in table["Count"]],
            hovertemplate="%{y}<br>%{x:.1%} of the fitted turns, %{text} turns<extra></extra>",
        )
    )
    names = [plain(title, width=44, limit=44) for title in table["title"]]
    add_withheld(figure, table, value="Count", names=names)
    return styled(
        figure,
        title="How often each topic is spoken of",
        x="share of the fitted turns",
        y="topic",
        caption=f"n = {info['Count'].sum():,} fitted turns. {shares} Click a bar to see its words and turns.",
        height=180 + 24 * table.height,
        xaxis_tickformat=".0%",
        showlegend=False,
    )


def topic_map(points: pl.DataFrame, *, shares: str, chosen: int | None = None) -> go.Figure:
    """Turns on a plane where like turns lie close; `customdata` is the topic's number.

    Parameters
    ----------
    points
        `unit_id`, `x`, `y`, `topic`, `title`, `text`.
    shares
        Sentence with the shares of outliers and of turns set apart.
    chosen
        Topic to bring out.
    """
    figure = go.Figure()
    mark = go.Scattergl if points.height > _SVG_POINTS else go.Scatter
    groups = (
        ("no topic (outliers)", pl.col("topic") == OUTLIER, 4, 0.35),
        ("topics", pl.col("topic") != OUTLIER, 6, 0.8 if chosen is None else 0.5),
        ("chosen topic", pl.col("topic") == chosen, 9, 1.0),
    )
    for name, condition, size, opacity in groups:
        part = (
            points.filter(condition)
            if chosen is not None or name != "chosen topic"
            else points.clear()
        )
        if part.is_empty():
            continue
        figure.add_trace(
            mark(
                x=part["x"].to_list(),
                y=part["y"].to_list(),
                mode="markers",
                name=name,
                customdata=part["topic"].to_list(),
                text=[
                    f"{plain(title, width=60, limit=60)}<br>{plain(text, limit=160)}"
                    for title, text in part["title", "text"].iter_rows()
                ],
                marker={
                    "size": size,
                    "opacity": opacity,
                    "color": [_colour(topic) for topic in part["topic"]],
                    "line": {"width": 1 if name == "chosen topic" else 0, "color": "#000000"},
                },
                hovertemplate="%{text}<extra></extra>",
            )
        )
    _number_topics(figure, points)
    return styled(
        figure,
        title="Map of turns by what they speak of",
        caption=f"n = {points.height:,} fitted turns (UMAP of the embeddings; neighbours mean likeness, "
        f"distances and axes mean nothing). Numbers: topics. {shares}",
        height=560,
        xaxis={"visible": False},
        yaxis={"visible": False},
    )


def _number_topics(figure: go.Figure, points: pl.DataFrame) -> None:
    """Write the numbers of the largest topics at the median of their turns."""
    centres = (
        points.filter(pl.col("topic") != OUTLIER)
        .group_by("topic")
        .agg(pl.len().alias("n"), pl.col("x", "y").median())
        .sort("n", "topic", descending=[True, False])
        .head(_NUMBERED)
    )
    figure.add_scatter(
        x=centres["x"].to_list(),
        y=centres["y"].to_list(),
        mode="text",
        text=[f"<b>{topic}</b>" for topic in centres["topic"]],
        customdata=centres["topic"].to_list(),
        textfont={"size": 13, "color": "#000000"},
        hoverinfo="skip",
        showlegend=False,
    )


def topic_words(words: pl.DataFrame, *, title: str) -> go.Figure:
    """Bars of a topic's words.

    Parameters
    ----------
    words
        `word`, `weight` (c-TF-IDF), heaviest first.
    title
        Name of the topic.
    """
    heading = f"Words of topic {title}"
    if words.is_empty():
        return bare("This topic has no words.", title=heading)
    table = words.reverse()
    figure = go.Figure(
        go.Bar(
            x=table["weight"].to_list(),
            y=[plain(word, limit=40) for word in table["word"]],
            orientation="h",
            marker={"color": OKABE_ITO[0]},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    return styled(
        figure,
        title=heading,
        x="weight (c-TF-IDF, no unit)",
        y="word",
        caption="Words that set the topic apart from the others, from its core turns.",
        height=170 + 22 * table.height,
    )


def group_shares(table: pl.DataFrame, *, by: str, title: str) -> go.Figure:
    """Dots of one topic's share in every group, with intervals.

    Parameters
    ----------
    table
        `group` and the columns of estimates, of one topic.
    by
        Name of the grouping column.
    title
        Name of the topic.
    """
    table = table.reverse()
    names = [plain(group, width=32) for group in table["group"]]
    figure = go.Figure()
    add_reasons(figure, table, names=names)
    add_dots(figure, table, names=names, form=".1%")
    known = table.drop_nulls("n_clusters")["group", "n_clusters"].reverse()
    clusters = ", ".join(f"{g}: {n}" for g, n in known.iter_rows())
    return styled(
        figure,
        title=f"Topic {title} by {by}",
        x="share of the group's fitted turns",
        y=by,
        caption=methods_of(table) + (f" They resample sources ({clusters})." if clusters else ""),
        height=180 + 36 * table.height,
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
    )


def group_differences(
    table: pl.DataFrame, *, pair: str, titles: Mapping[int, str], chosen: int | None = None
) -> go.Figure:
    """Dots of the difference between two groups for every topic, with intervals.

    Parameters
    ----------
    table
        `topic`, the columns of estimates, `p_holm`; rows of one pair.
    pair
        The pair, as `high - low`.
    titles
        Number of a topic -> its name.
    chosen
        Topic in another colour.
    """
    table = table.sort("estimate", nulls_last=False)
    names = [plain(titles[topic], width=44, limit=44) for topic in table["topic"]]
    figure = go.Figure()
    add_reasons(figure, table, names=names)
    add_dots(
        figure,
        table,
        names=names,
        form="+.1%",
        colours=["#D55E00" if topic == chosen else "#0072B2" for topic in table["topic"]],
        customdata=table["topic"].to_list(),
    )
    figure.add_vline(x=0, line={"color": "#555555", "width": 1, "dash": "dot"})
    tested = table.drop_nulls("p_holm")
    below = int((tested["p_holm"] < 0.05).sum())
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return styled(
        figure,
        title=f"Which topics differ: {pair}",
        x="difference of shares (percentage points of fitted turns)",
        y="topic",
        caption=f"{methods_of(table)} {below} of {tested.height} topics differ at p < 0.05 after Holm's "
        "adjustment (permutation of sources). A group's shares add up to one: read them together.",
        height=190 + 24 * table.height,
        xaxis_tickformat="+.0%",
    )
