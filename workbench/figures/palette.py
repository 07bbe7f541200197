"""Colours that people with a colour vision deficiency can tell apart (Okabe and Ito, 2008).

https://jfly.uni-koeln.de/color/ - colour never stands alone: every mark also has its label in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["GREY", "OKABE_ITO", "SENTIMENT", "SIDE", "UNSTABLE", "colours_of"]

OKABE_ITO = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
)
"""Without yellow and black: yellow is lost on white, black is for text and outlines."""

GREY = "#8A8A8A"
"""For what is set apart, neutral or within noise."""

UNSTABLE = "#C3C8CE"
"""For topics that do not come again when the fit is repeated."""

SIDE: Mapping[str, str] = {"helper": "#0072B2", "client": "#E69F00", "other": GREY}
"""Side of the talk -> colour."""

SENTIMENT: Mapping[str, str] = {
    "positive": "#009E73",
    "negative": "#D55E00",
    "ambiguous": "#CC79A7",
    "neutral": GREY,
}
"""Sentiment -> colour."""

_KNOWN: Mapping[str, str] = {
    **SENTIMENT,
    "question": "#0072B2",
    "open": "#0072B2",
    "closed": "#0072B2",
    "reflection": "#009E73",
    "simple": "#009E73",
    "complex": "#009E73",
    "therapist_input": "#CC79A7",
    "information": "#CC79A7",
    "advice": "#CC79A7",
    "negotiation": "#CC79A7",
    "options": "#CC79A7",
    "change": "#56B4E9",
    "sustain": "#D55E00",
    "other": GREY,
    "joy": "#E69F00",
    "sadness": "#0072B2",
    "anger": "#D55E00",
    "fear": "#CC79A7",
    "surprise": "#56B4E9",
    "disgust": "#009E73",
}


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """Give each label its colour: the fixed one of a known code, else the next of the palette.

    Beyond six unknown labels colours repeat; the label in words tells them apart.

    >>> colours_of(["change", "sustain"])
    {'change': '#56B4E9', 'sustain': '#D55E00'}
    """
    unknown = [label for label in dict.fromkeys(labels) if label not in _KNOWN]
    given = {label: OKABE_ITO[i % len(OKABE_ITO)] for i, label in enumerate(unknown)}
    return {label: _KNOWN.get(label) or given[label] for label in dict.fromkeys(labels)}
