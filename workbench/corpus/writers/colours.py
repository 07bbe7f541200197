"""Colours by which coding tools tell codes apart: dark enough for white letters on them."""

from __future__ import annotations

__all__ = ["colour_of"]

_COLOURS = (
    *("#0072B2", "#B34700", "#00704F", "#A0306E", "#5B4B9A", "#7A5C00"),
    *("#1F6E8C", "#9C2A2A", "#3F6B1F", "#6B3FA0", "#8C4B1F", "#44546A"),
)


def colour_of(place: int) -> str:
    """Colour of the code at a place of its book; the twelve come round again."""
    return _COLOURS[place % len(_COLOURS)]
