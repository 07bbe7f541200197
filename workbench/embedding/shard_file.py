"""One shard of the store as a Parquet file: columns `key` and `vector`, with a checksum on every page."""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["KEY", "packed", "unpacked", "vector_length"]

KEY = np.dtype("S16")
"""Hash of a text."""


def packed(keys: np.ndarray, vectors: np.ndarray) -> bytes:
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


def unpacked(path: Path, column: str) -> np.ndarray:
    """One column, `key` or `vector`, of a shard.

    Raises
    ------
    OSError, ValueError, KeyError
        If the file is damaged.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        values = file.read([column]).column(column).combine_chunks()
    if hasattr(values, "chunks"):
        values = values.chunk(0)
    width = values.type.byte_width
    _, buffer = values.buffers()
    content = np.frombuffer(buffer, np.uint8)[: len(values) * width].tobytes()
    if column == "key":
        return np.frombuffer(content, KEY)
    return np.frombuffer(content, "<f2").reshape(len(values), -1)


def vector_length(path: Path) -> int | None:
    """Length of the vectors of a shard; None if it cannot be read."""
    import pyarrow.parquet as pq

    try:
        width: int = pq.read_schema(path).field("vector").type.byte_width
    except (OSError, ValueError, KeyError):
        return None
    return width // 2
