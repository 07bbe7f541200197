"""Tables of the codebook browser: codes as a tree, where they lead, and utterances that were given one."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from workbench.coding import crosswalks
from workbench.corpus import Code, Codebook, Corpus, Layer, Scheme

__all__ = ["around_turn", "code_table", "label_of", "said_with", "targets_table"]

_BRANCH = "\u2003└ "
_AROUND = 3


def code_table(scheme: Scheme) -> pl.DataFrame:
    """Codes with what stands below each, indented: `code`, `name` (if any), `definition`, `examples`."""
    rows = [
        (_BRANCH[:1] * (depth - 1) + _BRANCH * (depth > 0) + code.label, *_told(code))
        for code, depth in _walk(scheme.codes, None, 0)
    ]
    names = ("code", "name", "definition", "examples")
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table if table["name"].str.len_chars().sum() else table.drop("name")


def label_of(cell: str) -> str:
    """Label in a cell of `code_table`."""
    return cell.lstrip(_BRANCH)


def _told(code: Code) -> tuple[str, str, str]:
    return code.name, code.definition, " / ".join(f"“{each}”" for each in code.examples)


def _walk(codes: tuple[Code, ...], parent: str | None, depth: int) -> Iterator[tuple[Code, int]]:
    for code in codes:
        if code.parent == parent:
            yield code, depth
            yield from _walk(codes, code.label, depth + 1)


def targets_table(book: Codebook, scheme: str, label: str) -> pl.DataFrame:
    """Where crosswalks take a code: `to`, `target`, `kind`, `note`; one row per crosswalk of its scheme."""
    rows = []
    for walk in crosswalks():
        for mapped in walk.schemes if walk.source == book.name else ():
            if mapped.source == scheme:
                goes = mapped.of(label)
                note = " ".join(x for x in (goes.note, mapped.note) if x)
                rows.append((mapped.target, goes.target or "", mapped.kind(goes), note))
    names = ("to", "target", "kind", "note")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def said_with(layer: Layer, corpus: Corpus, label: str) -> pl.DataFrame:
    """Utterances with a code, the most confident first, in corpus order where the coder is not graded.

    Returns
    -------
    DataFrame
        `conversation`, `turn`, `before` (what was said just before, with its role), `said`,
        `probability`.
    """
    given = layer.table.filter(pl.col("label") == label).select("unit_id", "probability")
    once = given.unique("unit_id", keep="first", maintain_order=True)
    spoken = pl.col("role") + ": " + pl.col("text").fill_null("")
    turns = corpus.utterances.with_row_index("_at").select(
        "_at",
        "turn",
        unit_id="id",
        conversation="conversation_id",
        before=spoken.shift(1).over("conversation_id"),
        said="text",
    )
    found = turns.join(once, on="unit_id", how="inner", maintain_order="left")
    ranked = found.sort("probability", "_at", descending=[True, False], nulls_last=True)
    return ranked.select("conversation", "turn", "before", "said", "probability")


def around_turn(corpus: Corpus, layer: Layer, conversation: str, turn: int) -> pl.DataFrame:
    """A turn among its neighbours with the codes of a layer: `here`, `turn`, `role`, `text`, `codes`."""
    turns = corpus.conversation(conversation).utterances
    near = turns.filter((pl.col("turn") - turn).abs() <= _AROUND)
    codes = (
        layer.table.drop_nulls("label")
        .group_by("unit_id", maintain_order=True)
        .agg(pl.col("label").str.join(", ").alias("codes"))
    )
    here = pl.when(pl.col("turn") == turn).then(pl.lit("→")).otherwise(pl.lit(""))
    return near.join(
        codes, left_on="id", right_on="unit_id", how="left", maintain_order="left"
    ).select(here.alias("here"), "turn", "role", "text", pl.col("codes").fill_null(""))
