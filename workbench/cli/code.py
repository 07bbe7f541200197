"""`workbench code STUDY`."""

from __future__ import annotations

import click

from workbench.cli.layers_output import print_layers
from workbench.cli.output import json_option
from workbench.cli.scheduler import executor_at, scheduler_option

__all__ = ["command"]


@click.command("code")
@click.argument("study")
@click.option("--codebook", default="annomi", show_default=True, help="Shipped codebook.")
@scheduler_option
@json_option
def command(*, study: str, codebook: str, scheduler: str | None, as_json: bool) -> None:
    """Code the utterances and print counts and expected counts."""
    import workbench

    opened = workbench.Study.open(study)
    with executor_at(scheduler) as executor:
        layers = workbench.code(opened, codebook, executor=executor)
    print_layers(opened, f"code-{codebook}", layers, as_json=as_json)
