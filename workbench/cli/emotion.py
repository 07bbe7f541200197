"""`workbench emotion STUDY`."""

from __future__ import annotations

import click

from workbench.cli.layers_output import print_layers
from workbench.cli.output import json_option
from workbench.cli.scheduler import executor_at, scheduler_option

__all__ = ["command"]


@click.command("emotion")
@click.argument("study")
@scheduler_option
@json_option
def command(*, study: str, scheduler: str | None, as_json: bool) -> None:
    """Score the emotions and print counts and expected counts."""
    import workbench

    opened = workbench.Study.open(study)
    with executor_at(scheduler) as executor:
        layers = workbench.emotion(opened, executor=executor)
    print_layers(opened, "emotion", layers, as_json=as_json)
