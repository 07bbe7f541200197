"""Figures of one session: counts of codes, ratios, and the course of change talk."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from workbench.figures.bars import label_bars
from workbench.figures.estimates import add_dots, add_reasons, methods_of
from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import colours_of

__all__ = ["change_talk_course", "code_counts", "session_shares"]

_SHARES = (
    "helper_talk_share",
    "complex_reflection_share",
    "open_question_share",
    "change_talk_share",
)


def session_shares(measures: pl.DataFrame, *, session: str) -> go.Figure:
    """Draw R:Q above, the shares below, with intervals of coding error; undefined ones in words.

    Parameters
    ----------
    measures
        `SessionSheet.measures`.
    session
        Id of the conversation.
    """
    ratio = measures.filter(pl.col("measure") == "reflection_to_question")
    shares = measures.filter(pl.col("measure").is_in(_SHARES)).reverse()
    figure = make_subplots(rows=2, cols=1, row_heights=[0.24, 0.76], vertical_spacing=0.2)
    for row, table in ((1, ratio), (2, shares)):
        names = [plain(title, width=30) for title in table["title"]]
        form = ".2f" if row == 1 else ".1%"
        add_reasons(figure, table, names=names, row=row, x=0.02)
        add_dots(figure, table, names=names, form=form, row=row)
        figure.update_yaxes(
            type="category",  # a single name with a number in reach is else taken for a number
            categoryorder="array",
            categoryarray=names,
            range=[-0.6, len(names) - 0.4],
            row=row,
            col=1,
        )
    styled(
        figure,
        title=f"Ratios of {session}",
        caption=f"{methods_of(measures)} They say how far wrong codes could move a figure, not how "
        "sessions differ; marks without one are exact counts or human codes.",
        height=470,
        showlegend=False,
    )
    top = max([2.0, *(x for x in (*ratio["estimate"], *ratio["high"]) if x is not None)])
    figure.update_xaxes(title_text="reflections per question", range=[0, top * 1.08], row=1, col=1)
    figure.update_xaxes(title_text="share", range=[-0.02, 1.02], tickformat=".0%", row=2, col=1)
    return figure


def code_counts(counts: pl.DataFrame, *, session: str) -> go.Figure:
    """Bars of codes given in a session, with expected counts as marks.

    Parameters
    ----------
    counts
        `SessionSheet.counts`: `scheme`, `label`, `count`, `expected`.
    session
        Id of the conversation.
    """
    title = f"Codes of {session}"
    if counts.is_empty():
        return bare("This session has no codes of this coder.", title=title)
    table = counts.reverse()
    names = [
        plain(f"{label} ({scheme})", width=48)
        for scheme, label in table["scheme", "label"].iter_rows()
    ]
    figure = label_bars(table, names=names)
    return styled(
        figure,
        title=title,
        x="turns (count)",
        y="code (scheme)",
        caption=f"n = {counts['count'].sum():,} codes. An expected count allows for codes that the coder was "
        "unsure of; a turn may carry several codes of a multi-label scheme.",
        height=190 + 22 * table.height,
        showlegend=len(figure.data) > 1,
    )


def change_talk_course(course: pl.DataFrame, *, session: str) -> go.Figure:
    """Running share of change talk above; change (up) and sustain talk (down) per client turn below.

    Parameters
    ----------
    course
        `SessionSheet.course`: `turn`, `change_talk_share`, `p_change`, `p_sustain`.
    session
        Id of the conversation.
    """
    title = f"Course of change talk in {session}"
    coded = course.drop_nulls(["p_change", "p_sustain"])
    if coded.is_empty():
        return bare("The client's turns have no change or sustain codes.", title=title)
    figure = _course_marks(coded)
    styled(
        figure,
        title=title,
        caption=f"n = {coded.height} turns. %CT = change / (change + sustain), summed from the start; early "
        "values rest on few turns. Below: probability of each code (1 or 0 for human codes), sustain "
        "talk downward.",
        height=460,
        barmode="relative",
    )
    figure.update_yaxes(
        title_text="%CT so far", range=[-0.03, 1.03], tickformat=".0%", row=1, col=1
    )
    figure.update_yaxes(
        title_text="probability",
        range=[-1.05, 1.05],
        tickvals=[-1, -0.5, 0, 0.5, 1],
        ticktext=["1", "0.5", "0", "0.5", "1"],
        row=2,
        col=1,
    )
    figure.update_xaxes(title_text="", row=1, col=1)
    figure.update_xaxes(title_text="turn (number in the session)", row=2, col=1)
    return figure


def _course_marks(coded: pl.DataFrame) -> go.Figure:
    colours = colours_of(["change", "sustain"])
    turns = coded["turn"].to_list()
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.5, 0.5], vertical_spacing=0.08
    )
    figure.add_scatter(
        x=turns,
        y=coded["change_talk_share"].to_list(),
        mode="lines+markers",
        name="running %CT",
        line={"color": "#222222"},
        marker={"size": 5},
        customdata=turns,
        hovertemplate="turn %{x}<br>%CT so far %{y:.0%}<extra></extra>",
        row=1,
        col=1,
    )
    for label, sign in (("change", 1.0), ("sustain", -1.0)):
        figure.add_bar(
            x=turns,
            y=(sign * coded[f"p_{label}"]).to_list(),
            name=f"{label} talk",
            marker={"color": colours[label]},
            customdata=turns,
            text=[f"{p:.2f}" for p in coded[f"p_{label}"]],
            textposition="none",
            hovertemplate=f"turn %{{x}}<br>{label} %{{text}}<extra></extra>",
            row=2,
            col=1,
        )
    return figure
