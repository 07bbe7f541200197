"""doccano exports: JSON Lines of texts with labels or spans, one file per annotator in a folder or zip.

The name of a file is the annotator's (`all.jsonl` of a project in which annotators share their
labels names nobody, and stays `all`). One layer per scheme, annotator and unit: labels of the whole
text (`label`, `labels`, `cats`) are on utterances, spans (`label`, `labels`, `entities`,
`annotations`) are parts of them. An empty list of labels is *seen and nothing assigned*; doccano does
not say whether a text without labels was seen, so that is noted. Lines that doccano wrote have its
number (`id`); in them the coder that the workbench once put beside a text is no longer the coder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Unit
from workbench.corpus.readers.archives import is_zip, open_archive
from workbench.corpus.readers.coded_texts import CodedText, corpus_of_texts
from workbench.corpus.readers.codings import (
    CODER_KINDS,
    Coding,
    SchemeFacts,
    layers_of,
    rows_of,
    span_id,
)
from workbench.corpus.readers.jsonlike import first_record, records_of_text
from workbench.corpus.readers.opening import bare_name, decoded, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["CONFIG", "OWN", "READER"]

CONFIG = "label_config.json"
"""doccano's file of label types."""
OWN = ("utterance_id", "scheme", "coder", "coder_kind", "round", "unit")
"""What the writer puts beside each text; doccano keeps and exports it."""

_LABELS = ("label", "labels", "cats", "entities", "annotations")
_TOLD = (*_LABELS, "relations", "Comments", "comments", "text", "data", *OWN)
_WANTED = (
    'Expected {"text": "...", "label": ["LABEL"]} or {"text": "...", "label": [[0, 4, "LABEL"]]}.'
)
_ENDINGS = (".jsonl", ".json")


def _sniff(path: Path) -> float:
    if path.is_dir():
        files = _exports(path)
        others = [file for file in path.rglob("*") if file.is_file() and file not in files]
        stray = [f for f in others if f.name != CONFIG and not f.name.startswith((".", "README"))]
        marks = [_likeness(first_record(file)) for file in files[:20]]
        return 0.95 if marks and not stray and min(marks) > 0 else 0.0
    if is_zip(path):
        return _sniff_zip(path)
    return _likeness(first_record(path)) if path.is_file() else 0.0


def _sniff_zip(path: Path) -> float:
    try:
        with open_archive(path) as archive:
            names = [name for name in archive.names if PurePosixPath(name).name != CONFIG]
            if not names or not all(name.endswith(".jsonl") for name in names):
                return 0.0
            records = records_of_text(path, decoded(path, archive.read(names[0])))
    except BadInput:
        return 0.0
    return _likeness(records[0][1]) if records else 0.0


def _likeness(record: Any) -> float:
    """How surely a record is doccano's: spans are its own; a list of labels is found elsewhere too."""
    if not isinstance(record, dict) or not isinstance(record.get("text", record.get("data")), str):
        return 0.0
    lists = [record[key] for key in _LABELS if isinstance(record.get(key), list)]
    if not lists:
        return 0.95 if set(OWN) <= set(record) else 0.0
    if "Comments" in record or set(OWN) <= set(record):
        return 0.95
    entries = [entry for found in lists for entry in found]
    if entries and all(map(_is_span, entries)):
        return 0.95
    return 0.7 if all(isinstance(entry, str) for entry in entries) else 0.0


def _is_span(entry: Any) -> bool:
    if isinstance(entry, dict):
        return {"start_offset", "end_offset", "label"} <= set(entry)
    return isinstance(entry, list) and len(entry) == 3 and isinstance(entry[0], int)


def _exports(path: Path) -> list[Path]:
    return sorted(f for f in path.rglob("*") if f.suffix in _ENDINGS and f.name != CONFIG)


# -- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an export: where it stands, whose file it is in, what it says."""

    where: Path
    row: int
    annotator: str
    record: Mapping[str, Any]

    def text(self) -> str:
        said = self.record.get("text", self.record.get("data"))
        if not isinstance(said, str):
            raise BadInput.in_file(
                self.where, "the line has no text.", row=self.row, remedy=_WANTED
            )
        return said


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    lines = list(_lines(path))
    keys = _keys(path, lines)
    once = dict(reversed(list(zip(keys, lines, strict=True))))
    texts = [
        CodedText(key, line.text(), line.row, _beside(line.record))
        for key, line in reversed(once.items())
    ]
    codings = [c for key, line in zip(keys, lines, strict=True) for c in _codings(key, line)]
    return corpus_of_texts(
        path,
        texts,
        columns=columns,
        roles=roles,
        layers=layers_of(rows_of(codings), _known(lines)),
        findings=[*_differing(keys, lines, once), *_unlabelled(path, lines)],
    )


def _lines(path: Path) -> Iterator[_Line]:
    """Lines of all files; refused where one is no object."""
    for where, annotator, text in _files(path):
        for row, record in records_of_text(where, text):
            if not isinstance(record, dict):
                raise BadInput.in_file(where, "the line is no object.", row=row, remedy=_WANTED)
            yield _Line(where, row, annotator, record)


def _files(path: Path) -> Iterator[tuple[Path, str, str]]:
    if path.is_dir():
        for file in _exports(path):
            yield file, bare_name(file), read_text(file)
    elif is_zip(path):
        with open_archive(path) as archive:
            for name in archive.names:
                inside = path / name
                if inside.suffix in _ENDINGS and inside.name != CONFIG:
                    yield inside, bare_name(inside), decoded(inside, archive.read(name))
    else:
        yield path, bare_name(path), read_text(path)


def _keys(path: Path, lines: Sequence[_Line]) -> list[str]:
    """Id of the utterance of each line: ours, else doccano's number, else the place in the file."""
    alone = f"{bare_name(path)}-"
    keys = []
    for line in lines:
        own, number = line.record.get("utterance_id"), line.record.get("id")
        keys.append(
            str(own) if own is not None else f"{alone}{line.row if number is None else number}"
        )
    return keys


def _beside(record: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in record.items() if k not in _TOLD and k != "id"}
    more = kept.pop("meta", None)  # older versions keep the columns of the import in here
    return {**kept, **more} if isinstance(more, dict) else kept


def _codings(key: str, line: _Line) -> Iterator[Coding]:
    record = line.record
    ours: Mapping[str, Any] = {} if "id" in record else record
    facts: dict[str, Any] = {
        "unit_id": key,
        "scheme": _scheme(record),
        "coder": str(ours.get("coder") or line.annotator),
        "coder_kind": ours["coder_kind"] if ours.get("coder_kind") in CODER_KINDS else "human",
        "round": ours["round"] if isinstance(ours.get("round"), int) else 1,
    }
    note = _note(record)
    entries = [entry for name in _LABELS for entry in _entries(line, name)]
    if not entries and any(isinstance(record.get(name), list) for name in _LABELS):
        unit: Unit = "span" if _spans_expected(record) else "utterance"
        yield Coding(unit=unit, label=None, note=note, **facts)
    targets = _targets(key, record, entries)
    for entry in entries:
        if isinstance(entry, str):
            yield Coding(unit="utterance", label=entry, note=note, **facts)
            continue
        start, end, label, number, user = _span(line, entry)
        who = {**facts, "coder": f"annotator-{user}"} if user is not None else facts
        yield Coding(
            unit="span",
            label=label,
            start_char=start,
            end_char=end,
            target_id=targets.get(number),
            note=note,
            **who,
        )


def _entries(line: _Line, name: str) -> list[Any]:
    found = line.record.get(name)
    if not isinstance(found, list):
        return []
    for entry in found:
        if not (isinstance(entry, str) or _is_span(entry)):
            problem = f"an entry of {name!r} is neither a label nor a span."
            raise BadInput.in_file(line.where, problem, row=line.row, remedy=_WANTED)
    return found


def _spans_expected(record: Mapping[str, Any]) -> bool:
    return record.get("unit") == "span" or "entities" in record or "annotations" in record


def _span(line: _Line, entry: Any) -> tuple[int, int, str, Any, Any]:
    """Start, end, label, number and user of a span."""
    if isinstance(entry, list):
        entry = dict(zip(("start_offset", "end_offset", "label"), entry, strict=True))
    start, end = entry["start_offset"], entry["end_offset"]
    fits = isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= len(line.text())
    if not fits:
        problem = f"a span from {start!r:.20} to {end!r:.20} is not inside the text."
        raise BadInput.in_file(line.where, problem, row=line.row, remedy="Export it again.")
    return start, end, str(entry["label"]), entry.get("id"), entry.get("user")


def _targets(key: str, record: Mapping[str, Any], entries: Sequence[Any]) -> dict[Any, str]:
    """Number of a span -> the span that a relation leads to."""
    spans = {entry.get("id"): entry for entry in entries if isinstance(entry, dict)}
    relations = record.get("relations")
    found = {}
    for relation in relations if isinstance(relations, list) else []:
        target = spans.get(relation.get("to_id")) if isinstance(relation, dict) else None
        if target is not None:
            found[relation.get("from_id")] = span_id(
                key, target["start_offset"], target["end_offset"]
            )
    return found


def _note(record: Mapping[str, Any]) -> str | None:
    """Comments on the text, which are the annotator's in an export per annotator."""
    found = record.get("Comments", record.get("comments"))
    if not isinstance(found, list):
        return None
    texts = [entry.get("comment") if isinstance(entry, dict) else entry for entry in found]
    return "\n".join(str(text) for text in texts if text) or None


def _scheme(record: Mapping[str, Any]) -> str:
    return str(record.get("scheme") or "doccano")


def _known(lines: Sequence[_Line]) -> dict[str, SchemeFacts]:
    """Label types of each scheme in doccano's order, where its file of them lies beside."""
    folders = {(_scheme(line.record), line.where.parent) for line in lines}
    types: dict[str, dict[str, None]] = {}
    for scheme, folder in sorted(folders):
        if (folder / CONFIG).is_file():
            types.setdefault(scheme, {}).update(dict.fromkeys(_label_types(folder / CONFIG)))
    return {scheme: SchemeFacts(labels=list(found)) for scheme, found in types.items() if found}


def _label_types(path: Path) -> list[str]:
    records = [record for _, record in records_of_text(path, read_text(path))]
    return [str(r["text"]) for r in records if isinstance(r, dict) and r.get("text")]


# -- what is told ----------------------------------------------------------------------------------


def _differing(
    keys: Sequence[str], lines: Sequence[_Line], once: Mapping[str, _Line]
) -> list[Finding]:
    odd = [line for key, line in zip(keys, lines, strict=True) if line.text() != once[key].text()]
    if not odd:
        return []
    message = f"{len(odd)} text(s) read otherwise in the file of another annotator."
    mend = "The first is taken; spans of the others may be off. Check that it is one project."
    where = f"{odd[0].where}, row {odd[0].row}"
    return [Finding("warning", "texts differ", len(odd), where, message, mend)]


def _unlabelled(path: Path, lines: Sequence[_Line]) -> list[Finding]:
    count = sum(
        any(line.record.get(name) == [] for name in _LABELS) and "coder" not in line.record
        for line in lines
    )
    if not count:
        return []
    message = f"{count} text(s) have no label; doccano does not say whether they were seen."
    mend = "They count as seen and nothing assigned; export approved documents only to be sure."
    return [Finding("note", "no label", count, str(path), message, mend)]


READER = Reader(
    "doccano",
    "doccano JSON Lines: a file, or a folder or zip with one file per annotator",
    _sniff,
    _read,
    per_file=False,
)
