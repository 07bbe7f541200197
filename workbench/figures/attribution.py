"""Figures of prompt attributions: where the decision comes from, and what is only noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl

from workbench.figures.estimates import add_dots, add_reasons, methods_of
from workbench.figures.layout import plain, styled
from workbench.figures.palette import GREY, OKABE_ITO

if TYPE_CHECKING:
    from workbench.attribution import Attribution

__all__ = ["coder_accuracy", "colour_of_value", "settings_spread", "waterfall"]

TOWARDS, AGAINST = OKABE_ITO[0], OKABE_ITO[5]
_BAND = "rgba(138, 138, 138, 0.28)"


def colour_of_value(value: float, floor: float | None) -> str:
    """Blue towards the target, vermilion against it, grey within the noise floor."""
    if floor is not None and abs(value) <= floor:
        return GREY
    return TOWARDS if value >= 0 else AGAINST


def waterfall(result: Attribution, *, title: str, chosen: str | None = None) -> go.Figure:
    """Steps from the empty prompt's payoff to the full one's; `customdata` is the component.

    The grey band about each step's start is the noise floor: a step that ends within it moves the
    payoff no more than text off the topic can.

    Parameters
    ----------
    result
        An attribution.
    title
        What was attributed.
    chosen
        Component to outline.
    """
    names = [plain(name, width=28) for name in result.table["component"]]
    values = result.table["estimate"].to_list()
    starts = [result.base_value + sum(values[:i]) for i in range(len(values))]
    floor = result.floor
    figure = go.Figure([_total("empty prompt", result.base_value)])
    figure.add_trace(_steps(result, names, starts, chosen))
    figure.add_trace(_total("full prompt", result.full_value))
    for place, start in enumerate(starts if floor is not None else [], start=1):
        figure.add_shape(
            type="rect",
            x0=start - floor,
            x1=start + floor,
            y0=place - 0.48,
            y1=place + 0.48,
            fillcolor=_BAND,
            line={"width": 0},
            layer="below",
        )
    order = ["empty prompt", *names, "full prompt"]
    figure.update_yaxes(categoryorder="array", categoryarray=order, autorange="reversed")
    noise = (
        "No noise floor was computed."
        if floor is None
        else f"Grey band: noise floor, ±{floor:.2f}."
    )
    unit = result.settings.get("unit", "unit of the payoff")
    return styled(
        figure,
        title=title,
        x=f"log-odds of {result.settings.get('target', 'the target')} ({unit})",
        y="component of the prompt",
        caption=f"Exact Shapley values, mean of n = {_settings(result)} settings (orders of the "
        f"options, kinds of absence). {noise} Blue: towards the target; vermilion: against; grey: "
        "within noise.",
        height=220 + 40 * len(order),
        showlegend=False,
        bargap=0.35,
    )


def _total(name: str, value: float) -> go.Bar:
    """Payoff of a whole prompt, from zero."""
    return go.Bar(
        y=[name],
        x=[value],
        orientation="h",
        marker={"color": "#444444"},
        hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
    )


def _steps(
    result: Attribution, names: list[str], starts: list[float], chosen: str | None
) -> go.Bar:
    """One bar per component, from where the one before it ended."""
    components = result.table["component"].to_list()
    values = result.table["estimate"].to_list()
    return go.Bar(
        y=names,
        x=values,
        base=starts,
        orientation="h",
        customdata=components,
        marker={
            "color": [colour_of_value(value, result.floor) for value in values],
            "line": {"color": "#000000", "width": [3 if x == chosen else 0 for x in components]},
        },
        text=[f"{value:+.2f}" for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertext=[
            f"{value:+.3f} ({low:+.3f} to {high:+.3f} over settings)"
            for value, low, high in result.table["estimate", "low", "high"].iter_rows()
        ],
        hovertemplate="%{y}<br>%{hovertext}<extra></extra>",
    )


def _settings(result: Attribution) -> int:
    return int(result.table["n"].to_numpy().max())


def settings_spread(result: Attribution, *, chosen: str | None = None) -> go.Figure:
    """Every setting's value of every component and filler; the noise floor as a band.

    Parameters
    ----------
    result
        An attribution.
    chosen
        Component in full strength; the others fade.
    """
    figure = go.Figure()
    symbols = ("circle-open", "square-open", "diamond-open", "cross-open")
    shown = result.runs.with_columns(
        setting=pl.concat_str(pl.col("absence"), pl.lit(", “"), pl.col("variant"), pl.lit("”"))
    )
    settings = shown["setting"].unique(maintain_order=True).to_list()
    for i, setting in enumerate(settings):
        part = shown.filter(pl.col("setting") == setting)
        figure.add_scatter(
            x=part["value"].to_list(),
            y=[plain(name, width=28) for name in part["component"]],
            mode="markers",
            name=plain(setting, width=60, limit=60),
            customdata=part["component"].to_list(),
            marker={
                "size": 12,
                "symbol": symbols[i % len(symbols)],
                "color": OKABE_ITO[i % len(OKABE_ITO)],
                "opacity": [1.0 if chosen in (None, x) else 0.35 for x in part["component"]],
                "line": {"width": 2},
            },
            hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
        )
    if result.floor is not None:
        figure.add_vrect(
            x0=-result.floor, x1=result.floor, fillcolor=_BAND, line={"width": 0}, layer="below"
        )
    names = shown["component"].unique(maintain_order=True).to_list()
    figure.add_vline(x=0, line={"color": "#555555", "width": 1})
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[plain(name, width=28) for name in names],
        autorange="reversed",
    )
    return styled(
        figure,
        title="Spread over settings",
        x=f"Shapley value ({result.settings.get('unit', 'unit of the payoff')})",
        y="component",
        caption=f"n = {len(settings)} settings of the same question: a value that changes sign between them "
        "is not to be told as a finding. Fillers are inert text; the band is their largest value.",
        height=220 + 34 * len(names) + 22 * len(settings),
        legend={"entrywidth": 0.98, "entrywidthmode": "fraction"},
        margin_t=56 + 20 * len(settings),
    )


def coder_accuracy(table: pl.DataFrame) -> go.Figure:
    """Accuracy of the prompt as a coder beside always giving the commonest code.

    Parameters
    ----------
    table
        `CoderCheck.table`.
    """
    titles = {"majority": "always the commonest code", "accuracy": "this prompt"}
    part = table.filter(pl.col("quantity").is_in(list(titles)))
    names = [titles[name] for name in part["quantity"]]
    figure = go.Figure()
    add_reasons(figure, part, names=names)
    add_dots(figure, part, names=names, form=".1%")
    n = part["n"].to_numpy().max()
    return styled(
        figure,
        title="Does the prompt code at all?",
        x="share of human codes given",
        caption=f"n = {n} turns with a human code. {methods_of(part)}",
        height=260,
        xaxis={"range": [0, 1.02], "tickformat": ".0%"},
    )
