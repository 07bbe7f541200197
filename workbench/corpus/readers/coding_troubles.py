"""What in a file of a coding tool was left out or mended, counted, with the first place of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.corpus.validation import Finding
from workbench.corpus.validation.finding import Level

__all__ = ["CodingTroubles", "Told"]

Told = Mapping[str, tuple[Level, str, str]]
"""Name of a trouble -> level, what there are so many of, and what was done about it."""


@dataclass(slots=True)
class CodingTroubles:
    """Troubles by name."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, where: str, *, count: int = 1) -> None:
        """Count more cases of `what`, in the part of the file called `where`."""
        if count:
            self.counts[what] += count
            self.first.setdefault(what, where)

    def findings(self, path: Path, told: Told) -> list[Finding]:
        """One finding a trouble, in the order in which they came."""
        found = []
        for what, count in self.counts.items():
            level, message, mend = told[what]
            where = f"{path}, {self.first[what]}"
            found.append(Finding(level, what, count, where, f"{count} {message}", mend))
        return found
