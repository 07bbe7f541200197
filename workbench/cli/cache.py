"""`workbench cache list|prune`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.group("cache")
def command() -> None:
    """Look at or empty the embedding store."""


@command.command("list")
@json_option
def list_entries(*, as_json: bool) -> None:
    """List encoders with the number of stored embeddings and their size."""
    from workbench.embedding import EmbeddingStore

    store = EmbeddingStore()
    entries = store.size()
    if as_json:
        print_json({"folder": str(store.folder), "entries": entries.to_dicts()})
        return
    click.echo(f"{store.folder}")
    print_table(entries)


@command.command("prune")
@click.option("--encoder", metavar="FINGERPRINT", help="Only this encoder's; default: everything.")
def prune(*, encoder: str | None) -> None:
    """Remove stored embeddings; they are computed again when needed."""
    from workbench.embedding import EmbeddingStore

    freed = EmbeddingStore().prune(fingerprint=encoder)
    click.echo(f"Freed {freed / 1e6:.1f} MB.")
