"""The workbench's own folder, as Parquet or as CSV that people can read and review."""

from __future__ import annotations

from functools import partial

from workbench.corpus.corpus import Corpus
from workbench.corpus.storage import write_folder
from workbench.corpus.validation import Finding
from workbench.corpus.writers.losses import lost
from workbench.corpus.writers.writer import Writer, loses_nothing

__all__ = ["CSV_WRITER", "WRITER"]


def _probabilities(corpus: Corpus) -> list[Finding]:
    with_shares = [layer for layer in corpus.layers if layer.probabilities is not None]
    return [
        lost(
            f"layers.{layer.name}",
            layer.table.height,
            f"the probability table of the layer {layer.name!r} is kept in Parquet only.",
        )
        for layer in with_shares
    ]


WRITER = Writer(
    "workbench",
    "the workbench's own folder: Parquet tables, layers and corpus.json",
    write_folder,
    loses_nothing,
)
CSV_WRITER = Writer(
    "csv",
    "the workbench's own folder with CSV tables, to read and review",
    partial(write_folder, tables="csv"),
    _probabilities,
)
