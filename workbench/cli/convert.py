"""`workbench convert IN OUT`."""

from __future__ import annotations

import click

from workbench.cli.corpus_options import corpus_options, load_corpus

__all__ = ["command"]


@click.command("convert")
@click.argument("source")
@click.argument("target")
@click.option("--to", "to", default="workbench", show_default=True, help="Format to write.")
@corpus_options
def command(
    *,
    source: str,
    target: str,
    to: str,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
) -> None:
    """Read SOURCE in any supported format and write it to the folder TARGET."""
    corpus = load_corpus(source, format_=format_, columns=columns, roles=roles)
    corpus.write(target, format=to)
    click.echo(f"{target}: {corpus!r}")
