"""Formats that hold one conversation a file: where the files go, and what did not come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.joining import join_corpora
from workbench.corpus.layer import LAYER_COLUMNS, Layer, LayerMetadata
from workbench.corpus.validation import Finding
from workbench.corpus.writers.losses import lost
from workbench.corpus.writers.writer import Writer
from workbench.errors import BadInput
from workbench.files import atomic_folder, atomic_path

__all__ = ["file_names", "lost_in", "transcript_writer", "write_transcripts"]

_LONGEST_NAME = 100


def transcript_writer(
    name: str,
    description: str,
    *,
    ending: str,
    render: Callable[[Corpus], str],
    read: Callable[[Path, str], Corpus],
    why: Mapping[str, str],
) -> Writer:
    """Make the writer of a format with one conversation a file, whose losses reading back shows.

    Parameters
    ----------
    render, read
        Text of a file from a corpus of one conversation, and that corpus from a path and the text.
    why
        Reasons by column, for `lost_in`.
    """

    def write(corpus: Corpus, path: Path) -> None:
        write_transcripts(corpus, path, ending=ending, render=render)

    def tell_lost(corpus: Corpus) -> list[Finding]:
        return lost_in(
            corpus,
            ending=ending,
            there_and_back=lambda one: read(Path(f"there{ending}"), render(one)),
            why=why,
        )

    return Writer(name, description, write, tell_lost)


def write_transcripts(
    corpus: Corpus, path: Path, *, ending: str, render: Callable[[Corpus], str]
) -> None:
    """Write one file a conversation, all or none of them.

    A corpus of one conversation and a path with an ending give a file; anything else gives a
    folder of files named after the conversations, where letters, digits, `-`, `.` and `_` stay.

    Parameters
    ----------
    render
        Text of a file, from a corpus of one conversation.

    Raises
    ------
    BadInput
        If there is no conversation.
    """
    talks = corpus.conversations["id"].to_list()
    if not talks:
        raise BadInput.in_file(path, "there is no conversation to write.")
    if len(talks) == 1 and path.suffix:
        with atomic_path(path) as temporary:
            temporary.write_text(render(corpus), "utf-8", newline="")
        return
    with atomic_folder(path) as folder:
        for talk, name in file_names(talks, ending).items():
            content = render(corpus.filter(conversations=[talk]))
            (folder / name).write_text(content, "utf-8", newline="")


def file_names(talks: Sequence[str], ending: str) -> dict[str, str]:
    """Names that any file system takes and that differ by more than case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for talk in talks:
        plain = re.sub(r"[^\w.-]+", "_", talk).lstrip(".")[:_LONGEST_NAME] or "conversation"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.casefold())
        names[talk] = f"{name}{ending}"
    return names


# -- what is lost ----------------------------------------------------------------------------------


def lost_in(
    corpus: Corpus,
    *,
    ending: str,
    there_and_back: Callable[[Corpus], Corpus],
    why: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Findings for whatever differs after each conversation was rendered and read again.

    Parameters
    ----------
    there_and_back
        Renders a corpus of one conversation and reads the text.
    why
        `utterances.text` -> a sentence on why such values change.
    """
    talks = corpus.conversations["id"].to_list()
    if not talks:
        return []
    names = file_names(talks, ending)
    in_order = sorted(talks, key=lambda talk: names[talk])  # a folder is read in this order
    again = join_corpora(
        [(talk, there_and_back(corpus.filter(conversations=[talk]))) for talk in in_order]
    )
    order = pl.col("conversation_id").replace_strict(
        {talk: place for place, talk in enumerate(in_order)}, return_dtype=pl.Int64
    )
    before = corpus.utterances.sort(order, "turn", maintain_order=True)
    found = _changed("utterances", before, again.utterances, why or {})
    for table in ("conversations", "speakers"):
        ours: pl.DataFrame = getattr(corpus, table)
        theirs: pl.DataFrame = getattr(again, table)
        beside = ours.select("id").join(theirs, on="id", how="left", maintain_order="left")
        found += _changed(table, ours, beside, why or {})
    units = dict(zip(before["id"], again.utterances["id"], strict=True))
    units |= dict(zip(talks, talks, strict=True))
    return found + _changed_layers(corpus, again, units)


def _changed(
    table: str, ours: pl.DataFrame, theirs: pl.DataFrame, why: Mapping[str, str]
) -> list[Finding]:
    found = []
    for name in ours.columns:
        column = ours[name]
        if name not in theirs.columns or theirs[name].dtype != column.dtype:
            count = column.len() - column.null_count()
        else:
            count = int(column.ne_missing(theirs[name]).sum())
        if count:
            place = f"{table}.{name}"
            reason = why.get(place, "They have no place in this format.")
            message = f"{count:,} value(s) of {place} do not come back as they are. {reason}"
            found.append(lost(place, count, message))
    return found


def _changed_layers(corpus: Corpus, again: Corpus, units: Mapping[str, str]) -> list[Finding]:
    read = {layer.name: layer for layer in again.layers}
    found = []
    for layer in corpus.layers:
        rows = layer.table.height
        if layer.name not in read:
            message = f"the layer {layer.name!r} with {rows:,} row(s) has no place in this format."
        else:
            differing = _differing(layer, read[layer.name], units)
            if not differing:
                continue
            message = f"of the layer {layer.name!r} these do not come back: {differing}."
        found.append(lost(f"layers.{layer.name}", rows, message))
    return found


def _differing(ours: Layer, theirs: Layer, units: Mapping[str, str]) -> list[str]:
    """Columns and facts of a layer that differ; the order of its rows says nothing."""
    here = ours.table.with_columns(pl.col("unit_id").replace(dict(units)))
    order = list(LAYER_COLUMNS)
    here, there = here.sort(order), theirs.table.sort(order)
    if here.height != there.height:
        return ["rows"]
    columns = [name for name in order if not here[name].equals(there[name], null_equal=True)]
    facts = [
        fact.name
        for fact in fields(LayerMetadata)
        if getattr(ours.metadata, fact.name) != getattr(theirs.metadata, fact.name)
    ]
    return [*columns, *facts, *(["probabilities"] if ours.probabilities is not None else [])]
