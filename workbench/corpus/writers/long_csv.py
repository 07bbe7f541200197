"""Write one CSV with a row per unit, coder and label, the words beside each; for any statistics program.

Utterances that nobody coded stand in it with empty columns of coding, so that the table holds the
whole corpus. `readers.coded_table` reads it back.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import LAYER_COLUMNS
from workbench.corpus.readers.coded_table import OF_CONVERSATION
from workbench.corpus.validation import Finding
from workbench.corpus.writers.coded_rows import beside, lost_in_csv, spoken_columns
from workbench.corpus.writers.layer_losses import lost_parts_of_layers
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_path

__all__ = ["WRITER"]

_EMPTY = {"layer": pl.String(), **LAYER_COLUMNS, "_layer": pl.Int64(), "_row": pl.Int64()}


def _write(corpus: Corpus, path: Path) -> None:
    said = spoken_columns(corpus).with_row_index("_place")
    codings = _codings(corpus)
    on_talks = codings.filter(pl.col("unit") == "conversation")
    talks = said.group_by("conversation_id", maintain_order=True).agg(pl.col("_place").min())
    talks = talks.join(
        beside(corpus.conversations, OF_CONVERSATION, "conversation_id"),
        on="conversation_id",
        how="left",
        maintain_order="left",
    )
    on_talks = on_talks.join(
        talks.with_columns(pl.col("conversation_id").alias("_key")),
        left_on="unit_id",
        right_on="_key",
        how="left",
    )
    on_words = codings.filter(pl.col("unit") != "conversation").join(
        said.with_columns(pl.col("id").alias("_key")),
        left_on="unit_id",
        right_on="_key",
        how="left",
    )
    uncoded = said.join(on_words, on="id", how="anti")
    table = pl.concat([on_talks, on_words, uncoded], how="diagonal_relaxed")
    table = table.sort("_place", "_layer", "_row", nulls_last=True, maintain_order=True)
    order = [*said.drop("_place").columns, "layer", *LAYER_COLUMNS]
    with atomic_path(path) as temporary:
        table.select(order).write_csv(temporary)


def _codings(corpus: Corpus) -> pl.DataFrame:
    parts = [
        layer.table.with_columns(
            pl.lit(layer.name).alias("layer"),
            pl.lit(place, pl.Int64).alias("_layer"),
            pl.int_range(pl.len(), dtype=pl.Int64).alias("_row"),
        ).select(list(_EMPTY))
        for place, layer in enumerate(corpus.layers)
    ]
    return pl.concat([pl.DataFrame(schema=_EMPTY), *parts])


def _lost(corpus: Corpus) -> list[Finding]:
    return lost_in_csv(corpus) + lost_parts_of_layers(
        corpus,
        units=("utterance", "span", "segment", "conversation"),
        columns=tuple(LAYER_COLUMNS),
        names=True,
    )


WRITER = Writer(
    "csv-long", "CSV with one row per unit, coder and label, words beside", _write, _lost
)
