"""The workbench's own folder: Parquet (or, for reviewable corpora, CSV) tables and `corpus.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.damage import read_parquet, refusing_damage
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.partitions import PARTITION_ROWS, blocks, conversation_sizes
from workbench.errors import BadInput
from workbench.files import atomic_folder, read_json, write_json

__all__ = [
    "SCHEMA_VERSION",
    "as_type",
    "dtype_named",
    "dtype_names",
    "is_workbench_folder",
    "layer_files",
    "part_file",
    "read_about",
    "read_folder",
    "read_index",
    "write_folder",
]

SCHEMA_VERSION = 1
PARTS = "utterances"
"""Folder of a long utterance table, in files of whole conversations."""

ROW_GROUP = 10_000
"""Rows that Parquet keeps together: the least that is read of a part."""

_INDEX = "index.parquet"
_TABLES = ("utterances", "conversations", "speakers")
_DTYPES: Mapping[str, pl.DataType] = {
    str(dtype): dtype
    for dtype in (
        *(pl.String(), pl.Boolean(), pl.Date(), pl.Time(), pl.Datetime("us"), pl.Datetime("ms")),
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32()),
        *(pl.UInt64(), pl.Float32(), pl.Float64(), pl.Null()),
    )
}


def dtype_names(table: pl.DataFrame) -> dict[str, str]:
    """Column types by name, for files that cannot hold types."""
    return {name: str(dtype) for name, dtype in table.schema.items()}


def dtype_named(name: str) -> pl.DataType:
    """Type that `dtype_names` named; text for one that a text file cannot hold."""
    return _DTYPES.get(name, pl.String())


def is_workbench_folder(path: Path) -> bool:
    """Whether `path` is a folder that `write_folder` wrote."""
    return (path / "corpus.json").is_file() and (
        any((path / f"utterances.{ending}").is_file() for ending in ("parquet", "csv"))
        or (path / PARTS / _INDEX).is_file()
    )


def write_folder(corpus: Corpus, path: str | Path, *, tables: str = "parquet") -> None:
    """Write a corpus as one folder, complete or not at all.

    Parameters
    ----------
    tables
        `parquet`, or `csv` for small corpora that people read and review line by line; probability
        tables of layers are kept in Parquet only.
    """
    with atomic_folder(path) as folder:
        for name in _TABLES:
            table: pl.DataFrame = getattr(corpus, name)
            if tables == "csv":
                table.write_csv(folder / f"{name}.csv")
            elif name == "utterances" and table.height > PARTITION_ROWS:
                _write_parts(table, folder / PARTS)
            else:
                table.write_parquet(folder / f"{name}.parquet")
        about = {"schema_version": SCHEMA_VERSION, **asdict(corpus.metadata)}
        if tables == "csv":
            about["columns"] = {name: dtype_names(getattr(corpus, name)) for name in _TABLES}
            (folder / "layers").mkdir()
            for layer in corpus.layers:
                _own_columns(layer).write_csv(folder / "layers" / f"{layer.name}.csv")
            about["layers"] = {la.name: asdict(la.metadata) for la in corpus.layers}
        else:
            for layer in corpus.layers:
                layer.write(folder / "layers")
        write_json(folder / "corpus.json", about)


def _write_parts(utterances: pl.DataFrame, folder: Path) -> None:
    """Write a long table in files of whole conversations, with an index of where each one stands."""
    folder.mkdir()
    sizes = conversation_sizes(utterances)
    indexed, begun = [], 0
    for number, (first, beyond) in enumerate(blocks(sizes["rows"].to_list(), rows=PARTITION_ROWS)):
        part = sizes[first:beyond]
        rows = int(part["rows"].sum())
        table = utterances.slice(begun, rows)
        table.write_parquet(part_file(folder.parent, number), row_group_size=ROW_GROUP)
        indexed.append(
            part.with_columns(
                pl.lit(number).alias("part"),
                (pl.col("rows").cum_sum() - pl.col("rows")).alias("first"),
            )
        )
        begun += rows
    pl.concat(indexed).write_parquet(folder / _INDEX)


def read_about(path: Path) -> tuple[CorpusMetadata, dict[str, Any], dict[str, Any]]:
    """Metadata, descriptions of CSV layers and column types of a corpus folder.

    Raises
    ------
    BadInput
        If the folder was written by a newer version.
    """
    about = _about(path / "corpus.json")
    version = about.pop("schema_version", None)
    if version != SCHEMA_VERSION:
        raise BadInput.in_file(
            path / "corpus.json",
            f"schema version {version!r}; this workbench reads version {SCHEMA_VERSION}.",
            remedy="Use the workbench version that wrote it, or convert it there to `convokit`.",
        )
    described, columns = about.pop("layers", {}), about.pop("columns", {})
    return _metadata(path, about), described, columns


def layer_files(path: Path) -> list[Path]:
    """Parquet files of the layers in a corpus folder."""
    files = sorted((path / "layers").glob("*.parquet"))
    return [file for file in files if not file.name.endswith(".probabilities.parquet")]


def part_file(path: Path, number: int) -> Path:
    """File of one part of a long utterance table."""
    return path / PARTS / f"{number:05}.parquet"


def read_index(path: Path) -> pl.DataFrame | None:
    """Where each conversation stands: `conversation_id`, `rows`, `part`, `first`; None in one file."""
    file = path / PARTS / _INDEX
    return read_parquet(file) if file.is_file() else None


def read_folder(path: str | Path, *, roles: dict[str, str] | None = None) -> Corpus:
    """Read what `write_folder` wrote.

    Raises
    ------
    BadInput
        If the folder was written by a newer version or a table is missing or damaged.
    """
    path = Path(path)
    metadata, described, columns = read_about(path)
    with refusing_damage(path / "corpus.json"):
        layers = [_csv_layer(path, name, dict(facts)) for name, facts in described.items()]
    layers += [Layer.read(file) for file in layer_files(path)]
    return Corpus.build(
        _table(path, "utterances", columns),
        conversations=_table(path, "conversations", columns),
        speakers=_table(path, "speakers", columns),
        layers=layers,
        metadata=metadata,
        roles=roles,
        where=str(path),
    )


def _about(file: Path) -> dict[str, Any]:
    try:
        content = read_json(file)
    except (ValueError, OSError, RecursionError):
        raise BadInput.in_file(file, "this is not readable JSON.") from None
    if not isinstance(content, dict):
        raise BadInput.in_file(file, "expected a JSON object.")
    return content


def _metadata(path: Path, about: dict[str, Any]) -> CorpusMetadata:
    strange = sorted(set(about) - {field.name for field in fields(CorpusMetadata)})
    if strange:
        raise BadInput.in_file(path / "corpus.json", f"{strange} mean nothing in schema version 1.")
    return CorpusMetadata(**about)


def _table(path: Path, name: str, columns: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    index = read_index(path) if name == "utterances" else None
    if index is not None:
        numbers = index["part"].unique().sort()
        return pl.concat([read_parquet(part_file(path, number)) for number in numbers])
    for ending in ("parquet", "csv"):
        file = path / f"{name}.{ending}"
        if not file.is_file():
            continue
        with refusing_damage(file):
            return read_parquet(file) if ending == "parquet" else _csv(file, columns.get(name))
    raise BadInput.in_file(path, f"there is no {name}.parquet or {name}.csv.")


def _csv(file: Path, types: Mapping[str, str] | None) -> pl.DataFrame:
    """Read a CSV table with the types stated in `corpus.json`, else with text ids."""
    table = pl.read_csv(file, infer_schema=False)
    stated = types or {}
    casts = {name: dtype_named(stated[name]) for name in table.columns if name in stated}
    return table.with_columns(as_type(table[name], dtype) for name, dtype in casts.items())


def as_type(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    """A column read from a text file, in the type it was written from."""
    if column.dtype != pl.String:
        return column.cast(dtype)
    if dtype == pl.Boolean():
        return column.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    if isinstance(dtype, pl.Datetime):
        return column.str.to_datetime(time_unit=dtype.time_unit)
    if dtype == pl.Date():
        return column.str.to_date()
    if dtype == pl.Time():
        return column.str.to_time("%H:%M:%S%.f")
    return column.cast(dtype)


def _own_columns(layer: Layer) -> pl.DataFrame:
    """Columns of a layer that differ between rows and are used; its metadata tell the rest."""
    told = {field.name for field in fields(LayerMetadata)}
    table = layer.table
    used = [
        name
        for name in table.columns
        if name not in told and (table[name].null_count() < table.height or name == "label")
    ]
    return table.select("unit_id", *[name for name in used if name != "unit_id"])


def _csv_layer(path: Path, name: str, facts: dict[str, Any]) -> Layer:
    file = path / "layers" / f"{name}.csv"
    metadata = LayerMetadata(**{**facts, "labels": tuple(facts["labels"])})
    with refusing_damage(file):
        return Layer.build(name, _csv(file, None), metadata)
