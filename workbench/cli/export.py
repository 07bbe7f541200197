"""`workbench export STUDY`."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("export")
@click.argument("study")
@click.option("--out", required=True, metavar="FOLDER")
@click.option("--format", "format_", type=click.Choice(["csv", "parquet", "xlsx"]), default="csv")
@click.option(
    "--wide/--long", default=False, help="One row per utterance, or one per label (default)."
)
@click.option(
    "--layer", "layers", multiple=True, metavar="NAME", help="Only this layer. Repeatable."
)
@click.option(
    "--to-share", is_flag=True, help="Without text, embeddings and notes; FOLDER has to be new."
)
def command(
    *, study: str, out: str, format_: str, wide: bool, layers: tuple[str, ...], to_share: bool
) -> None:
    """Write the corpus tables, layers and result tables of a study."""
    from workbench.study import Study
    from workbench.study.export import export_study

    written = export_study(
        Study.open(study),
        out,
        format=format_,  # type: ignore[arg-type]
        shape="wide" if wide else "long",
        layers=list(layers) or None,
        to_share=to_share,
    )
    for path in written:
        click.echo(path)
