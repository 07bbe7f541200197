"""The workbench's own folder: Parquet (or, for reviewable corpora, CSV) tables and `corpus.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.files import atomic_folder, read_json, write_json

__all__ = ["SCHEMA_VERSION", "is_workbench_folder", "read_folder", "write_folder"]

SCHEMA_VERSION = 1
_TABLES = ("utterances", "conversations", "speakers")


def is_workbench_folder(path: Path) -> bool:
    """Whether `path` is a folder that `write_folder` wrote."""
    return (path / "corpus.json").is_file() and any(
        (path / f"utterances.{ending}").is_file() for ending in ("parquet", "csv")
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
            else:
                table.write_parquet(folder / f"{name}.parquet")
        about = {"schema_version": SCHEMA_VERSION, **asdict(corpus.metadata)}
        if tables == "csv":
            (folder / "layers").mkdir()
            for layer in corpus.layers:
                layer.table.write_csv(folder / "layers" / f"{layer.name}.csv")
            about["layers"] = {la.name: asdict(la.metadata) for la in corpus.layers}
        else:
            for layer in corpus.layers:
                layer.write(folder / "layers")
        write_json(folder / "corpus.json", about)


def read_folder(path: str | Path, *, roles: dict[str, str] | None = None) -> Corpus:
    """Read what `write_folder` wrote.

    Raises
    ------
    BadInput
        If the folder was written by a newer version or a table is missing or damaged.
    """
    path = Path(path)
    about = read_json(path / "corpus.json")
    version = about.pop("schema_version", None)
    if version != SCHEMA_VERSION:
        raise BadInput.in_file(
            path / "corpus.json",
            f"schema version {version!r}; this workbench reads version {SCHEMA_VERSION}.",
            remedy="Use the workbench version that wrote it, or convert it there to `convokit`.",
        )
    described = about.pop("layers", {})
    layers = [_csv_layer(path, name, facts) for name, facts in described.items()]
    layers += [
        Layer.read(file)
        for file in sorted((path / "layers").glob("*.parquet"))
        if not file.name.endswith(".probabilities.parquet")
    ]
    return Corpus.build(
        _table(path, "utterances"),
        conversations=_table(path, "conversations"),
        speakers=_table(path, "speakers"),
        layers=layers,
        metadata=CorpusMetadata(**about),
        roles=roles,
        where=str(path),
    )


def _table(path: Path, name: str) -> pl.DataFrame:
    for ending, read in (("parquet", pl.read_parquet), ("csv", _read_csv)):
        file = path / f"{name}.{ending}"
        if file.is_file():
            try:
                return read(file)
            except pl.exceptions.PolarsError as error:
                raise BadInput.in_file(
                    file, f"the table cannot be read ({type(error).__name__})."
                ) from None
    raise BadInput.in_file(path, f"there is no {name}.parquet or {name}.csv.")


def _read_csv(file: Path) -> pl.DataFrame:
    return pl.read_csv(file, infer_schema_length=None, schema_overrides=_id_columns(file))


def _id_columns(file: Path) -> dict[str, Any]:
    header = pl.read_csv(file, n_rows=0).columns
    textual = {
        "id",
        "conversation_id",
        "speaker",
        "reply_to",
        "text",
        "unit_id",
        "target_id",
        "source",
    }
    return {name: pl.String for name in header if name in textual}


def _csv_layer(path: Path, name: str, facts: dict[str, Any]) -> Layer:
    file = path / "layers" / f"{name}.csv"
    facts["labels"] = tuple(facts["labels"])
    return Layer.build(name, _read_csv(file), LayerMetadata(**facts))
