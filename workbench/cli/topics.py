"""`workbench topics STUDY`."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from workbench.study import Study

__all__ = ["command"]


@click.command("topics")
@click.argument("study")
@click.option(
    "--side", type=click.Choice(["helper", "client"]), default="helper", show_default=True
)
@click.option("--group", metavar="COLUMN", help="Conversation column whose groups are compared.")
@click.option("--random-state", default=7, show_default=True)
@click.option("--stability", is_flag=True, help="Also refit on subsamples: which topics come back?")
@click.option("--refits", default=20, show_default=True, help="Refits of `--stability`.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: min(4, os.cpu_count() or 1),
    show_default="cores, at most 4",
    help="Processes of `--stability`.",
)
@json_option
def command(
    *,
    study: str,
    side: str,
    group: str | None,
    random_state: int,
    stability: bool,
    refits: int,
    workers: int,
    as_json: bool,
) -> None:
    """Fit topics over the turns of one side and print them."""
    import workbench

    opened = workbench.Study.open(study)
    found = workbench.topics(opened, side=side, group=group, random_state=random_state)
    if stability:
        _print_stability(opened, side, refits, random_state, workers, as_json=as_json)
        return
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


def _print_stability(
    study: Study, side: str, refits: int, random_state: int, workers: int, *, as_json: bool
) -> None:
    """Certify the fitted topics and print which come back."""
    import workbench
    from workbench.topics import warm_workers

    with warm_workers(workers) if workers > 1 else nullcontext() as executor:
        found = workbench.topic_stability(
            study, side=side, refits=refits, random_state=random_state, executor=executor
        )
    if as_json:
        print_json(
            {
                "side": side,
                "settings": dict(found.settings),
                "stability": found.table.to_dicts(),
                "summary": found.summary.to_dicts(),
            }
        )
        return
    overlaps = ("word_overlap", "membership_overlap", "noise_floor", "stable")
    print_table(found.table.select("topic", "estimate", "low", "high", *overlaps))
    click.echo(f"{found}.")
    floor, floor_placed = (found.figure(name, "shuffled") for name in _AGREEMENT)
    click.echo(f"Of shuffled embeddings: {_AGREEMENT[0]} {floor:.2f}, without outliers {floor_placed:.2f}.")
