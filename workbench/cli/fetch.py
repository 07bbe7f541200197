"""`workbench fetch NAME`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.command("fetch")
@click.argument("name", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the public corpora and end.")
@click.option(
    "--out", metavar="FOLDER", help="Where the files are kept; default: the user's cache folder."
)
@click.option(
    "--from", "from_folder", metavar="FOLDER", help="Read files you have; nothing is downloaded."
)
@click.option("--accept-terms", is_flag=True, help="Accept the terms of the corpus, if it has any.")
@json_option
def command(
    *,
    name: str | None,
    as_list: bool,
    out: str | None,
    from_folder: str | None,
    accept_terms: bool,
    as_json: bool,
) -> None:
    """Download the public corpus NAME from its publishers, or read your files of it.

    Licence and terms are shown first; published counts stand beside the loaded ones.
    """
    from workbench.corpus import catalogue

    if as_list or name is None:
        _print_catalogue(as_json=as_json, asked=as_list)
        return
    corpus = catalogue.fetch(
        name,
        out,
        from_folder=from_folder,
        accept=accept_terms,
        show=lambda text: click.echo(text, err=True),
    )
    counts = catalogue.compare(name, corpus)
    if as_json:
        chosen = catalogue.entry(name)
        print_json(
            {
                "corpus": repr(corpus),
                "licence": chosen.licence,
                "terms": chosen.terms,
                "source": chosen.source,
                "counts": counts.to_dicts(),
                "counts_note": chosen.counts.note,
                "findings": corpus.report().to_dicts(),
            }
        )
        return
    click.echo(repr(corpus))
    print_table(counts)


def _print_catalogue(*, as_json: bool, asked: bool) -> None:
    from workbench.corpus import catalogue

    if not asked:
        raise click.UsageError("Say which corpus, or --list to see which there are.")
    table = catalogue.list()
    if as_json:
        print_json({"corpora": table.to_dicts()})
        return
    print_table(table.select("name", "conversations", "utterances", "licence", "holds"))
