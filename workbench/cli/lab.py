"""`workbench lab STUDY`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

__all__ = ["QUIET", "command", "environment"]

_CONFIG = Path(__file__).with_name(
    "jupyter"
)  # page_config.json: no question for news over the page

# JupyterLab asks its makers for news and updates, and lists extensions from the network, unless told not to
QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
    "--ServerApp.ip=127.0.0.1",
)


def environment(study: Path) -> dict[str, str]:
    """Environment of JupyterLab: its quiet settings before the user's own, and the study of the notebooks."""
    paths = [str(_CONFIG), *os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)]
    return {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(path for path in paths if path),
        "WORKBENCH_STUDY": str(study.resolve()),
    }


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
    program = [sys.executable, "-m", "jupyterlab", *QUIET, *jupyter_options, str(folder)]
    if os.name == "nt":
        raise SystemExit(
            subprocess.run(program, env=environment(opened.folder), check=False).returncode
        )
    os.execve(program[0], program, environment(opened.folder))  # who stops us stops JupyterLab
