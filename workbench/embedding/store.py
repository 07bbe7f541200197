"""Vectors kept by content: `<folder>/<fingerprint>/<shard>.parquet`, written once, never changed.

A shard is one Parquet file with two columns, `key` (16 bytes: the text's hash) and `vector`
(little-endian float16 values). It appears under its final name only when complete, so a process
killed at any byte leaves a store that opens clean, and several processes may write at once: equal
keys in two shards hold equal vectors. Many small shards, as single questions leave them, are put
together into one, which is complete before the small ones go. No text is stored; vectors are as
private as the text still.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench import settings
from workbench.embedding.shard_file import KEY, packed, unpacked, vector_length
from workbench.embedding.shard_index import ShardIndex
from workbench.errors import BadInput, WorkbenchError
from workbench.files import atomic_path

if TYPE_CHECKING:
    import polars as pl
    from filelock import FileLock

__all__ = ["EmbeddingStore"]

_SMALL_BYTES = 256 * 1024  # about 330 vectors of 384 numbers
_MANY_SMALL = 64  # small shards from which on they are put together


class EmbeddingStore:
    """Append-only store of embeddings, shared by all studies of a user.

    Parameters
    ----------
    folder
        Default: `embeddings` in the cache folder. It is made when something is first put.

    Attributes
    ----------
    folder : pathlib.Path
    damaged : list of str
        One line for each shard that could not be read and was left out.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else settings.cache_home() / "embeddings"
        self.damaged: list[str] = []
        self._unreadable: set[Path] = set()
        self._indexes: dict[str, ShardIndex] = {}
        self._looking = threading.RLock()

    def __repr__(self) -> str:
        return f"EmbeddingStore({str(self.folder)!r})"

    def has(self, keys: np.ndarray, fingerprint: str) -> np.ndarray:
        """Whether each of `keys`, (n,) of dtype S16, is in the store: bool (n,)."""
        with self._looking:
            return self._index(fingerprint).find(_as_keys(keys))[0]

    def get(self, keys: np.ndarray, fingerprint: str) -> tuple[np.ndarray, np.ndarray]:
        """Look up vectors.

        Parameters
        ----------
        keys
            (n,) of dtype S16.
        fingerprint
            `Encoder.fingerprint`.

        Returns
        -------
        found
            bool (n,), whether the key is in the store.
        vectors
            float16 (found.sum(), dimension) in the order of the found keys; (0, 0) if none is.

        Raises
        ------
        BadInput
            If the store holds vectors of several dimensions under this fingerprint.
        """
        keys = _as_keys(keys)
        with self._looking:
            while True:
                index = self._index(fingerprint)
                found, shard, row = index.find(keys)
                vectors = self._gathered(index, shard, row)
                if vectors is not None:
                    return found, vectors

    def put(self, keys: np.ndarray, vectors: np.ndarray, fingerprint: str) -> None:
        """Keep `vectors` (n, dimension), rounded to float16, under `keys` (n,) as one shard.

        Raises
        ------
        BadInput
            If keys and vectors do not fit each other, or the store holds vectors of another
            dimension under this fingerprint; nothing is written then.
        WorkbenchError
            If the disk is full or the folder cannot be written; nothing is half-written.
        """
        keys = _as_keys(keys)
        if vectors.ndim != 2 or len(vectors) != len(keys):
            raise BadInput(f"{len(keys)} keys need as many vectors, not shape {vectors.shape}.")
        if not len(keys):
            return
        held = self.dimension(fingerprint)
        if held not in (None, vectors.shape[1]):
            raise self._of_two_dimensions(fingerprint, {int(vectors.shape[1]), int(held or 0)})
        path = self._write(keys, vectors, fingerprint)
        if path.stat().st_size < _SMALL_BYTES:
            self._put_small_shards_together(fingerprint)

    def dimension(self, fingerprint: str) -> int | None:
        """Length of the vectors held under a fingerprint; None if there are none."""
        with self._looking:
            for path in self._shards(fingerprint):
                if path not in self._unreadable and (width := vector_length(path)):
                    return width
        return None

    def size(self) -> pl.DataFrame:
        """Table of what is stored: `fingerprint`, `entries` and `bytes`, one row per encoder."""
        import polars as pl

        with self._looking:
            rows = [
                (name, self._index(name).entries, _bytes(self.folder / name))
                for name in self.fingerprints()
            ]
        return pl.DataFrame(
            rows,
            schema={"fingerprint": pl.String, "entries": pl.Int64, "bytes": pl.Int64},
            orient="row",
        )

    def fingerprints(self) -> list[str]:
        """Encoders that have something in the store."""
        if not self.folder.is_dir():
            return []
        return sorted(part.name for part in self.folder.iterdir() if part.is_dir())

    def prune(self, *, fingerprint: str | None = None) -> int:
        """Remove one encoder's vectors, or all; return the number of bytes freed.

        Raises
        ------
        BadInput
            If the store holds nothing of `fingerprint`.
        """
        present = self.fingerprints()
        if fingerprint is not None and fingerprint not in present:
            raise BadInput.unknown("encoder in the store", fingerprint, present)
        freed = 0
        for name in present if fingerprint is None else [fingerprint]:
            part = self.folder / name
            freed += _bytes(part)
            shutil.rmtree(part)
        return freed

    def holds(self, keys: np.ndarray) -> int:
        """Count the entries under any of these keys, over all encoders."""
        keys = _as_keys(keys)
        with self._looking:
            return sum(self._index(name).count(keys) for name in self.fingerprints())

    def forget(self, keys: np.ndarray) -> int:
        """Remove the vectors under these keys, of every encoder; return how many there were.

        A shard is written anew without them before the old one goes, so that nothing else is lost at any
        moment. Shards that cannot be read are removed: nobody can say whose vectors they hold.
        """
        keys, removed = _as_keys(keys), 0
        if not self.fingerprints():
            return 0
        with self._lock():  # or a shard made of small ones at this moment would bring them back
            for name in self.fingerprints():
                for path in self._shards(name):
                    stored, vectors = self._read(path, "key"), self._read(path, "vector")
                    if stored is None or vectors is None:
                        path.unlink(missing_ok=True)
                        continue
                    gone = np.isin(stored, keys)
                    if gone.any():
                        if not gone.all():
                            self._write(stored[~gone], vectors[~gone], name)
                        path.unlink()
                        removed += int(gone.sum())
        return removed

    # -- shards ----------------------------------------------------------------------------------

    def _write(self, keys: np.ndarray, vectors: np.ndarray, fingerprint: str) -> Path:
        order = np.argsort(keys)
        name = hashlib.blake2b(keys[order].tobytes(), digest_size=16).hexdigest()
        path = self._part(fingerprint) / f"{name}.parquet"
        content = packed(keys[order], np.asarray(vectors[order], np.dtype("<f2")))
        try:
            with atomic_path(path) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise WorkbenchError(
                f"The embedding store {self.folder} cannot be written ({error.strerror}). "
                "WORKBENCH_CACHE_HOME names another folder."
            ) from error
        self._unreadable.discard(path)
        return path

    def _put_small_shards_together(self, fingerprint: str) -> None:
        """Make one shard of many small ones, unless another process is about it."""
        from filelock import Timeout

        if len(self._small(fingerprint)) < _MANY_SMALL:
            return
        try:
            with self._lock(timeout=0):
                read = {
                    path: (keys, vectors)
                    for path in self._small(fingerprint)
                    if (keys := self._read(path, "key")) is not None
                    and (vectors := self._read(path, "vector")) is not None
                }
                if len({vectors.shape[1] for _, vectors in read.values()}) != 1:
                    return
                keys = np.concatenate([keys for keys, _ in read.values()])
                vectors = np.concatenate([vectors for _, vectors in read.values()])
                keys, first = np.unique(keys, return_index=True)
                made = self._write(keys, vectors[first], fingerprint)
                for path in read:
                    if path != made:
                        path.unlink(missing_ok=True)
        except Timeout:
            return

    def _small(self, fingerprint: str) -> list[Path]:
        with os.scandir(self._part(fingerprint)) as entries:
            return sorted(
                Path(entry.path)
                for entry in entries
                if _is_shard(entry.name)
                and Path(entry.path) not in self._unreadable
                and _size(entry) < _SMALL_BYTES
            )

    def _lock(self, *, timeout: float = -1) -> FileLock:
        from filelock import FileLock

        return FileLock(self.folder / ".lock", timeout=timeout)

    def _part(self, fingerprint: str) -> Path:
        if not fingerprint or fingerprint.startswith(".") or set("/\\") & set(fingerprint):
            raise BadInput(f"{fingerprint!r} is no encoder fingerprint.")
        return self.folder / fingerprint

    def _shards(self, fingerprint: str) -> list[Path]:
        try:
            with os.scandir(self._part(fingerprint)) as entries:
                return sorted(Path(entry.path) for entry in entries if _is_shard(entry.name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _index(self, fingerprint: str) -> ShardIndex:
        """The index of one encoder's shards as they lie on the disk now."""
        index = self._indexes.setdefault(fingerprint, ShardIndex())
        present = [x for x in self._shards(fingerprint) if x not in self._unreadable]
        index.keep_only(present)
        for path in present:
            if path not in index and (keys := self._read(path, "key")) is not None:
                index.add(path, keys)
        return index

    def _gathered(self, index: ShardIndex, shard: np.ndarray, row: np.ndarray) -> np.ndarray | None:
        """Vectors at these places; None if a shard went meanwhile or cannot be read: look again."""
        together = np.empty((0, 0), np.float16)
        for number in np.unique(shard):
            path = index.path(number)
            vectors = self._read(path, "vector")
            if vectors is None:
                index.forget(path)
                return None
            if not together.size:
                together = np.empty((len(shard), vectors.shape[1]), np.float16)
            if vectors.shape[1] != together.shape[1]:
                widths = {int(vectors.shape[1]), int(together.shape[1])}
                raise self._of_two_dimensions(path.parent.name, widths)
            at = np.flatnonzero(shard == number)
            together[at] = vectors[row[at]]
        return together

    def _of_two_dimensions(self, fingerprint: str, dimensions: set[int]) -> BadInput:
        told = " and ".join(str(x) for x in sorted(dimensions))
        return BadInput(
            f"Vectors of {told} numbers stand under one encoder, {fingerprint}, in the embedding store "
            f"{self.folder}; an encoder has one dimension. The store was not changed. Name another store "
            f"for the other encoder, or empty this part: `workbench cache prune --encoder {fingerprint}`."
        )

    def _read(self, path: Path, column: str) -> np.ndarray | None:
        """One column of a shard; None if the shard is damaged or was pruned meanwhile."""
        try:
            return unpacked(path, column)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            line = f"{path}: damaged shard left out ({type(error).__name__}); it may be deleted."
            self.damaged.append(line)
            self._unreadable.add(path)
            warnings.warn(line, stacklevel=2)
        return None


def _as_keys(keys: np.ndarray) -> np.ndarray:
    if keys.dtype != KEY:
        raise BadInput(f"Keys are arrays of dtype {KEY.str[1:]}, not {keys.dtype}.")
    return keys


def _is_shard(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith(".")


def _size(entry: os.DirEntry[str]) -> float:
    """Bytes of a file; without end if another process removed it just now."""
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return float("inf")


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
