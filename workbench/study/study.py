"""Study: a folder that can be copied, mailed and served. It stores; the pipeline computes.

::

    study.json            name, study version, when it was made
    corpus/               the corpus in the workbench's own format
    embeddings/           float16 copy of the utterance embeddings, in corpus row order
    layers/               one Parquet file per layer
    codebooks/            codebooks of one's own that it was coded with
    topics/ attributions/ agreement/  one folder or file per result
    steps/                one record per finished step
    runs/<id>/            manifest of every run
    ledger.jsonl          what left the machine and what was removed, without text and names
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import polars as pl

from workbench.corpus.codebook import Codebook
from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.storage import read_folder, write_folder
from workbench.errors import BadInput, NotComputed, WorkbenchError
from workbench.files import atomic_folder, atomic_path, read_json, write_json
from workbench.study.codebooks import keep_codebook, kept_codebooks
from workbench.study.ledger import read_ledger
from workbench.study.steps import StepRecord

if TYPE_CHECKING:
    from filelock import FileLock

    from workbench.study.forgetting import Forgotten

__all__ = ["STUDY_VERSION", "Study"]

STUDY_VERSION = 1
_COMMAND_OF = {
    "code": "workbench code",
    "emotion": "workbench emotion",
    "agreement": "workbench agreement",
    "topics": "workbench topics",
    "attribution": "workbench attribute",
    "llm-code": "workbench llm-code",
    "embed": "workbench analyse",
}


class Study:
    """An opened study folder; use `Study.create` or `Study.open`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._corpus: Corpus | None = None
        self._lock: FileLock | None = None

    # -- opening -------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: str | Path, corpus: Corpus) -> Study:
        """Make a new study from a corpus.

        Raises
        ------
        BadInput
            If the folder exists and is not empty.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(
                f"{folder} exists already. Open it with Study.open({str(folder)!r}), "
                "add sessions with study.add(corpus), or choose another name."
            )
        with atomic_folder(folder) as temporary:
            write_folder(corpus, temporary / "corpus")
            about = {
                "study_version": STUDY_VERSION,
                "name": folder.name,
                "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            }
            write_json(temporary / "study.json", about)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: str | Path) -> Study:
        """Open an existing study.

        Raises
        ------
        BadInput
            If the folder is not a study, or was made by another version of the study layout.
        """
        folder = Path(folder)
        about = folder / "study.json"
        if not about.is_file():
            raise BadInput(
                f"{folder} is not a study: it has no study.json. "
                "Make one with `workbench analyse CORPUS --out STUDY`."
            )
        version = read_json(about).get("study_version")
        if version != STUDY_VERSION:
            raise BadInput.in_file(
                about,
                f"study version {version!r}; this workbench works with version {STUDY_VERSION}.",
                remedy="Use the workbench that made it, or analyse the corpus again into a new folder.",
            )
        return cls(folder)

    @property
    def name(self) -> str:
        """Name of the study."""
        return str(read_json(self.folder / "study.json")["name"])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the study for writing; a second writer is told so at once.

        A step may hold it again inside another step of the same `Study`.

        Raises
        ------
        WorkbenchError
            If another process is writing to this study.
        """
        from filelock import FileLock, Timeout

        if self._lock is None:
            self._lock = FileLock(self.folder / ".lock")
        try:
            with self._lock.acquire(timeout=0.5):
                yield
        except Timeout:
            raise WorkbenchError(
                f"Another process is working on {self.folder}. Wait for it, then run again."
            ) from None

    # -- corpus ----------------------------------------------------------------------------------

    @property
    def corpus(self) -> Corpus:
        """The study's corpus, read once."""
        if self._corpus is None:
            self._corpus = read_folder(self.folder / "corpus")
        return self._corpus

    def add(self, corpus: Corpus) -> None:
        """Add new conversations; results that depend on them become out of date.

        The next `analyse` codes only the new conversations and fits the topics again.

        Raises
        ------
        BadInput
            If a conversation or utterance id is already there.
        """
        self._replace_corpus(self.corpus.followed_by(corpus))

    def join_outcomes(self, table: pl.DataFrame, **options: Any) -> None:
        """Add an outcome or rating table; see `Corpus.join_outcomes`."""
        self._replace_corpus(self.corpus.join_outcomes(table, **options))

    def _replace_corpus(self, corpus: Corpus) -> None:
        with self.locked():
            write_folder(corpus, self.folder / "corpus")
        self._corpus = None

    # -- embeddings ------------------------------------------------------------------------------

    def write_embeddings(self, vectors: np.ndarray | Iterable[np.ndarray], *, encoder: str) -> None:
        """Keep a float16 copy of the embeddings, shape (utterances, dimensions), in corpus order.

        Parameters
        ----------
        vectors
            All of them, or blocks of rows one after the other, which are written as they come.
        encoder
            Fingerprint of their encoder.

        Raises
        ------
        BadInput
            If there is not one embedding per utterance; what was there before is unchanged.
        """
        ids = self.corpus.utterances.select("id")
        blocks = iter([vectors] if isinstance(vectors, np.ndarray) else vectors)
        begun = list(
            islice(blocks, 1)
        )  # what takes long to compute leaves nothing behind if killed
        with atomic_folder(self.folder / "embeddings") as folder:
            with (folder / "utterances.npy").open("wb") as file:
                _write_blocks(file, chain(begun, blocks), rows=ids.height)
            ids.write_parquet(folder / "ids.parquet")
            write_json(folder / "encoder.json", {"fingerprint": encoder})

    def embeddings(self, *, encoder: str | None = None, in_memory: bool = True) -> np.ndarray:
        """Embeddings, shape (utterances, dimensions), in the row order of the corpus.

        Parameters
        ----------
        encoder
            Fingerprint they have to be of; default: any.
        in_memory
            Give float32 in memory; else the float16 file itself, mapped and read only, of which only
            the rows that are looked at are read.

        Raises
        ------
        NotComputed
            If there are none, or they belong to an earlier state of the corpus or another encoder.
        """
        file = self.folder / "embeddings" / "utterances.npy"
        if not file.is_file():
            raise self.not_computed("embeddings", "embed")
        ids = pl.read_parquet(self.folder / "embeddings" / "ids.parquet")["id"]
        if not ids.equals(self.corpus.utterances["id"]):
            raise self.not_computed("embeddings of the sessions added since", "embed")
        own = read_json(self.folder / "embeddings" / "encoder.json")["fingerprint"]
        if encoder is not None and own != encoder:
            raise NotComputed(
                f"The embeddings of {self.folder} are of the encoder {own}, not of {encoder}. Use that "
                "encoder, or embed the study again with `embed_study(study, encoder=...)`."
            )
        if in_memory:
            return np.load(file).astype(np.float32)
        return np.load(file, mmap_mode="r")

    # -- layers ----------------------------------------------------------------------------------

    def layer_names(self) -> list[str]:
        """Names of all layers: those that came with the corpus and those computed."""
        computed = {
            file.stem
            for file in (self.folder / "layers").glob("*.parquet")
            if not file.name.endswith(".probabilities.parquet")
        }
        return sorted(computed | {layer.name for layer in self.corpus.layers})

    def has_layer(self, name: str) -> bool:
        """Whether the study holds this layer."""
        return name in self.layer_names()

    def layer(self, name: str) -> Layer:
        """Return a layer by name.

        Raises
        ------
        NotComputed
            If the study does not hold it.
        """
        file = self.folder / "layers" / f"{name}.parquet"
        if file.is_file():
            return Layer.read(file)
        for layer in self.corpus.layers:
            if layer.name == name:
                return layer
        step = "emotion" if name.startswith("goemotions") else "code"
        step = "topics" if name.startswith(("topics", "backchannel")) else step
        raise self.not_computed(f"layer {name!r}", step)

    def write_layer(self, layer: Layer) -> None:
        """Keep a layer."""
        layer.write(self.folder / "layers")

    # -- codebooks -------------------------------------------------------------------------------

    def write_codebook(self, book: Codebook) -> None:
        """Keep a codebook of one's own, so that what its codes mean can be read in the study."""
        keep_codebook(self.folder, book)

    def codebooks(self) -> dict[str, Codebook]:
        """Codebooks of one's own that the study was coded with, by name."""
        return kept_codebooks(self.folder)

    # -- tables and other results ----------------------------------------------------------------

    def write_table(self, name: str, table: pl.DataFrame) -> None:
        """Keep a result table under a relative name such as `topics/groups`."""
        with atomic_path(self.folder / f"{name}.parquet") as temporary:
            table.write_parquet(temporary)

    def has_table(self, name: str) -> bool:
        """Whether the study holds this table."""
        return (self.folder / f"{name}.parquet").is_file()

    def table(self, name: str, *, step: str) -> pl.DataFrame:
        """Return a result table.

        Raises
        ------
        NotComputed
            If the study does not hold it; the message names the command of `step`.
        """
        file = self.folder / f"{name}.parquet"
        if not file.is_file():
            raise self.not_computed(name, step)
        return pl.read_parquet(file)

    def not_computed(self, what: str, step: str) -> NotComputed:
        """Make the error that names the command which computes `what`."""
        command = _COMMAND_OF.get(step, "workbench analyse")
        return NotComputed(f"{self.folder} has no {what} yet. Run `{command} {self.folder}`.")

    # -- steps and runs --------------------------------------------------------------------------

    def step(self, name: str) -> StepRecord | None:
        """Return the record of a finished step, or None."""
        file = self.folder / "steps" / f"{name}.json"
        return StepRecord.read(file) if file.is_file() else None

    def steps(self) -> list[StepRecord]:
        """Return all finished steps by name."""
        return [StepRecord.read(file) for file in sorted((self.folder / "steps").glob("*.json"))]

    def record_step(self, record: StepRecord) -> None:
        """Vouch for a step's results."""
        record.write(self.folder / "steps")

    def write_manifest(self, run: str, manifest: dict[str, Any]) -> Path:
        """Keep the manifest of a run and return its path."""
        target = self.folder / "runs" / run / "manifest.json"
        write_json(target, manifest)
        return target

    def manifests(self) -> list[dict[str, Any]]:
        """Return the manifests of all runs, oldest first."""
        return [read_json(f) for f in sorted((self.folder / "runs").glob("*/manifest.json"))]

    def ledger(self) -> list[dict[str, Any]]:
        """Return what was sent to other machines and what was removed, oldest first."""
        return read_ledger(self.folder)

    # -- people ----------------------------------------------------------------------------------

    def forget(self, person: str, **options: Any) -> Forgotten:
        """Remove a speaker and everything made of their words; see `workbench.study.forgetting.forget`."""
        from workbench.study.forgetting import forget

        found = forget(person, studies=[self], **options)
        self._corpus = None
        return found

    def __repr__(self) -> str:
        done = [record.name for record in self.steps()]
        return f"Study({self.name!r}, {self.corpus.conversations.height:,} conversations, steps {done})"


def _write_blocks(file: IO[bytes], blocks: Iterable[np.ndarray], *, rows: int) -> None:
    """Write blocks of rows as one float16 array in numpy's format, whose header needs the shape first."""
    written, width = 0, None
    for block in blocks:
        if block.ndim != 2 or width not in (None, block.shape[1]) or written + len(block) > rows:
            raise BadInput(
                f"Got embeddings of shape {block.shape} after {written} others; expected {rows} in all, "
                "one per utterance and all of one length."
            )
        if width is None:
            width = block.shape[1]
            _write_header(file, (rows, width))
        file.write(
            np.ascontiguousarray(block, np.float16).data
        )  # numpy's own writer hides a full disk
        written += len(block)
    if width is None:
        _write_header(file, (0, 0))
    if written != rows:
        raise BadInput(f"There are {written} embeddings for {rows} utterances; expected one each.")


def _write_header(file: IO[bytes], shape: tuple[int, int]) -> None:
    dtype = np.lib.format.dtype_to_descr(np.dtype(np.float16))
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
