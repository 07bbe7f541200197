r"""Tables of codings with the words beside them: long (a row a label) and wide (a column a coder).

Long: one row per unit, coder and label, with the columns of a layer (`scheme`, `coder`, `label`,
...) beside those of the utterance; `coder` is empty where nobody coded. `label` is empty where a
coder saw the unit and assigned nothing.

Wide: one row per utterance, one column per layer, called `label: <scheme> / <coder> (<kind>)` or
`... (<kind>, round 2)`. Several labels of one utterance are joined by `|`; `(none)` says that the
coder saw it and assigned nothing, an empty cell that nobody coded it. A `|`, `/` or `\` in a name
has a `\` before it.

In both, `conversation.<column>` and `speaker.<column>` repeat what is known of the conversation
and of the speaker.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import LAYER_COLUMNS, Layer
from workbench.corpus.readers.codings import CODER_KINDS, UNITS, layers_of
from workbench.corpus.readers.cues import UNNAMED
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import as_numbers, read_csv, require, separator_of
from workbench.corpus.readers.times import seconds, unreadable
from workbench.corpus.schema import CONVERSATION_COLUMNS, ROW, UTTERANCE_COLUMNS, conform
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = [
    "LONG",
    "NONE",
    "OF_CONVERSATION",
    "OF_SPEAKER",
    "WIDE",
    "escaped",
    "split_labels",
]

OF_CONVERSATION = "conversation."
OF_SPEAKER = "speaker."
NONE = "(none)"
"""Cell of a wide table where a coder saw the utterance and assigned nothing."""

_EMPTY = "(empty)"
"""The label that has no letters."""

_LONG_COLUMNS = ("layer", *LAYER_COLUMNS)
_LABELS = re.compile(
    r"label: (?P<scheme>(?:\\.|[^\\/])+) / (?P<coder>(?:\\.|[^\\/])+) "
    rf"\((?P<kind>{'|'.join(CODER_KINDS)})(?:, round (?P<round>-?\d+))?\)",
    re.DOTALL,
)
_DEFAULTS = {"scheme": "codes", "unit": "utterance", "coder_kind": "human", "round": "1"}


def escaped(text: str) -> str:
    r"""A name or label with `\` before each `\`, `|` and `/`, and before one that reads `(none)`."""
    marked = re.sub(r"([\\|/])", r"\\\1", text)
    return f"\\{marked}" if marked in (NONE, _EMPTY) else marked or _EMPTY


def split_labels(cell: str) -> list[str | None]:
    """Labels of a cell of a wide table; `[None]` for `(none)`."""
    if cell == NONE:
        return [None]
    return [_plain(part) for part in re.findall(r"(?:\\.|\\$|[^\\|])+", cell, re.DOTALL)]


def _plain(text: str) -> str:
    return "" if text == _EMPTY else re.sub(r"\\(.?)", r"\1", text, flags=re.DOTALL)


# -- long ------------------------------------------------------------------------------------------


def _sniff_long(path: Path) -> float:
    names = set(_header(path))
    ids = names & {"id", "utterance_id", "unit_id"}
    return 0.95 if {"coder", "label", "text"} <= names and ids else 0.0


def _header(path: Path) -> list[str]:
    """Names in the first row, which may stand in quotes and hold the separator."""
    separator = separator_of(path) if path.is_file() else None
    if separator is None:
        return []
    rows = csv.reader(io.StringIO(peek(path), newline=""), delimiter=separator)
    try:
        return next(rows, [])
    except csv.Error:
        return []


def _read_long(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw = _raw(path, columns)
    require(path, raw, ("coder", "label", "text"))
    for other in ("utterance_id", "unit_id"):
        if "id" not in raw.columns and other in raw.columns:
            raw = raw.with_columns(pl.col(other).alias("id"))
    require(path, raw, ("id",))
    coded = raw.filter(pl.col("coder").is_not_null())
    said = raw.filter(pl.col("id").is_not_null()).drop(_LONG_COLUMNS, strict=False)
    talks = raw.drop(_LONG_COLUMNS, strict=False)
    layers = layers_of(_rows(path, coded))
    return _corpus(path, said, talks, layers, roles)


def _rows(path: Path, coded: pl.DataFrame) -> pl.DataFrame:
    """Rows of the layers, typed; what a table of another hand leaves out is filled in."""
    if "unit_id" not in coded.columns:
        coded = coded.with_columns(pl.col("id").alias("unit_id"))
    stated = {
        name: pl.col(name).fill_null(value) if name in coded.columns else pl.lit(value)
        for name, value in _DEFAULTS.items()
    }
    coded = coded.with_columns(**stated)
    for name, known in (("unit", UNITS), ("coder_kind", CODER_KINDS)):
        strange = coded.filter(~pl.col(name).is_in(list(known)))
        if strange.height:
            problem = f"{name} is {strange[name][0]!r}."
            remedy = f"Expected one of {list(known)}."
            raise BadInput.in_file(path, problem, row=strange[ROW][0], remedy=remedy)
    if coded["unit_id"].null_count():
        row = coded.filter(pl.col("unit_id").is_null())[ROW][0]
        raise BadInput.in_file(path, "a coding names no unit.", row=row, remedy="Fill unit_id.")
    return conform(coded, LAYER_COLUMNS, table="layers", where=str(path))


# -- wide ------------------------------------------------------------------------------------------


def _sniff_wide(path: Path) -> float:
    names = _header(path)
    return 0.95 if "text" in names and any(map(_LABELS.fullmatch, names)) else 0.0


def _read_wide(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw = _raw(path, columns)
    require(path, raw, ("id", "text"))
    named = {name: _LABELS.fullmatch(name) for name in raw.columns}
    parts = [_column(path, raw, name, told) for name, told in named.items() if told]
    said = raw.drop([name for name, told in named.items() if told])
    layers = layers_of(pl.concat(parts)) if parts else []
    return _corpus(path, said, said, layers, roles)


def _column(path: Path, raw: pl.DataFrame, name: str, told: re.Match[str]) -> pl.DataFrame:
    cells = raw.select("id", ROW, pl.col(name).alias("cell")).drop_nulls()
    labels = [split_labels(cell) for cell in cells["cell"]]
    rows = cells.with_columns(pl.Series("label", labels, dtype=pl.List(pl.String))).explode("label")
    facts = {
        "unit": "utterance",
        "scheme": _plain(told["scheme"]),
        "coder": _plain(told["coder"]),
        "coder_kind": told["kind"],
        "round": told["round"] or "1",
    }
    rows = rows.with_columns(
        pl.col("id").alias("unit_id"), *(pl.lit(value).alias(key) for key, value in facts.items())
    )
    typed = conform(rows, LAYER_COLUMNS, table="layers", where=str(path))
    return typed.select(list(LAYER_COLUMNS))


# -- both ------------------------------------------------------------------------------------------


def _raw(path: Path, columns: Mapping[str, str] | None) -> pl.DataFrame:
    raw = read_csv(path, separator=separator_of(path) or ",")
    if not columns:
        return raw
    present = [name for name in raw.columns if name != ROW]
    for theirs in columns:
        if theirs not in present:
            raise BadInput.in_file(path, str(BadInput.unknown("column", theirs, present)))
    return raw.rename(dict(columns))


def _corpus(
    path: Path,
    said: pl.DataFrame,
    talks: pl.DataFrame,
    layers: Sequence[Layer],
    roles: Mapping[str, str] | None,
) -> Corpus:
    if "conversation_id" not in said.columns:
        said = said.with_columns(pl.lit(bare_name(path)).alias("conversation_id"))
        talks = said
    found = _changing(path, said)
    once = said.unique("id", keep="first", maintain_order=True)
    own = [name for name in once.columns if not name.startswith((OF_CONVERSATION, OF_SPEAKER))]
    frame = once.select(own).with_columns(pl.col("text").fill_null(""))
    frame = _with_speakers(frame)
    for name in {"start", "end"} & set(frame.columns):
        read = seconds(frame[name])
        found += unreadable(frame[name], read, frame[ROW], str(path))
        frame = frame.with_columns(read.alias(name))
    kept = [name for name in own if name not in UTTERANCE_COLUMNS and name != ROW]
    return Corpus.build(
        frame.with_columns(as_numbers(frame[name]) for name in kept),
        conversations=_of(talks, OF_CONVERSATION, "conversation_id"),
        speakers=_of(once, OF_SPEAKER, "speaker"),
        layers=layers,
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=roles,
        findings=found,
        where=str(path),
    )


def _with_speakers(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill `speaker` from `role` or as unknown, and `role` from words for roles."""
    if "speaker" not in frame.columns:
        who = pl.col("role") if "role" in frame.columns else pl.lit(UNNAMED)
        frame = frame.with_columns((who + "-" + pl.col("conversation_id")).alias("speaker"))
    if "role" not in frame.columns:
        words = frame["speaker"].drop_nulls().unique()
        known = {word: role_of_word(word) for word in words}
        frame = frame.with_columns(
            pl.col("speaker")
            .replace_strict(known, default=None, return_dtype=pl.String)
            .alias("role")
        )
    return frame


def _of(table: pl.DataFrame, prefix: str, key: str) -> pl.DataFrame | None:
    """Facts that stand in the columns with a prefix, one row for each value of `key`."""
    names = [name for name in table.columns if name.startswith(prefix)]
    if not names or key not in table.columns:
        return None
    once = table.filter(pl.col(key).is_not_null()).unique(key, keep="first", maintain_order=True)
    facts = once.select(
        pl.col(key).alias("id"), pl.col(names).name.map(lambda n: n.removeprefix(prefix))
    )
    free = [name for name in facts.columns if name not in {"id", *CONVERSATION_COLUMNS}]
    return facts.with_columns(as_numbers(facts[name]) for name in free)


def _changing(path: Path, said: pl.DataFrame) -> list[Finding]:
    """Say where rows of one utterance do not agree on its words or its speaker."""
    asked = [name for name in ("conversation_id", "speaker", "text") if name in said.columns]
    widths = said.group_by("id", maintain_order=True).agg(
        pl.col(asked).n_unique(), pl.col(ROW).first()
    )
    differing = widths.filter(pl.any_horizontal(pl.col(asked) > 1))
    if differing.is_empty():
        return []
    places = ", ".join(f"row {row}" for row in differing[ROW].head(3))
    message = f"{differing.height} utterance(s) stand in several rows that do not agree."
    mend = "The first row of each was taken; check the ids."
    where = f"{path}, {places}"
    return [Finding("warning", "rows disagree", differing.height, where, message, mend)]


LONG = Reader(
    "csv-long", "CSV with one row per unit, coder and label (also .gz)", _sniff_long, _read_long
)
WIDE = Reader(
    "csv-wide", "CSV with one row per utterance, one column per coder", _sniff_wide, _read_wide
)
