"""Figures of how topics hang together: tree, course over the session, words behind a difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from workbench.figures.estimates import add_dots, add_reasons, interval_words, methods_of
from workbench.figures.layout import plain, styled
from workbench.figures.palette import OKABE_ITO
from workbench.figures.topics import topic_colour

__all__ = ["driving_words", "topic_courses", "topic_positions", "topic_tree"]

_LINE = "#7a828b"
_SHOWN = 6


def topic_tree(
    table: pl.DataFrame,
    *,
    titles: Mapping[int, str],
    chosen: int | None = None,
    unstable: Collection[int] = (),
    stability: str = "",
) -> go.Figure:
    """Tree of topics that are alike; `customdata` of a leaf is the topic's number.

    Parameters
    ----------
    table
        `parent`, `left`, `right`, `distance`, `topics`, `words`: a row per merge, closest first.
    titles
        Number of a topic -> its name.
    chosen
        Topic to outline.
    unstable
        Topics to be greyed.
    stability
        Sentence on what is greyed, or that stability is not known.
    """
    children = {row["parent"]: row for row in table.iter_rows(named=True)}
    root = table["parent"][-1]
    leaves = _leaves(root, children)
    place: dict[int, tuple[float, float]] = {leaf: (0.0, i) for i, leaf in enumerate(leaves)}
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for parent, row in children.items():
        (x1, y1), (x2, y2) = place[row["left"]], place[row["right"]]
        at = row["distance"]
        lines_x += [x1, at, at, x2, None]
        lines_y += [y1, y1, y2, y2, None]
        place[parent] = (at, (y1 + y2) / 2)
    figure = go.Figure(
        go.Scatter(
            x=lines_x,
            y=lines_y,
            mode="lines",
            line={"color": _LINE, "width": 1.5},
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[place[parent][0] for parent in children],
        y=[place[parent][1] for parent in children],
        mode="markers",
        marker={"size": 7, "color": _LINE},
        text=[
            plain(f"topics {', '.join(map(str, row['topics']))}: {', '.join(row['words'])}")
            for row in children.values()
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.add_scatter(
        x=[0.0] * len(leaves),
        y=list(range(len(leaves))),
        mode="markers",
        customdata=leaves,
        marker={
            "size": 11,
            "color": [topic_colour(leaf, unstable) for leaf in leaves],
            "line": {"color": "#000000", "width": [2 if x == chosen else 0 for x in leaves]},
        },
        text=[plain(titles.get(leaf, str(leaf)), width=44, limit=60) for leaf in leaves],
        hovertemplate="%{text}<extra></extra>",
    )
    return styled(
        figure,
        title="Which topics are alike",
        x="distance at which they join (the order counts)",
        caption=f"n = {len(leaves)} topics. Join by join the two closest; the words of a join are under the "
        f"pointer. Click a topic to see its words and turns. {stability}",
        height=170 + 24 * len(leaves),
        showlegend=False,
        xaxis={"rangemode": "tozero"},
        yaxis={
            "tickvals": list(range(len(leaves))),
            "ticktext": [plain(titles.get(x, str(x)), width=44, limit=44) for x in leaves],
            "showgrid": False,
            "zeroline": False,
        },
    )


def _leaves(node: int, children: Mapping[int, Mapping[str, Any]]) -> list[int]:
    """Topics below a node, from the bottom of the tree to its top."""
    found: list[int] = []
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at in children:
            waiting += [children[at]["right"], children[at]["left"]]
        else:
            found.append(at)
    return found


def topic_positions(
    table: pl.DataFrame, *, title: str, colour: str, stability: str = ""
) -> go.Figure:
    """One topic's share in each part of the session, with intervals.

    Parameters
    ----------
    table
        `position` and the columns of estimates, of one topic, in the order of the session.
    title
        Name of the topic.
    colour
        Of the dots.
    stability
        Sentence on what is greyed, or that stability is not known.
    """
    table = table.reverse()
    names = [plain(str(position)) for position in table["position"]]
    figure = go.Figure()
    add_reasons(figure, table, names=names)
    add_dots(figure, table, names=names, form=".1%", colours=colour)
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return styled(
        figure,
        title=f"Over the session: {title}",
        x="share of the fitted turns of this part",
        y="part of the session",
        caption=f"{methods_of(table)} {stability}",
        height=170 + 32 * table.height,
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
    )


def topic_courses(
    table: pl.DataFrame,
    *,
    titles: Mapping[int, str],
    chosen: int,
    unstable: Collection[int] = (),
    stability: str = "",
) -> go.Figure:
    """Small multiples: a line per class over the parts of the session, a panel per topic.

    Parameters
    ----------
    table
        `class`, `topic`, `position` and the columns of estimates.
    titles
        Number of a topic -> its name.
    chosen
        Topic of the first panel; the largest others follow.
    unstable
        Topics to be greyed.
    stability
        Sentence on what is greyed, or that stability is not known.
    """
    topics = _shown_topics(table, chosen)
    classes = table["class"].unique(maintain_order=True).to_list()
    positions = table["position"].unique(maintain_order=True).to_list()
    figure = make_subplots(
        rows=len(topics),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.24 / max(len(topics), 2),
        subplot_titles=[plain(titles.get(x, str(x)), width=60, limit=60) for x in topics],
    )
    for i, topic in enumerate(topics, 1):
        for k, name in enumerate(classes):
            own = table.filter((pl.col("topic") == topic) & (pl.col("class") == name))
            figure.add_trace(
                _course(own, name, k, grey=topic in unstable, in_legend=i == 1), row=i, col=1
            )
    figure.update_xaxes(categoryorder="array", categoryarray=[str(x) for x in positions])
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_annotations(font={"size": 12})
    told = "The chosen topic, and the largest others. " if table["topic"].n_unique() > 1 else ""
    return styled(
        figure,
        title="Topics over the session, by class",
        caption=f"{told}Bars: {methods_of(table)} Dashes tell classes apart as colours do. {stability}",
        height=150 + 150 * len(topics),
    )


def _shown_topics(table: pl.DataFrame, chosen: int) -> list[int]:
    sizes = (
        table.group_by("topic")
        .agg(pl.col("estimate").mean().alias("mean"))
        .filter(pl.col("topic") >= 0)
        .sort("mean", "topic", descending=[True, False], nulls_last=True)["topic"]
        .to_list()
    )
    first = [chosen] if chosen in table["topic"] else []
    return [*first, *(topic for topic in sizes if topic != chosen)][:_SHOWN]


def _course(own: pl.DataFrame, name: str, k: int, *, grey: bool, in_legend: bool) -> go.Scatter:
    shown = own.drop_nulls("estimate")
    rows: Sequence[Mapping[str, Any]] = shown.rows(named=True)
    colour = topic_colour(0, {0}) if grey else OKABE_ITO[k % len(OKABE_ITO)]
    return go.Scatter(
        x=[str(row["position"]) for row in rows],
        y=[row["estimate"] for row in rows],
        mode="lines+markers",
        name=plain(str(name), limit=40),
        legendgroup=str(k),
        showlegend=in_legend,
        line={"color": colour, "dash": ("solid", "dash", "dot", "dashdot")[k % 4]},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [None if r["high"] is None else r["high"] - r["estimate"] for r in rows],
            "arrayminus": [None if r["low"] is None else r["estimate"] - r["low"] for r in rows],
            "thickness": 1,
        },
        text=[plain(interval_words(row, ".1%")) for row in rows],
        hovertemplate="%{x}<br>%{text}<extra>%{fullData.name}</extra>",
    )


def driving_words(table: pl.DataFrame, *, pair: str, shown: int = 20) -> go.Figure:
    """Words that two groups use differently, the most different on top, with intervals.

    Parameters
    ----------
    table
        `word`, the columns of estimates (log-odds ratio), `finding`; rows of one pair.
    pair
        The pair, as `high - low`: words to the right are the first group's.
    shown
        Most words to draw.
    """
    strength = "z_calibrated" if "z_calibrated" in table.columns else "estimate"
    best = table.sort(pl.col(strength).abs(), descending=True, nulls_last=True).head(shown)
    best = best.sort("estimate", nulls_last=False)
    found = [bool(x) for x in best["finding"].fill_null(False)]
    names = [plain(word, limit=40) for word in best["word"]]
    figure = go.Figure()
    add_reasons(figure, best, names=names)
    add_dots(
        figure,
        best,
        names=names,
        form="+.2f",
        colours=[OKABE_ITO[0] if x else topic_colour(0, {0}) for x in found],
    )
    figure.add_vline(x=0, line={"color": "#555555", "width": 1, "dash": "dot"})
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return styled(
        figure,
        title=f"Words behind the difference: {pair}",
        x="log-odds ratio (natural logarithm)",
        y="word",
        caption=f"{best.height} of {table.height:,} words. {methods_of(best)} Blue: a finding after false-"
        f"discovery control ({int(table['finding'].fill_null(False).sum()):,} words); grey: may be chance.",
        height=170 + 22 * best.height,
    )
