"""A corpus in parts of whole conversations, so that a step works on a bounded number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from workbench.corpus.ordering import conversation_starts
from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus

__all__ = ["PARTITION_ROWS", "blocks", "conversation_sizes", "corpus_partitions"]

PARTITION_ROWS = 100_000
"""Utterances that one partition holds at most, unless a single conversation is longer."""


def conversation_sizes(utterances: pl.DataFrame) -> pl.DataFrame:
    """`conversation_id` and `rows` of each conversation, in table order.

    Raises
    ------
    BadInput
        If the rows of a conversation do not stand together.
    """
    starts = conversation_starts(utterances)
    if starts is None:
        raise BadInput(
            "The rows of a conversation do not stand together. "
            "Sort the utterances by conversation and turn first."
        )
    begun = starts.arg_true()
    ends = [*begun[1:].to_list(), utterances.height] if len(begun) else []
    return pl.DataFrame(
        {
            "conversation_id": utterances["conversation_id"].gather(begun),
            "rows": pl.Series(ends, dtype=pl.Int64) - begun.cast(pl.Int64),
        }
    )


def blocks(sizes: Sequence[int], *, rows: int) -> Iterator[tuple[int, int]]:
    """Runs (first, beyond the last) of consecutive items whose sizes add up to at most `rows`.

    An item that is larger by itself is a run of its own.
    """
    if rows < 1:
        raise BadInput(f"A partition holds at least one row; got rows={rows}.")
    first, held = 0, 0
    for place, size in enumerate(sizes):
        if place > first and held + size > rows:
            yield first, place
            first, held = place, 0
        held += size
    if len(sizes) > first:
        yield first, len(sizes)


def corpus_partitions(corpus: Corpus, *, rows: int) -> Iterator[Corpus]:
    """Yield the corpus in parts of whole conversations; see `Corpus.partitions`."""
    sizes = conversation_sizes(corpus.utterances)
    begun = 0
    for first, beyond in blocks(sizes["rows"].to_list(), rows=rows):
        ids = sizes["conversation_id"][first:beyond]
        count = int(sizes["rows"][first:beyond].sum())
        turns = corpus.utterances.slice(begun, count)
        begun += count
        yield replace(
            corpus,
            utterances=turns,
            conversations=corpus.conversations.filter(pl.col("id").is_in(ids.implode())),
            speakers=corpus.speakers.filter(
                pl.col("id").is_in(turns["speaker"].unique().implode())
            ),
            layers=tuple(
                layer.of(utterances=turns["id"], conversations=ids) for layer in corpus.layers
            ),
        )
