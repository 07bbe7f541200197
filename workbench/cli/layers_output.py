"""Print layers: what each label was given to, and what a reader has to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli.output import print_json, print_table

if TYPE_CHECKING:
    from workbench.corpus import Layer
    from workbench.study import Study

__all__ = ["print_layers"]


def print_layers(study: Study, step: str, layers: Sequence[Layer], *, as_json: bool) -> None:
    """Print counts and expected counts of `layers` and the notes of the step that made them."""
    from workbench.coding.layer_notes import share_sentence

    record = study.step(step)
    notes = record.notes if record else ()
    if as_json:
        counts = {layer.name: layer.counts().to_dicts() for layer in layers}
        shares = {
            share: {
                layer.name: layer.metadata.facts[share]
                for layer in layers
                if share in layer.metadata.facts
            }
            for share in ("out_of_domain", "abstained")
        }
        print_json({"layers": counts, **shares, "notes": list(notes)})
        return
    for layer in layers:
        click.echo(f"\n{layer.name}")
        print_table(layer.counts(), digits=1)
        told = share_sentence(layer)
        if told:
            click.echo(f"  {told}")
    for note in notes:
        click.echo(f"  note: {note}")
