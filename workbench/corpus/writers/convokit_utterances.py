"""Lines of a ConvoKit `utterances.jsonl`, made in columns, a slice of the table at a time.

Fields of ours without a place in ConvoKit go into the metadata as `workbench.<name>`, only where
reading would not derive them anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from polars import selectors

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.readers.convokit_utterances import CALENDAR, OWN
from workbench.corpus.readers.flattening import COMPANION
from workbench.corpus.schema import META, side_of

__all__ = ["UtteranceLines", "worded"]

_SLICE = 100_000
_WHOLE = r"^(0|-?[1-9]\d*)$"
_NUMBER_LIKE = r"^(-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|NaN|-?Infinity)$"
_PLAIN_HEAD = ("id", "conversation_id", "text", "speaker")
_SAID = {pl.String: str, pl.Boolean: bool, pl.Float32: float, pl.Float64: float}


def worded(table: pl.DataFrame) -> pl.DataFrame:
    """Dates and times as ISO text, which JSON can hold."""
    return table.with_columns(selectors.temporal().dt.to_string("iso"))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One metadata key of a slice: where it stands, its values, and their JSON text."""

    key: str
    present: pl.Series
    values: pl.Series
    text: pl.Series


class UtteranceLines:
    """The lines of all utterances, and what kinds of values each metadata key holds.

    Parameters
    ----------
    traits
        What the reader told of the metadata columns: `json` for JSON text, `null` for keys whose
        null stands in the source.
    role_of
        Role of each speaker whose metadata tell one as text.
    as_text
        Whether timestamps are numbers written as texts.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        traits: Mapping[str, Sequence[str]],
        role_of: Mapping[str, str],
        as_text: bool,
    ) -> None:
        self._table = corpus.utterances
        self._traits = traits
        self._role_of = dict(role_of)
        self._as_text = as_text
        self._labels = [
            (layer, _labels_by_unit(layer))
            for layer in corpus.layers
            if layer.metadata.unit == "utterance"
        ]
        self.kinds: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[pl.Series]:
        """Yield the lines slice by slice; `kinds` is complete after the last one."""
        for start in range(0, self._table.height, _SLICE):
            yield self._lines(worded(self._table.slice(start, _SLICE)))

    def _lines(self, rows: pl.DataFrame) -> pl.Series:
        stamps = _stamps(rows, as_text=self._as_text)
        entries = [*self._metadata(rows), *self._own(rows, stamps)]
        for entry in entries:
            self._note_kinds(entry)
        head = rows.select(pl.struct(*_PLAIN_HEAD).struct.json_encode().str.strip_suffix("}"))
        meta = (
            pl.select(pl.concat_str([_fragment(entry) for entry in entries])) if entries else None
        )
        inner = pl.lit("") if meta is None else meta.to_series().str.strip_prefix(", ")
        return pl.select(
            pl.concat_str(
                head.to_series(),
                pl.lit(',"meta":{'),
                inner,
                pl.lit('},"reply-to":'),
                _json(rows["reply_to"]),
                pl.lit(',"timestamp":'),
                stamps["stamp"],
                pl.lit(',"vectors":[]}'),
            )
        ).to_series()

    def _metadata(self, rows: pl.DataFrame) -> Iterator[_Entry]:
        """Keys of the source, then the labels of layers, which win over a key of the same name."""
        labels = [_label_entry(layer, units, rows) for layer, units in self._labels]
        coded = {entry.key: entry.present for entry in labels}
        columns = [name for name in rows.columns if name.startswith(META)]
        companions = {f"{name}{COMPANION}" for name in columns} & set(columns)
        for name in columns:
            if name in companions:
                continue
            key, values = name.removeprefix(META), rows[name]
            traits = self._traits.get(key, ())
            present = values.is_not_null()
            if "null" in traits:
                gone = f"{name}{COMPANION}"
                present = ~rows[gone] if gone in companions else present | True
            if key in coded:
                present &= ~coded[key]
            yield _Entry(key, present, values, _raw(values) if "json" in traits else _json(values))
        yield from labels

    def _own(self, rows: pl.DataFrame, stamps: pl.DataFrame) -> Iterator[_Entry]:
        derived = {
            "role": pl.col("speaker").replace_strict(
                self._role_of, default="other", return_dtype=pl.String
            ),
            "side": side_of(pl.col("role")),
            "start": stamps["start"],
            "end": pl.lit(None, pl.Float64),
            "timestamp": stamps["timestamp"],
        }
        for name, value in derived.items():
            present = rows.select(pl.col(name).ne_missing(value)).to_series()
            if present.any():
                yield _Entry(f"{OWN}{name}", present, rows[name], _json(rows[name]))

    def _note_kinds(self, entry: _Entry) -> None:
        given = entry.values.filter(entry.present).drop_nulls()
        if given.is_empty():
            return
        found = self.kinds.setdefault(entry.key, set())
        if "json" in self._traits.get(entry.key, ()) and given.dtype == pl.String:
            found.update(str(type(json.loads(text))) for text in given.unique())
        elif isinstance(given.dtype, pl.List):
            found.add(str(list))
        else:
            found.add(str(_SAID.get(type(given.dtype), int)))


# -- JSON text of columns --------------------------------------------------------------------------


def _json(values: pl.Series) -> pl.Series:
    """JSON text of every value; null is `null`."""
    frame = values.alias("x").to_frame()
    encoded = pl.struct("x").struct.json_encode().str.strip_prefix('{"x":').str.strip_suffix("}")
    if values.dtype.is_float():
        encoded = (
            pl.when(pl.col("x").is_nan())
            .then(pl.lit("NaN"))
            .when(pl.col("x").is_infinite())
            .then(pl.when(pl.col("x") > 0).then(pl.lit("Infinity")).otherwise(pl.lit("-Infinity")))
            .otherwise(encoded)
        )
    return frame.select(encoded).to_series()


def _raw(values: pl.Series) -> pl.Series:
    """Values that are JSON text already, each on one line."""
    known = values.drop_nulls().unique()
    lines = [json.dumps(json.loads(text), ensure_ascii=False) for text in known]
    return values.replace_strict(known, pl.Series(lines, dtype=pl.String)).fill_null("null")


def _fragment(entry: _Entry) -> pl.Expr:
    """`, "key": value` where the key is present, else nothing."""
    begin = f", {json.dumps(entry.key, ensure_ascii=False)}: "
    return (
        pl.when(entry.present).then(pl.concat_str(pl.lit(begin), entry.text)).otherwise(pl.lit(""))
    )


# -- labels ----------------------------------------------------------------------------------------


def _labels_by_unit(layer: Layer) -> pl.DataFrame:
    """`id` and `labels`, in the order in which they were given; empty where none was."""
    return layer.table.group_by("unit_id", maintain_order=True).agg(
        pl.col("label").drop_nulls().alias("labels")
    )


def _label_entry(layer: Layer, units: pl.DataFrame, rows: pl.DataFrame) -> _Entry:
    joined = rows.select("id").join(
        units, left_on="id", right_on="unit_id", how="left", maintain_order="left"
    )["labels"]
    values = joined.list.first() if layer.metadata.exclusive else joined
    return _Entry(layer.name, joined.is_not_null(), values, _json(values))


# -- times -----------------------------------------------------------------------------------------


def _stamps(rows: pl.DataFrame, *, as_text: bool) -> pl.DataFrame:
    """JSON text of ConvoKit's timestamp, with the `timestamp` and `start` that reading derives from it.

    It is the source's number, else the start, else the source's text.
    """
    given, start = rows["timestamp"], rows["start"]
    if as_text:
        none = pl.Series("start", [None], dtype=pl.Float64).new_from_index(0, rows.height)
        return pl.DataFrame([_json(given).alias("stamp"), given.alias("timestamp"), none])
    number = _number_text(given)
    seconds = number.cast(pl.Float64, strict=False)
    whole = start.cast(pl.Int64, strict=False)
    from_start = pl.when(whole == start).then(_json(whole)).otherwise(_json(start))
    timed = start.is_not_null() & (start.abs() < CALENDAR)
    numbered = number.is_not_null()
    return pl.select(
        pl.when(numbered)
        .then(number)
        .when(timed)
        .then(from_start)
        .otherwise(_json(given))
        .alias("stamp"),
        pl.when(numbered | ~timed).then(given).otherwise(from_start).alias("timestamp"),
        pl.when(numbered & (seconds.abs() < CALENDAR))
        .then(seconds)
        .when(~numbered & timed)
        .then(start)
        .alias("start"),
    )


def _number_text(given: pl.Series) -> pl.Series:
    """Texts that are a JSON number, spelled as Python spells it; null for any other."""
    whole = given.str.contains(_WHOLE).fill_null(value=False)
    others = given.filter(~whole & given.str.contains(_NUMBER_LIKE)).unique()
    spelled = {text: text for text in others if _is_spelled_so(text)}
    mapped = given.replace_strict(spelled, default=None, return_dtype=pl.String)
    return pl.select(pl.when(whole).then(given).otherwise(mapped)).to_series()


def _is_spelled_so(text: str) -> bool:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, int | float) and json.dumps(value) == text
