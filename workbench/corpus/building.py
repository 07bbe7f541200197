"""How raw tables become those of a `Corpus`."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from workbench.corpus.ordering import in_turn_order, places, replied_conversation
from workbench.corpus.schema import (
    CONVERSATION_COLUMNS,
    META,
    ROW,
    SPEAKER_COLUMNS,
    UTTERANCE_COLUMNS,
    Table,
    as_polars,
    conform,
    side_of,
)
from workbench.errors import BadInput, shown

__all__ = ["conversation_table", "dense_turns", "prepare", "speaker_table"]


def prepare(raw: pl.DataFrame, roles: Mapping[str, str], where: str) -> pl.DataFrame:
    """Bring a raw utterance table into the schema: types, ids, roles and sides; row order unchanged."""
    absent = [name for name in ("conversation_id", "speaker", "text") if name not in raw.columns]
    if absent:
        raise BadInput.in_file(
            where,
            f"there is no column for {absent}.",
            remedy=f"Columns there: {shown(raw.columns)}. "
            "Map them with columns={'their name': 'text', ...}.",
        )
    if ROW not in raw.columns:
        raw = raw.with_row_index(ROW, offset=1)
    frame = conform(raw, UTTERANCE_COLUMNS, table="utterances", where=where)
    unnamed = [
        name
        for name in frame.columns
        if name not in UTTERANCE_COLUMNS and name != ROW and not name.startswith(META)
    ]
    both = [name for name in unnamed if f"{META}{name}" in frame.columns]
    if both:
        raise BadInput.in_file(
            where,
            f"columns {both} are there twice, with and without {META!r}.",
            remedy="Rename one.",
        )
    frame = frame.rename({name: f"{META}{name}" for name in unnamed})
    return _with_sides(frame, roles)


def _with_sides(frame: pl.DataFrame, roles: Mapping[str, str]) -> pl.DataFrame:
    role = pl.col("role")
    if frame["role"].null_count():
        role = role.fill_null("other")
    if roles:
        asked = pl.coalesce(
            pl.col("role").replace_strict(dict(roles), default=None, return_dtype=pl.String),
            pl.col("speaker").replace_strict(dict(roles), default=None, return_dtype=pl.String),
        )
        role = pl.coalesce(asked, role)
    frame = frame.with_columns(role.alias("role"))
    if frame["turn"].null_count():
        frame = frame.with_columns(pl.coalesce("turn", places(frame)).alias("turn"))
    if roles or frame["side"].null_count():
        side = side_of(pl.col("role"))
        stated = not roles and frame["side"].null_count() < frame.height
        kept = pl.col("side").fill_null(side) if stated else side
        frame = frame.with_columns(kept.alias("side"))
    if not frame["id"].null_count():
        return frame
    place = pl.col("turn").rank("ordinal").over("conversation_id") - 1
    made_id = pl.col("conversation_id") + "-" + place.cast(pl.String)
    return frame.with_columns(pl.coalesce("id", made_id).alias("id"))


def dense_turns(frame: pl.DataFrame) -> pl.DataFrame:
    """Order by conversation (as first seen) and turn, number turns 0, 1, 2, ..., cut dead reply links."""
    frame = in_turn_order(frame).drop(ROW)
    dead = frame["reply_to"].is_not_null() & replied_conversation(frame).is_null()
    if dead.any():
        frame = frame.with_columns(pl.when(~dead).then("reply_to").alias("reply_to"))
    return frame.with_columns(places(frame).alias("turn"))


def conversation_table(frame: pl.DataFrame, given: Table | None, where: str) -> pl.DataFrame:
    """One row per conversation of `frame` with the given facts; `source` defaults to the id."""
    ids = frame.select(pl.col("conversation_id").unique(maintain_order=True).alias("id"))
    table = ids
    if given is not None:
        given = _with_ids(as_polars(given), "conversation", where)
        if given["id"].is_duplicated().any():
            raise BadInput.in_file(
                where, "a conversation id stands twice in the conversation table."
            )
        table = ids.join(given, on="id", how="left", maintain_order="left")
    table = conform(table, CONVERSATION_COLUMNS, table="conversations", where=where)
    return table.with_columns(pl.coalesce("source", "id").alias("source"))


def _with_ids(given: pl.DataFrame, table: str, where: str) -> pl.DataFrame:
    if "id" not in given.columns:
        raise BadInput.in_file(where, f"the {table} table has no column 'id': {given.columns}.")
    return given.with_columns(pl.col("id").cast(pl.String))


def speaker_table(
    frame: pl.DataFrame, given: Table | None, where: str, *, keep_roles: bool
) -> pl.DataFrame:
    """One row per speaker of `frame` with the given traits and a role.

    The role is the stated one where there is one and `keep_roles`, else that of the first turn.
    """
    seen = frame.group_by("speaker", maintain_order=True).agg(pl.col("role").first())
    table = seen.rename({"speaker": "id"})
    if given is not None:
        given = _with_ids(as_polars(given), "speaker", where).unique("id", maintain_order=True)
        stated = given.rename({"role": "_stated"}, strict=False)
        table = table.join(stated, on="id", how="left", maintain_order="left")
        if "_stated" in table.columns:
            if keep_roles:
                table = table.with_columns(pl.coalesce("_stated", "role").alias("role"))
            table = table.drop("_stated")
    return conform(table, SPEAKER_COLUMNS, table="speakers", where=where)
