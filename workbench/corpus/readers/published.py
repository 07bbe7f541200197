"""What the readers of published corpora share: tables by their columns, gold labels, ids, parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.encodings import read_text_or
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.readers.tabular import csv_of_text, require
from workbench.corpus.schema import ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["gold_layer", "in_number_order", "part_of", "read_table", "renamed", "with_unique"]

_PARTS = re.compile(r"(^|[^a-z])(train|trn|dev|valid|val|test|tst)([^a-z]|$)")
_SHORT = {"trn": "train", "tst": "test"}


def read_table(
    path: Path,
    needed: Sequence[str],
    *,
    columns: Mapping[str, str] | None,
    encoding: str = "cp1252",
) -> tuple[pl.DataFrame, list[Finding]]:
    """Read a CSV file with the `needed` columns, all as text without nulls.

    Parameters
    ----------
    columns
        Names of this file -> the published names.
    encoding
        In what copies circulate that are not UTF-8.

    Raises
    ------
    BadInput
        If a needed column is absent, or the file is no such table.
    """
    text, found = read_text_or(path, encoding)
    table = renamed(path, csv_of_text(path, text), columns)
    require(path, table, needed)
    return table.with_columns(pl.col(pl.String).fill_null("")), found


def renamed(path: Path, table: pl.DataFrame, columns: Mapping[str, str] | None) -> pl.DataFrame:
    """Rename the columns of `table` as the user asks.

    Raises
    ------
    BadInput
        If one is not there, or the new name is taken.
    """
    names = [name for name in table.columns if name != ROW]
    for theirs in columns or {}:
        if theirs not in names:
            raise BadInput.in_file(path, str(BadInput.unknown("column", theirs, names)))
    after = [(columns or {}).get(name, name) for name in names]
    twice = sorted({name for name in after if after.count(name) > 1})
    if twice:
        raise BadInput.in_file(path, f"columns= names {twice} twice.", remedy="Correct columns=.")
    return table.rename(dict(zip(names, after, strict=True)))


def part_of(path: Path) -> str:
    """Which official part a file is by its name (`train`, `dev`, ...), else its whole name.

    >>> part_of(Path("dev_sent_emo.csv")), part_of(Path("emotion-detection-trn.json"))
    ('dev', 'train')
    """
    name = bare_name(path).lower()
    found = _PARTS.search(name)
    return _SHORT.get(found[2], found[2]) if found else bare_name(path)


def gold_layer(
    scheme: str,
    rows: pl.DataFrame,
    *,
    coder: str,
    labels: Sequence[str],
    where: str,
    unit: str = "utterance",
) -> tuple[list[Layer], list[Finding]]:
    """Layer `<scheme>.gold` of one label a unit, as the source spells it.

    Units without a label are left out, labels beyond the published ones are kept; both are told.

    Parameters
    ----------
    rows
        `unit_id`, `label` and the scratch column of source rows.
    labels
        Those that the source publishes.
    """
    blank = pl.col("label").fill_null("").str.strip_chars() == ""
    empty, coded = rows.filter(blank), rows.filter(~blank)
    found = _told(empty, "no label", f"have no {scheme} label.", "They are left uncoded.", where)
    strange = coded.filter(~pl.col("label").is_in(list(labels)))
    names = strange["label"].unique(maintain_order=True).to_list()
    message = f"have {scheme} labels that the publication does not name: {names[:8]}."
    found += _told(strange, "label", message, "They are kept as they are spelled.", where)
    facts = LayerMetadata(scheme, coder, "gold", unit=unit, labels=(*labels, *names))  # type: ignore[arg-type]
    if coded.is_empty():
        return [], found
    return [Layer.build(f"{scheme}.gold", coded.drop(ROW), facts)], found


def _told(rows: pl.DataFrame, check: str, message: str, mend: str, where: str) -> list[Finding]:
    if rows.is_empty():
        return []
    places = ", ".join(f"row {row}" for row in rows[ROW].head(3))
    told = f"{rows.height} row(s) {message}"
    return [Finding("warning", check, rows.height, f"{where}, {places}", told, mend)]


def with_unique(frame: pl.DataFrame, where: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Set an ordinal behind ids that stand earlier in the file, and say so."""
    again = frame.filter(~pl.col("id").is_first_distinct())
    if again.is_empty():
        return frame, []
    nth = pl.int_range(1, pl.len() + 1).over("id")
    suffix = pl.when(nth > 1).then(pl.lit("-again-") + nth.cast(pl.String)).otherwise(pl.lit(""))
    found = _told(again, "number repeated", "repeat an earlier number.", "Both were kept.", where)
    return frame.with_columns((pl.col("id") + suffix).alias("id")), found


def in_number_order(
    frame: pl.DataFrame, number: str, where: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Order the rows of each conversation by the column `number` of the source; say where it skips.

    A number that is missing is a turn that the publication left out; files count from 0 or from 1.
    """
    placed = frame.with_row_index("_place").with_columns(
        pl.col("_place").min().over("conversation_id").alias("_first"),
        pl.col(number).cast(pl.Int64, strict=False).alias("_number"),
    )
    ordered = placed.sort("_first", "_number", "_place", nulls_last=True)
    first = pl.lit(min(placed["_number"].min() or 0, 1))
    numbers = placed.group_by("conversation_id", maintain_order=True).agg(
        pl.col("_number").min().alias("least"),
        (pl.col("_number").max() + 1 - first - pl.col("_number").n_unique()).alias("absent"),
        pl.col(ROW).first(),
    )
    skipping = numbers.filter(pl.col("absent") > 0)
    frame = ordered.drop("_first", "_number", "_place")
    if skipping.is_empty():
        return frame, []
    count, absent = skipping.height, int(skipping["absent"].sum())
    places = ", ".join(f"row {row}" for row in skipping[ROW].head(3))
    message = f"{count} conversation(s) skip numbers in {number!r} ({absent} turns are not there)."
    mend = "The row before is not always the turn before; the numbers are kept as meta."
    return frame, [Finding("note", "turns left out", count, f"{where}, {places}", message, mend)]
