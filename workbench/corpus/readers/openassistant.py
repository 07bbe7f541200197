"""OpenAssistant: message trees with ranked answers and labels, nested or one message a line.

The best ranked answers come first. Labels are means over volunteers; they become one layer with the
mean as `value`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.branching import in_tree_order
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.llm_messages import ROLE_OF
from workbench.corpus.readers.messages import (
    Chat,
    Message,
    as_number,
    as_stamp,
    corpus_of_chats,
    refusing_depth,
)
from workbench.corpus.readers.opening import peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.errors import BadInput

__all__ = ["READER"]

_OWN = (
    *("message_id", "parent_id", "message_tree_id", "tree_state", "text", "role", "created_date"),
    *("replies", "labels", "user_id"),
)
_LONG_START = re.compile(
    r'"(message_tree_id|parent_id)"\s*:.*"message_id"|"message_id"\s*:.*"replies"', re.S
)
_WANTED = "Expected `message_id`, `text` and `role`, as OpenAssistant writes them."


def _sniff(path: Path) -> float:
    record = first_record(path)
    if record is None:
        start = peek(path)
        return 0.95 if '"prompter"' in start and _LONG_START.search(start) else 0.0
    if not isinstance(record, dict):
        return 0.0
    if isinstance(record.get("prompt"), dict):
        record = record["prompt"]
    flat = {"message_id", "text", "role"} <= set(record)
    return 1.0 if flat and {"parent_id", "replies", "message_tree_id"} & set(record) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    with refusing_depth(path):
        trees = _trees(path, read_records(path))
        chats = []
        labels: list[dict[str, Any]] = []
        for name, (row, facts, entries) in trees.items():
            ranked = sorted(entries, key=lambda entry: _rank(entry[1]))
            messages = [_message(path, where, entry) for where, entry in ranked]
            ordered, tree = in_tree_order(messages)
            chats.append(Chat(name, row, ordered, {**facts, **tree}))
            labels += [label for _, entry in entries for label in _labels(entry)]
        return corpus_of_chats(path, chats, roles=roles, layers=_layers(labels))


_Tree = tuple[int, dict[str, Any], list[tuple[int, Mapping[str, Any]]]]


def _trees(path: Path, records: list[tuple[int, Any]]) -> dict[str, _Tree]:
    """Messages by tree, from nested records and from those of one message each."""
    trees: dict[str, _Tree] = {}
    tree_of: dict[str, str] = {}
    for row, record in records:
        if not isinstance(record, dict):
            raise BadInput.in_file(path, "expected a message or a tree.", row=row, remedy=_WANTED)
        top = record["prompt"] if isinstance(record.get("prompt"), dict) else record
        stated = record.get("message_tree_id")
        before = str(top.get("parent_id"))
        name = str(stated or tree_of.get(before) or top.get("message_id"))
        facts = {f"{META}{key}": record[key] for key in ("tree_state",) if key in record}
        _, _, entries = trees.setdefault(name, (row, facts, []))
        for entry in _nested(top):
            tree_of[str(entry.get("message_id"))] = name
            entries.append((row, entry))
    return trees


def _nested(top: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A message and all below it; each knows its parent."""
    waiting: list[Mapping[str, Any]] = [top]
    while waiting:
        entry = waiting.pop()
        yield entry
        below = [reply for reply in _list(entry.get("replies")) if isinstance(reply, dict)]
        waiting += [{"parent_id": entry.get("message_id"), **reply} for reply in reversed(below)]


def _rank(entry: Mapping[str, Any]) -> float:
    rank = as_number(entry.get("rank"))
    return math.inf if rank is None else rank


def _message(path: Path, row: int, entry: Mapping[str, Any]) -> Message:
    name, text, said = (entry.get(key) for key in ("message_id", "text", "role"))
    if not (isinstance(name, str | int) and isinstance(text, str) and isinstance(said, str)):
        raise BadInput.in_file(
            path, "a message lacks its id, text or role.", row=row, remedy=_WANTED
        )
    parent, person = entry.get("parent_id"), entry.get("user_id")
    return Message(
        text=text,
        row=row,
        role=ROLE_OF.get(said.lower(), said.lower()),
        said=said,
        speaker=person if isinstance(person, str) and person else None,
        id=str(name),
        reply_to=None if parent is None else str(parent),
        timestamp=as_stamp(entry.get("created_date")),
        meta={key: value for key, value in entry.items() if key not in _OWN},
    )


def _labels(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the layer: `{name: {value, count}}` in trees, lists side by side in flat files."""
    given = entry.get("labels")
    if not isinstance(given, dict):
        return []
    if isinstance(given.get("name"), list):
        sides = [_list(given.get(key)) for key in ("name", "value", "count")]
        given = {str(n): {"value": v, "count": c} for n, v, c in zip_longest(*sides)}
    rows = []
    for label, said in given.items():
        value = as_number(said.get("value")) if isinstance(said, dict) else None
        if value is not None:
            note = f"{said['count']} volunteers" if isinstance(said.get("count"), int) else None
            unit = str(entry.get("message_id"))
            rows.append({"unit_id": unit, "label": label, "value": value, "note": note})
    return rows


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _layers(rows: list[dict[str, Any]]) -> list[Layer]:
    if not rows:
        return []
    kinds = {"unit_id": pl.String, "label": pl.String, "value": pl.Float64, "note": pl.String}
    table = pl.DataFrame(rows, schema=kinds)
    labels = tuple(table["label"].unique(maintain_order=True))
    facts = LayerMetadata("openassistant", "volunteers", "human", labels=labels, exclusive=False)
    return [Layer.build("openassistant.volunteers", table, facts)]


READER = Reader(
    "openassistant", "OpenAssistant message trees, nested or one message a line", _sniff, _read
)
