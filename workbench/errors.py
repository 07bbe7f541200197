"""The few errors a user of the workbench can meet.

Every message says what was given, what was expected and what to do. Messages
name files, rows and ids, never what a client said.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

__all__ = [
    "BadInput",
    "DiskFull",
    "InsufficientData",
    "MissingModel",
    "MissingPackage",
    "NetworkRefused",
    "NotComputed",
    "WorkbenchError",
    "shown",
]


def shown(names: Collection[str]) -> list[str]:
    """Names of columns for a message; what reads like a sentence is none, and stays unsaid.

    The first row of a table without a header holds what somebody said.
    """
    return [
        f"<{len(name)} characters>" if len(name) > 40 or len(name.split()) > 3 else name
        for name in names
    ]


class WorkbenchError(Exception):
    """Root of all errors raised on purpose; `exit_code` is what the CLI ends with."""

    exit_code = 1


class BadInput(WorkbenchError):
    """A file, a table or an argument is not what it has to be."""

    exit_code = 2

    @classmethod
    def in_file(
        cls, path: str | Path, problem: str, *, row: int | None = None, remedy: str = ""
    ) -> BadInput:
        """Name the file and, where known, the 1-based row or line of the trouble."""
        where = f"{path}, row {row}" if row is not None else str(path)
        return cls(f"{where}: {problem}" + (f" {remedy}" if remedy else ""))

    @classmethod
    def unknown(cls, kind: str, wanted: str, present: Collection[str]) -> BadInput:
        """Say that `wanted` is not among `present`, with the nearest name."""
        near = get_close_matches(wanted, list(present), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return cls(f"There is no {kind} {wanted!r}.{hint} Present: {sorted(shown(present))}.")


class DiskFull(WorkbenchError):
    """There is no room to write a result; what was there before is unchanged."""

    exit_code = 2


class InsufficientData(WorkbenchError):
    """The data are valid, but too few for this analysis."""


class NotComputed(WorkbenchError):
    """A study does not hold this result yet; the message names the command that makes it."""

    exit_code = 2


class MissingPackage(WorkbenchError):
    """An optional package is needed and not installed."""


class MissingModel(WorkbenchError):
    """A model is needed and neither installed nor cached."""


class NetworkRefused(WorkbenchError):
    """An outgoing connection was tried while the workbench was told to stay offline."""
