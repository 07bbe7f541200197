"""`workbench lab STUDY`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

__all__ = ["command"]

# JupyterLab asks its makers for news and updates, and lists extensions from the network, unless told not to
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.ip=127.0.0.1",
)


@click.command("lab", context_settings={"ignore_unknown_options": True})
@click.argument("study")
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def command(*, study: str, jupyter_options: tuple[str, ...]) -> None:
    """Open JupyterLab with a copy of the guided notebooks, on STUDY.

    Further options go to `jupyter lab`.
    """
    import shutil

    from workbench.resources import bundled, need
    from workbench.study import Study

    need("jupyterlab", feature="JupyterLab", extra="lab")
    opened = Study.open(study)
    folder = opened.folder / "notebooks"
    for notebook in sorted(bundled("notebooks").glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            folder.mkdir(exist_ok=True)
            shutil.copyfile(notebook, folder / notebook.name)
    environment = {**os.environ, "WORKBENCH_STUDY": str(Path(study).resolve())}
    program = [sys.executable, "-m", "jupyterlab", *QUIET, *jupyter_options, str(folder)]
    raise SystemExit(subprocess.run(program, env=environment, check=False).returncode)
