"""Figures of fitted topics: sizes, words, groups. What is unstable is grey and called so in its title."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import plotly.graph_objects as go
import polars as pl

from workbench.figures.bars import add_withheld
from workbench.figures.estimates import add_dots, add_reasons, methods_of
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import GREY, OKABE_ITO, UNSTABLE

__all__ = [
    "OUTLIER",
    "group_differences",
    "group_shares",
    "topic_colour",
    "topic_sizes",
    "topic_words",
]

OUTLIER = -1


def topic_colour(topic: int, unstable: Collection[int] = ()) -> str:
    """Colour of a topic in every figure: grey for outliers, light grey for unstable topics."""
    if topic == OUTLIER:
        return GREY
    return UNSTABLE if topic in unstable else OKABE_ITO[topic % len(OKABE_ITO)]


def topic_sizes(
    info: pl.DataFrame,
    *,
    shares: str,
    chosen: int | None = None,
    unstable: Collection[int] = (),
    stability: str = "",
) -> go.Figure:
    """Bars of each topic's share of the fitted turns; `customdata` is the topic's number.

    Parameters
    ----------
    info
        `Topics.info`, with a column `title` to show.
    shares
        Sentence with the shares of outliers and of turns set apart.
    chosen
        Topic to outline.
    unstable
        Topics to be greyed.
    stability
        Sentence on what is greyed, or that stability is not known.
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
                "color": [topic_colour(topic, unstable) for topic in table["Topic"]],
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
        caption=f"n = {info['Count'].sum():,} fitted turns. {shares} {stability} "
        "Click a bar to see its words and turns.",
        height=180 + 24 * table.height,
        xaxis_tickformat=".0%",
        showlegend=False,
    )


def topic_words(
    words: pl.DataFrame, *, title: str, colour: str = OKABE_ITO[0], stability: str = ""
) -> go.Figure:
    """Bars of a topic's words.

    Parameters
    ----------
    words
        `word`, `weight` (c-TF-IDF), heaviest first.
    title
        Name of the topic.
    colour
        Of the bars.
    stability
        Sentence on what is greyed, or that stability is not known.
    """
    heading = f"Words: {title}"
    if words.is_empty():
        return bare("This topic has no words.", title=heading)
    table = words.reverse()
    figure = go.Figure(
        go.Bar(
            x=table["weight"].to_list(),
            y=[plain(word, limit=40) for word in table["word"]],
            orientation="h",
            marker={"color": colour},
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    return styled(
        figure,
        title=heading,
        x="weight (c-TF-IDF, no unit)",
        y="word",
        caption=f"Words that set the topic apart from the others, from its core turns. {stability}",
        height=170 + 22 * table.height,
    )


def group_shares(
    table: pl.DataFrame, *, by: str, title: str, colour: str = OKABE_ITO[0], stability: str = ""
) -> go.Figure:
    """Dots of one topic's share in every group, with intervals.

    Parameters
    ----------
    table
        `group` and the columns of estimates, of one topic.
    by
        Name of the grouping column.
    title
        Name of the topic.
    colour
        Of the dots.
    stability
        Sentence on what is greyed, or that stability is not known.
    """
    table = table.reverse()
    names = [plain(group, width=32) for group in table["group"]]
    figure = go.Figure()
    add_reasons(figure, table, names=names)
    add_dots(figure, table, names=names, form=".1%", colours=colour)
    known = table.drop_nulls("n_clusters")["group", "n_clusters"].reverse()
    clusters = ", ".join(f"{g}: {n}" for g, n in known.iter_rows())
    return styled(
        figure,
        title=f"By {by}: {title}",
        x="share of the group's fitted turns",
        y=by,
        caption=methods_of(table)
        + (f" They resample sources ({clusters})." if clusters else "")
        + (f" {stability}" if stability else ""),
        height=180 + 36 * table.height,
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
    )


def group_differences(
    table: pl.DataFrame,
    *,
    pair: str,
    titles: Mapping[int, str],
    chosen: int | None = None,
    unstable: Collection[int] = (),
    stability: str = "",
) -> go.Figure:
    """Dots of the difference between two groups for every topic, with intervals.

    Parameters
    ----------
    table
        `topic`, the columns of estimates, `q_value`, `finding`, `estimand`; rows of one pair.
    pair
        The pair, as `high - low`.
    titles
        Number of a topic -> its name.
    chosen
        Topic in another colour.
    unstable
        Topics to be greyed.
    stability
        Sentence on what is greyed, or that stability is not known.
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
        colours=[
            "#D55E00" if topic == chosen else UNSTABLE if topic in unstable else "#0072B2"
            for topic in table["topic"]
        ],
        customdata=table["topic"].to_list(),
    )
    figure.add_vline(x=0, line={"color": "#555555", "width": 1, "dash": "dot"})
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return styled(
        figure,
        title=f"Which topics differ: {pair}",
        x="difference of shares (percentage points)",
        y="topic",
        caption=f"{methods_of(table)} {_found(table)} A group's shares add up to one: read them "
        f"together. {stability}",
        height=190 + 24 * table.height,
        xaxis_tickformat="+.0%",
    )


def _found(table: pl.DataFrame) -> str:
    """How many differences were found, by which rule, and how many come by chance."""
    if "finding" not in table.columns:
        return ""
    tested = table.drop_nulls("finding")
    found = int(tested["finding"].sum())
    told = (
        f"{found} of {tested.height} topics are a finding: q at most 0.05 by Benjamini and Hochberg, "
        "from relabelling whole sources."
    )
    chance = tested["chance_any"].drop_nulls()
    if chance.len():
        told += f" {chance[0]:.1%} of the relabellings have any finding."
    return told
