"""`workbench codebook list|show|check|crosswalk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from workbench.corpus import Codebook

__all__ = ["command"]


@click.group("codebook")
def command() -> None:
    """Look at codebooks, check one of your own, carry codes over to another book."""


@command.command("list")
@json_option
def _list(*, as_json: bool) -> None:
    """List the books that come along, and the crosswalks between them."""
    from workbench.coding import codebooks, crosswalks, load_codebook

    books = [load_codebook(name) for name in codebooks()]
    walks = [walk.name for walk in crosswalks()]
    if as_json:
        print_json({"books": [_facts(book) for book in books], "crosswalks": walks})
        return
    rows = [
        (book.name, book.title, sum(len(scheme.codes) for scheme in book.schemes)) for book in books
    ]
    print_table(pl.DataFrame(rows, schema=["book", "title", "codes"], orient="row"))
    click.echo(f"Crosswalks: {', '.join(walks)}.")


@command.command("show")
@click.argument("book")
@json_option
def _show(*, book: str, as_json: bool) -> None:
    """Print a book: a shipped one by name, or one of your own by its file."""
    from workbench.coding import load_codebook

    found = load_codebook(book)
    if as_json:
        codes = {scheme.name: _codes(found, scheme.name).to_dicts() for scheme in found.schemes}
        print_json({**_facts(found), "notes": dict(found.notes), "codes": codes})
        return
    click.echo(f"{found.title} ({found.name} {found.version}, {found.checksum[:12]})")
    click.echo(found.citation)
    for scheme in found.schemes:
        per_unit = "exactly one" if scheme.exclusive else "any number"
        told = f"{scheme.name}: {scheme.side}, {per_unit} per {scheme.unit}"
        if scheme.scale is not None:
            low, high = scheme.scale
            told += f", rated {low:g} to {high:g}"
        click.echo(f"\n{told}")
        print_table(_codes(found, scheme.name))
    for name, note in found.notes.items():
        click.echo(f"\n  {name}: {note}")


@command.command("check")
@click.argument("file", type=click.Path())
@json_option
def _check(*, file: str, as_json: bool) -> None:
    """Check a codebook of your own; what is wrong is told with its line and code."""
    from workbench.corpus import Codebook

    book = Codebook.read(file)
    if as_json:
        print_json(_facts(book))
        return
    schemes = ", ".join(f"{scheme.name} ({len(scheme.codes)} codes)" for scheme in book.schemes)
    click.echo(f"{file} is the codebook {book.name!r}: {schemes}. Checksum {book.checksum}.")


@command.command("crosswalk")
@click.argument("study")
@click.argument("layer")
@click.option("--to", "to", required=True, metavar="BOOK", help="Shipped book, or a file.")
@click.option("--from", "source", metavar="FILE", help="Your own book that the layer is coded in.")
@click.option("--walk", metavar="FILE", help="A crosswalk of your own.")
@click.option("--keep", is_flag=True, help="Keep the layer in the study.")
@json_option
def _crosswalk(
    *,
    study: str,
    layer: str,
    to: str,
    source: str | None,
    walk: str | None,
    keep: bool,
    as_json: bool,
) -> None:
    """Carry a layer of a study over to another book and say what was carried and lost."""
    import workbench
    from workbench.coding import crosswalk, load_codebook
    from workbench.errors import BadInput

    opened = workbench.Study.open(study)
    if not opened.has_layer(layer):
        raise BadInput.unknown("layer", layer, opened.layer_names())
    carried, table = crosswalk(
        opened.layer(layer),
        load_codebook(to),
        source=None if source is None else load_codebook(source),
        walk=walk,
    )
    if keep:
        with opened.locked():
            opened.write_layer(carried)
    if as_json:
        counts = carried.counts().to_dicts()
        print_json({"layer": carried.name, "carried": table.to_dicts(), "counts": counts})
        return
    print_table(table)
    click.echo(f"\n{carried.name}" + (", kept in the study" if keep else ""))
    print_table(carried.counts(), digits=1)
    click.echo(f"  note: {carried.metadata.caution}")


def _facts(book: Codebook) -> Mapping[str, Any]:
    return {
        "name": book.name,
        "title": book.title,
        "version": book.version,
        "citation": book.citation,
        "licence": book.licence,
        "checksum": book.checksum,
        "schemes": {scheme.name: list(scheme.labels) for scheme in book.schemes},
    }


def _codes(book: Codebook, scheme: str) -> pl.DataFrame:
    rows = [
        (code.label, code.parent or "", code.name, code.definition)
        for code in book.scheme(scheme).codes
    ]
    names = ["code", "below", "name", "definition"]
    table = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return table.drop([name for name in ("below", "name") if not table[name].str.len_chars().sum()])
