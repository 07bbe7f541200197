"""`workbench emotion STUDY`."""

from __future__ import annotations

import click

from workbench.cli.layers_output import print_layers
from workbench.cli.output import json_option

__all__ = ["command"]


@click.command("emotion")
@click.argument("study")
@json_option
def command(*, study: str, as_json: bool) -> None:
    """Score the emotions and print counts and expected counts."""
    import workbench

    opened = workbench.Study.open(study)
    print_layers(opened, "emotion", workbench.emotion(opened), as_json=as_json)
