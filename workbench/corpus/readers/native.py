"""The workbench's own folder (Parquet or CSV tables and `corpus.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.reader import Reader
from workbench.corpus.storage import is_workbench_folder, read_folder

__all__ = ["READER"]


def _sniff(path: Path) -> float:
    return 1.0 if is_workbench_folder(path) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return read_folder(path, roles=dict(roles) if roles else None)


READER = Reader(
    "workbench",
    "folder written by the workbench (corpus.json with Parquet or CSV tables)",
    _sniff,
    _read,
    per_file=False,
)
