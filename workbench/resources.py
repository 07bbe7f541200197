"""Find what comes with the workbench (demo corpus, heads, notebooks) and import heavy packages late."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from workbench.errors import MissingPackage, WorkbenchError

__all__ = ["bundled", "is_installed", "need"]

_PACKAGE = Path(__file__).resolve().parent


def bundled(*parts: str) -> Path:
    """Path of a file or folder that ships with the workbench.

    `bundled("data", "demo")`, `bundled("notebooks")`, `bundled("dashboards")` lie in the wheel
    under `workbench/_bundled/` and in a checkout beside the package.

    Raises
    ------
    WorkbenchError
        If neither place has it (a damaged installation).
    """
    for root in (_PACKAGE / "_bundled", _PACKAGE.parent):
        candidate = root.joinpath(*parts)
        if candidate.exists():
            return candidate
    raise WorkbenchError(
        f"{'/'.join(parts)} does not come with this installation; reinstall dialogue-workbench."
    )


def is_installed(package: str) -> bool:
    """Whether `package` can be imported, without importing it."""
    return find_spec(package) is not None


def need(package: str, *, feature: str, extra: str = "all") -> ModuleType:
    """Import `package` or say which feature wants it and how to get it."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name is not None and not package.startswith(error.name):
            raise
        raise MissingPackage(
            f"{feature} needs {package!r}: pip install 'dialogue-workbench[{extra}]'"
        ) from error
