"""The main job: every station in order, each skipped when its result is there and still true."""

from __future__ import annotations

import datetime
import platform
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl

from workbench import __version__
from workbench.embedding import EmbeddingStore, Encoder
from workbench.errors import BadInput, MissingModel
from workbench.pipeline.agreement import agreement_of_study
from workbench.pipeline.attribution import attribution_step
from workbench.pipeline.coding import code
from workbench.pipeline.embedding import embed_study
from workbench.pipeline.emotion import emotion
from workbench.pipeline.topics import fit_topics_step
from workbench.progress import track
from workbench.study import Study
from workbench.study.erasing import clear_leftovers

__all__ = ["STATIONS", "Run", "analyse"]

STATIONS = (
    "embed",
    "code",
    "emotion",
    "agreement",
    "topics-helper",
    "topics-client",
    "attribution",
)
"""Stations of the main job, in order."""

_VERSIONS = (
    "torch",
    "transformers",
    "bertopic",
    "umap-learn",
    "hdbscan",
    "scikit-learn",
    "shap",
    "polars",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one call of `analyse` did.

    Parameters
    ----------
    computed
        Stations that were computed in this run, in order.
    table
        One row per station: `step`, `computed` (in this run), `seconds`, `device`, `notes`.
    missing
        Stations that could not run here, each with the remedy.
    """

    computed: tuple[str, ...]
    table: pl.DataFrame
    missing: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """Everything a reader has to see, station by station."""
        told = [
            f"{row['step']}: {note}"
            for row in self.table.iter_rows(named=True)
            for note in row["notes"]
        ]
        return [*told, *self.missing]

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.computed:
            return "Everything is there already; nothing was computed."
        return f"Computed: {', '.join(self.computed)}."


def analyse(
    study: Study,
    *,
    skip: Sequence[str] = (),
    random_state: int = 7,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
) -> Run:
    """Run the main job on a study; killed at any moment, it goes on where it was.

    Parameters
    ----------
    skip
        Stations to leave out: any of `STATIONS`, or `topics` for both sides.
    random_state
        Seed of the random steps.
    encoder, store
        Default: MiniLM from the installed package and the user's embedding store.
    executor
        Whose workers embed, code and score emotions: a `ProcessPoolExecutor`, or Dask's
        `Client(...).get_executor()` for many machines; the results are the same. Topics and attribution
        are computed here. Texts that leave this machine are counted in the study's ledger.

    Raises
    ------
    BadInput
        If a station to skip does not exist.
    """
    wanted = _wanted(skip)
    jobs: dict[str, Callable[[], Any]] = {
        "embed": lambda: embed_study(study, encoder=encoder, store=store, executor=executor),
        "code": lambda: code(study, encoder=encoder, store=store, executor=executor),
        "emotion": lambda: emotion(study, encoder=encoder, store=store, executor=executor),
        "agreement": lambda: agreement_of_study(study),
        "topics-helper": lambda: fit_topics_step(
            study, side="helper", random_state=random_state, encoder=encoder, store=store
        ),
        "topics-client": lambda: fit_topics_step(
            study, side="client", random_state=random_state, encoder=encoder, store=store
        ),
        "attribution": lambda: attribution_step(study, random_state=random_state),
    }
    before = {record.name: record for record in study.steps()}
    with study.locked():
        clear_leftovers(study.folder)  # of killed runs: half-written tables hold people's words too
    missing = []
    for station in track(wanted, doing="analyse"):
        try:
            jobs[station]()
        except MissingModel as error:
            missing.append(f"{station}: {error}")
    run = _result(study, before, missing)
    if run.computed:
        _write_manifest(study, run, random_state=random_state, skipped=skip)
    return run


def _wanted(skip: Sequence[str]) -> list[str]:
    left_out = {x for name in skip for x in STATIONS if x == name or x.startswith(f"{name}-")}
    for name in skip:
        if not any(x == name or x.startswith(f"{name}-") for x in STATIONS):
            raise BadInput.unknown("station", name, STATIONS)
    return [station for station in STATIONS if station not in left_out]


def _result(study: Study, before: dict[str, Any], missing: list[str]) -> Run:
    rows = [
        {
            "step": record.name,
            "computed": before.get(record.name) != record,
            "seconds": record.seconds,
            "device": record.device,
            "notes": list(record.notes),
        }
        for record in study.steps()
    ]
    table = pl.DataFrame(
        rows,
        schema={
            "step": pl.String,
            "computed": pl.Boolean,
            "seconds": pl.Float64,
            "device": pl.String,
            "notes": pl.List(pl.String),
        },
    )
    return Run(tuple(table.filter("computed")["step"]), table, tuple(missing))


def _write_manifest(study: Study, run: Run, *, random_state: int, skipped: Sequence[str]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    versions = {"workbench": __version__, "python": platform.python_version()}
    for package in _VERSIONS:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    study.write_manifest(
        f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}",
        {
            "finished": now.isoformat(timespec="seconds"),
            "corpus": {
                "name": study.corpus.metadata.name,
                "checksum": study.corpus.checksum(),
                "source_checksum": study.corpus.metadata.source_checksum,
                "conversations": study.corpus.conversations.height,
                "utterances": study.corpus.utterances.height,
            },
            "versions": versions,
            "machine": {"system": platform.system(), "processor": platform.machine()},
            "random_state": random_state,
            "skipped": list(skipped),
            "computed": list(run.computed),
            "missing": list(run.missing),
            "steps": {
                record.name: {
                    "fingerprint": record.fingerprint,
                    "parameters": dict(record.parameters),
                    "seconds": record.seconds,
                    "device": record.device,
                    "notes": list(record.notes),
                    "outputs": list(record.outputs),
                }
                for record in study.steps()
            },
        },
    )
