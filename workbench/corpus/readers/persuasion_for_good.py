"""Persuasion for Good (Wang et al., ACL 2019): one person asks another to give to a charity.

The release is four tables: all dialogues by turn (`full_dialog.csv`), 300 of them by sentence with
codes (`300_dialog.xlsx`), and who took part (`full_info.csv`, `300_info.xlsx`). A folder of them is
one corpus: turns from the full table, codes as spans of those turns, people from the info tables.
A single table of dialogues takes the info table beside it, where there is one.

Persuader and persuadee help nobody, so they stand on no side unless `roles=` says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.archives import is_zip
from workbench.corpus.readers.opening import header
from workbench.corpus.readers.persuasion_people import (
    ROLES,
    conversations_of,
    number_of,
    speakers_of,
    talk_of,
)
from workbench.corpus.readers.published import read_table, renamed
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import require
from workbench.corpus.readers.workbook import first_sheet, holds_words
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_CITATION = (
    "Wang, X., Shi, W., Kim, R., Oh, Y., Yang, S., Zhang, J., & Yu, Z. (2019). Persuasion for Good: "
    "Towards a Personalized Persuasive Dialogue System for Social Good. ACL 2019. arXiv:1906.06725"
)
_DIALOGUE = ("Unit", "Turn", "B4", "B2")
_INFO = ("B2", "B3", "B4", "B6")
_CODES = ("er_label_1", "ee_label_1")
_STRATEGIES = {"er_label": "persuasion-persuader", "ee_label": "persuasion-persuadee"}
_SENTIMENTS = ("neg", "neu", "pos")
_PLACES = ("", "FullData", "AnnotatedData", "data/FullData", "data/AnnotatedData")
_TABLES = ("full_dialog.csv", "300_dialog.xlsx", "full_info.csv", "300_info.xlsx")


def _sniff(path: Path) -> float:
    if path.is_dir():
        return float(
            any(file.name.endswith(("dialog.csv", "dialog.xlsx")) for file in _files(path))
        )
    if is_zip(path):
        return float(holds_words(path, ("Unit", *_CODES)))
    return 0.9 if set(_DIALOGUE) <= set(header(path)) else 0.0


def _files(folder: Path) -> list[Path]:
    found = (folder / place / name for place in _PLACES for name in _TABLES)
    return [file for file in found if file.is_file()]


@dataclass
class _Tables:
    """Rows of the tables by what they hold, and what was found on the way."""

    turns: list[dict[str, Any]] = field(default_factory=list)
    sentences: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    tables = _tables(path, columns)
    users = {(row["B2"], row["B4"]): row["B3"] for row in tables.people if row["B3"]}
    turns = _turns(tables, users)
    if not turns:
        raise BadInput.in_file(path, "there is no turn in it.", remedy=f"Expected {_DIALOGUE}.")
    spans, lost = _spans(turns, tables.sentences, str(path))
    asked = {ROLES.get(name, name): role for name, role in (roles or {}).items()}
    kept = ("id", "conversation_id", "speaker", "role", "text", f"{META}turn", ROW)
    return Corpus.build(
        pl.DataFrame([{key: turn[key] for key in kept} for turn in turns]),
        conversations=conversations_of([turn["conversation_id"] for turn in turns], tables.people),
        speakers=speakers_of(tables.people),
        layers=_layers(spans),
        metadata=CorpusMetadata(
            name="persuasion-for-good", licence="Apache-2.0", citation=_CITATION, language="en"
        ),
        roles=asked or None,
        findings=[*tables.findings, *lost],
        where=str(path),
    )


# -- out of the files ----------------------------------------------------------------------------------


def _tables(path: Path, columns: Mapping[str, str] | None) -> _Tables:
    tables = _Tables()
    if path.is_dir():
        files = _files(path)
    else:
        beside = [path.parent / name for name in _TABLES if "info" in name]
        files = [path, *(file for file in beside if file.is_file() and file != path)]
    for file in files:
        table, found = _table(file, columns if file == path or path.is_dir() else None)
        tables.findings += found
        if set(_DIALOGUE) <= set(table.columns):
            coded = set(_CODES) & set(table.columns)
            (tables.sentences if coded else tables.turns).extend(_rows(file, table))
        else:
            require(file, table, _DIALOGUE if file == path else _INFO)
            tables.people += _rows(file, table)
    return tables


def _table(file: Path, columns: Mapping[str, str] | None) -> tuple[pl.DataFrame, list[Finding]]:
    if is_zip(file):
        return renamed(file, first_sheet(file), columns), []
    return read_table(file, (), columns=columns)


def _rows(file: Path, table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as text, with whole numbers written without `.0`; the role must be one of the two."""
    rows = table.to_dicts()
    for row in rows:
        for key in ("B4", "Turn"):
            if key in row:
                row[key] = row[key].strip().removesuffix(".0")
        if row["B4"] not in ROLES:
            problem = f"B4 is {row['B4']!r}."
            raise BadInput.in_file(
                file, problem, row=row[ROW], remedy="Expected 0 (persuader) or 1 (persuadee)."
            )
        if not row["B2"]:
            raise BadInput.in_file(file, "there is no dialogue in B2.", row=row[ROW])
    return rows


# -- turns ---------------------------------------------------------------------------------------------


def _turns(tables: _Tables, users: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """Turns of the full table, then those that only the sentences tell of."""
    full = {row["B2"] for row in tables.turns}
    whole = [[row] for row in tables.turns]
    whole += _together([row for row in tables.sentences if row["B2"] not in full])
    places: dict[str, int] = defaultdict(int)
    turns = []
    for rows in whole:
        first = rows[0]
        talk = talk_of(first)
        role = ROLES[first["B4"]]
        turns.append(
            {
                "id": f"{talk}-{places[talk]}",
                "conversation_id": talk,
                "speaker": users.get((first["B2"], first["B4"])) or f"{role}-{talk}",
                "role": role,
                "text": " ".join(row["Unit"].strip() for row in rows),
                f"{META}turn": first["Turn"],
                "key": _key(first),
                ROW: first[ROW],
            }
        )
        places[talk] += 1
    return turns


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["B2"], row["Turn"], row["B4"]


def _together(sentences: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Sentences of one turn, in the order in which the turns begin."""
    turns: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in sentences:
        turns[_key(row)].append(row)
    return list(turns.values())


def _spans(
    turns: Sequence[Mapping[str, Any]], sentences: Sequence[dict[str, Any]], where: str
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Where each coded sentence stands in its turn."""
    of_key: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for turn in turns:
        of_key[turn["key"]].append(turn)
    behind: dict[str, int] = defaultdict(int)
    spans: list[dict[str, Any]] = []
    lost: list[int] = []
    for row in sentences:
        said, candidates = row["Unit"].strip(), of_key[_key(row)]
        starts = [turn["text"].find(said, behind[turn["id"]]) for turn in candidates if said]
        found = next((at for at, start in enumerate(starts) if start >= 0), None)
        if found is None:
            lost.append(row[ROW])
        if not candidates:
            continue
        unit = candidates[found or 0]["id"]
        start = None if found is None else starts[found]
        end = None if start is None else start + len(said)
        behind[unit] = end or behind[unit]
        spans.append({**row, "unit_id": unit, "start_char": start, "end_char": end})
    if not lost:
        return spans, []
    told = f"{len(lost)} coded sentence(s) are not found letter for letter in their turn."
    mend = "Their codes stand for the whole turn; those of turns that are not there were left out."
    places = ", ".join(f"row {row}" for row in lost[:3])
    return spans, [
        Finding("warning", "sentence moved", len(lost), f"{where}, {places}", told, mend)
    ]


# -- what the source codes ------------------------------------------------------------------------------


def _layers(spans: Sequence[Mapping[str, Any]]) -> list[Layer]:
    layers = []
    for column, scheme in _STRATEGIES.items():
        rows = [
            {**_place(span), "label": span[f"{column}_{nth}"].strip(), "note": note}
            for span in spans
            for nth, note in ((1, None), (2, "second most salient"))
            if (span.get(f"{column}_{nth}") or "").strip()
        ]
        layers.append(_layer(rows, scheme, "gold", "PersuasionForGood", "gold"))
    scores = [
        {**_place(span), "label": label, "value": value}
        for span in spans
        for label in _SENTIMENTS
        if (value := number_of(span.get(label))) is not None
    ]
    layers.append(_layer(scores, "persuasion-sentiment", "program", "VADER", "rule"))
    return [layer for layer in layers if layer.table.height]


def _place(span: Mapping[str, Any]) -> dict[str, Any]:
    return {key: span[key] for key in ("unit_id", "start_char", "end_char")}


def _layer(rows: list[dict[str, Any]], scheme: str, suffix: str, coder: str, kind: Any) -> Layer:
    texts = dict.fromkeys(("unit_id", "label", "note"), pl.String)
    schema = {**texts, "value": pl.Float64, "start_char": pl.Int64, "end_char": pl.Int64}
    table = pl.DataFrame([[row.get(key) for key in schema] for row in rows], schema, orient="row")
    facts = LayerMetadata(
        scheme,
        coder,
        kind,
        unit="span",
        labels=tuple(sorted(table["label"].unique())),
        exclusive=False,
    )
    return Layer.build(f"{scheme}.{suffix}", table, facts)


READER = Reader(
    "persuasion-for-good",
    "Persuasion for Good: full_dialog.csv, 300_dialog.xlsx, or a folder of its tables",
    _sniff,
    _read,
    per_file=False,
)
