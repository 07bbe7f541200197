"""Write `tasks.json` and `label_config.xml` that Label Studio imports: one conversation per task.

A layer's rows on one conversation are one annotation (`completed_by` the coder's e-mail address:
Label Studio takes only members of the project) or, where the coder is a model, a language model or a
rule, one prediction (`model_version` the coder). The control of a scheme has its name, with
`.span`, `.segment` or `.conversation` behind it for those units; an empty list of labels is *seen and
nothing assigned*. Values and notes are a number and a text on the same region.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.readers.codings import span_id
from workbench.corpus.readers.label_config import CONFIG
from workbench.corpus.schema import CONVERSATION_COLUMNS, SPEAKER_COLUMNS, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.corpus.writers.layer_losses import (
    lost_metadata,
    lost_parts_of_layers,
    survives_json,
)
from workbench.corpus.writers.losses import lost, lost_columns
from workbench.corpus.writers.studio_config import control_name, label_config, labels_of
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_folder

__all__ = ["WRITER"]

_TASKS = "tasks.json"
_PEOPLE = ("human", "gold")
_UNITS = ("utterance", "span", "conversation")
_REGION = ("unit_id", "start_char", "end_char", "value", "probability", "note", "target_id")


def _write(corpus: Corpus, path: Path) -> None:
    tasks = json.dumps(list(_tasks(corpus)), ensure_ascii=False, indent=1)
    with atomic_folder(path) as folder:
        (folder / _TASKS).write_text(tasks + "\n", "utf-8", newline="")
        (folder / CONFIG).write_bytes(label_config(_layers(corpus)))


def _layers(corpus: Corpus) -> list[Layer]:
    return [layer for layer in corpus.layers if layer.metadata.unit in _UNITS]


def _tasks(corpus: Corpus) -> Iterator[dict[str, Any]]:
    turns = _by(corpus.utterances, "conversation_id")
    people = {row["id"]: row for row in _rows(corpus.speakers)}
    codings = [(layer, _by_talk(corpus, layer)) for layer in _layers(corpus)]
    for talk in _rows(corpus.conversations):
        said = turns.get(talk["id"], [])
        speakers = dict.fromkeys(turn["speaker"] for turn in said)
        places = {turn["id"]: place for place, turn in enumerate(said)}
        task: dict[str, Any] = {
            "data": {
                "dialogue": [_turn(turn) for turn in said],
                "conversation": talk,
                "speakers": [people[name] for name in speakers if name in people],
            },
            "annotations": [],
            "predictions": [],
        }
        for layer, coded in codings:
            rows = coded.get(talk["id"])
            if rows is not None:
                kind = "annotations" if layer.metadata.coder_kind in _PEOPLE else "predictions"
                task[kind].append(_annotation(layer, rows, said, places))
        yield task


def _turn(turn: Mapping[str, Any]) -> dict[str, Any]:
    told = ("speaker", "conversation_id", "turn")
    return {"author": turn["speaker"], **{k: v for k, v in turn.items() if k not in told}}


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with dates as ISO text, without columns that hold nothing."""
    full = [name for name in table.columns if table[name].null_count() < table.height]
    return table.select(full).with_columns(selectors.temporal().dt.to_string("iso")).to_dicts()


def _by(table: pl.DataFrame, key: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(table):
        found.setdefault(row[key], []).append(row)
    return found


# -- annotations -----------------------------------------------------------------------------------


def _by_talk(corpus: Corpus, layer: Layer) -> dict[str, pl.DataFrame]:
    """Conversation -> the rows of the layer on it that a region can hold."""
    parts = _carried(corpus, layer).partition_by("_talk", as_dict=True, maintain_order=True)
    return {str(key[0]): part for key, part in parts.items()}


def _carried(corpus: Corpus, layer: Layer) -> pl.DataFrame:
    rows = layer.table.with_row_index("_row")
    if layer.metadata.unit == "conversation":
        known = corpus.conversations.select("id", pl.col("id").alias("_talk"))
        return rows.join(known, left_on="unit_id", right_on="id", maintain_order="left").filter(
            pl.col("start_char").is_null() & pl.col("end_char").is_null()
        )
    known = corpus.utterances.select(
        "id", pl.col("conversation_id").alias("_talk"), pl.col("text").str.len_chars().alias("_end")
    )
    rows = rows.join(known, left_on="unit_id", right_on="id", maintain_order="left")
    start, end = pl.col("start_char"), pl.col("end_char")
    if layer.metadata.unit == "utterance":
        return rows.filter(start.is_null() & end.is_null())
    inside = (start >= 0) & (start <= end) & (end <= pl.col("_end"))
    return rows.filter(inside.fill_null(value=False))


def _annotation(
    layer: Layer, rows: pl.DataFrame, said: list[dict[str, Any]], places: Mapping[str, int]
) -> dict[str, Any]:
    about = layer.metadata
    result = list(_results(layer, rows, said, places))
    own = {"coder_kind": about.coder_kind, "round": about.round}
    if about.coder_kind not in _PEOPLE:
        return {"model_version": about.coder, "result": result, **own}
    gold = {"ground_truth": True} if about.coder_kind == "gold" else {}
    return {"completed_by": {"email": about.coder}, "result": result, **gold, **own}


def _results(
    layer: Layer, rows: pl.DataFrame, said: list[dict[str, Any]], places: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """One region for each run of labels that share place, value, probability, note and target."""
    control = control_name(layer)
    kind = "choices" if layer.metadata.unit == "conversation" else "paragraphlabels"
    regions: list[tuple[str, dict[str, Any], list[str]]] = []
    targets: dict[str, str] = {}
    for row in rows.iter_rows(named=True):
        last = regions[-1] if regions else None
        joined = last and row["label"] is not None and last[2] and row["label"] not in last[2]
        if last and joined and all(last[1][key] == row[key] for key in _REGION):
            last[2].append(row["label"])
            continue
        labels = [] if row["label"] is None else [row["label"]]
        regions.append((f"{layer.name}-{row['_row']}", row, labels))
        targets.setdefault(_place_name(layer, row), regions[-1][0])
    for name, row, labels in regions:
        where = _where(layer, row, said, places)
        region = {"id": name, "to_name": "dialogue"}
        score = {} if row["probability"] is None else {"score": row["probability"]}
        yield {
            **region,
            "from_name": control,
            "type": kind,
            "value": {**where, kind: labels},
            **score,
        }
        if row["value"] is not None:
            value = {**where, "number": row["value"]}
            yield {**region, "from_name": f"{control}.value", "type": "number", "value": value}
        if row["note"] is not None:
            value = {**where, "text": [row["note"]]}
            yield {**region, "from_name": f"{control}.note", "type": "textarea", "value": value}
        if row["target_id"] in targets:
            link = {"from_id": name, "to_id": targets[row["target_id"]]}
            yield {**link, "type": "relation", "direction": "right"}


def _place_name(layer: Layer, row: Mapping[str, Any]) -> str:
    if layer.metadata.unit == "span":
        return span_id(row["unit_id"], row["start_char"], row["end_char"])
    return str(row["unit_id"])


def _where(
    layer: Layer, row: Mapping[str, Any], said: list[dict[str, Any]], places: Mapping[str, int]
) -> dict[str, Any]:
    if layer.metadata.unit == "conversation":
        return {}
    place = places[row["unit_id"]]
    text = said[place]["text"]
    start, end = (
        (0, len(text)) if row["start_char"] is None else (row["start_char"], row["end_char"])
    )
    paragraph = {"start": str(place), "end": str(place)}
    return {**paragraph, "startOffset": start, "endOffset": end, "text": text[start:end]}


# -- what is lost ----------------------------------------------------------------------------------


def _lost(corpus: Corpus) -> list[Finding]:
    kept = {
        table: {n for n in frame.columns if n in ours or survives_json(frame[n])}
        for table, frame, ours in (
            ("utterances", corpus.utterances, UTTERANCE_COLUMNS),
            ("conversations", corpus.conversations, CONVERSATION_COLUMNS),
            ("speakers", corpus.speakers, SPEAKER_COLUMNS),
        )
    }
    kept["utterances"] -= {"turn"}
    columns = ("start_char", "end_char", "value", "probability", "note", "target_id")
    offered = {layer.name: labels_of(_layers(corpus), layer) for layer in _layers(corpus)}
    found = lost_columns(corpus, **kept) + lost_metadata(corpus)
    found += lost_parts_of_layers(
        corpus, units=_UNITS, columns=columns, finds=lambda layer: offered[layer.name]
    )
    for layer in _layers(corpus):
        found += _lost_rows(corpus, layer) + _lost_links(corpus, layer)
    return found


def _lost_rows(corpus: Corpus, layer: Layer) -> list[Finding]:
    count = layer.table.height - _carried(corpus, layer).height
    if not count:
        return []
    why = f"{count:,} row(s) of the layer {layer.name!r} name no unit here, or no place inside its words."
    return [lost(f"layers.{layer.name}", count, why)]


def _lost_links(corpus: Corpus, layer: Layer) -> list[Finding]:
    """Links stay where the same coder coded the target in the same conversation."""
    count = 0
    for rows in _by_talk(corpus, layer).values():
        known = {_place_name(layer, row) for row in rows.iter_rows(named=True)}
        count += sum(target not in known for target in rows["target_id"].drop_nulls())
    if not count:
        return []
    why = (
        f"{count:,} link(s) of the layer {layer.name!r} lead to what the coder did not code there."
    )
    return [lost(f"layers.{layer.name}.target_id", count, why)]


WRITER = Writer(
    "label-studio",
    "folder with tasks.json and label_config.xml for Label Studio, a conversation per task",
    _write,
    _lost,
)
