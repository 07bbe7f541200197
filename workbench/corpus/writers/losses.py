"""Say what a format cannot carry, from the columns and layers that it does carry."""

from __future__ import annotations

from collections.abc import Callable, Collection

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.schema import side_of
from workbench.corpus.validation import Finding

__all__ = ["lost", "lost_columns", "lost_layers"]


def lost(what: str, count: int, why: str, *, mend: str = "") -> Finding:
    """One thing that a format cannot carry."""
    mend = mend or "Write the format `workbench` beside it to keep everything."
    return Finding("note", "lost", count, what, why, mend)


def lost_columns(
    corpus: Corpus,
    *,
    utterances: Collection[str],
    conversations: Collection[str] = (),
    speakers: Collection[str] = (),
) -> list[Finding]:
    """Findings for every column with a value in it that is not among those a format carries.

    What reading makes anew is told only where it would come out otherwise: a source that is not
    the conversation itself, a side that does not follow from the role, a role of a speaker that
    the turns do not say. Whether ids, speakers and turns are carried is asked like any column.
    """
    found = []
    for table, kept in (
        ("utterances", utterances),
        ("conversations", conversations),
        ("speakers", speakers),
    ):
        frame: pl.DataFrame = getattr(corpus, table)
        for name in frame.columns:
            count = _values(corpus, table, name)
            if count and name not in kept:
                why = f"{count:,} value(s) of {table}.{name} have no place in this format."
                found.append(lost(f"{table}.{name}", count, why))
    return found


def _values(corpus: Corpus, table: str, name: str) -> int:
    """How many values of a column reading would not make anew."""
    frame: pl.DataFrame = getattr(corpus, table)
    column = frame[name]
    if (table, name) == ("utterances", "side"):
        return int((column != frame.select(side_of(pl.col("role"))).to_series()).sum())
    if (table, name) == ("utterances", "turn"):
        made = frame.select(pl.int_range(pl.len()).over("conversation_id")).to_series()
        return int((column != made).sum())
    if (table, name) == ("conversations", "source"):
        return int((column != frame["id"]).sum())
    if (table, name) == ("speakers", "role"):
        first = corpus.utterances.group_by("speaker").agg(pl.col("role").first())
        joined = frame.join(first, left_on="id", right_on="speaker", how="left", suffix="_said")
        return int(joined.select((pl.col("role") != pl.col("role_said")).sum()).item())
    if (table, name) in {("conversations", "id"), ("speakers", "id")}:
        return 0  # told by the utterances' columns `conversation_id` and `speaker`
    return column.len() - column.null_count()


def lost_layers(
    corpus: Corpus, carries: Callable[[Layer], bool] = lambda _layer: False
) -> list[Finding]:
    """Findings for the layers that a format does not carry."""
    return [
        lost(
            f"layers.{layer.name}",
            layer.table.height,
            f"the layer {layer.name!r} with {layer.table.height:,} row(s) has no place in this format.",
        )
        for layer in corpus.layers
        if not carries(layer)
    ]
