"""Write one CSV with a row per utterance and a column per layer; `readers.coded_table` reads it back."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.readers.coded_table import NONE, escaped
from workbench.corpus.validation import Finding
from workbench.corpus.writers.coded_rows import lost_in_csv, spoken_columns
from workbench.corpus.writers.layer_losses import lost_parts_of_layers
from workbench.corpus.writers.losses import lost
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_path

__all__ = ["WRITER"]


def _write(corpus: Corpus, path: Path) -> None:
    table = spoken_columns(corpus)
    for layer in _carried(corpus):
        cells = _cells(layer)
        table = table.join(
            cells, left_on="id", right_on="unit_id", how="left", maintain_order="left"
        )
    with atomic_path(path) as temporary:
        table.write_csv(temporary)


def _carried(corpus: Corpus) -> list[Layer]:
    """Layers on utterances; of two that would make one column, the first."""
    layers = [layer for layer in corpus.layers if layer.metadata.unit == "utterance"]
    return list({_column_name(layer): layer for layer in reversed(layers)}.values())[::-1]


def _column_name(layer: Layer) -> str:
    about = layer.metadata
    again = f", round {about.round}" if about.round != 1 else ""
    return f"label: {escaped(about.scheme)} / {escaped(about.coder)} ({about.coder_kind}{again})"


def _cells(layer: Layer) -> pl.DataFrame:
    """`unit_id` and the labels of each unit in one cell; a null beside labels says nothing."""
    labels = layer.table["label"].unique().drop_nulls()
    marks = {label: escaped(label) for label in labels}
    return layer.table.group_by("unit_id", maintain_order=True).agg(
        pl.when(pl.col("label").drop_nulls().len() > 0)
        .then(
            pl.col("label").drop_nulls().replace_strict(marks, return_dtype=pl.String).str.join("|")
        )
        .otherwise(pl.lit(NONE))
        .first()
        .alias(_column_name(layer))
    )


def _lost(corpus: Corpus) -> list[Finding]:
    found = lost_in_csv(corpus) + lost_parts_of_layers(corpus, units=("utterance",))
    carried = _carried(corpus)
    for layer in corpus.layers:
        if layer.metadata.unit != "utterance":
            continue
        place = f"layers.{layer.name}"
        if layer not in carried:
            why = f"another layer has the scheme, coder, kind and round of {layer.name!r}."
            found.append(lost(place, layer.table.height, why))
            continue
        odd = layer.table.join(
            corpus.utterances, left_on="unit_id", right_on="id", how="anti"
        ).height
        per_unit = pl.col("label").is_null() & (pl.len().over("unit_id") > 1)
        odd += int(layer.table.select(per_unit.sum()).item())
        if odd:
            why = f"{odd} row(s) of {layer.name!r} name no utterance, or say `none` twice or beside a label."
            found.append(lost(place, odd, why))
    return found


WRITER = Writer(
    "csv-wide", "CSV with one row per utterance and one column per layer", _write, _lost
)
