"""Files that may be damaged: what any library raises on them becomes one clear refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from workbench.errors import BadInput, WorkbenchError

__all__ = ["read_parquet", "read_parquet_metadata", "refusing_damage"]

_TROUBLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # a panic inside polars is no `Exception`
    *(OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError),
)


@contextmanager
def refusing_damage(path: str | Path) -> Iterator[None]:
    """Raise `BadInput` naming `path` where the content read in the block is not what it must be."""
    try:
        yield
    except WorkbenchError as error:
        if str(path) in str(error):
            raise
        raise BadInput.in_file(path, str(error)) from None
    except _TROUBLE as error:
        raise BadInput.in_file(
            path,
            f"the file is damaged or of another kind ({type(error).__name__}).",
            remedy="Make or copy it again.",
        ) from None


def read_parquet(path: str | Path) -> pl.DataFrame:
    """Read a Parquet table.

    Raises
    ------
    BadInput
        If the file is damaged or no Parquet.
    """
    with refusing_damage(path):
        return pl.read_parquet(path)


def read_parquet_metadata(path: str | Path) -> dict[str, str]:
    """Key-value metadata of a Parquet file.

    Raises
    ------
    BadInput
        If the file is damaged or no Parquet.
    """
    with refusing_damage(path):
        return pl.read_parquet_metadata(path)
