"""Prepare the next parts of the work in a thread while the present one is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["prepared_ahead"]

Item = TypeVar("Item")
Ready = TypeVar("Ready")


def prepared_ahead(
    prepare: Callable[[Item], Ready], items: Iterable[Item], *, most: int = 2
) -> Iterator[tuple[Item, Ready]]:
    """Yield each item with `prepare(item)`, in order, at most `most` items ahead of the consumer.

    One thread prepares, so results do not depend on timing; what `prepare` raises is raised here
    when its item's turn comes. It pays where `prepare` leaves Python, as fast tokenizers do.
    """
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
    waiting: deque[tuple[Item, Future[Ready]]] = deque()
    try:
        for item in items:
            waiting.append((item, worker.submit(prepare, item)))
            if len(waiting) > most:
                ready = waiting.popleft()
                yield ready[0], ready[1].result()
        while waiting:
            ready = waiting.popleft()
            yield ready[0], ready[1].result()
    finally:
        worker.shutdown(wait=True, cancel_futures=True)
