"""Fit the topics of many subsamples, in this process or in warm workers, and keep each result.

What all refits share, points and their neighbours, lies in a temporary folder as memory-mapped
files, so a task carries row numbers and a seed alone. A refit depends on nothing but these, so one
process and many give the same.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.files import atomic_path, read_json, write_json
from workbench.progress import track
from workbench.topics.clustering import (
    NEIGHBOURS,
    exact_neighbours,
    nearest,
    partition,
    within,
)
from workbench.topics.reassignment import reassign

__all__ = ["KeptRefits", "Options", "Refit", "run_refits", "warm_workers"]

_MARGIN = 2.5
"""Neighbours searched among all texts, per neighbour needed in a subsample of all of them."""


@dataclass(frozen=True, slots=True)
class Refit:
    """One fit of a part of the texts.

    Attributes
    ----------
    name : str
        Names its file, as ``refit-07``.
    cloud : str
        Which points: ``embeddings`` or ``shuffled``.
    rows : ndarray of int
        Positions of the texts, ascending.
    subsample : int
        Number of the subsample of conversations; -1 for all of them.
    seed : int
        Seed of UMAP.
    min_topic_size : int
        Texts a topic needs.
    """

    name: str
    cloud: str
    rows: NDArray[np.intp]
    subsample: int
    seed: int
    min_topic_size: int


@dataclass(frozen=True, slots=True)
class Options:
    """Options of UMAP and HDBSCAN that the fit was made with, beside our defaults."""

    umap: Mapping[str, Any] = field(default_factory=dict)
    hdbscan: Mapping[str, Any] = field(default_factory=dict)


class KeptRefits:
    """A folder with the topics of each finished refit: ``<name>.parquet`` (`text`, `topic`).

    `text` is the position among the sorted distinct texts of the fit. What belongs to another
    `identity` (other texts, embeddings, options or versions) is thrown away on opening.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder
        about = folder / "refits.json"
        if not about.is_file() or read_json(about).get("identity") != identity:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(about, {"identity": identity})

    def get(self, refit: Refit) -> NDArray[np.int32] | None:
        """Topics of the texts of a refit, if it is done."""
        file = self.folder / f"{refit.name}.parquet"
        return pl.read_parquet(file)["topic"].to_numpy() if file.is_file() else None

    def put(self, refit: Refit, topics: NDArray[np.int32]) -> None:
        """Keep the topics of a refit."""
        table = pl.DataFrame({"text": refit.rows.astype(np.int32), "topic": topics})
        with atomic_path(self.folder / f"{refit.name}.parquet") as temporary:
            table.write_parquet(temporary)


@contextmanager
def warm_workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that have UMAP and HDBSCAN imported and compiled, for many certificates.

    Parameters
    ----------
    count : int
        Processes; each needs some 0.5 GB. They are started fresh (`spawn`), so a script that calls this
        keeps its own work under ``if __name__ == "__main__":``.

    Examples
    --------
    >>> with warm_workers(2) as executor:  # doctest: +SKIP
    ...     topic_stability(corpus, embeddings, topics, executor=executor)
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_warm_up) as executor:
        yield executor


def run_refits(
    refits: Sequence[Refit],
    clouds: Mapping[str, NDArray[np.float32]],
    options: Options,
    *,
    executor: Executor | None,
    kept: KeptRefits | None,
) -> list[NDArray[np.int32]]:
    """Topics after reassignment of each refit's texts, in the order of `refits`.

    Parameters
    ----------
    clouds : mapping
        Points by name, each of shape (n_texts, d), rows of length one.
    executor : concurrent.futures.Executor or None
        Where the refits run; its workers must see this machine's folder for temporary files.
        None: here, one after the other.
    kept : KeptRefits or None
        What is there is not computed again, and each refit is kept as soon as it is done.
    """
    found: dict[str, NDArray[np.int32]] = {}
    for refit in refits:
        if kept and (topics := kept.get(refit)) is not None:
            found[refit.name] = topics
    missing = [refit for refit in refits if refit.name not in found]
    names = {refit.cloud for refit in missing}
    with _shared({name: clouds[name] for name in sorted(names)}, options) as folder:
        done = _fitted(missing, folder, options, executor)
        for refit, topics in track(done, doing="refits of topics", total=len(missing)):
            found[refit.name] = topics
            if kept:
                kept.put(refit, topics)
    return [found[refit.name] for refit in refits]


def _fitted(
    refits: Sequence[Refit], folder: Path, options: Options, executor: Executor | None
) -> Iterator[tuple[Refit, NDArray[np.int32]]]:
    if executor is None:
        for refit in refits:
            yield refit, _fit(folder, refit, options)
        return
    asked = {executor.submit(_fit, folder, refit, options): refit for refit in refits}
    try:
        for future in as_completed(asked):
            yield asked[future], future.result()
    finally:
        for future in asked:
            future.cancel()


def _fit(folder: Path, refit: Refit, options: Options) -> NDArray[np.int32]:
    """One refit; runs in a worker."""
    points = np.load(folder / f"{refit.cloud}.npy", mmap_mode="r")
    mine = np.asarray(points[refit.rows])
    neighbours = None
    if (folder / f"{refit.cloud}.indices.npy").is_file():
        wide = (
            np.load(folder / f"{refit.cloud}.indices.npy", mmap_mode="r"),
            np.load(folder / f"{refit.cloud}.distances.npy", mmap_mode="r"),
        )
        neighbours = within(points, wide, refit.rows, NEIGHBOURS)
    core = partition(
        mine,
        min_topic_size=refit.min_topic_size,
        random_state=refit.seed,
        umap=options.umap,
        hdbscan=options.hdbscan,
        neighbours=neighbours,
    )
    return reassign(mine, core)[0].astype(np.int32)


@contextmanager
def _shared(clouds: Mapping[str, NDArray[np.float32]], options: Options) -> Iterator[Path]:
    """Give a temporary folder with the points and, where they are exact, their neighbours."""
    with tempfile.TemporaryDirectory(prefix="workbench-refits-") as name:
        folder = Path(name)
        for cloud, points in clouds.items():
            np.save(folder / f"{cloud}.npy", points)
            if exact_neighbours(len(points), options.umap):
                indices, distances = nearest(points, min(len(points), round(_MARGIN * NEIGHBOURS)))
                np.save(folder / f"{cloud}.indices.npy", indices)
                np.save(folder / f"{cloud}.distances.npy", distances)
        yield folder


def _warm_up() -> None:
    """Import and compile what a refit needs."""
    points = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    partition(points, min_topic_size=10)
