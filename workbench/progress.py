"""Progress bars of long work: `tqdm.auto`, in a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from workbench import settings

__all__ = ["track"]

T = TypeVar("T")


def track(items: Iterable[T], *, doing: str, total: int | None = None) -> Iterator[T]:
    """Yield `items` under a progress bar that says what is being done.

    The bar is hidden by `WORKBENCH_PROGRESS=0` and where standard error is a file or a pipe.
    """
    from tqdm.auto import tqdm

    in_kernel = "ipykernel" in sys.modules
    hidden = settings.value("progress") == "0" or not (in_kernel or sys.stderr.isatty())
    yield from tqdm(items, desc=doing, total=total, disable=hidden, leave=False)
