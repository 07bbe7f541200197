"""Vectors kept by content: `<folder>/<fingerprint>/<shard>.parquet`, written once, never changed.

A shard is one Parquet file with two columns, `key` (16 bytes: the text's hash) and `vector`
(little-endian float16 values). It appears under its final name only when complete, so a process
killed at any byte leaves a store that opens clean, and several processes may write at once: equal
keys in two shards hold equal vectors. No text is stored; vectors are as private as the text still.
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workbench import settings
from workbench.errors import BadInput, WorkbenchError
from workbench.files import atomic_path

if TYPE_CHECKING:
    import polars as pl

__all__ = ["EmbeddingStore"]

_KEY_BYTES = 16


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
        self._known: dict[Path, np.ndarray] = {}

    def __repr__(self) -> str:
        return f"EmbeddingStore({str(self.folder)!r})"

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
        """
        keys = _as_keys(keys)
        found = np.zeros(len(keys), bool)
        rows: list[np.ndarray] = []
        parts: list[np.ndarray] = []
        for path in self._shards(fingerprint):
            if found.all():
                break
            wanted = np.flatnonzero(~found)
            here, position = _positions(self._keys_of(path), keys[wanted])
            if not here.any():
                continue
            vectors = self._read(path, "vector")
            if vectors is None:
                continue
            rows.append(wanted[here])
            parts.append(vectors[position[here]])
            found[wanted[here]] = True
        if not rows:
            return found, np.empty((0, 0), np.float16)
        return found, np.concatenate(parts)[np.argsort(np.concatenate(rows))]

    def put(self, keys: np.ndarray, vectors: np.ndarray, fingerprint: str) -> None:
        """Keep `vectors` (n, dimension), rounded to float16, under `keys` (n,) as one shard.

        Raises
        ------
        WorkbenchError
            If the disk is full or the folder cannot be written; nothing is half-written.
        """
        keys = _as_keys(keys)
        if vectors.ndim != 2 or len(vectors) != len(keys):
            raise BadInput(f"{len(keys)} keys need as many vectors, not shape {vectors.shape}.")
        if not len(keys):
            return
        order = np.argsort(keys)
        name = hashlib.blake2b(keys[order].tobytes(), digest_size=16).hexdigest()
        path = self._part(fingerprint) / f"{name}.parquet"
        content = _packed(keys[order], np.asarray(vectors[order], np.dtype("<f2")))
        try:
            with atomic_path(path) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise WorkbenchError(
                f"The embedding store {self.folder} cannot be written ({error.strerror}). "
                "WORKBENCH_CACHE_HOME names another folder."
            ) from error

    def size(self) -> pl.DataFrame:
        """Table of what is stored: `fingerprint`, `entries` and `bytes`, one row per encoder."""
        import polars as pl

        rows = []
        for name in self.fingerprints():
            paths = self._shards(name)
            entries = sum(len(self._keys_of(path)) for path in paths)
            rows.append((name, entries, _bytes(self.folder / name)))
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
        self._known.clear()
        return freed

    def holds(self, keys: np.ndarray) -> int:
        """Count the entries under any of these keys, over all encoders."""
        keys = _as_keys(keys)
        shards = (self._keys_of(x) for name in self.fingerprints() for x in self._shards(name))
        return sum(int(np.isin(stored, keys).sum()) for stored in shards)

    def forget(self, keys: np.ndarray) -> int:
        """Remove the vectors under these keys, of every encoder; return how many there were.

        A shard is written anew without them before the old one goes, so that nothing else is lost at any
        moment. Shards that cannot be read are removed: nobody can say whose vectors they hold.
        """
        keys, removed = _as_keys(keys), 0
        for name in self.fingerprints():
            for path in self._shards(name):
                stored, vectors = self._read(path, "key"), self._read(path, "vector")
                if stored is None or vectors is None:
                    path.unlink(missing_ok=True)
                    continue
                gone = np.isin(stored, keys)
                if gone.any():
                    self.put(stored[~gone], vectors[~gone], name)
                    path.unlink()
                    removed += int(gone.sum())
        self._known.clear()
        return removed

    def _part(self, fingerprint: str) -> Path:
        if not fingerprint or fingerprint.startswith(".") or set("/\\") & set(fingerprint):
            raise BadInput(f"{fingerprint!r} is no encoder fingerprint.")
        return self.folder / fingerprint

    def _shards(self, fingerprint: str) -> list[Path]:
        return sorted(self._part(fingerprint).glob("[!.]*.parquet"))

    def _keys_of(self, path: Path) -> np.ndarray:
        if path not in self._known:
            keys = self._read(path, "key")
            self._known[path] = np.empty(0, f"S{_KEY_BYTES}") if keys is None else keys
        return self._known[path]

    def _read(self, path: Path, column: str) -> np.ndarray | None:
        """One column of a shard; None if the shard is damaged or was pruned meanwhile."""
        try:
            return _unpacked(path, column)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError) as error:
            line = f"{path}: damaged shard left out ({type(error).__name__}); it may be deleted."
            self.damaged.append(line)
            warnings.warn(line, stacklevel=2)
        self._known[path] = np.empty(0, f"S{_KEY_BYTES}")
        return None


def _as_keys(keys: np.ndarray) -> np.ndarray:
    if keys.dtype != np.dtype(f"S{_KEY_BYTES}"):
        raise BadInput(f"Keys are arrays of dtype S{_KEY_BYTES}, not {keys.dtype}.")
    return keys


def _positions(sorted_keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of `wanted` stand in `sorted_keys`, and where."""
    if not len(sorted_keys):
        return np.zeros(len(wanted), bool), np.zeros(len(wanted), np.intp)
    position = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return sorted_keys[position] == wanted, position


def _packed(keys: np.ndarray, vectors: np.ndarray) -> bytes:
    """Bytes of a shard; made in memory so that the disk sees one plain write."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"key": keys.tobytes(), "vector": vectors.tobytes()}
    table = pa.table(
        {
            name: pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(len(content) // len(keys)), len(keys), [None, pa.py_buffer(content)]
            )
            for name, content in columns.items()
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none", use_dictionary=False, write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _unpacked(path: Path, column: str) -> np.ndarray:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        values = file.read([column]).column(column).combine_chunks()
    if hasattr(values, "chunks"):
        values = values.chunk(0)
    width = values.type.byte_width
    _, buffer = values.buffers()
    content = np.frombuffer(buffer, np.uint8)[: len(values) * width].tobytes()
    if column == "key":
        return np.frombuffer(content, f"S{_KEY_BYTES}")
    return np.frombuffer(content, "<f2").reshape(len(values), -1)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
