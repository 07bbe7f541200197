"""`workbench topics STUDY`."""

from __future__ import annotations

from dataclasses import asdict

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.command("topics")
@click.argument("study")
@click.option(
    "--side", type=click.Choice(["helper", "client"]), default="helper", show_default=True
)
@click.option("--group", metavar="COLUMN", help="Conversation column whose groups are compared.")
@click.option("--random-state", default=7, show_default=True)
@json_option
def command(*, study: str, side: str, group: str | None, random_state: int, as_json: bool) -> None:
    """Fit topics over the turns of one side and print them."""
    import workbench

    found = workbench.topics(
        workbench.Study.open(study), side=side, group=group, random_state=random_state
    )
    if as_json:
        print_json(
            {
                "side": side,
                "settings": dict(found.settings),
                "outlier_share": asdict(found.outlier_share),
                "set_apart": found.set_apart.to_dicts(),
                "topics": found.info.to_dicts(),
            }
        )
        return
    shown = found.info.select(
        "Topic", "Count", "share", pl.col("Representation").list.head(6).list.join(", ")
    )
    print_table(shown)
    click.echo(f"Set apart before the fit: {found.set_apart_share:.1%} of the turns.")
    click.echo(f"Of the fitted turns: {found.outlier_share}.")
