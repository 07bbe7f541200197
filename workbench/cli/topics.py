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
    from workbench.pipeline.topics import Representation
    from workbench.study import Study
    from workbench.topics.groups import Estimand

__all__ = ["command"]


@click.command("topics")
@click.argument("study")
@click.option(
    "--side", type=click.Choice(["helper", "client"]), default="helper", show_default=True
)
@click.option("--group", metavar="COLUMN", help="Conversation column whose groups are compared.")
@click.option(
    "--estimand",
    type=click.Choice(["pooled", "mean"]),
    default="pooled",
    show_default=True,
    help="Share of a group's pooled turns, or mean of its conversations' shares.",
)
@click.option("--strata", metavar="COLUMN", help="Compare groups within the values of this column.")
@click.option(
    "--representation",
    type=click.Choice(["ctfidf", "keybert"]),
    default="ctfidf",
    show_default=True,
    help="Words by c-TF-IDF, or of those the nearest to the topic's centre.",
)
@click.option("--name", "name", is_flag=True, help="Let the local language model propose names.")
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
    estimand: Estimand,
    strata: str | None,
    representation: Representation,
    name: bool,
    random_state: int,
    stability: bool,
    refits: int,
    workers: int,
    as_json: bool,
) -> None:
    """Fit topics over the turns of one side and print them."""
    from workbench import Study, pipeline

    opened = Study.open(study)
    found = pipeline.topics(
        opened,
        side=side,
        group=group,
        estimand=estimand,
        strata=strata,
        representation=representation,
        random_state=random_state,
    )
    if name:
        pipeline.name_topics(opened, side=side)
    names = pipeline.topic_names(opened, side=side)
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
                "topics": found.info.drop("Name")
                .join(names.drop("Representation"), on="Topic", maintain_order="left")
                .to_dicts(),
            }
        )
        return
    words = pl.col("Representation").list.head(6).list.join(", ")
    given = names.filter(pl.col("name_source") != "words").select("Topic", "Name", "name_source")
    shown = found.info.select("Topic", "Count", "share", words)
    if given.height:
        shown = shown.join(given, on="Topic", how="left", maintain_order="left")
    print_table(shown)
    click.echo(f"Set apart before the fit: {found.set_apart_share:.1%} of the turns.")
    click.echo(f"Of the fitted turns: {found.outlier_share}.")


def _print_stability(
    study: Study, side: str, refits: int, random_state: int, workers: int, *, as_json: bool
) -> None:
    """Certify the fitted topics and print which come back."""
    from workbench import pipeline
    from workbench.topics import warm_workers

    with warm_workers(workers) if workers > 1 else nullcontext() as executor:
        found = pipeline.topic_stability(
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
    floor = found.summary.filter(data="shuffled", measure="ari")["estimate"].item()
    click.echo(f"The same with shuffled embeddings: ari {floor:.2f}.")
