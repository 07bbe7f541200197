"""Where the time of encoding goes: tokenising, copying to and from the device, arithmetic."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["PARTS", "Clock", "Profile"]

PARTS = ("tokenising", "copying", "arithmetic")


@dataclass(frozen=True, slots=True)
class Profile:
    """Seconds of one run of the encoder, its parts done one after the other.

    Attributes
    ----------
    texts
        How many were given, repeats included.
    seconds
        Of the whole run.
    tokenising, copying, arithmetic
        Of its parts; the rest is finding repeats, ordering and gathering.
    """

    texts: int
    seconds: float
    tokenising: float
    copying: float
    arithmetic: float

    @property
    def shares(self) -> dict[str, float]:
        """Share of the whole per part, `rest` included; they sum to 1."""
        parts = {name: getattr(self, name) / self.seconds for name in PARTS}
        return {**parts, "rest": 1 - sum(parts.values())}

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self.shares.items())
        return f"{self.texts:,} texts in {self.seconds:.2f} s: {shares}"


class Clock:
    """Adds up seconds by name: by CUDA events on a GPU, which runs behind the program, else by clock.

    Parameters
    ----------
    device
        `cuda`, `cuda:1`, `mps` or `cpu`.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._on_gpu = device.startswith("cuda")
        self._seconds: dict[str, float] = defaultdict(float)
        self._events: list[tuple[str, Any, Any]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Count what happens inside to `name`."""
        if self._on_gpu and name != "tokenising":
            import torch

            begun, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begun.record()
            yield
            ended.record()
            self._events.append((name, begun, ended))
        else:
            begun_at = time.perf_counter()
            yield
            self._seconds[name] += time.perf_counter() - begun_at

    def seconds(self) -> dict[str, float]:
        """Seconds per part; waits for the GPU to be done."""
        if self._events:
            import torch

            torch.cuda.synchronize()
            for name, begun, ended in self._events:
                self._seconds[name] += begun.elapsed_time(ended) / 1000
            self._events = []
        return {name: self._seconds[name] for name in PARTS}
