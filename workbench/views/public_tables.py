"""Tables of the screens as a public view shows them: with null and a reason where few people are behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.statistics import ESTIMATE_COLUMNS
from workbench.views.corpus_tables import NOT_STATED, word_range
from workbench.views.corpus_tables import corpus_counts as whole_counts
from workbench.views.public import Crowd

if TYPE_CHECKING:
    from workbench.topics import Topics

__all__ = [
    "corpus_counts",
    "group_table",
    "label_table",
    "means_table",
    "set_apart",
    "topic_groups",
    "topic_info",
    "turn_lengths_table",
]

_PAIR = " - "
_SIDE = "turns of side "
_COUNTED = ("conversations", "sources (never split)", "turns", "speakers", "words")


def corpus_counts(corpus: Corpus, crowd: Crowd) -> pl.DataFrame:
    """What the corpus is and holds: `what`, `value` (both text)."""
    table = whole_counts(corpus)
    sides = table.filter(pl.col("what").str.starts_with(_SIDE))
    people = crowd.turns.select("side", "person", what=pl.lit(_SIDE) + pl.col("side"))
    shown = crowd.withhold(sides, people, keys=["what"], values=["value"])
    told = shown.select("what", _told=pl.coalesce("value", "reason"))
    counted = pl.col("what").is_in(_COUNTED) & crowd.is_small(crowd.turns)
    return table.join(told, on="what", how="left", maintain_order="left").select(
        "what",
        pl.when(counted)
        .then(pl.lit(crowd.reason))
        .otherwise(pl.coalesce("_told", "value"))
        .alias("value"),
    )


def _grouped(corpus: Corpus, crowd: Crowd, by: str) -> pl.DataFrame:
    """People per group of conversations: `conversation_id`, `group`, `side`, `person`."""
    groups = corpus.conversations.select(conversation_id="id", group=pl.col(by).cast(pl.String))
    return crowd.turns.join(groups, on="conversation_id")


def group_table(table: pl.DataFrame, corpus: Corpus, crowd: Crowd, *, by: str) -> pl.DataFrame:
    """Conversations and turns per value of a conversation column."""
    people = _grouped(corpus, crowd, by).with_columns(pl.col("group").fill_null(NOT_STATED))
    shown = crowd.withhold(table, people, keys=["group"], values=["conversations", "turns"])
    # the table is sorted by size: what is withheld moves to the end, where its place tells nothing
    hidden = pl.col("conversations").is_null()
    return pl.concat([shown.filter(~hidden), shown.filter(hidden).sort("group")])


def turn_lengths_table(table: pl.DataFrame, corpus: Corpus, crowd: Crowd) -> pl.DataFrame:
    """Turns by their number of words."""
    words = corpus.utterances.select("id", words=word_range())
    people = crowd.turns.join(words, on="id").select("side", "words", "person")
    cells = table.with_columns(_side="side")
    return crowd.withhold(
        cells,
        people.with_columns(_side="side"),
        keys=["_side", "words"],
        values=["turns", "share"],
        totals=[["_side"]],
    ).drop("_side")


def label_table(table: pl.DataFrame, layers: Sequence[Layer], crowd: Crowd) -> pl.DataFrame:
    """Labels of some layers, or of one."""
    people = pl.concat([crowd.behind(x).with_columns(layer=pl.lit(x.name)) for x in layers])
    values = [name for name in ("count", "expected", "share_of_units") if name in table.columns]
    if "layer" not in table.columns:
        return crowd.withhold(table, people, keys=["label"], values=values)
    return crowd.withhold(table, people, keys=["layer", "label"], values=values, totals=[["layer"]])


def topic_info(topics: Topics, crowd: Crowd) -> pl.DataFrame:
    """Topics with counts and words."""
    people = crowd.behind(topics.layer).drop_nulls("label")
    return crowd.withhold(
        topics.info,
        people.with_columns(Topic=pl.col("label").cast(pl.Int64)),
        keys=["Topic"],
        values=["Count", "share", "core", "conversations", "Representation", "Name"],
    )


def set_apart(table: pl.DataFrame, layer: Layer, crowd: Crowd) -> pl.DataFrame:
    """What was set apart before fitting, by what it was."""
    people = crowd.behind(layer, by="note").with_columns(
        label=pl.col("note").str.strip_prefix("set apart: ")
    )
    return crowd.withhold(table, people, keys=["label"], values=["count", "share"])


def topic_groups(
    table: pl.DataFrame, layer: Layer, corpus: Corpus, crowd: Crowd, *, by: str
) -> pl.DataFrame:
    """Shares of topics per group, and differences of two groups, withheld where either is."""
    told = ("group", "topic", "reason", "estimand")
    values = [name for name in table.columns if name not in told]
    pairs = pl.col("group").str.contains(_PAIR, literal=True)
    said = layer.table.drop_nulls("label").select("label", id="unit_id")
    people = (
        _grouped(corpus, crowd, by)
        .join(said, on="id")
        .with_columns(topic=pl.col("label").cast(pl.Int64))
    )
    single = crowd.withhold(
        table.filter(~pairs),
        people,
        keys=["group", "topic"],
        values=values,
        totals=[["group"], ["topic"]],
    )
    hidden = {
        (group, topic): reason
        for group, topic, n, reason in single.select("group", "topic", "n", "reason").iter_rows()
        if n is None
    }
    rows = []
    for row in table.filter(pairs).iter_rows(named=True):
        parts = [hidden.get((group, row["topic"])) for group in row["group"].split(_PAIR)]
        why = next((reason for reason in parts if reason), None)
        rows.append(row if why is None else {**row, **dict.fromkeys(values), "reason": why})
    return pl.concat([single, pl.DataFrame(rows, schema=table.schema).select(single.columns)])


def means_table(table: pl.DataFrame, corpus: Corpus, crowd: Crowd, *, by: str) -> pl.DataFrame:
    """Means per group and side."""
    people = _grouped(corpus, crowd, by).drop_nulls("group").with_columns(_side="side")
    values = [name for name in ESTIMATE_COLUMNS if name != "reason"]
    return crowd.withhold(
        table.with_columns(_side="side"),
        people,
        keys=["group", "_side"],
        values=values,
        totals=[["_side"]],
    ).drop("_side")
