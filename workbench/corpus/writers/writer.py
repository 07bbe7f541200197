"""What a writer is: a name, a sentence, a write, and an honest list of what it cannot carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.validation import Finding

__all__ = ["Writer", "loses_nothing"]


@dataclass(frozen=True, slots=True)
class Writer:
    """One format to write.

    Parameters
    ----------
    name
        What `format=` calls it.
    description
        One line for the list of formats.
    write
        Writes a corpus to a path (a file or a folder), completely or not at all.
    lost
        What of this corpus the format cannot carry, one finding of the check `lost` per thing;
        empty where everything comes back. `workbench convert --dry-run` prints it.
    """

    name: str
    description: str
    write: Callable[[Corpus, Path], None]
    lost: Callable[[Corpus], list[Finding]]


def loses_nothing(_corpus: Corpus) -> list[Finding]:
    """Tell that a format carries every corpus whole."""
    return []
