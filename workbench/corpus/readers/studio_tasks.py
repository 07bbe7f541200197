"""Tasks of Label Studio out of JSON (`annotations[].result[]`) and JSON-MIN (controls as keys)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.corpus.readers.jsonlike import read_records
from workbench.corpus.readers.studio_regions import KINDS
from workbench.errors import BadInput

__all__ = ["WANTED", "Task", "is_minimal", "tasks_of"]

WANTED = 'Expected a list of tasks like {"data": {...}, "annotations": [{"result": [...]}]}.'

_MINIMAL = {"annotator", "annotation_id", "lead_time"}


@dataclass(frozen=True, slots=True)
class Task:
    """One task: its 1-based place, its number, its data, what people and models said of it."""

    row: int
    number: Any
    data: Mapping[str, Any]
    annotations: list[Any]
    predictions: list[Any]


def is_minimal(record: Mapping[str, Any]) -> bool:
    """Whether a record is of JSON-MIN."""
    return set(record) >= _MINIMAL


def tasks_of(path: Path) -> Iterator[Task]:
    """Tasks in their order; the annotations of one task stand together.

    Raises
    ------
    BadInput
        If a task is no object or has no data; names its place.
    """
    merged: dict[Any, Task] = {}
    for row, record in read_records(path):
        if not isinstance(record, dict):
            raise BadInput.in_file(path, "the task is no object.", row=row, remedy=WANTED)
        task = _flat(row, record) if is_minimal(record) else _task(path, row, record)
        key = ("row", row) if task.number is None else ("id", task.number)
        before = merged.setdefault(key, task)
        if before is not task:  # JSON-MIN repeats the task for each annotation
            before.annotations.extend(task.annotations)
            before.predictions.extend(task.predictions)
    yield from merged.values()


def _task(path: Path, row: int, record: Mapping[str, Any]) -> Task:
    if not isinstance(record.get("data"), dict):
        raise BadInput.in_file(path, "the task has no data.", row=row, remedy=WANTED)
    done = record.get("annotations", record.get("completions"))
    guessed = record.get("predictions")
    number = record.get("id")
    return Task(
        row,
        number if isinstance(number, int | str) else None,
        record["data"],
        list(done) if isinstance(done, list) else [],
        list(guessed) if isinstance(guessed, list) else [],
    )


def _flat(row: int, record: Mapping[str, Any]) -> Task:
    """A record of JSON-MIN: data, `id`, controls, `annotator` stand in this order."""
    keys = list(record)
    ends = keys.index("annotator")
    begins = keys.index("id") if "id" in keys[:ends] else ends
    results = [
        {"id": f"{name}-{n}", "from_name": name, "type": kind, "value": value}
        for name in keys[begins + 1 : ends]
        for n, (kind, value) in enumerate(_values(record[name]))
    ]
    number = record.get("id")
    return Task(
        row,
        number if isinstance(number, int | str) else None,
        {name: record[name] for name in keys[:begins]},
        [{"completed_by": record["annotator"], "result": results}],
        [],
    )


def _values(given: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Type and value of each result that JSON-MIN shortened."""
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str):
            yield "choices", {"choices": [each]}
        elif isinstance(each, dict):
            kind = next((name for name in KINDS if name in each), None)
            if kind is not None:
                yield kind, each
            elif "text" in each:
                yield "textarea", each
