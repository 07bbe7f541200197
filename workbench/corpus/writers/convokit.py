"""Write a ConvoKit corpus folder that ConvoKit opens and the workbench reads back unchanged.

Fields of ours without a place in ConvoKit go into utterance metadata as `workbench.<name>`, only
where reading would not derive them anyway. Utterance layers also appear in the metadata, one key per
layer (a label, or a list of labels), for those who work on in ConvoKit; the layers themselves lie
beside in `layers/`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.convokit import ALL_OR_NONE, ASIDE, SIDECAR
from workbench.corpus.readers.convokit_utterances import OWN
from workbench.corpus.readers.flattening import unflatten
from workbench.corpus.schema import (
    CONVERSATION_COLUMNS,
    META,
    SPEAKER_COLUMNS,
)
from workbench.corpus.storage import dtype_names
from workbench.corpus.writers.convokit_utterances import UtteranceLines, worded
from workbench.corpus.writers.writer import Writer, loses_nothing
from workbench.files import atomic_folder, write_json

__all__ = ["WRITER"]

Traits = Mapping[str, Sequence[str]]


def _write(corpus: Corpus, path: Path) -> None:
    """Write the folder, complete or not at all."""
    facts = corpus.metadata.facts.get("convokit", {})
    talks = _entries(corpus.conversations, facts.get("conversations", {}), CONVERSATION_COLUMNS)
    speakers = _entries(corpus.speakers, facts.get("speakers", {}), SPEAKER_COLUMNS)
    utterances = UtteranceLines(
        corpus,
        traits=facts.get("utterances", {}),
        role_of=_roles_of(speakers),
        as_text=bool(facts.get("text_timestamps")),
    )
    overall = dict(facts.get("overall", {}))
    if corpus.metadata.name != facts.get("named_after"):
        overall["name"] = corpus.metadata.name
    if corpus.metadata.licence != "not stated":
        overall["licence"] = corpus.metadata.licence
    with atomic_folder(path) as folder:
        with (folder / "utterances.jsonl").open("wb") as target:
            for lines in utterances:
                _write_lines(lines, target)
        index = _index(facts.get("index", {}), utterances.kinds, speakers, talks, overall)
        for name, content in (
            ("conversations", talks),
            ("speakers", speakers),
            ("corpus", overall),
            ("index", index),
        ):
            text = json.dumps(content, ensure_ascii=False)  # keys stay in the source's order
            (folder / f"{name}.json").write_text(text + "\n", "utf-8")
        write_json(folder / SIDECAR, _beside(corpus))
        for layer in corpus.layers:
            layer.write(folder / "layers")


def _roles_of(speakers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    roles = {name: entry["meta"].get("role") for name, entry in speakers.items()}
    return {name: role for name, role in roles.items() if isinstance(role, str)}


def _write_lines(lines: pl.Series, target: BinaryIO) -> None:
    """Write one line per value; a CSV writer without quotes is the fastest that polars has."""
    lines.to_frame().write_csv(target, include_header=False, quote_style="never")


# -- conversations, speakers, index ----------------------------------------------------------------


def _entries(
    table: pl.DataFrame, traits: Traits, ours: Collection[str]
) -> dict[str, dict[str, Any]]:
    """`{id: {"meta": ..., "vectors": []}}`; sources and roles that reading derives go unsaid."""
    said = worded(table.drop("id", *ALL_OR_NONE, strict=False))
    taken = {name: _key(name, {*ours, *said.columns}, traits) for name in said.columns}
    metas = unflatten(said.rename(taken), traits)
    for name in ALL_OR_NONE:
        if name not in table.columns:
            continue
        derived = list(table["id"])
        if name == "role":
            stated = (meta.get("role") for meta in metas)
            derived = [role if isinstance(role, str) else "other" for role in stated]
        aside = ASIDE in traits.get(name, ())
        if (name in traits and not aside) or table[name].to_list() != derived:
            for meta, value in zip(metas, table[name], strict=True):
                meta[f"{OWN}{name}" if aside else name] = value
    return {
        name: {"meta": meta, "vectors": []} for name, meta in zip(table["id"], metas, strict=True)
    }


def _key(name: str, ours: Collection[str], traits: Traits) -> str:
    """ConvoKit's key for a column: without `meta.`, unless that is the name of a column of ours."""
    bare = name.removeprefix(META)
    if bare == name:
        return f"{OWN}{name}" if ASIDE in traits.get(name, ()) else name
    return f"{OWN}{name}" if bare in ours and ASIDE not in traits.get(bare, ()) else bare


def _index(
    given: Mapping[str, Any],
    utterances: Mapping[str, Collection[str]],
    speakers: Mapping[str, dict[str, Any]],
    talks: Mapping[str, dict[str, Any]],
    overall: Mapping[str, Any],
) -> dict[str, Any]:
    """ConvoKit's table of metadata types; entries that the source had are kept as they were."""
    parts = {
        "speakers-index": [entry["meta"] for entry in speakers.values()],
        "conversations-index": [entry["meta"] for entry in talks.values()],
        "overall-index": [overall],
    }
    index: dict[str, Any] = {"version": given.get("version", 1), "vectors": []}
    kinds = {key: sorted(found) for key, found in utterances.items()}
    index["utterances-index"] = {**kinds, **given.get("utterances-index", {})}
    for part, metas in parts.items():
        index[part] = {**_types(metas), **given.get(part, {})}
    return index


def _types(metas: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    kinds: dict[str, set[str]] = {}
    for meta in metas:
        for key, value in meta.items():
            if value is not None:
                kinds.setdefault(key, set()).add(str(type(value)))
    return {key: sorted(found) for key, found in kinds.items()}


def _beside(corpus: Corpus) -> dict[str, Any]:
    facts = {k: v for k, v in corpus.metadata.facts.items() if k != "convokit"}
    about = corpus.metadata
    return {
        "columns": {
            "utterances": dtype_names(corpus.utterances),
            "conversations": dtype_names(corpus.conversations),
            "speakers": dtype_names(corpus.speakers),
        },
        "metadata": {
            "name": about.name,
            "licence": about.licence,
            "citation": about.citation,
            "language": about.language,
            "facts": facts,
        },
    }


WRITER = Writer("convokit", "ConvoKit corpus folder (utterances.jsonl ...)", _write, loses_nothing)
