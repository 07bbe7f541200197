"""ShareGPT JSON: `[{"id", "conversations": [{"from": "human", "value": ...}]}]`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.writers.chats import chats, lost_in_chats
from workbench.corpus.writers.writer import Writer
from workbench.files import write_json

__all__ = ["WRITER"]

_FROM = {"user": "human", "assistant": "gpt", "system": "system", "tool": "tool"}


def _write(corpus: Corpus, path: Path) -> None:
    records = [
        {
            "id": name,
            "conversations": [
                {"from": _FROM[turn["role"]], "value": turn["text"]} for turn in turns
            ],
        }
        for name, turns in chats(corpus, path)
    ]
    write_json(path, records)


WRITER = Writer(
    "sharegpt",
    "ShareGPT JSON (conversations of from and value)",
    _write,
    partial(lost_in_chats, ids=True, names=False),
)
