"""Utterances of a ConvoKit folder as one table, in columns where the records are alike.

Fields of ours that ConvoKit has no place for come back from metadata keys `workbench.<name>`; where
there is none they follow from the rest, as the writer knows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.readers.flattening import COMPANION, flatten
from workbench.corpus.readers.jsonlike import read_lines, read_records
from workbench.corpus.readers.regular_json import explicit_nulls, read_regular
from workbench.corpus.schema import META, ROW
from workbench.errors import BadInput

__all__ = ["CALENDAR", "OWN", "read_time", "read_utterances"]

OWN = "workbench."
"""Prefix of metadata keys that carry fields of ours which ConvoKit has no place for."""

CALENDAR = 1e8
"""Timestamps from here on are calendar times (seconds since 1970), not seconds into a recording."""

_OLD_NAMES = {"root": "conversation_id", "user": "speaker", "reply_to": "reply-to"}
_NEEDED = ("id", "conversation_id", "speaker", "text")
_OWN_FIELDS = {
    "role": pl.String,
    "side": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "timestamp": pl.String,
}

Traits = dict[str, list[str]]


def read_utterances(
    path: Path, role_of: Mapping[str, str], coded: Collection[str]
) -> tuple[pl.DataFrame, Traits, bool]:
    """Read `utterances.jsonl` (or `.json`).

    Parameters
    ----------
    role_of
        Role of each speaker whose metadata tell one.
    coded
        Metadata keys that repeat layers and are left out.

    Returns
    -------
    frame, traits, text_timestamps
        The table, what `unflatten` has to know of its metadata columns, and whether timestamps
        are numbers written as texts.

    Raises
    ------
    BadInput
        If a line is no JSON, or an utterance lacks what it needs; names the line.
    """
    frame, traits = _in_columns(path) or _by_record(path)
    repeated = [f"{META}{key}{ending}" for key in coded for ending in ("", COMPANION)]
    frame = frame.drop(repeated, strict=False)
    traits = {key: told for key, told in traits.items() if key not in coded}
    texts = frame["timestamp"].filter(frame["_is_text"])
    text_timestamps = bool(texts.cast(pl.Float64, strict=False).is_not_null().any())
    frame = _with_own_fields(frame.drop("_is_text"), traits, role_of)
    told = {key: flags for key, flags in traits.items() if not key.startswith(OWN)}
    return frame, told, text_timestamps


def _with_own_fields(
    frame: pl.DataFrame, traits: Traits, role_of: Mapping[str, str]
) -> pl.DataFrame:
    """Fill roles from the speakers, and every field that a `workbench.<name>` key states, null included."""
    role = pl.col("speaker").replace_strict(role_of, default=None, return_dtype=pl.String)
    frame = frame.with_columns(
        role.alias("role"),
        pl.lit(None, pl.String).alias("side"),
        pl.lit(None, pl.Float64).alias("end"),
    )
    for name, dtype in _OWN_FIELDS.items():
        column = f"{META}{OWN}{name}"
        if column not in frame.columns:
            continue
        stated = pl.col(column).is_not_null()
        if "null" in traits.get(f"{OWN}{name}", ()):
            absent = f"{column}{COMPANION}"
            stated = ~pl.col(absent) if absent in frame.columns else pl.lit(value=True)
        given = pl.when(stated).then(pl.col(column).cast(dtype, strict=False)).otherwise(name)
        frame = frame.with_columns(given.alias(name))
    own = [name for name in frame.columns if name.startswith(f"{META}{OWN}")]
    return frame.drop(own)


# -- records that are alike, by columns ------------------------------------------------------------


def _in_columns(path: Path) -> tuple[pl.DataFrame, Traits] | None:
    """The table of records that are alike; None where they must be read one by one."""
    raw = read_regular(path) if path.suffix == ".jsonl" else None
    if raw is None or any(
        old in raw.columns and new in raw.columns for old, new in _OLD_NAMES.items()
    ):
        return None
    raw = raw.rename(_OLD_NAMES, strict=False)
    fields = {"reply-to": pl.Null(), "timestamp": pl.Null(), **raw.schema}
    texts = (*_NEEDED, "reply-to")
    plain = all(fields.get(name) in (pl.String, pl.Int64, pl.Null) for name in texts)
    timed = fields["timestamp"] in (pl.String, pl.Int64, pl.Float64, pl.Null)
    if not (plain and timed) or any(raw[name].null_count() for name in _NEEDED):
        return None
    metadata = _metadata_columns(path, raw)
    if metadata is None:
        return None
    columns, traits = metadata
    absent = [
        pl.lit(None, pl.Null).alias(n) for n in ("reply-to", "timestamp") if n not in raw.columns
    ]
    raw = raw.with_columns(absent)
    frame = raw.select(
        pl.col(*_NEEDED).cast(pl.String), pl.col("reply-to").cast(pl.String).alias("reply_to")
    )
    times = _times(raw["timestamp"])
    return frame.with_columns(*times, *columns).with_row_index(ROW, offset=1), traits


def _times(stamps: pl.Series) -> list[pl.Series]:
    """`timestamp`, `start` and whether it is a text, as `read_time` has them for one."""
    is_text = stamps.dtype == pl.String
    start = pl.Series("start", [None], dtype=pl.Float64).new_from_index(0, stamps.len())
    texts = stamps.cast(pl.String)
    if stamps.dtype.is_numeric():
        seconds = stamps.cast(pl.Float64)
        start = pl.select(pl.when(seconds.abs() < CALENDAR).then(seconds)).to_series()
    if stamps.dtype == pl.Float64:
        known = stamps.drop_nulls().unique()
        written = pl.Series([json.dumps(number) for number in known], dtype=pl.String)
        texts = stamps.replace_strict(known, written, return_dtype=pl.String)
    marks = pl.Series("_is_text", [is_text]).new_from_index(0, stamps.len())
    return [texts.alias("timestamp"), start.alias("start"), marks]


def _metadata_columns(path: Path, raw: pl.DataFrame) -> tuple[list[pl.Series], Traits] | None:
    meta = raw["meta"] if "meta" in raw.columns else pl.Series(dtype=pl.Null)
    if meta.dtype == pl.Null:
        return [], {}
    if not isinstance(meta.dtype, pl.Struct):
        return None
    columns, traits = [], {}
    for column in meta.struct.unnest():
        nulls = column.null_count()
        stated = explicit_nulls(path, column.name) if nulls else 0
        if stated not in (0, nulls) or column.name.endswith(COMPANION):
            return None
        traits[column.name] = ["null"] if stated else []
        texts = column.cast(pl.String) if column.dtype == pl.Null else column
        columns.append(texts.alias(f"{META}{column.name}"))
    return columns, traits


# -- any records, one by one -----------------------------------------------------------------------


def _by_record(path: Path) -> tuple[pl.DataFrame, Traits]:
    records = read_lines(path) if path.suffix == ".jsonl" else read_records(path)
    rows = [_utterance(path, row, record) for row, record in records]
    columns, traits = flatten([row.pop("meta") for row in rows], prefix=META)
    schema = pl.Schema(dict.fromkeys((*_NEEDED, "reply_to", "timestamp"), pl.String()))
    schema |= {"start": pl.Float64(), "_is_text": pl.Boolean(), ROW: pl.Int64()}
    return pl.DataFrame(rows, schema=schema).with_columns(columns), traits


def _utterance(path: Path, row: int, record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise BadInput.in_file(path, "an utterance is a JSON object.", row=row)
    record = {_OLD_NAMES.get(key, key): value for key, value in record.items()}
    absent = [key for key in _NEEDED if record.get(key) is None]
    if absent:
        raise BadInput.in_file(path, f"the utterance has no {absent}.", row=row)
    meta = record.get("meta") or {}
    if not isinstance(meta, dict):
        raise BadInput.in_file(path, "the utterance's `meta` is no JSON object.", row=row)
    speaker = record["speaker"]
    speaker = speaker.get("id") if isinstance(speaker, dict) else speaker
    stamp = record.get("timestamp")
    timestamp, start = read_time(stamp)
    reply = record.get("reply-to")
    return {
        "id": str(record["id"]),
        "conversation_id": str(record["conversation_id"]),
        "speaker": str(speaker),
        "text": str(record["text"]),
        "reply_to": None if reply is None else str(reply),
        "timestamp": timestamp,
        "start": start,
        "_is_text": isinstance(stamp, str),
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
