"""`workbench train HEAD`."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command("train")
@click.argument("head")
@click.option(
    "--data", metavar="FOLDER", help="Folder of the corpus; default: WORKBENCH_DATA_HOME."
)
@click.option("--out", metavar="FOLDER", help="Where to write the head; default: into the package.")
@click.option("--random-state", default=7, show_default=True)
def command(*, head: str, data: str | None, out: str | None, random_state: int) -> None:
    """Train HEAD from its public corpus and write weights and model card."""
    from workbench.coding import training
    from workbench.coding.trained_heads import TRAINED
    from workbench.emotion import TRAINERS
    from workbench.errors import BadInput

    if head in training.TRAINABLE:
        folder = Path(out) if out else TRAINED / head
        training.train(head, data=data, out=folder, random_state=random_state)
    elif head in TRAINERS:
        chosen = {"data": Path(data) if data else None, "out": Path(out) if out else None}
        folder = TRAINERS[head](**chosen, random_state=random_state)
    else:
        raise BadInput.unknown("head", head, [*training.TRAINABLE, *TRAINERS])
    click.echo(f"{folder}: weights and card written.")
    click.echo((folder / "CARD.md").read_text("utf-8"))
