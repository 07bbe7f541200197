"""Slices of conversations: what a coder who cannot code all of it codes."""

from __future__ import annotations

import polars as pl

from workbench.errors import BadInput

__all__ = ["slices"]


def slices(utterances: pl.DataFrame, *, turns: int = 20) -> pl.DataFrame:
    """Cut conversations into slices of consecutive turns.

    Parameters
    ----------
    utterances : polars.DataFrame
        With `id`, `conversation_id` and `turn`.
    turns : int, default 20
        Turns of a slice; what is left at the end is a slice of its own from half that length on, and
        belongs to the slice before it otherwise.

    Returns
    -------
    polars.DataFrame
        `id`, `conversation_id`, `segment` ("<conversation>#<number>"), rows as given.

    Raises
    ------
    BadInput
        If `turns` is below 1.

    Examples
    --------
    >>> talk = pl.DataFrame({"id": list("abcde"), "conversation_id": ["t"] * 5, "turn": range(5)})
    >>> slices(talk, turns=2)["segment"].to_list()
    ['t#0', 't#0', 't#1', 't#1', 't#2']
    """
    if turns < 1:
        raise BadInput(f"A slice has at least one turn; got turns={turns}.")
    place = pl.col("turn").rank("ordinal").over("conversation_id") - 1
    length = pl.len().over("conversation_id")
    last = ((length + turns // 2) // turns).clip(1) - 1
    number = pl.min_horizontal(place // turns, last)
    return utterances.select(
        "id",
        "conversation_id",
        segment=pl.format("{}#{}", pl.col("conversation_id"), number),
    )
