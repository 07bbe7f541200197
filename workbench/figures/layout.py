"""One look for all figures, and the only door through which dialogue text enters one.

Plotly reads a part of HTML in every text; `plain` escapes and shortens. Attributes used here are
known to plotly.js 3.1 (Panel) and 4.1 (JupyterLab, reports).
"""

from __future__ import annotations

import html
import textwrap
from typing import Any

import plotly.graph_objects as go

__all__ = ["bare", "plain", "styled", "wrapped"]

_CAPTION_WIDTH = 88
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def plain(text: str, *, width: int = 60, limit: int = 240) -> str:
    """Escape `text` for a figure, cut after `limit` characters, broken into lines of `width`.

    >>> plain("<b>no</b>")
    '&lt;b&gt;no&lt;/b&gt;'
    """
    short = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    lines = textwrap.wrap(short, width=width, break_long_words=True) or [""]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def wrapped(text: str, *, width: int = _CAPTION_WIDTH) -> str:
    """Break a caption of our own into lines."""
    return plain(text, width=width, limit=2000)


def styled(
    figure: go.Figure,
    *,
    title: str,
    x: str = "",
    y: str = "",
    caption: str = "",
    height: int = 420,
    **layout: Any,
) -> go.Figure:
    """Give a figure title, axis names, caption and the common look; returns the same figure.

    Parameters
    ----------
    x, y
        Axis names with their unit.
    caption
        What the marks are, n, and how intervals were made; stands below the figure.
    height
        Of the whole figure, in pixels; the caption's lines are added to it.
    **layout
        Further attributes of the layout; they win.
    """
    lines = wrapped(caption).count("<br>") + 1 if caption else 0
    below = 64 + 15 * lines
    legend = len(figure.data) > 1 and layout.get("showlegend") is not False
    above = 76 if legend else 52
    figure.update_layout(
        template="plotly_white",
        font={"family": _FONT, "size": 13, "color": "#222222"},
        title={
            "text": plain(title, width=70),
            "x": 0,
            "xref": "paper",
            "font": {"size": 16},
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 12},
        },
        margin={"l": 16, "r": 24, "t": above, "b": below},
        height=height + 15 * lines + above - 76,
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        hoverlabel={"align": "left"},
    )
    if legend:
        place = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"}
        figure.update_layout(legend={"orientation": "h", **place})
    for text, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        update(automargin=True)
        if text:
            update(title={"text": text, "standoff": 8})
    if caption:
        _add_caption(figure, caption)
    if layout:
        figure.update_layout(**layout)
    return figure


def _add_caption(figure: go.Figure, caption: str) -> None:
    figure.add_annotation(
        text=wrapped(caption),
        x=0,
        xref="paper",
        xanchor="left",
        y=0,
        yref="paper",
        yanchor="top",
        yshift=-54,
        align="left",
        showarrow=False,
        font={"size": 11, "color": "#555555"},
    )


def bare(message: str, *, title: str) -> go.Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = go.Figure()
    styled(figure, title=title, height=220)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=wrapped(message, width=70),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 14, "color": "#555555"},
    )
    return figure
