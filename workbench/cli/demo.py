"""`workbench demo`."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command("demo")
@click.option("--out", default="demo-study", show_default=True, metavar="STUDY")
@click.option("--report", default="demo-report.html", show_default=True, metavar="FILE")
def command(*, out: str, report: str) -> None:
    """Run the main job on the demonstration corpus and write its report."""
    import workbench
    from workbench.resources import bundled

    study = (
        workbench.Study.open(out)
        if (Path(out) / "study.json").is_file()
        else workbench.Study.create(out, workbench.load(bundled("data", "demo")))
    )
    click.echo(workbench.analyse(study).summary)
    workbench.report(study, report)
    click.echo(f"{report} is written. Next: workbench serve {out}, or workbench lab {out}.")
