"""Writers by name."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.corpus.registry import registered
from workbench.corpus.writers.writer import Writer
from workbench.errors import BadInput

__all__ = ["BUILT_IN", "GROUP", "Writer", "writer", "writers"]

GROUP = "workbench.writers"
"""Entry point group through which packages offer writers."""

BUILT_IN: Mapping[str, str] = {
    "cha": "workbench.corpus.writers.cha:WRITER",
    "convokit": "workbench.corpus.writers.convokit:WRITER",
    "csv": "workbench.corpus.writers.native:CSV_WRITER",
    "csv-long": "workbench.corpus.writers.long_csv:WRITER",
    "csv-wide": "workbench.corpus.writers.wide_csv:WRITER",
    "doccano": "workbench.corpus.writers.doccano:WRITER",
    "eaf": "workbench.corpus.writers.eaf:WRITER",
    "label-studio": "workbench.corpus.writers.label_studio:WRITER",
    "openai": "workbench.corpus.writers.openai:WRITER",
    "plain": "workbench.corpus.writers.plain:WRITER",
    "refi-qda": "workbench.corpus.writers.refi_qda:WRITER",
    "sharegpt": "workbench.corpus.writers.sharegpt:WRITER",
    "srt": "workbench.corpus.writers.srt:WRITER",
    "vtt": "workbench.corpus.writers.vtt:WRITER",
    "workbench": "workbench.corpus.writers.native:WRITER",
}
"""The writers that come with the workbench; the same lines stand in pyproject.toml."""


def writers() -> dict[str, Writer]:
    """All registered writers by name."""
    return {name: point.load() for name, point in registered(GROUP, BUILT_IN).items()}


def writer(name: str) -> Writer:
    """Return the writer `name` or say which there are."""
    known = registered(GROUP, BUILT_IN)
    if name not in known:
        raise BadInput.unknown("format to write", name, sorted(known))
    found: Writer = known[name].load()
    return found
