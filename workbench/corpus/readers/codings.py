"""Codings out of coding tools as Layers: one layer per scheme, coder, round and unit.

A layer has one unit, so a coder who coded whole turns and parts of turns in one scheme gives two
layers, `miti.anna` and `miti.anna.span`. Rows on spans and segments name the utterance as their
`unit_id` and the part of its text by `start_char` and `end_char`; a segment over several
utterances is one row for each, all linked (`target_id`) to the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import polars as pl

from workbench.corpus.layer import LAYER_COLUMNS, CoderKind, Layer, LayerMetadata, Unit

__all__ = [
    "CODER_KINDS",
    "UNITS",
    "Coding",
    "Place",
    "SchemeFacts",
    "layer_name",
    "layers_of",
    "rows_of",
    "span_id",
]

CODER_KINDS: tuple[CoderKind, ...] = get_args(CoderKind)
UNITS: tuple[Unit, ...] = get_args(Unit)

_KEY = ("scheme", "coder", "coder_kind", "round", "unit")


@dataclass(frozen=True, slots=True)
class Coding:
    """One row of a layer before it is sorted into one; fields as in `LAYER_COLUMNS`."""

    unit: Unit
    unit_id: str
    scheme: str
    coder: str
    label: str | None
    coder_kind: CoderKind = "human"
    round: int = 1
    target_id: str | None = None
    value: float | None = None
    probability: float | None = None
    start_char: int | None = None
    end_char: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a coding is: a unit, or a part of an utterance; `first` links the rows of a segment."""

    unit: Unit
    unit_id: str
    start: int | None = None
    end: int | None = None
    first: str | None = None

    @property
    def name(self) -> str:
        """How a link names it."""
        if self.unit == "span" and self.start is not None and self.end is not None:
            return span_id(self.unit_id, self.start, self.end)
        return self.unit_id


@dataclass(frozen=True, slots=True)
class SchemeFacts:
    """What a tool's codebook or interface says of a scheme; None where it says nothing."""

    labels: Sequence[str] | None = None
    exclusive: bool | None = None
    codebook: str | None = None
    facts: Mapping[str, Any] | None = None


def rows_of(codings: Iterable[Coding]) -> pl.DataFrame:
    """Codings as rows with the columns of a layer."""
    rows = [[getattr(coding, name) for name in LAYER_COLUMNS] for coding in codings]
    return pl.DataFrame(rows, schema=dict(LAYER_COLUMNS), orient="row")


def span_id(unit_id: str, start: int, end: int) -> str:
    """How a link (`target_id`) names a part of an utterance: `a-3:0-12`."""
    return f"{unit_id}:{start}-{end}"


def layer_name(scheme: str, coder: str, *, round: int = 1, unit: str = "utterance") -> str:
    """Name of a layer: `miti.anna`, `miti.anna.round-2`, `miti.anna.span`; also a file's name."""
    parts = [scheme, coder]
    parts += [f"round-{round}"] * (round != 1) + [unit] * (unit != "utterance")
    return ".".join(parts).replace("/", "-").replace("\\", "-")


def layers_of(rows: pl.DataFrame, schemes: Mapping[str, SchemeFacts] | None = None) -> list[Layer]:
    """Sort rows into layers, in the order in which scheme, coder, round and unit come first.

    Parameters
    ----------
    rows
        Columns of a layer; a column `layer` gives names where a source has them.
    schemes
        What is known of each scheme. Labels default to those given, sorted; a layer is exclusive
        if nothing is known and no unit has two.
    """
    layers: list[Layer] = []
    for key, part in rows.group_by(_KEY, maintain_order=True):
        scheme, coder, kind, round_, unit = key
        known = (schemes or {}).get(str(scheme)) or SchemeFacts()
        single = not part.select("unit_id", "start_char", "end_char").is_duplicated().any()
        used = part["label"].drop_nulls().unique().sort().to_list()
        told = [*known.labels] if known.labels is not None else []
        metadata = LayerMetadata(
            str(scheme),
            str(coder),
            kind,
            round=int(round_),
            unit=unit,
            labels=tuple(dict.fromkeys([*told, *used])),
            exclusive=single if known.exclusive is None else known.exclusive and single,
            codebook=known.codebook,
            facts=dict(known.facts or {}),
        )
        stated = part["layer"].drop_nulls() if "layer" in part.columns else pl.Series([])
        name = str(stated[0]) if len(stated) else _made_name(metadata)
        taken = {layer.name for layer in layers}
        if name in taken:  # one coder as a person and as the gold standard, say
            name = next(n for n in _numbered(f"{name}.{kind}") if n not in taken)
        layers.append(Layer.build(name, part, metadata))
    return layers


def _made_name(about: LayerMetadata) -> str:
    return layer_name(about.scheme, about.coder, round=about.round, unit=about.unit)


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
