"""What a reader is: a name, a sentence, a sniff and a read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.corpus.corpus import Corpus

__all__ = ["Read", "Reader"]


class Read(Protocol):
    """Turn one file or folder into a corpus."""

    def __call__(
        self,
        path: Path,
        *,
        columns: Mapping[str, str] | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> Corpus:
        """Read `path`; `columns` maps its names to ours, `roles` its roles or speakers to roles."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """One format.

    Parameters
    ----------
    name
        What `format=` calls it.
    description
        One line for the list of supported formats.
    sniff
        Confidence from 0 (not this format) to 1 (certain) that a file or folder is in this format,
        by its content. It must not raise.
    read
        Reads it. Raises `BadInput` naming file and row.
    per_file
        Whether a folder of such files is one corpus, each file a conversation of its own.
    transcript
        Whether a file is the transcript of one conversation: files of several such formats may lie
        together in a folder.
    """

    name: str
    description: str
    sniff: Callable[[Path], float]
    read: Read
    per_file: bool = True
    transcript: bool = False
