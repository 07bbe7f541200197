"""`workbench code STUDY`."""

from __future__ import annotations

from typing import Any

import click

from workbench.cli.layers_output import print_layers
from workbench.cli.output import json_option
from workbench.cli.scheduler import executor_at, scheduler_option

__all__ = ["command"]


@click.command("code")
@click.argument("study")
@click.option(
    "--codebook", default="annomi", show_default=True, help="Shipped codebook, or a YAML file."
)
@click.option(
    "--coder",
    type=click.Choice(["heads", "rules", "llm"]),
    default="heads",
    show_default=True,
    help="Classifiers, rules anyone can read, or a language model.",
)
@click.option(
    "--size",
    type=click.Choice(["small", "full"]),
    default="small",
    show_default=True,
    help="Heads on frozen embeddings, or an adapted language model beside them.",
)
@click.option(
    "--context/--no-context",
    default=True,
    show_default=True,
    help="Whether heads read previous turns; analyses of sequences want --no-context.",
)
@click.option(
    "--abstain", type=float, metavar="P", help="Withhold codes with a probability below P."
)
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="FOLDER",
    help="A head of your own (`workbench train --out`); may be given several times.",
)
@scheduler_option
@json_option
def command(
    *, study: str, scheduler: str | None, as_json: bool, heads: tuple[str, ...], **options: Any
) -> None:
    """Code the utterances and print counts and expected counts."""
    import workbench
    from workbench.pipeline.coding import code_step

    opened = workbench.Study.open(study)
    options["heads"] = list(heads) or None
    with executor_at(scheduler) as executor:
        layers = workbench.code(opened, **options, executor=executor)
    print_layers(opened, code_step(**options), layers, as_json=as_json)
