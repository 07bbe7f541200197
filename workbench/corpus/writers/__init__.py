"""Writers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.registry import registered
from workbench.errors import BadInput

__all__ = ["BUILT_IN", "GROUP", "Writer", "writer"]

GROUP = "workbench.writers"
"""Entry point group through which packages offer writers."""

BUILT_IN: Mapping[str, str] = {
    "convokit": "workbench.corpus.writers.convokit:write",
    "csv": "workbench.corpus.writers.native:write_csv",
    "workbench": "workbench.corpus.writers.native:write",
}
"""The writers that come with the workbench; the same lines stand in pyproject.toml."""

Writer = Callable[[Corpus, Path], None]
"""Writes a corpus to a path, completely or not at all."""


def writer(name: str) -> Writer:
    """Return the writer `name` or say which there are."""
    known = registered(GROUP, BUILT_IN)
    if name not in known:
        raise BadInput.unknown("format to write", name, sorted(known))
    found: Writer = known[name].load()
    return found
