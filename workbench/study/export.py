"""Take layers and tables out of a study: CSV, Parquet or Excel, long or wide."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import polars as pl

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.files import atomic_folder, atomic_path
from workbench.resources import need
from workbench.study.sharing import shareable
from workbench.study.study import Study

__all__ = ["FORMATS", "export_study", "wide_layers", "write_frame"]

FORMATS = ("csv", "parquet", "xlsx")
_EXCEL_ROWS = 1_048_575
_TOPIC_ESTIMATES = ("groups", "positions", "sessions", "classes", "stability", "stability-summary")
_TOPIC_WORDS = ("group-words", "hierarchy")


def wide_layers(study: Study, names: list[str]) -> pl.DataFrame:
    """One row per utterance: its place, speaker and text, then the codes of every layer.

    An exclusive layer takes one column `<layer>`; a multi-label layer takes one column
    `<layer>: <label>` per label, 1 or 0, null where the unit was not coded.
    """
    wide = study.corpus.utterances.select(
        "id", "conversation_id", "turn", "speaker", "role", "side", "text"
    )
    for name in names:
        layer = study.layer(name)
        if layer.metadata.unit == "utterance":
            columns = _exclusive(layer) if layer.metadata.exclusive else _multilabel(layer)
            wide = wide.join(
                columns, left_on="id", right_on="unit_id", how="left", maintain_order="left"
            )
    return wide


def _exclusive(layer: Layer) -> pl.DataFrame:
    rows = layer.table.unique("unit_id", maintain_order=True)
    chosen = [pl.col("label").alias(layer.name)]
    if rows["value"].is_not_null().any():
        chosen.append(pl.col("value").alias(f"{layer.name}: value"))
    return rows.select("unit_id", *chosen)


def _multilabel(layer: Layer) -> pl.DataFrame:
    labels = layer.metadata.labels or tuple(sorted(layer.table["label"].drop_nulls().unique()))
    given = [(pl.col("label") == x).any().cast(pl.Int8).alias(f"{layer.name}: {x}") for x in labels]
    return layer.table.group_by("unit_id", maintain_order=True).agg(
        [expression.fill_null(0) for expression in given]
    )


def export_study(
    study: Study,
    folder: str | Path,
    *,
    format: Literal["csv", "parquet", "xlsx"] = "csv",
    shape: Literal["long", "wide"] = "long",
    layers: list[str] | None = None,
    to_share: bool = False,
) -> list[Path]:
    """Write utterances, conversations, speakers, layers and result tables; return the files.

    Parameters
    ----------
    shape
        `long`: one file per layer, one row per assigned label; `wide`: one file of all layers, one row
        per utterance.
    layers
        Names; default all.
    to_share
        Leave out every word of text and what holds it, and conversations whose consent does not cover
        sharing; `folder` has to be new or empty, and a README in it says what is in and what is out. See
        `workbench.study.sharing`.

    Raises
    ------
    BadInput
        If a layer does not exist, a table is longer than an Excel sheet, there is something in a folder
        to share, or no conversation may be shared.
    """
    names = study.layer_names() if layers is None else layers
    for name in names:
        if name not in study.layer_names():
            raise BadInput.unknown("layer", name, study.layer_names())
    tables = {
        "utterances": study.corpus.utterances,
        "conversations": study.corpus.conversations,
        "speakers": study.corpus.speakers,
    }
    if shape == "wide":
        tables["codes"] = wide_layers(study, names)
    else:
        tables |= {f"layers/{name}": study.layer(name).table for name in names}
    wanted = _TOPIC_ESTIMATES if to_share else _TOPIC_ESTIMATES + _TOPIC_WORDS
    for file in sorted((study.folder / "topics").glob("*.parquet")):
        if file.stem.partition("-")[2] in wanted:
            tables[f"topics/{file.stem}"] = pl.read_parquet(file)
    for file in sorted((study.folder / "agreement").glob("*.parquet")):
        tables[f"agreement/{file.stem}"] = pl.read_parquet(file)
    if to_share:
        return _write_to_share(study, Path(folder), tables, format)
    return _write_tables(Path(folder), tables, format)


def _write_to_share(
    study: Study, folder: Path, tables: dict[str, pl.DataFrame], format: str
) -> list[Path]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            f"{folder} is not empty: what lies there would be handed on as well. Name a new folder."
        )
    shared = shareable(study, tables)
    with atomic_folder(folder) as temporary:
        written = _write_tables(temporary, shared.tables, format)
        (temporary / "README.md").write_text(shared.readme(study), "utf-8")
    return [folder / file.relative_to(temporary) for file in [*written, temporary / "README.md"]]


def _write_tables(folder: Path, tables: dict[str, pl.DataFrame], format: str) -> list[Path]:
    written = []
    for name, table in tables.items():
        target = folder / f"{name}.{format}"
        write_frame(table, target)
        written.append(target)
    return written


def write_frame(table: pl.DataFrame, target: Path) -> None:
    """Write one table; the ending of `target` says how. Lists become `;`-joined text outside Parquet."""
    kind = target.suffix.removeprefix(".")
    if kind not in FORMATS:
        raise BadInput.unknown("format", kind, FORMATS)
    if kind != "parquet":
        lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
        table = table.with_columns(
            pl.col(x).cast(pl.List(pl.String)).list.join("; ") for x in lists
        )
    with atomic_path(target) as temporary:
        if kind == "parquet":
            table.write_parquet(temporary)
        elif kind == "csv":
            table.write_csv(temporary)
        else:
            _write_excel(table, temporary)


def _write_excel(table: pl.DataFrame, target: Path) -> None:
    if table.height > _EXCEL_ROWS:
        raise BadInput(f"{table.height:,} rows do not fit an Excel sheet; export CSV or Parquet.")
    xlsxwriter = need("xlsxwriter", feature="Excel export", extra="formats")
    # dialogue text that begins with "=" must stay text
    safe = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), safe) as workbook:
        table.write_excel(workbook, autofit=False)
