"""ConvoKit corpus folders (utterances.jsonl, conversations.json, speakers.json, corpus.json).

Metadata become flat columns `meta.<key>`. Keys that are columns of ours (`topic`, `quality`,
`source`, ...) fill them. A numeric timestamp below 10^8 is taken for seconds into the recording and
fills `start`; larger ones are calendar times. What cannot be seen from the columns (nested values,
null or absent, the type index) is kept in `metadata.facts["convokit"]` for the writer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.jsonlike import read_json, read_lines, read_records
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import (
    CONVERSATION_COLUMNS,
    META,
    ROW,
    SPEAKER_COLUMNS,
    UTTERANCE_COLUMNS,
)
from workbench.corpus.storage import as_type, dtype_named
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["ALL_OR_NONE", "ASIDE", "CALENDAR", "OWN", "READER", "SIDECAR", "read_time"]

OWN = "workbench."
"""Prefix of metadata keys that carry fields of ours which ConvoKit has no place for."""

SIDECAR = "workbench.json"
"""File beside ConvoKit's own that tells column types and corpus facts, for a lossless return."""

ALL_OR_NONE = ("source", "role")
"""Columns of ours that are never null here: keys fill them only if every entry has one."""

ASIDE = "aside"
"""Trait of a key that is called like a column of ours but does not fit it."""

CALENDAR = 1e8
"""Timestamps from here on are calendar times (seconds since 1970), not seconds into a recording."""

_UTTERANCES = ("utterances.jsonl", "utterances.json")
_SPEAKERS = ("speakers.json", "users.json")
_OLD_NAMES = {"root": "conversation_id", "user": "speaker", "reply_to": "reply-to"}


def _sniff(path: Path) -> float:
    present = _first_of(path, _UTTERANCES) and (path / "conversations.json").is_file()
    return 1.0 if present else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    described = _sidecar(path)
    layers = [Layer.read(f) for f in sorted((path / "layers").glob("*.parquet")) if _is_layer(f)]
    source = _first_of(path, _UTTERANCES)
    if source is None:
        raise BadInput.in_file(path, f"there is no {_UTTERANCES[0]} in the folder.")
    records = read_lines(source) if source.suffix == ".jsonl" else read_records(source)
    speakers, speaker_traits, said = _described(
        path, _first_of(path, _SPEAKERS), "speakers", described
    )
    talks, talk_traits, _ = _described(
        path, path / "conversations.json", "conversations", described
    )
    role_of = _roles_of(said)
    rows = [_utterance(source, row, record, role_of) for row, record in records]
    coded = {layer.name for layer in layers}
    metas = [{k: v for k, v in row.pop("meta").items() if k not in coded} for row in rows]
    meta, traits = flatten(metas, prefix=META)
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(meta)
    frame = _typed(frame, "utterances", described)
    overall = _object(path / "corpus.json") if (path / "corpus.json").is_file() else {}
    facts: dict[str, Any] = {
        "utterances": traits,
        "conversations": talk_traits,
        "speakers": speaker_traits,
        "overall": overall,
        "named_after": None if "name" in overall else path.name,
        "index": _object(path / "index.json") if (path / "index.json").is_file() else {},
        "text_timestamps": any(_is_number_text(record.get("timestamp")) for _, record in records),
    }
    renamed = {f"{META}{theirs}": ours for theirs, ours in (columns or {}).items()}
    return Corpus.build(
        frame.rename(renamed, strict=False),
        conversations=_typed(talks.rename(renamed, strict=False), "conversations", described),
        speakers=_typed(speakers.rename(renamed, strict=False), "speakers", described),
        layers=layers,
        metadata=_metadata(path, overall, described, facts),
        roles=roles,
        findings=_notes(path, frame, talks, facts["index"]),
        where=str(source),
    )


def _first_of(path: Path, names: tuple[str, ...]) -> Path | None:
    return next((path / name for name in names if (path / name).is_file()), None)


def _is_layer(file: Path) -> bool:
    return not file.name.endswith(".probabilities.parquet")


def _object(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise BadInput.in_file(path, "expected a JSON object.")
    return content


def _sidecar(path: Path) -> dict[str, Any]:
    return _object(path / SIDECAR) if (path / SIDECAR).is_file() else {}


# -- utterances ------------------------------------------------------------------------------------


def _utterance(path: Path, row: int, record: Any, role_of: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise BadInput.in_file(path, "an utterance is a JSON object.", row=row)
    record = {_OLD_NAMES.get(key, key): value for key, value in record.items()}
    absent = [
        key for key in ("id", "conversation_id", "speaker", "text") if record.get(key) is None
    ]
    if absent:
        raise BadInput.in_file(path, f"the utterance has no {absent}.", row=row)
    meta = dict(record.get("meta") or {})
    own = {key.removeprefix(OWN): meta.pop(key) for key in list(meta) if key.startswith(OWN)}
    speaker = record["speaker"]
    speaker = speaker.get("id") if isinstance(speaker, dict) else speaker
    timestamp, start = read_time(record.get("timestamp"))
    reply = record.get("reply-to")
    return {
        "id": str(record["id"]),
        "conversation_id": str(record["conversation_id"]),
        "speaker": str(speaker),
        "role": own.get("role", role_of.get(str(speaker))),
        "side": own.get("side"),
        "text": str(record["text"]),
        "reply_to": None if reply is None else str(reply),
        "start": own.get("start", start),
        "end": own.get("end"),
        "timestamp": own.get("timestamp", timestamp),
        "meta": meta,
        ROW: row,
    }


def read_time(stamp: Any) -> tuple[str | None, float | None]:
    """`timestamp` as text and `start` in seconds of a ConvoKit timestamp."""
    if stamp is None:
        return None, None
    if isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return json.dumps(stamp), float(stamp) if abs(stamp) < CALENDAR else None
    return (stamp if isinstance(stamp, str) else json.dumps(stamp)), None


def _is_number_text(stamp: Any) -> bool:
    try:
        return isinstance(stamp, str) and float(stamp) is not None
    except ValueError:
        return False


# -- conversations and speakers --------------------------------------------------------------------


def _described(
    path: Path, file: Path | None, table: str, described: Mapping[str, Any]
) -> tuple[pl.DataFrame, dict[str, list[str]], dict[str, dict[str, Any]]]:
    """Table, traits and plain metadata of a file `{id: {"meta": {...}}}`."""
    content = _object(file) if file is not None else {}
    metas: dict[str, dict[str, Any]] = {}
    for name, entry in content.items():
        meta = entry.get("meta", entry) if isinstance(entry, dict) else None
        if not isinstance(meta, dict):
            raise BadInput.in_file(file or path, f"the entry {name!r} has no object `meta`.")
        metas[name] = meta
    columns, traits = flatten(list(metas.values()))
    ids = pl.Series("id", list(metas), dtype=pl.String)
    stated = set(described.get("columns", {}).get(table, ()))
    named = [column.alias(_name(column, traits, table, stated)) for column in columns]
    return ids.to_frame().with_columns(named), traits, metas


def _name(
    column: pl.Series, traits: dict[str, list[str]], table: str, stated: Collection[str]
) -> str:
    """Column here for a metadata key: one of ours where the values fit it, else `meta.<key>`."""
    key = column.name
    if key.startswith(OWN):
        return key.removeprefix(OWN)
    ours = SPEAKER_COLUMNS if table == "speakers" else CONVERSATION_COLUMNS
    if key not in ours:
        return key if key in stated else f"{META}{key}"
    whole = column.null_count() == 0 or key not in ALL_OR_NONE
    if _fits(column, ours[key]) and "json" not in traits[key] and whole and key != "id":
        return key
    traits[key].append(ASIDE)
    return f"{META}{key}"


def _fits(column: pl.Series, dtype: pl.DataType) -> bool:
    """Whether values are of a type of ours; JSON has no dates, so that ISO text stands for one."""
    if dtype == pl.Date() and column.dtype == pl.String:
        return column.equals(column.str.to_date("%Y-%m-%d", strict=False).dt.to_string("iso"))
    return column.dtype == dtype


def _roles_of(speakers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        name: meta["role"] for name, meta in speakers.items() if isinstance(meta.get("role"), str)
    }


# -- what the workbench wrote beside ---------------------------------------------------------------


def _typed(frame: pl.DataFrame, table: str, described: Mapping[str, Any]) -> pl.DataFrame:
    """Give columns the names and types that the workbench's own file beside tells."""
    stated: Mapping[str, str] = described.get("columns", {}).get(table, {})
    absent = [
        pl.lit(None, dtype_named(kind)).alias(name)
        for name, kind in stated.items()
        if name not in frame.columns and name not in UTTERANCE_COLUMNS
    ]
    casts = [
        as_type(frame[name], dtype_named(kind)).alias(name)
        for name, kind in stated.items()
        if name in frame.columns
    ]
    return frame.with_columns(*casts, *absent)


def _metadata(
    path: Path, overall: Mapping[str, Any], described: Mapping[str, Any], facts: dict[str, Any]
) -> CorpusMetadata:
    stored = described.get("metadata", {})
    name = overall.get("name", stored.get("name", path.name))
    return CorpusMetadata(
        name=str(name),
        licence=str(stored.get("licence", overall.get("licence", "not stated"))),
        citation=str(stored.get("citation", "")),
        language=str(stored.get("language", "")),
        facts={**stored.get("facts", {}), "convokit": facts},
    )


def _notes(
    path: Path, frame: pl.DataFrame, talks: pl.DataFrame, index: Mapping[str, Any]
) -> list[Finding]:
    notes = []
    silent = talks.join(frame, left_on="id", right_on="conversation_id", how="anti").height
    if silent:
        message = f"{silent} conversation(s) have no utterances and were left out."
        notes.append(
            Finding("note", "empty conversation", silent, str(path), message, "Nothing to do.")
        )
    vectors = index.get("vectors") or []
    if vectors:
        message = f"vectors {vectors} were not read."
        mend = "The workbench makes its own embeddings."
        notes.append(Finding("note", "vectors", len(vectors), str(path), message, mend))
    return notes


READER = Reader(
    "convokit", "ConvoKit corpus folder (utterances.jsonl ...)", _sniff, _read, per_file=False
)
