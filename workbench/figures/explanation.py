"""Which words and turns carried a code, as bars in reading order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import polars as pl

from workbench.figures.attribution import colour_of_value
from workbench.figures.layout import plain, styled

if TYPE_CHECKING:
    from workbench.coding import CodeExplanation

__all__ = ["code_bars"]

_BARS, _NAME = 30, 26
"""Players with a bar of their own, the others share one; characters that name one, on one line."""


def code_bars(found: CodeExplanation) -> go.Figure:
    """Bars of words and previous turns, in the order in which they were said; `customdata` is the turn.

    Where there are many, the weakest are summed up in the last bar.
    """
    table = found.table.with_row_index("_at")
    strongest = table.sort(pl.col("value").abs(), "_at", descending=[True, False]).head(_BARS)
    kept, rest = strongest.sort("_at"), table.join(strongest, on="_at", how="anti")
    players = [
        f"turn {turn}: {text}" if kind == "turn" else text
        for kind, text, turn in kept.select("kind", "text", "turn").iter_rows()
    ]
    names = [plain(player, width=_NAME, limit=_NAME) for player in players]
    hovered = [plain(player) for player in players]
    values, turns = kept["value"].to_list(), kept["turn"].to_list()
    if rest.height:
        names.append(f"{rest.height} others together")
        hovered.append(names[-1])
        values.append(float(rest["value"].sum()))
        turns.append(None)
    places = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=values,
            y=places,
            orientation="h",
            customdata=turns,
            marker={"color": [colour_of_value(value, None) for value in values]},
            hovertext=hovered,
            hovertemplate="%{hovertext}: %{x:+.2f}<extra></extra>",
        )
    )
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed")
    how = "exact" if found.method == "exact" else "estimated"
    return styled(
        figure,
        title=f"What speaks for “{found.label}”",
        x="share of the log-odds (nats)",
        caption=f"Shapley values of words and previous turns, {how}, n = {found.evaluations} evaluations of "
        f"the head. With nothing there the log-odds of the code are {found.base_value:+.2f}, with all "
        f"{found.full_value:+.2f}. Blue: for the code; vermilion: against. What the head used, not why a "
        "person would give the code.",
        height=200 + 24 * len(names),
        showlegend=False,
    )
