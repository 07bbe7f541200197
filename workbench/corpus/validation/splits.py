"""Find splits that cut what belongs together: a source, or two copies of one conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.corpus.schema import Table, as_polars
from workbench.corpus.validation.finding import Finding, Level, located
from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus

__all__ = ["Splits", "check_duplicates", "check_splits", "read_splits"]

Splits = Mapping[str, str] | Table
"""Conversation id -> split, or a table with `id` (or `conversation_id`) and `split`."""

_COLUMNS = ("split", "meta.split")


def read_splits(path: str | Path) -> pl.DataFrame:
    """Read a proposed split: a table, or JSON.

    JSON is `{conversation id: split}`, `{split: [conversation ids]}` or a list of objects with
    `id` and `split`; a table (CSV, TSV, JSON Lines, Parquet) has these two columns.

    Raises
    ------
    BadInput
        If the file is missing or none of these.
    """
    # readers report findings, so this room cannot import them before it is there itself
    from workbench.corpus.readers.opening import is_binary, read_text
    from workbench.corpus.readers.table import read_rows

    path = Path(path)
    if not path.is_file():
        raise BadInput.in_file(path, "there is no such file.")
    try:
        content: Any = None
        if not is_binary(path):
            with suppress(ValueError, RecursionError):
                content = json.loads(read_text(path))
        pairs = _pairs(content)
        return _table(read_rows(path) if pairs is None else pairs)
    except BadInput as error:
        raise BadInput.in_file(
            path,
            str(error).removeprefix(f"{path}: "),
            remedy="Expected a table with `id` and `split`, or JSON {id: split}.",
        ) from None


def _pairs(content: Any) -> pl.DataFrame | None:
    """Conversation ids and splits of a JSON object in one of its two ways of writing."""
    if not isinstance(content, dict) or {"id", "conversation_id"} & set(content):
        return None
    values = content.values()
    if all(isinstance(names, list) for names in values):
        pairs = [(name, split) for split, names in content.items() for name in names]
    else:
        pairs = list(content.items())
    if not all(isinstance(value, str | int) for pair in pairs for value in pair):
        raise BadInput("the JSON is neither {id: split} nor {split: [ids]}.")
    rows = [(str(name), str(split)) for name, split in pairs]
    return pl.DataFrame(rows, schema=["id", "split"], orient="row")


def _table(splits: Splits) -> pl.DataFrame:
    """`id` and `split` as text, whatever was given."""
    if isinstance(splits, Mapping):
        return pl.DataFrame(
            {"id": list(splits), "split": [str(split) for split in splits.values()]},
            schema={"id": pl.String, "split": pl.String},
        )
    table = as_polars(splits)
    name = "id" if "id" in table.columns else "conversation_id"
    for needed in (name, "split"):
        if needed not in table.columns:
            raise BadInput.unknown("column", needed, table.columns)
    return table.select(
        pl.col(name).cast(pl.String).alias("id"), pl.col("split").cast(pl.String)
    ).drop_nulls("split")


def _proposed(corpus: Corpus, splits: Splits | None) -> pl.DataFrame | None:
    """The split that was given, else the one that came as a column."""
    if splits is not None:
        return _table(splits)
    for table, key in ((corpus.conversations, "id"), (corpus.utterances, "conversation_id")):
        for column in _COLUMNS:
            if column in table.columns:
                named = table.select(pl.col(key).alias("id"), pl.col(column).alias("split"))
                return _table(named).unique(maintain_order=True)
    return None


def check_splits(
    corpus: Corpus, splits: Splits | None, links: pl.DataFrame, where: str
) -> list[Finding]:
    """Find sources and near-duplicates that stand in two splits, and ids that do not fit.

    A split that was asked about makes these errors; one that came as a column, warnings.
    """
    proposed = _proposed(corpus, splits)
    if proposed is None:
        return []
    level: Level = "warning" if splits is None else "error"
    talks = corpus.conversations
    placed = talks.select("id", "source").join(proposed, on="id", maintain_order="left")
    sides = placed.group_by(pl.col("source").alias("id"), maintain_order=True).agg(
        pl.col("split").n_unique()
    )
    return [
        *located(
            proposed,
            ~proposed["id"].is_in(talks["id"].implode()),
            "warning",
            "split of nothing",
            where,
            "row(s) of the split name no conversation of this corpus.",
            "Check the ids, or that it is the split of this corpus.",
            kind="conversation",
        ),
        *located(
            talks,
            ~talks["id"].is_in(placed["id"].implode()),
            "warning" if splits is not None else "note",
            "no split",
            where,
            "conversation(s) stand in no split.",
            "Add them, or leave them out on purpose.",
            kind="conversation",
        ),
        *located(
            sides,
            pl.col("split") > 1,
            level,
            "source spans splits",
            where,
            "source(s) (video, client, thread) have conversations in more than one split.",
            "Put all conversations of a source on one side; scores are too good otherwise.",
            kind="source",
        ),
        *_copies(placed, links, level, where),
    ]


def _copies(placed: pl.DataFrame, links: pl.DataFrame, level: Level, where: str) -> list[Finding]:
    ends = links.unpivot(["first", "second"], index="group", value_name="id").unique(
        ["group", "id"], maintain_order=True
    )
    sides = (
        ends.join(placed, on="id", maintain_order="left")
        .group_by("group", maintain_order=True)
        .agg(pl.col("split").n_unique(), pl.col("id").unique(maintain_order=True))
        .with_columns(pl.col("id").list.join(" = "))
    )
    return located(
        sides,
        pl.col("split") > 1,
        level,
        "near-duplicates span splits",
        where,
        "group(s) of near-duplicate conversations stand in more than one split.",
        "Put copies of a conversation on one side, or keep one of them.",
        kind="conversations",
    )


def check_duplicates(corpus: Corpus, links: pl.DataFrame, where: str) -> list[Finding]:
    """Report near-duplicates; those of one source are held together by every split already."""
    sources = corpus.conversations.select("id", "source")
    pairs = links.join(sources, left_on="first", right_on="id", maintain_order="left").join(
        sources, left_on="second", right_on="id", suffix="_second", maintain_order="left"
    )
    pairs = pairs.with_columns(pl.concat_str("first", "second", separator=" = ").alias("id"))
    apart = pairs["source"] != pairs["source_second"]
    return located(
        pairs,
        apart,
        "warning",
        "near-duplicate conversations",
        where,
        "pair(s) of conversations of different sources have (nearly) the same words.",
        "Keep one of each, or give both one `source`, so that no split parts them.",
        kind="conversations",
    ) + located(
        pairs,
        ~apart,
        "note",
        "near-duplicates of one source",
        where,
        "pair(s) of conversations of one source have (nearly) the same words.",
        "They count twice in every total; keep one of each if that is not meant.",
        kind="conversations",
    )
