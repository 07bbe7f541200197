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
    from workbench import coding, emotion
    from workbench.errors import BadInput

    trainers = {**coding.TRAINERS, **emotion.TRAINERS}
    if head not in trainers:
        raise BadInput.unknown("head", head, trainers)
    folder = trainers[head](
        data=Path(data) if data else None, out=Path(out) if out else None, random_state=random_state
    )
    click.echo(f"{folder}: weights and card written.")
    click.echo((folder / "CARD.md").read_text("utf-8"))
