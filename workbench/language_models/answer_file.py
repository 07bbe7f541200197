"""A file of answers: JSON objects, one a line, appended and seen on the disk before anybody relies on them.

A line cut off by a crash is passed over when the file is read, and the next line begins on its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["append_lines", "read_lines"]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file, oldest first; none if there is no file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # cut off by a crash
            if isinstance(record, dict):
                yield record


def append_lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Append objects and wait until they are on the disk."""
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(("\n" + lines if _torn(path) else lines).encode())
        file.flush()
        os.fsync(file.fileno())


def _torn(path: Path) -> bool:
    """Whether the last line was cut off."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
