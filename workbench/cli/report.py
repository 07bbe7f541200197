"""`workbench report STUDY --out FILE.html`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("report")
@click.argument("study")
@click.option("--out", default="report.html", show_default=True, metavar="FILE")
@click.option(
    "--conversation", metavar="ID", help="Conversation shown in full; default: the first."
)
@click.option(
    "--public", is_flag=True, help="Without quotes, single conversations and figures on few people."
)
def command(*, study: str, out: str, conversation: str | None, public: bool) -> None:
    """Write one HTML file with all figures, tables and a readable conversation."""
    import workbench

    path = workbench.report(
        workbench.Study.open(study), out, conversation=conversation, public=public
    )
    click.echo(f"{path} is written ({path.stat().st_size / 1e6:.1f} MB). It needs no network.")
