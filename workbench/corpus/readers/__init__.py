"""Readers by name, and the choice of one by what a file or folder holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from workbench.corpus.readers.reader import Reader
from workbench.corpus.registry import registered
from workbench.errors import BadInput

__all__ = ["BUILT_IN", "GROUP", "Reader", "likeliest", "reader", "readers"]

GROUP = "workbench.readers"
"""Entry point group through which packages offer readers."""

BUILT_IN: Mapping[str, str] = {
    "annomi": "workbench.corpus.readers.annomi:READER",
    "cha": "workbench.corpus.readers.cha:READER",
    "chat": "workbench.corpus.readers.chat:READER",
    "chatgpt": "workbench.corpus.readers.chatgpt_export:READER",
    "convokit": "workbench.corpus.readers.convokit:READER",
    "counsel-chat": "workbench.corpus.readers.counsel_chat:READER",
    "cped": "workbench.corpus.readers.cped:READER",
    "csv-long": "workbench.corpus.readers.coded_table:LONG",
    "csv-wide": "workbench.corpus.readers.coded_table:WIDE",
    "daic-woz": "workbench.corpus.readers.daic_woz:READER",
    "discord": "workbench.corpus.readers.discord:READER",
    "doccano": "workbench.corpus.readers.doccano:READER",
    "docx": "workbench.corpus.readers.docx:READER",
    "eaf": "workbench.corpus.readers.eaf:READER",
    "emorynlp": "workbench.corpus.readers.emorynlp:READER",
    "empathetic-dialogues": "workbench.corpus.readers.empathetic_dialogues:READER",
    "esconv": "workbench.corpus.readers.esconv:READER",
    "label-studio": "workbench.corpus.readers.label_studio:READER",
    "llm-log": "workbench.corpus.readers.llm_log:READER",
    "meld": "workbench.corpus.readers.meld:READER",
    "openassistant": "workbench.corpus.readers.openassistant:READER",
    "otter": "workbench.corpus.readers.otter:READER",
    "persuasion-for-good": "workbench.corpus.readers.persuasion_for_good:READER",
    "plain": "workbench.corpus.readers.plain:READER",
    "reccon": "workbench.corpus.readers.reccon:READER",
    "refi-qda": "workbench.corpus.readers.refi_qda:READER",
    "sbv": "workbench.corpus.readers.sbv:READER",
    "srt": "workbench.corpus.readers.srt:READER",
    "table": "workbench.corpus.readers.table:READER",
    "textgrid": "workbench.corpus.readers.textgrid:READER",
    "vtt": "workbench.corpus.readers.vtt:READER",
    "whatsapp": "workbench.corpus.readers.whatsapp:READER",
    "workbench": "workbench.corpus.readers.native:READER",
    "xlsx": "workbench.corpus.readers.xlsx:READER",
}
"""The readers that come with the workbench; the same lines stand in pyproject.toml."""

SURE_ENOUGH = 0.3
"""Confidence from which a reader is taken without being asked for."""


def readers() -> dict[str, Reader]:
    """All registered readers by name."""
    return {name: point.load() for name, point in registered(GROUP, BUILT_IN).items()}


def reader(name: str) -> Reader:
    """Return the reader `name` or say which there are."""
    known = registered(GROUP, BUILT_IN)
    if name not in known:
        raise BadInput.unknown("format", name, sorted(known))
    found: Reader = known[name].load()
    return found


def likeliest(path: Path, among: Collection[Reader] | None = None) -> Reader | None:
    """The reader that is surest of `path` by its content, None where none is sure enough.

    Parameters
    ----------
    among
        Readers to choose from; default: all.
    """
    candidates = readers().values() if among is None else among
    marks = [(candidate.sniff(path), candidate) for candidate in candidates]
    best, chosen = max(marks, key=lambda mark: mark[0])
    return chosen if best >= SURE_ENOUGH else None
