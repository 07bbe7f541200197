"""Write files so that a crash leaves the old file or the new one, never half of one."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import DiskFull

__all__ = ["atomic_folder", "atomic_path", "checksum", "checksum_of", "read_json", "write_json"]


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _tells_of_a_full_disk(error):
            raise
        raise DiskFull(
            f"The disk is full: {target} was not written and what was there before is unchanged. "
            "Free some space (`workbench cache prune` empties the embedding store) and run again."
        ) from error


def _tells_of_a_full_disk(error: Exception) -> bool:
    """Polars wraps the system's error in one of its own, whose text alone has the number."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"(os error {errno.ENOSPC})" in str(error)


@contextmanager
def atomic_path(target: str | Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Give a temporary path beside `target`; rename it to `target` when the block ends well.

    Parameters
    ----------
    mode
        Permissions of the file; while it is written, its owner alone can read it.

    Raises
    ------
    DiskFull
        If there is no room; the old file is then still there.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _disk_errors(target):
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
            temporary.chmod(mode)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: str | Path) -> Iterator[Path]:
    """Give a temporary folder beside `target`; put it in `target`'s place when the block ends well."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _disk_errors(target):
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        temporary.chmod(0o755)
        try:
            yield temporary
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
                target.replace(old / "was")
                temporary.replace(target)
                shutil.rmtree(old)
            else:
                temporary.replace(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def write_json(target: str | Path, content: Any) -> None:
    """Write `content` as readable JSON, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(
            json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n",
            "utf-8",
        )


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text("utf-8"))


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, or of a folder's files and their relative names in sorted order."""
    path = Path(path)
    digest = hashlib.sha256()
    files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.relative_to(path).as_posix().encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def checksum_of(content: Any) -> str:
    """SHA-256 of a JSON-able value, independent of key order."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
