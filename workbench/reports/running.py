"""Run a notebook by papermill in this interpreter, untouched by the user's kernels and profile."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["run_notebook"]

_LONGEST = 600
"""Seconds that a cell may take."""

_SOCKET_NAME = 90
"""Characters that the name of a socket file may have, with room for the number that is added."""


def run_notebook(template: Path, **parameters: Any) -> NotebookNode:
    """Run a notebook with these parameters and return it with its outputs.

    The kernel is this interpreter, whatever kernels are registered; it reads no start-up files of the
    user's profile and writes no history. Widget states are not stored.

    Raises
    ------
    WorkbenchError
        If a cell fails.
    """
    import nbformat
    import papermill

    with tempfile.TemporaryDirectory(prefix="workbench-report-") as folder:
        try:
            return papermill.execute_notebook(
                nbformat.read(template, as_version=4),
                None,
                parameters=parameters,
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=_LONGEST,
                kernel_manager_class=_own_interpreter(folder),
                store_widget_state=False,
            )
        except papermill.PapermillExecutionError as error:
            raise WorkbenchError(
                f"Cell {error.exec_count} of {template.name} failed: {error.ename}: {error.evalue}"
            ) from error


def _own_interpreter(folder: str) -> type[AsyncKernelManager]:
    """Kernel manager that starts this interpreter with a profile of its own in `folder`."""

    class OwnInterpreter(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(connection_file=str(Path(folder) / "kernel.json"), **options)
            socket = str(Path(folder) / "kernel")
            if os.name == "posix" and len(socket) < _SOCKET_NAME:
                # dialogue text goes through a socket file of this user, through no port
                self.transport, self.ip = "ipc", socket

        @property
        def kernel_spec(self) -> KernelSpec:
            options = [
                f"--ipython-dir={folder}",
                "--HistoryManager.enabled=False",
                "--log-level=50",
            ]
            launch = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(
                argv=[sys.executable, *launch, *options], display_name="Python", language="python"
            )

    return OwnInterpreter
