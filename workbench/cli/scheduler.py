"""`--scheduler ADDRESS`: let the workers of a Dask cluster embed, code and score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from workbench.errors import BadInput, NetworkRefused

__all__ = ["executor_at", "scheduler_option"]

F = TypeVar("F", bound=Callable[..., Any])

_SECONDS = 30  # to wait for the scheduler, and for its first worker


def scheduler_option(function: F) -> F:
    """Add `--scheduler` to a verb, as the keyword `scheduler`."""
    return click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Dask scheduler, as tcp://HOST:8786, whose workers embed, code and score emotions. "
        "The utterances are sent there; the study's ledger says so.",
    )(function)


@contextmanager
def executor_at(address: str | None) -> Iterator[Executor | None]:
    """Executor of the Dask scheduler at `address`; None, for this process, without address.

    Raises
    ------
    BadInput
        If no scheduler answers there, or it has no worker.
    NetworkRefused
        If it is on another machine and the workbench is offline.
    """
    if address is None:
        yield None
        return
    from workbench import settings
    from workbench.network import is_this_machine
    from workbench.resources import need

    if settings.is_offline() and not is_this_machine(address):
        raise NetworkRefused(
            f"The scheduler {address} is on another machine, and the workbench is offline. "
            "Unset WORKBENCH_OFFLINE to send utterances there."
        )
    distributed = need("distributed", feature="--scheduler", extra="cluster")
    try:
        client = distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(
            f"No Dask scheduler answers at {address!r}. Start one with `dask scheduler` and name its "
            "address, as tcp://HOST:8786."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_SECONDS)
        except TimeoutError as error:
            raise BadInput(
                f"The Dask scheduler at {address!r} has no worker. Start some: `dask worker {address}`."
            ) from error
        yield client.get_executor()
