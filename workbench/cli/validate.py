"""`workbench validate CORPUS`."""

from __future__ import annotations

import click

from workbench.cli.corpus_options import corpus_options, load_corpus
from workbench.cli.output import json_option, print_json

__all__ = ["command"]


@click.command("validate")
@click.argument("corpus")
@corpus_options
@json_option
def command(
    *,
    corpus: str,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Load CORPUS and print what is wrong with it, with rows and the mend."""
    loaded = load_corpus(corpus, format_=format_, columns=columns, roles=roles)
    if as_json:
        print_json({"corpus": repr(loaded), "findings": loaded.report().to_dicts()})
        return
    click.echo(repr(loaded))
    for finding in loaded.findings:
        click.echo(f"{finding.level}: {finding}")
    if not loaded.findings:
        click.echo("Nothing to remark.")
