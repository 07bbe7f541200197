"""What the long and the wide CSV share: utterances with their conversation and speaker beside them."""

from __future__ import annotations

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.coded_table import OF_CONVERSATION, OF_SPEAKER
from workbench.corpus.readers.tabular import as_numbers
from workbench.corpus.schema import CONVERSATION_COLUMNS, SPEAKER_COLUMNS, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.corpus.writers.layer_losses import lost_metadata
from workbench.corpus.writers.losses import lost_columns

__all__ = ["beside", "lost_in_csv", "spoken_columns"]


def spoken_columns(corpus: Corpus) -> pl.DataFrame:
    """Utterances in their order, with `conversation.*` and `speaker.*` beside them."""
    talks = beside(corpus.conversations, OF_CONVERSATION, "conversation_id")
    speakers = beside(corpus.speakers, OF_SPEAKER, "speaker")
    table = corpus.utterances.join(talks, on="conversation_id", how="left", maintain_order="left")
    return table.join(speakers, on="speaker", how="left", maintain_order="left")


def beside(table: pl.DataFrame, prefix: str, key: str) -> pl.DataFrame:
    """Columns with a value in them, under a prefix, with the id called `key`."""
    full = [n for n in table.columns if n != "id" and table[n].null_count() < table.height]
    return table.select(pl.col("id").alias(key), pl.col(full).name.prefix(prefix))


def lost_in_csv(corpus: Corpus) -> list[Finding]:
    """What text without types loses: columns whose values come back as another kind."""
    kept = {
        "utterances": _surviving(corpus.utterances, UTTERANCE_COLUMNS) - {"turn"},
        "conversations": _surviving(corpus.conversations, CONVERSATION_COLUMNS),
        "speakers": _surviving(corpus.speakers, SPEAKER_COLUMNS),
    }
    return lost_columns(corpus, **kept) + lost_metadata(corpus)


def _surviving(table: pl.DataFrame, ours: object) -> set[str]:
    return {name for name in table.columns if name in ours or _survives(table[name])}  # type: ignore[operator]


def _survives(column: pl.Series) -> bool:
    """Whether a column of the source's own is the same after it was text."""
    if column.dtype not in (pl.String, pl.Int64, pl.Float64):
        return False
    return as_numbers(column.cast(pl.String)).equals(column, null_equal=True, check_dtypes=True)
