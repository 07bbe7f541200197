"""Jobs for the workers of any `concurrent.futures.Executor`: threads, processes, a Dask cluster.

A job is a function of this package with texts, arrays and small settings. Loaded models, folders of
this machine and the store never travel: a worker makes its own encoder from the options of ours,
once in its life, and gives back an answer only if that encoder has our fingerprint. The jobs are the
same whatever the number of workers, and so are the results.
"""

from __future__ import annotations

import os
import sys
import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from functools import lru_cache
from itertools import islice
from multiprocessing import parent_process
from socket import gethostname
from typing import TYPE_CHECKING, Any, TypeVar

from workbench import settings
from workbench.errors import WorkbenchError
from workbench.network import is_this_machine, refuse_if_offline

if TYPE_CHECKING:
    import numpy as np

    from workbench.embedding.encoder import Encoder

__all__ = ["encode_with", "one_at_a_time", "place_of", "spread"]

IN_FLIGHT = 128
"""Jobs that are sent and not yet answered at most; a job and its answer take some three megabytes."""

Answer = TypeVar("Answer")

one_at_a_time = threading.RLock()
"""Held while a worker loads a model or computes with it: threads of one process share one model."""


def spread(
    function: Callable[..., Answer], jobs: Iterable[tuple[Any, ...]], *, executor: Executor | None
) -> Generator[tuple[int, Answer], None, None]:
    """Yield (number of the job, `function(*job)`) as the answers come; without executor in order.

    Jobs are taken from `jobs` only as fast as they are answered. When a job fails, or the caller
    stops, the jobs not yet begun are cancelled. Wrap it in `contextlib.closing`.

    Parameters
    ----------
    function
        A function that workers can import by its name.

    Raises
    ------
    WorkbenchError
        If workers were lost and the executor gave up; an error of a job names the worker.
    """
    numbered = enumerate(jobs)
    if executor is None:
        yield from ((number, function(*job)) for number, job in numbered)
        return
    # Dask answers a call it has seen before with what it still remembers, errors included
    call, offline = uuid.uuid4().hex, settings.is_offline()
    sent: dict[Future[Answer], int] = {}
    try:
        while True:
            for number, job in islice(numbered, IN_FLIGHT - len(sent)):
                sent[executor.submit(_answer, call, offline, function, *job)] = number
            if not sent:
                return
            # answers before errors, so that nothing that is done is lost to an error beside it
            for future in sorted(wait(sent, return_when=FIRST_COMPLETED).done, key=_failed):
                number = sent.pop(future)
                yield number, future.result()
    except Exception as error:
        told = _explained(error)
        if told is None:
            raise
        raise told from error
    finally:
        for future in sent:
            future.cancel()


def encode_with(
    options: tuple[tuple[str, Any], ...], fingerprint: str, texts: Sequence[str]
) -> np.ndarray:
    """Vectors of one shard by this process's own encoder of these options.

    Raises
    ------
    WorkbenchError
        If the encoder here is another than the one of this fingerprint.
    """
    with one_at_a_time:
        encoder = _encoder(options)
        if encoder.fingerprint != fingerprint:
            raise WorkbenchError(
                f"the encoder here is {encoder.fingerprint}, not {fingerprint}: install the same "
                "model and the same major versions of torch and transformers on every machine."
            )
        return encoder.encode_shard(texts)


def place_of(executor: Executor | None) -> str | None:
    """Where jobs go when they leave this machine; None if they stay on it.

    For Dask the address of the scheduler, if it or a worker has another address than this machine's
    loopback. Of an executor that is neither Dask's nor Python's own nobody knows where it computes:
    its name stands for the place.
    """
    if executor is None or isinstance(executor, ThreadPoolExecutor | ProcessPoolExecutor):
        return None
    client = getattr(executor, "_client", None)
    if "distributed" in sys.modules and isinstance(client, sys.modules["distributed"].Client):
        scheduler = str(client.scheduler.address)
        places = [scheduler, *client.nthreads()]
        return None if all(map(_is_here, places)) else scheduler
    return f"workers of {type(executor).__name__}"


def _failed(future: Future[Any]) -> bool:
    return future.cancelled() or future.exception() is not None


def _is_here(address: str) -> bool:
    return address.startswith("inproc://") or is_this_machine(address)


def _answer(call: str, offline: bool, function: Callable[..., Answer], *job: Any) -> Answer:
    """What a worker does with one job; `call` only tells the jobs of one call from another's."""
    if parent_process() is not None:  # a bar belongs to the caller's terminal
        os.environ[settings.SETTINGS["progress"].variable] = "0"
    if offline and not settings.is_offline():
        os.environ[settings.SETTINGS["offline"].variable] = "1"
        refuse_if_offline()  # for the life of this worker: a fence that comes and goes leaks
    try:
        return function(*job)
    except WorkbenchError as error:
        raise type(error)(f"On worker {gethostname()}: {error}") from error


@lru_cache(maxsize=4)
def _encoder(options: tuple[tuple[str, Any], ...]) -> Encoder:
    from workbench.embedding.encoder import Encoder

    return Encoder(**dict(options))


def _explained(error: Exception) -> WorkbenchError | None:
    """One clear message for what an executor says when its workers are gone or lack a package."""
    if isinstance(error, ImportError):
        return WorkbenchError(
            f"A worker cannot import {error.name!r}: install the same dialogue-workbench on every worker."
        )
    distributed = sys.modules.get("distributed")
    killed = distributed is not None and isinstance(error, distributed.KilledWorker)
    if not killed and not isinstance(error, BrokenExecutor | CancelledError):
        return None
    return WorkbenchError(
        f"Workers were lost and the executor gave up ({type(error).__name__}). What was finished is kept: "
        "make a new executor and call again to go on. If it happens again, the workers may lack memory."
    )
