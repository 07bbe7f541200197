"""What a REFI-QDA project cannot carry of a corpus."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.corpus.code_tree import read_tree, schemes_of
from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.readers.refi.selected import scheme_facts
from workbench.corpus.schema import CONVERSATION_COLUMNS, SPEAKER_COLUMNS
from workbench.corpus.validation import Finding
from workbench.corpus.writers.layer_losses import lost_metadata, lost_parts_of_layers
from workbench.corpus.writers.losses import lost, lost_columns
from workbench.corpus.writers.refi.document import codebook_of, targets_of
from workbench.corpus.writers.refi.passages import passages_of, rows_on_talks
from workbench.corpus.writers.refi.sources import SourceText, sources_of
from workbench.corpus.writers.xml_text import fits_xml

__all__ = ["lost_in_refi"]

_UNITS = ("utterance", "span", "segment", "conversation")
_COLUMNS = ("start_char", "end_char", "note", "target_id")


def lost_in_refi(corpus: Corpus) -> list[Finding]:
    """Findings for all that does not come back."""
    sources = sources_of(corpus)
    talks, people = corpus.conversations, corpus.speakers
    found = lost_columns(
        corpus,
        utterances=("id", "conversation_id", "speaker", "role", "side", "text"),
        conversations={n for n in talks.columns if n in CONVERSATION_COLUMNS or _fits(talks[n])},
        speakers={n for n in people.columns if n in SPEAKER_COLUMNS or _fits(people[n])},
    )
    found += _lost_roles(corpus) + _lost_signs(corpus) + lost_metadata(corpus)
    facts = _facts(corpus)
    found += lost_parts_of_layers(
        corpus, units=_UNITS, columns=_COLUMNS, finds=lambda layer: facts[layer.metadata.scheme]
    )
    for layer in corpus.layers:
        found += _lost_rows(layer, sources) + _lost_links(layer, sources)
    return found


def _fits(column: pl.Series) -> bool:
    """Whether the values of a variable come back as they are."""
    if column.dtype == pl.Float64:
        return bool(column.is_finite().all())
    if column.dtype == pl.String:
        return all(_fits_element(text) for text in column)
    return column.dtype in (pl.Int64, pl.Boolean)


def _fits_element(text: str | None) -> bool:
    """Whether the text of an element survives: XML also makes a line feed of a carriage return."""
    return fits_xml(text) and "\r" not in (text or "")


def _lost_roles(corpus: Corpus) -> list[Finding]:
    """Roles are those of the speakers; a turn in another role does not come back."""
    roles = corpus.speakers.select("id", pl.col("role").alias("_role"))
    said = corpus.utterances.join(roles, left_on="speaker", right_on="id", how="left")
    count = int(said.select((pl.col("role") != pl.col("_role")).sum()).item() or 0)
    if not count:
        return []
    why = f"{count:,} turn(s) are not in the role of their speaker, which alone has a place."
    return [lost("utterances.role", count, why), lost("utterances.side", count, why)]


def _lost_signs(corpus: Corpus) -> list[Finding]:
    """Names with signs that XML cannot hold, which come back replaced."""
    names = {
        "utterances.id": corpus.utterances["id"],
        "conversations.id": corpus.conversations["id"],
        "speakers.id": corpus.speakers["id"],
    }
    for layer in corpus.layers:
        about = layer.metadata
        labels = [about.scheme, about.coder, *about.labels, *layer.table["label"].drop_nulls()]
        names[f"layers.{layer.name}"] = pl.Series(labels, dtype=pl.String)
    found = []
    for place, column in names.items():
        count = sum(not fits_xml(text) for text in column)
        if count:
            why = f"{count:,} name(s) in {place} have control signs, which XML cannot hold."
            found.append(lost(place, count, why))
    for layer in corpus.layers:
        count = sum(not _fits_element(text) for text in layer.table["note"])
        if count:
            why = f"{count:,} note(s) of {layer.name!r} have control signs, which XML cannot hold."
            found.append(lost(f"layers.{layer.name}.note", count, why))
    return found


def _facts(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Labels and facts of each scheme as they are read from the codebook that is written."""
    found: dict[str, dict[str, Any]] = {
        layer.metadata.scheme: {"labels": (), "facts": {}} for layer in corpus.layers
    }
    for scheme in schemes_of(read_tree(codebook_of(corpus)), whole=corpus.metadata.name):
        known = scheme_facts(scheme)
        found[scheme.name] = {"labels": tuple(known.labels or ()), "facts": dict(known.facts or {})}
    return found


def _lost_rows(layer: Layer, sources: list[SourceText]) -> list[Finding]:
    if layer.metadata.unit == "conversation":
        kept = len(rows_on_talks(layer, sources))
    else:
        kept = sum(
            passage.covers if layer.metadata.unit == "segment" else len(passage.rows)
            for passage in passages_of(layer, sources)
        )
    count = layer.table.height - kept
    if not count:
        return []
    why = (
        f"{count:,} row(s) of the layer {layer.name!r} are on no unit here, on no words or all words "
        "of an utterance, or say `nothing assigned` of a whole conversation."
    )
    return [lost(f"layers.{layer.name}", count, why)]


def _lost_links(layer: Layer, sources: list[SourceText]) -> list[Finding]:
    passages = list(passages_of(layer, sources))
    known = targets_of(passages, sources)
    targets = [each.target for each in passages if each.target is not None]
    count = sum(("", t) not in known and (layer.name, t) not in known for t in targets)
    if not count:
        return []
    why = (
        f"{count:,} link(s) of the layer {layer.name!r} lead to what is not marked in the project."
    )
    return [lost(f"layers.{layer.name}.target_id", count, why)]
