"""What of the layers, and of the corpus as a whole, a coding tool's format cannot carry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import LAYER_COLUMNS, Layer, LayerMetadata
from workbench.corpus.readers.codings import layer_name
from workbench.corpus.validation import Finding
from workbench.corpus.writers.losses import lost, lost_layers

__all__ = ["lost_metadata", "lost_parts_of_layers", "survives_json"]

_ALWAYS = ("unit", "unit_id", "scheme", "coder", "coder_kind", "round", "label")
"""Columns without which a format carries no layer."""


def lost_parts_of_layers(
    corpus: Corpus,
    *,
    units: Collection[str],
    columns: Collection[str] = (),
    finds: Callable[[Layer], Mapping[str, Any]] = lambda _layer: {},
    names: bool = False,
) -> list[Finding]:
    """Findings for layers of other units, and for columns, names and facts that are not carried.

    Parameters
    ----------
    units, columns
        Units and further columns that the format carries.
    finds
        Fields of the metadata as reading finds them; by default labels are those given, sorted,
        and a layer is exclusive if no unit has two.
    names
        Whether names of layers are carried; else only those that reading makes anew are.
    """
    found = lost_layers(corpus, lambda layer: layer.metadata.unit in units)
    for layer in corpus.layers:
        if layer.metadata.unit in units:
            found += _columns(layer, columns) + _facts(layer, finds(layer), names=names)
    return found


def _columns(layer: Layer, carried: Collection[str]) -> list[Finding]:
    found = []
    for name in LAYER_COLUMNS:
        count = layer.table.height - layer.table[name].null_count()
        if count and name not in carried and name not in _ALWAYS:
            why = f"{count:,} value(s) of {name} of the layer {layer.name!r} have no place in this format."
            found.append(lost(f"layers.{layer.name}.{name}", count, why))
    return found


def _facts(layer: Layer, found_out: Mapping[str, Any], *, names: bool) -> list[Finding]:
    about = layer.metadata
    rows = layer.table
    made = LayerMetadata(
        about.scheme,
        about.coder,
        about.coder_kind,
        round=about.round,
        unit=about.unit,
        labels=tuple(rows["label"].drop_nulls().unique().sort()),
        exclusive=not rows.select("unit_id", "start_char", "end_char").is_duplicated().any(),
    )
    made = replace(made, **found_out)
    gone = [
        field.name
        for field in fields(about)
        if getattr(about, field.name) != getattr(made, field.name)
    ]
    name = layer_name(about.scheme, about.coder, round=about.round, unit=about.unit)
    gone += ["name"] * (not names and layer.name != name)
    found = []
    if gone:
        why = (
            f"what is known of the layer {layer.name!r} as a whole has no place: {', '.join(gone)}."
        )
        found.append(lost(f"layers.{layer.name}.metadata", len(gone), why))
    if layer.probabilities is not None:
        why = f"the probability table of the layer {layer.name!r} has no place in this format."
        found.append(lost(f"layers.{layer.name}.probabilities", layer.probabilities.height, why))
    return found


def lost_metadata(corpus: Corpus) -> list[Finding]:
    """Findings for licence, citation, language and facts of the corpus; its name is the file's."""
    nothing = CorpusMetadata()
    gone = [
        name
        for name in ("licence", "citation", "language", "facts")
        if getattr(corpus.metadata, name) != getattr(nothing, name)
    ]
    if not gone:
        return []
    why = f"what is known of the corpus as a whole has no place: {', '.join(gone)}."
    return [lost("metadata", len(gone), why)]


def survives_json(column: pl.Series) -> bool:
    """Whether a column of the source's own comes back from JSON as it was."""
    if column.dtype == pl.Float64:
        return bool(column.is_finite().all())
    return column.dtype in (pl.String, pl.Int64, pl.Boolean)
