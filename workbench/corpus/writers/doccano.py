"""Write JSON Lines that doccano imports: `<scheme>.<unit>/<layer>.jsonl`, one project per scheme and unit.

Labels of utterances go into a project for text classification, spans into one for sequence
labelling; `label_config.json` beside them holds the label types. Utterances that nobody coded are
in `unlabelled.jsonl`. What doccano does not know (ids, speaker, scheme, coder, ...) stands beside
each text: doccano keeps such columns and exports them again.
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
from workbench.corpus.readers.doccano import CONFIG
from workbench.corpus.schema import CONVERSATION_COLUMNS, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.corpus.writers.colours import colour_of
from workbench.corpus.writers.layer_losses import (
    lost_metadata,
    lost_parts_of_layers,
    survives_json,
)
from workbench.corpus.writers.losses import lost, lost_columns
from workbench.corpus.writers.transcripts import file_names
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_folder

__all__ = ["WRITER"]

_UNITS = ("utterance", "span")


def _write(corpus: Corpus, path: Path) -> None:
    beside = _beside(corpus)
    projects = _projects(corpus)
    names = file_names([".".join(key) for key in projects], "")
    seen: set[str] = set()
    with atomic_folder(path) as folder:
        for key, layers in projects.items():
            project = folder / names[".".join(key)]
            project.mkdir()
            files = file_names([layer.name for layer in layers], ".jsonl")
            for layer in layers:
                records = list(_records(corpus, layer, beside))
                if not records:
                    continue
                seen |= {record["utterance_id"] for record in records}
                _write_lines(project / files[layer.name], records)
            types = json.dumps(_label_types(corpus, key[0]), ensure_ascii=False, indent=2)
            (project / CONFIG).write_text(types + "\n", "utf-8")
        uncoded = [said for unit_id, said in beside.items() if unit_id not in seen]
        if uncoded or not seen:
            records = [{"text": said["text"], **_nobody(said)} for said in uncoded]
            _write_lines(folder / "unlabelled.jsonl", records)


def _projects(corpus: Corpus) -> dict[tuple[str, str], list[Layer]]:
    """Layers by scheme and unit."""
    found: dict[tuple[str, str], list[Layer]] = {}
    for layer in corpus.layers:
        about = layer.metadata
        if about.unit in _UNITS:
            found.setdefault((about.scheme, about.unit), []).append(layer)
    return found


def _write_lines(file: Path, records: list[dict[str, Any]]) -> None:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    file.write_text("".join(lines), "utf-8", newline="")


def _beside(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Utterance id -> what is known of the utterance and its conversation."""
    facts = corpus.conversations.select(
        pl.col("id").alias("conversation_id"), *CONVERSATION_COLUMNS
    )
    talks = facts.select("conversation_id", *_filled(facts.drop("conversation_id", "id")))
    table = corpus.utterances.join(talks, on="conversation_id", how="left", maintain_order="left")
    worded = table.select(_filled(table)).with_columns(selectors.temporal().dt.to_string("iso"))
    return {row["id"]: row for row in worded.iter_rows(named=True)}


def _filled(table: pl.DataFrame) -> list[str]:
    return [name for name in table.columns if table[name].null_count() < table.height]


def _nobody(said: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in said.items() if key not in ("id", "text")}
    nobody = dict.fromkeys(("scheme", "coder", "coder_kind", "round", "unit"))
    return {"utterance_id": said["id"], **known, **nobody}


def _records(
    corpus: Corpus, layer: Layer, beside: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    about = layer.metadata
    facts = {
        "scheme": about.scheme,
        "coder": about.coder,
        "coder_kind": about.coder_kind,
        "round": about.round,
        "unit": about.unit,
    }
    for (unit_id,), part in _carried(corpus, layer).group_by("unit_id", maintain_order=True):
        said = beside[str(unit_id)]
        given = part.drop_nulls("label")
        labels: list[Any] = given["label"].to_list()
        if about.unit == "span":
            labels = [
                list(row) for row in given.select("start_char", "end_char", "label").iter_rows()
            ]
        yield {"text": said["text"], "label": labels, **_nobody(said), **facts}


def _carried(corpus: Corpus, layer: Layer) -> pl.DataFrame:
    """Rows that a line can say: a null only alone and on a whole text, a span inside its text."""
    said = corpus.utterances.select("id", pl.col("text").str.len_chars().alias("_length"))
    rows = layer.table.join(said, left_on="unit_id", right_on="id", maintain_order="left")
    nothing = pl.col("label").is_null() & (pl.len().over("unit_id") == 1)
    labelled = pl.col("label").is_not_null()
    if layer.metadata.unit == "span":
        start, end = pl.col("start_char"), pl.col("end_char")
        nothing &= start.is_null() & end.is_null()
        labelled &= (start >= 0) & (start <= end) & (end <= pl.col("_length"))
    return rows.filter((nothing | labelled).fill_null(value=False))


def _label_types(corpus: Corpus, scheme: str) -> list[dict[str, Any]]:
    """Label types of a scheme as doccano imports them."""
    layers = [
        la for la in corpus.layers if la.metadata.scheme == scheme and la.metadata.unit in _UNITS
    ]
    stated = [label for layer in layers for label in layer.metadata.labels]
    used = [
        label for layer in layers for label in layer.table["label"].drop_nulls().unique().sort()
    ]
    return [
        {
            "text": label,
            "prefix_key": None,
            "suffix_key": None,
            "background_color": colour_of(place),
            "text_color": "#ffffff",
        }
        for place, label in enumerate(dict.fromkeys([*stated, *used]))
    ]


# -- what is lost ----------------------------------------------------------------------------------


def _lost(corpus: Corpus) -> list[Finding]:
    said = corpus.utterances
    kept = {n for n in said.columns if n in UTTERANCE_COLUMNS or survives_json(said[n])}
    found = lost_columns(corpus, utterances=kept - {"turn"}, conversations=CONVERSATION_COLUMNS)
    found += _lost_roles(corpus, found) + lost_metadata(corpus)
    types = {
        key: tuple(entry["text"] for entry in _label_types(corpus, key[0]))
        for key in _projects(corpus)
    }
    found += lost_parts_of_layers(
        corpus,
        units=_UNITS,
        columns=("start_char", "end_char"),
        finds=lambda layer: {"labels": types[layer.metadata.scheme, layer.metadata.unit]},
    )
    for layer in corpus.layers:
        if layer.metadata.unit in _UNITS:
            found += _lost_rows(corpus, layer)
    return found


def _lost_roles(corpus: Corpus, found: list[Finding]) -> list[Finding]:
    """Speakers of several roles get that of the turn that is read first, which may be another."""
    roles = corpus.utterances.group_by("speaker").agg(pl.col("role").n_unique())
    several = int((roles["role"] > 1).sum())
    if not several or any(finding.where == "speakers.role" for finding in found):
        return []
    why = f"{several} speaker(s) have several roles; which one is the speaker's has no place."
    return [lost("speakers.role", several, why)]


def _lost_rows(corpus: Corpus, layer: Layer) -> list[Finding]:
    count = layer.table.height - _carried(corpus, layer).height
    if not count:
        return []
    why = (
        f"{count:,} row(s) of the layer {layer.name!r} name no utterance or no place in it, or say "
        "`nothing assigned` beside a label."
    )
    return [lost(f"layers.{layer.name}", count, why)]


WRITER = Writer(
    "doccano", "folder of JSON Lines for doccano, one project per scheme", _write, _lost
)
