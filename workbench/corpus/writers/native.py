"""The workbench's own folder, as Parquet or as CSV that people can read and review."""

from __future__ import annotations

from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.storage import write_folder

__all__ = ["write", "write_csv"]


def write(corpus: Corpus, path: Path) -> None:
    """Write the folder with Parquet tables."""
    write_folder(corpus, path)


def write_csv(corpus: Corpus, path: Path) -> None:
    """Write the folder with CSV tables; `load` reads it back."""
    write_folder(corpus, path, tables="csv")
