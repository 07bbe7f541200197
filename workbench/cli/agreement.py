"""`workbench agreement STUDY` or `workbench agreement codes.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from workbench.corpus import Codebook, Scheme

__all__ = ["command"]

_NOTES = 8
_SHOWN = ("measure", "label", "coders", "scale", "estimate", "low", "high", "n", "n_clusters")


@click.command("agreement")
@click.argument("source", metavar="STUDY|TABLE")
@click.option("--scheme", "schemes", multiple=True, metavar="NAME", help="Of a study. Repeatable.")
@click.option(
    "--unit",
    type=click.Choice(["utterance", "conversation"]),
    default="utterance",
    show_default=True,
    help="Codes of single utterances, or counts and rates per conversation.",
)
@click.option(
    "--by",
    type=click.Choice(["label"]),
    help="Each label against the rest as well as all together.",
)
@click.option(
    "--measure", "measures", multiple=True, metavar="NAME", help="Default: all that apply."
)
@click.option(
    "--codebook",
    metavar="NAME|FILE",
    help="Of a table: its book, or BOOK:SCHEME of a book of several.",
)
@click.option(
    "--scale",
    type=click.Choice(["nominal", "ordinal", "interval", "ratio", "sets"]),
    help="Of a table: how its codes relate.",
)
@click.option(
    "--merge", multiple=True, metavar="GIVEN=MEANT", help="One label spelled two ways. Repeatable."
)
@json_option
def command(
    *,
    source: str,
    schemes: tuple[str, ...],
    unit: str,
    by: str | None,
    measures: tuple[str, ...],
    codebook: str | None,
    scale: str | None,
    merge: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare coders: the layers of each scheme of a study, or a table of codes.

    A table has the columns unit, coder and value (and conversation, where known), or a first column of
    unit ids and one column per coder.
    """
    chosen = {"codebook": codebook, "scale": scale}
    merged = dict(_pair(text) for text in merge)
    if (Path(source) / "study.json").is_file() or Path(source).is_dir():
        for name, value in chosen.items():
            if value:
                raise click.UsageError(f"--{name} is for a table of codes, not for a study.")
        table = _of_study(source, schemes, unit, by, measures, merged)
    else:
        if schemes:
            raise click.UsageError("--scheme is for a study, not for a table of codes.")
        table = _of_table(source, unit, by, measures, merged, **chosen)
    if as_json:
        print_json({"source": source, "unit": unit, "agreement": table.to_dicts()})
        return
    _print(table)


def _of_study(
    folder: str,
    schemes: tuple[str, ...],
    unit: str,
    by: str | None,
    measures: tuple[str, ...],
    merge: dict[str, str],
) -> pl.DataFrame:
    from workbench.errors import BadInput
    from workbench.pipeline import agreement_of_study
    from workbench.reliability import MEASURES
    from workbench.study import Study

    for name in measures:
        if name not in MEASURES[unit]:
            raise BadInput.unknown(f"{unit} measure", name, MEASURES[unit])
    study = Study.open(folder)
    table = agreement_of_study(study, schemes=schemes or None, merge=merge or None)
    for record in study.steps():
        if record.name.startswith("agreement") and not record.outputs:
            for note in record.notes:
                click.echo(f"note: {record.name}: {note}", err=True)
    table = table.filter(pl.col("unit") == unit)
    if by is None and unit == "utterance":
        table = table.filter(pl.col("label").is_null())
    return table.filter(pl.col("measure").is_in(measures)) if measures else table


def _of_table(
    path: str,
    unit: str,
    by: str | None,
    measures: tuple[str, ...],
    merge: dict[str, str],
    *,
    codebook: str | None,
    scale: Any,
) -> pl.DataFrame:
    import workbench
    from workbench.corpus.readers.table import read_rows
    from workbench.errors import BadInput

    if not Path(path).is_file():
        raise BadInput.in_file(path, "there is no such study or table.")

    return workbench.agreement(
        read_rows(Path(path)),
        unit,
        by,
        measures=measures or None,
        codebook=_book(codebook),
        scale=scale,
        merge=merge,
    )


def _book(name: str | None) -> Codebook | Scheme | None:
    from workbench.coding import load_codebook

    if name is None:
        return None
    if ":" not in name or Path(name).is_file():  # the path of a file may hold a colon
        return load_codebook(name)
    book, _, scheme = name.rpartition(":")
    return load_codebook(book).scheme(scheme)


def _pair(text: str) -> tuple[str, str]:
    given, equals, meant = text.partition("=")
    if not (given and equals and meant):
        raise click.UsageError(f"--merge {text!r}: expected GIVEN=MEANT.")
    return given, meant


def _print(table: pl.DataFrame) -> None:
    if table.is_empty():
        click.echo("There is nothing to compare.")
        return
    head = ["scheme"] if "scheme" in table.columns else []
    names = (
        pl.when(pl.col("n_coders") > 2)
        .then(pl.format("{} coders ({})", "n_coders", "kind"))
        .otherwise("coders")
    )
    shown = table.with_columns(coders=names).select(*head, *_SHOWN)
    print_table(shown)
    notes = table["reason"].drop_nulls().unique(maintain_order=True).to_list()
    for note in notes[:_NOTES]:
        click.echo(f"  note: {note}")
    if len(notes) > _NOTES:
        click.echo(f"  {len(notes) - _NOTES} more notes: --json gives each with its row.")
