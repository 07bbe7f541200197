"""Erase a removal from the files of a corpus folder or a study, each file whole or not at all.

The utterances are rewritten last: as long as they stand, a run that was cut off can work out again what has
to go.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench.corpus import Layer, LayerMetadata
from workbench.corpus.damage import read_parquet
from workbench.errors import BadInput
from workbench.files import atomic_folder, atomic_path, read_json, write_json
from workbench.language_models.recorded import forget_answers
from workbench.study.annotations import clean_annotations
from workbench.study.ledger import LEDGER, drop_checksums
from workbench.study.removal import Removal
from workbench.study.steps import StepRecord

__all__ = ["Eraser", "clear_leftovers", "read_table"]

_TEMPORARY = re.compile(r"\.(.+?)(\.old)?\.[a-z0-9_]{8}")
"""Names that `workbench.files` gives to what is being written, and to what is being replaced."""


def read_table(folder: Path, name: str) -> tuple[pl.DataFrame, Path]:
    """Return a table of a corpus folder as it is stored, and its file.

    Raises
    ------
    BadInput
        If it is not there, or has no ids.
    """
    files = [folder / f"{name}.{ending}" for ending in ("parquet", "csv")]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise BadInput.in_file(
            folder,
            f"there is no {name}.parquet or {name}.csv.",
            remedy="Only folders in the workbench's own format can be rewritten: convert it first.",
        )
    table = (
        read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    )
    if "id" not in table.columns:
        raise BadInput.in_file(
            file, "the table has no column `id`.", remedy="Write the corpus anew."
        )
    return table, file


def clear_leftovers(folder: Path) -> None:
    """Remove what killed runs left half-written of and below `folder`, and put back what one had moved."""
    beside = [x for x in folder.parent.glob(f".{folder.name}.*") if x.is_dir()]
    for path in [*sorted(folder.rglob(".*"), reverse=True), *sorted(beside)]:
        named = _TEMPORARY.fullmatch(path.name)
        if named is None or (path in beside and named[1] != folder.name):
            continue
        target = path.with_name(named[1])
        if named[2] and (path / "was").exists() and not target.exists():
            (path / "was").replace(target)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


class Eraser:
    """Takes one removal out of files and counts the rows.

    Parameters
    ----------
    dry
        Only count.

    Attributes
    ----------
    counts : Counter
        What was removed -> rows or files.
    """

    def __init__(self, removal: Removal, *, dry: bool) -> None:
        self.removal, self.dry = removal, dry
        self.counts: Counter[str] = Counter()
        self._deleted: set[Path] = set()

    # -- a corpus folder ---------------------------------------------------------------------------

    def corpus_facts(self, folder: Path) -> None:
        """Clean layers, speakers, conversations and `corpus.json`: all but the utterances."""
        removal = self.removal
        for file in sorted((folder / "layers").glob("*")):
            if file.suffix == ".csv":
                self._csv_layer(file)
            elif file.suffix == ".parquet" and not file.name.endswith(".probabilities.parquet"):
                self._layer(file)
        for name, gone in (
            ("speakers", removal.speakers),
            ("conversations", removal.conversations),
        ):
            table, file = read_table(folder, name)
            self._put(name, file, table, removal.rows(table, "id", gone))
        self._json(folder / "corpus.json")

    def utterances(self, folder: Path) -> None:
        """Clean the utterances, the last step."""
        table, file = read_table(folder, "utterances")
        self._put("utterances", file, table, self.removal.utterance_rows(table))

    def _put(self, what: str, file: Path, before: pl.DataFrame, after: pl.DataFrame) -> None:
        self.counts[what] += before.height - after.height
        if not after.equals(before):
            self._write(file, after)

    def _write(self, file: Path, table: pl.DataFrame, **options: Any) -> None:
        if self.dry:
            return
        with atomic_path(file) as temporary:
            if file.suffix == ".csv":
                table.write_csv(temporary)
            else:
                table.write_parquet(temporary, **options)

    def _delete(self, path: Path) -> None:
        self._deleted.add(path)
        if self.dry:
            return
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def _json(self, file: Path) -> None:
        if not file.is_file():
            return
        content = read_json(file)
        cleaned = self.removal.cleaned_json(content)
        if cleaned != content and not self.dry:
            write_json(file, cleaned)

    # -- layers ------------------------------------------------------------------------------------

    def _units(self, unit: str) -> frozenset[str]:
        return self.removal.conversations if unit == "conversation" else self.removal.utterances

    def _layer(self, file: Path) -> None:
        layer, removal = Layer.read(file), self.removal
        gone = self._units(layer.metadata.unit)
        metadata = LayerMetadata.from_json(
            json.dumps(removal.cleaned_json(json.loads(layer.metadata.to_json())))
        )
        shares = layer.probabilities
        kept = None if shares is None else removal.rows(shares, "unit_id", gone)
        table = removal.rows(layer.table, "unit_id", gone)
        cleaned = Layer(removal.cleaned_text(layer.name), table, metadata, kept)
        self.counts["layer rows"] += layer.table.height - cleaned.table.height
        same = table.equals(layer.table) and metadata == layer.metadata
        if self.dry or (same and (shares is None or kept is None or kept.equals(shares))):
            return
        cleaned.write(file.parent)
        if cleaned.name != layer.name:
            file.unlink()
            file.with_name(f"{layer.name}.probabilities.parquet").unlink(missing_ok=True)

    def _csv_layer(self, file: Path) -> None:
        table = pl.read_csv(file, infer_schema=False)
        gone = self.removal.utterances | self.removal.conversations
        cleaned = self.removal.rows(table, "unit_id", gone)
        self._put("layer rows", file, table, cleaned)
        renamed = self.removal.cleaned_text(file.stem)
        if renamed != file.stem and not self.dry:
            file.replace(file.with_name(f"{renamed}.csv"))

    # -- what a study holds beside its corpus ---------------------------------------------------------

    def results(self, folder: Path, conversation_of: dict[str, str]) -> None:
        """Clean everything that was computed or coded in a study.

        What is told turn by turn loses the turns; what was fitted on all of them goes with its step's
        record, and the next `analyse` computes it again.

        Parameters
        ----------
        conversation_of
            Utterance -> conversation, as before the removal.
        """
        self._steps(folder)
        self._delete_results(folder, conversation_of)
        for file in sorted(set((folder / "layers").glob("*.parquet")) - self._deleted):
            if not file.name.endswith(".probabilities.parquet"):
                self._layer(file)
        self._embeddings(folder / "embeddings")
        annotations = folder / "annotations.sqlite"
        self.counts["annotations"] += clean_annotations(annotations, self.removal, dry=self.dry)
        for file in self._others(folder):
            self._other(file)
        if (folder / LEDGER).is_file() and not self.dry:
            drop_checksums(folder)

    def _steps(self, folder: Path) -> None:
        for file in sorted((folder / "steps").glob("*.json")):
            record = StepRecord.read(file)
            digests = file.with_name(f"{record.name}.conversations.parquet")
            if digests.is_file():
                table = pl.read_parquet(digests)
                self._put(
                    "conversations to be scored again",
                    digests,
                    table,
                    self.removal.rows(table, "id", self.removal.touched),
                )
            elif record.name != "embed":
                for output in record.outputs:
                    if not output.startswith("attributions/"):
                        self._delete(folder / output)
                self.counts["steps to be computed again"] += 1
                self._delete(file)

    def _delete_results(self, folder: Path, conversation_of: dict[str, str]) -> None:
        if (folder / "topics").is_dir():
            self.counts["topic results"] += 1
            self._delete(folder / "topics")
        for file in sorted((folder / "attributions").rglob("*.json")):
            unit = read_json(file).get("settings", {}).get("unit_id")
            if conversation_of.get(str(unit)) in {None, *self.removal.touched}:
                self.counts["attributions"] += 1
                self._delete(file)

    def _embeddings(self, folder: Path) -> None:
        if not (folder / "ids.parquet").is_file():
            return
        ids = pl.read_parquet(folder / "ids.parquet")
        gone = ids["id"].is_in(list(self.removal.utterances))
        cleaned = self.removal.rows(ids, "id", self.removal.utterances)
        self.counts["embeddings"] += int(gone.sum())
        if self.dry or cleaned.equals(ids):
            return
        vectors = np.load(folder / "utterances.npy")
        about = read_json(folder / "encoder.json")
        with atomic_folder(folder) as temporary:
            np.save(temporary / "utterances.npy", vectors[~gone.to_numpy()])
            cleaned.write_parquet(temporary / "ids.parquet")
            write_json(temporary / "encoder.json", about)

    def _others(self, folder: Path) -> Iterator[Path]:
        """Files that no method above knows."""
        known = ("corpus", "layers", "embeddings", "topics")
        for file in sorted(folder.rglob("*")):
            own = file in self._deleted or file.name in (LEDGER, "forgetting.json")
            if file.is_file() and not own and file.relative_to(folder).parts[0] not in known:
                yield file

    def _other(self, file: Path) -> None:
        cleaners: dict[str, Callable[[Path], None]] = {
            ".json": self._json,
            ".parquet": self._table,
            ".jsonl": self._recording,
        }
        if not file.name.endswith(".conversations.parquet") and file.suffix in cleaners:
            cleaners[file.suffix](file)

    def _table(self, file: Path) -> None:
        table = read_parquet(file)
        gone, cleaned = self.removal.utterances | self.removal.conversations, table
        for key in ("unit_id", "utterance_id", "id", "conversation_id"):
            if table.schema.get(key) == pl.String:
                cleaned = self.removal.rows(cleaned, key, gone)
        self._put("result rows", file, table, self.removal.cells(cleaned, kept=()))

    def _recording(self, file: Path) -> None:
        first = file.read_text("utf-8", errors="replace").split("\n", 1)[0]
        if '"of"' in first and not self.dry:
            from workbench.embedding import text_mark

            self.counts["recorded answers"] += forget_answers(
                file, [text_mark(text) for text in self.removal.texts]
            )
