"""ConvoKit corpus folders (utterances.jsonl, conversations.json, speakers.json, corpus.json).

Metadata become flat columns `meta.<key>`. Keys that are columns of ours (`topic`, `quality`,
`source`, ...) fill them. A numeric timestamp below 10^8 is taken for seconds into the recording and
fills `start`; larger ones are calendar times. What cannot be seen from the columns (nested values,
null or absent, the type index) is kept in `metadata.facts["convokit"]` for the writer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.convokit_utterances import OWN, read_utterances
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.jsonlike import read_json
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import (
    CONVERSATION_COLUMNS,
    META,
    SPEAKER_COLUMNS,
    UTTERANCE_COLUMNS,
)
from workbench.corpus.storage import as_type, dtype_named
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["ALL_OR_NONE", "ASIDE", "READER", "SIDECAR"]

SIDECAR = "workbench.json"
"""File beside ConvoKit's own that tells column types and corpus facts, for a lossless return."""

ALL_OR_NONE = ("source", "role")
"""Columns of ours that are never null here: keys fill them only if every entry has one."""

ASIDE = "aside"
"""Trait of a key that is called like a column of ours but does not fit it."""

_UTTERANCES = ("utterances.jsonl", "utterances.json")
_SPEAKERS = ("speakers.json", "users.json")


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
    speakers, speaker_traits, said = _described(
        path, _first_of(path, _SPEAKERS), "speakers", described
    )
    talks, talk_traits, _ = _described(
        path, path / "conversations.json", "conversations", described
    )
    frame, traits, text_timestamps = read_utterances(
        source, _roles_of(said), {layer.name for layer in layers}
    )
    frame = _typed(frame, "utterances", described)
    overall = _object(path / "corpus.json") if (path / "corpus.json").is_file() else {}
    facts: dict[str, Any] = {
        "utterances": traits,
        "conversations": talk_traits,
        "speakers": speaker_traits,
        "overall": overall,
        "named_after": None if "name" in overall else path.name,
        "index": _object(path / "index.json") if (path / "index.json").is_file() else {},
        "text_timestamps": text_timestamps,
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
    silent = len(set(talks["id"]) - set(frame["conversation_id"].unique()))
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
