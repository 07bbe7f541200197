"""Tables that describe a corpus as it came; what the overview shows, for scripts as well."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from workbench.corpus import Corpus, Layer

__all__ = [
    "NOT_STATED",
    "conversation_table",
    "corpus_counts",
    "group_columns",
    "group_table",
    "label_table",
    "turn_lengths_table",
    "turns_table",
    "word_range",
]

NOT_STATED = "not stated"
"""Group of the conversations whose column is empty."""

_WORD = r"[\p{L}\p{N}'’]+"
_EDGES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
_GROUPS = 40


def _words() -> pl.Expr:
    return pl.col("text").str.count_matches(_WORD).cast(pl.Int64)


def corpus_counts(corpus: Corpus) -> pl.DataFrame:
    """What the corpus is and holds: `what`, `value` (both text)."""
    turns, about = corpus.utterances, corpus.metadata
    sides = dict(turns["side"].value_counts().iter_rows())
    rows = [
        ("corpus", about.name),
        ("licence", about.licence),
        ("citation", about.citation or NOT_STATED),
        ("language", about.language or NOT_STATED),
        ("conversations", f"{corpus.conversations.height:,}"),
        ("sources (never split)", f"{corpus.conversations['source'].n_unique():,}"),
        ("turns", f"{turns.height:,}"),
        *((f"turns of side {side}", f"{sides[side]:,}") for side in sorted(sides)),
        ("speakers", f"{corpus.speakers.height:,}"),
        ("words", f"{int(turns.select(_words().sum()).item() or 0):,}"),
    ]
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String}, orient="row")


def conversation_table(corpus: Corpus) -> pl.DataFrame:
    """One row per conversation: its facts, turns per side, words, the helper's share of the words."""
    per_side = [
        (pl.col("side") == side).sum().cast(pl.Int64).alias(f"{side}_turns")
        for side in ("helper", "client")
    ]
    helper = pl.col("_words").filter(pl.col("side") == "helper").sum()
    counted = (
        corpus.utterances.with_columns(_words=_words())
        .group_by("conversation_id")
        .agg(
            pl.len().cast(pl.Int64).alias("turns"),
            *per_side,
            pl.col("_words").sum().alias("words"),
            pl.when(pl.col("_words").sum() > 0)
            .then(helper / pl.col("_words").sum())
            .alias("helper_talk_share"),
        )
    )
    known = [
        column
        for column in corpus.conversations.columns
        if not column.startswith("meta.")
        and corpus.conversations[column].null_count() < corpus.conversations.height
    ]
    return corpus.conversations.select(known).join(
        counted, left_on="id", right_on="conversation_id", how="left", maintain_order="left"
    )


def group_columns(corpus: Corpus) -> list[str]:
    """Conversation columns by which to group: at least two values, no more than forty.

    `quality` and `topic` come first.
    """
    table = corpus.conversations
    fit = [
        name
        for name in table.columns
        if name not in ("id", "source")
        and (table[name].dtype.is_integer() or table[name].dtype in (pl.String, pl.Boolean))
        and 2 <= table[name].drop_nulls().n_unique() <= min(_GROUPS, max(2, table.height // 2))
    ]
    first = [name for name in ("quality", "topic") if name in fit]
    return first + [name for name in fit if name not in first]


def group_table(corpus: Corpus, by: str) -> pl.DataFrame:
    """Conversations and turns per value of a conversation column, most frequent first.

    Returns
    -------
    DataFrame
        `group` (text; `not stated` for empty), `conversations`, `turns`.
    """
    turns = corpus.utterances.group_by("conversation_id").agg(pl.len().cast(pl.Int64).alias("n"))
    talks = corpus.conversations.select(
        "id", pl.col(by).cast(pl.String).fill_null(NOT_STATED).alias("group")
    )
    joined = talks.join(turns, left_on="id", right_on="conversation_id", how="left")
    counted = joined.group_by("group").agg(
        pl.len().cast(pl.Int64).alias("conversations"), pl.col("n").sum().alias("turns")
    )
    return counted.sort(["conversations", "group"], descending=[True, False])


def turns_table(corpus: Corpus) -> pl.DataFrame:
    """Turns per conversation and side: `id`, `side`, `turns`."""
    counted = corpus.utterances.group_by("conversation_id", "side", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("turns")
    )
    return counted.select(pl.col("conversation_id").alias("id"), "side", "turns")


def turn_lengths_table(corpus: Corpus) -> pl.DataFrame:
    """Turns by their number of words, in ranges that double: `side`, `words`, `turns`, `share`."""
    names = _ranges()
    frame = corpus.utterances.select("side", _at=_place())
    counted = frame.group_by("side", "_at").agg(pl.len().cast(pl.Int64).alias("turns"))
    grid = frame.select(pl.col("side").unique()).join(
        pl.DataFrame(
            {"_at": range(len(names)), "words": names}, schema_overrides={"_at": pl.UInt32}
        ),
        how="cross",
    )
    filled = grid.join(
        counted.with_columns(pl.col("_at").cast(pl.UInt32)), on=["side", "_at"], how="left"
    ).with_columns(pl.col("turns").fill_null(0))
    share = pl.col("turns") / pl.col("turns").sum().over("side")
    order = pl.col("side").cast(pl.Enum(["helper", "client", "other"]))
    return filled.sort(order, "_at").select("side", "words", "turns", share.alias("share"))


def word_range() -> pl.Expr:
    """The range of `turn_lengths_table` that a turn lies in."""
    return _place().replace_strict(dict(enumerate(_ranges())), return_dtype=pl.String)


def _place() -> pl.Expr:
    return pl.sum_horizontal([_words() > edge for edge in _EDGES])


def _ranges() -> list[str]:
    names = [_range(low, high) for low, high in pairwise(_EDGES)]
    return ["0", *names, f"{_EDGES[-1] + 1} or more"]


def _range(low: int, high: int) -> str:
    return str(high) if high == low + 1 else f"{low + 1}-{high}"


def label_table(layers: Sequence[Layer]) -> pl.DataFrame:
    """Labels of some layers.

    Returns
    -------
    DataFrame
        `layer`, `coder_kind`, `label`, `count`, `expected`, `share_of_units` (units seen by the coder).
    """
    parts = []
    for layer in layers:
        seen = layer.table["unit_id"].n_unique()
        parts.append(
            layer.counts().select(
                pl.lit(layer.name).alias("layer"),
                pl.lit(layer.metadata.coder_kind).alias("coder_kind"),
                "label",
                "count",
                "expected",
                (pl.col("count") / seen if seen else pl.lit(None, pl.Float64)).alias(
                    "share_of_units"
                ),
            )
        )
    schema = {
        "layer": pl.String,
        "coder_kind": pl.String,
        "label": pl.String,
        "count": pl.Int64,
        "expected": pl.Float64,
        "share_of_units": pl.Float64,
    }
    return pl.concat([pl.DataFrame(schema=schema), *parts])
