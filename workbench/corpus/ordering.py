"""Order of turns and reply links, quickly where the table is already as it should be.

Most sources hold each conversation in one run of rows, in turn order, and most replies answer the
row before. That is seen in one pass, so that a million rows need no sort and no join; any other
table takes the general way with the same result.
"""

from __future__ import annotations

import polars as pl

__all__ = ["conversation_starts", "in_turn_order", "places", "repeats", "replied_conversation"]


def conversation_starts(frame: pl.DataFrame) -> pl.Series | None:
    """Where each conversation begins, as a mask over rows; None if one of them is interrupted."""
    talks = frame["conversation_id"]
    starts = (talks != talks.shift()).fill_null(value=True)
    return starts if talks.filter(starts).is_unique().all() else None


def places(frame: pl.DataFrame) -> pl.Series:
    """Place of each row among the rows of its conversation, from 0, in row order."""
    starts = conversation_starts(frame)
    if starts is None:
        return frame.select(pl.int_range(pl.len()).over("conversation_id")).to_series()
    rows = pl.int_range(frame.height, eager=True)
    begun = pl.select(pl.when(starts).then(rows)).to_series().forward_fill()
    return (rows - begun).alias("turn")


def in_turn_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Order by conversation (as first seen) and turn; rows of equal turn keep their order."""
    starts = conversation_starts(frame)
    if starts is not None:
        rises = (frame["turn"].diff() >= 0).fill_null(value=True)
        if (rises | starts).all():
            return frame
    return (
        frame.with_row_index("_first")
        .with_columns(pl.col("_first").min().over("conversation_id"))
        .sort("_first", "turn", maintain_order=True)
        .drop("_first")
    )


def replied_conversation(frame: pl.DataFrame) -> pl.Series:
    """Conversation of the utterance that each row replies to; null without reply or where it is not there."""
    before = frame["id"].shift()
    answers_before = (frame["reply_to"] == before).fill_null(value=False)
    found = pl.select(
        pl.when(answers_before).then(frame["conversation_id"].shift()).alias("_in")
    ).to_series()
    others = (~answers_before & frame["reply_to"].is_not_null()).arg_true()
    if len(others):
        known = frame.select("id", pl.col("conversation_id").alias("_in")).unique("id")
        asked = frame.select("reply_to").gather(others)
        joined = asked.join(
            known, left_on="reply_to", right_on="id", how="left", maintain_order="left"
        )
        found = found.scatter(others, joined["_in"])
    return found


def repeats(ids: pl.Series) -> pl.Series:
    """Mask of the ids that stand earlier too."""
    if ids.hash().n_unique() == ids.len():  # no two hashes are equal, so no two ids are
        return pl.repeat(value=False, n=ids.len(), dtype=pl.Boolean, eager=True)
    return ~ids.is_first_distinct()
