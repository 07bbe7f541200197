"""A Layer: the codings of one scheme by one coder in one round."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

from workbench.corpus.damage import read_parquet, read_parquet_metadata, refusing_damage
from workbench.errors import BadInput
from workbench.files import atomic_path

__all__ = [
    "ABSTAINED",
    "LAYER_COLUMNS",
    "NOT_CODED",
    "CoderKind",
    "Layer",
    "LayerMetadata",
    "Unit",
    "join_layers",
]

Unit = Literal["utterance", "span", "segment", "conversation"]
CoderKind = Literal["human", "model", "llm", "rule", "gold"]

ABSTAINED = "abstained"
"""Begins the note on units of which the coder was less sure than asked for."""

NOT_CODED = "not coded: "
"""Begins the note on units that the coder was asked about and did not code; how it ended follows."""

LAYER_COLUMNS: Mapping[str, pl.DataType] = {
    "unit": pl.String(),
    "unit_id": pl.String(),
    "target_id": pl.String(),
    "scheme": pl.String(),
    "coder": pl.String(),
    "coder_kind": pl.String(),
    "round": pl.Int64(),
    "label": pl.String(),
    "value": pl.Float64(),
    "probability": pl.Float64(),
    "start_char": pl.Int64(),
    "end_char": pl.Int64(),
    "note": pl.String(),
}


@dataclass(frozen=True, slots=True)
class LayerMetadata:
    """Facts that hold for a whole layer and therefore stand once.

    Parameters
    ----------
    scheme, coder, coder_kind, round, unit
        What was coded, by whom, in which round, on which unit.
    labels
        All labels the coder could give, in the codebook's order.
    exclusive
        Whether a unit takes exactly one label (False: any number, none included).
    codebook
        Checksum of the codebook, where there is one.
    model
        Fingerprint of the model, for automatic coders.
    context_turns
        Previous turns the coder read; a coder that reads previous turns creates lag effects of its own.
    blind
        Whether the coder worked without seeing suggestions (None: not known).
    sampling
        How the coded units were drawn (None: all of them).
    caution
        One sentence a reader of any figure made from this layer has to see.
    """

    scheme: str
    coder: str
    coder_kind: CoderKind
    round: int = 1
    unit: Unit = "utterance"
    labels: tuple[str, ...] = ()
    exclusive: bool = True
    codebook: str | None = None
    model: str | None = None
    context_turns: int = 0
    blind: bool | None = None
    sampling: str | None = None
    caution: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Text form, stored inside the layer's Parquet file."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> LayerMetadata:
        """Read what `to_json` wrote."""
        content = json.loads(text)
        known = {f.name for f in fields(cls)}
        content = {key: value for key, value in content.items() if key in known}
        content["labels"] = tuple(content.get("labels", ()))
        return cls(**content)


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of `table` per assigned label; *seen and nothing assigned* is a row with null label.

    `probabilities`, where a coder has them, is a wide table: `unit_id` and one Float64 column per
    label of `metadata.labels`.
    """

    name: str
    table: pl.DataFrame
    metadata: LayerMetadata
    probabilities: pl.DataFrame | None = None

    @classmethod
    def build(
        cls,
        name: str,
        rows: pl.DataFrame,
        metadata: LayerMetadata,
        *,
        probabilities: pl.DataFrame | None = None,
    ) -> Layer:
        """Make a layer from rows with at least `unit_id` and `label`; the rest is filled in.

        Raises
        ------
        BadInput
            If `unit_id` or `label` is absent, or a label is not among `metadata.labels`.
        """
        for needed in ("unit_id", "label"):
            if needed not in rows.columns:
                raise BadInput(f"Layer {name!r} needs a column {needed!r}; got {rows.columns}.")
        constants = {
            "unit": metadata.unit,
            "scheme": metadata.scheme,
            "coder": metadata.coder,
            "coder_kind": metadata.coder_kind,
            "round": metadata.round,
        }
        table = rows.select(
            [
                pl.lit(constants[column]).cast(dtype).alias(column)
                if column in constants
                else (pl.col(column) if column in rows.columns else pl.lit(None))
                .cast(dtype)
                .alias(column)
                for column, dtype in LAYER_COLUMNS.items()
            ]
        )
        strange = set(table["label"].drop_nulls().unique()) - set(metadata.labels)
        if metadata.labels and strange:
            raise BadInput(
                f"Layer {name!r} has labels outside its scheme: {sorted(strange)}. "
                f"Expected: {list(metadata.labels)}."
            )
        return cls(name, table, metadata, probabilities)

    @property
    def undecided(self) -> pl.Series:
        """Ids of units that the coder saw and decided nothing about, as their notes say.

        A refusal or an abstention is no decision that no code holds.
        """
        told = pl.col("note").str.contains(rf"(^|; )({ABSTAINED}|{NOT_CODED})")
        units = self.table.group_by("unit_id", maintain_order=True).agg(
            none=pl.col("label").is_null().all(), told=told.any()
        )
        return units.filter(pl.col("none") & pl.col("told"))["unit_id"]

    def counts(self) -> pl.DataFrame:
        """Count labels: `label`, `count`, and `expected` (sum of probabilities; null without them)."""
        labels = self.metadata.labels or tuple(sorted(self.table["label"].drop_nulls().unique()))
        counted = dict(self.table["label"].drop_nulls().value_counts().iter_rows())
        expected = (
            [float(self.probabilities[label].sum()) for label in labels]
            if self.probabilities is not None
            else [None] * len(labels)
        )
        return pl.DataFrame(
            {"label": labels, "count": [counted.get(x, 0) for x in labels], "expected": expected},
            schema={"label": pl.String, "count": pl.Int64, "expected": pl.Float64},
        )

    def of(self, *, utterances: pl.Series, conversations: pl.Series) -> Layer:
        """Keep the rows of some utterances, or, in a layer on conversations, of those."""
        return self.restricted_to(
            conversations if self.metadata.unit == "conversation" else utterances
        )

    def restricted_to(self, unit_ids: pl.Series) -> Layer:
        """Keep the rows of some units."""
        keep = pl.col("unit_id").is_in(unit_ids.implode())
        shares = self.probabilities
        return replace(
            self,
            table=self.table.filter(keep),
            probabilities=None if shares is None else shares.filter(keep),
        )

    def followed_by(self, other: Layer) -> Layer:
        """Append the rows of `other`, a layer of the same coder and scheme on further units.

        The labels and the cautions are those of both; it stays exclusive if both are.
        """
        shares = self.probabilities
        if shares is not None and other.probabilities is not None:
            shares = pl.concat([shares, other.probabilities], how="diagonal_relaxed")
        ours, theirs = self.metadata, other.metadata
        facts = replace(
            ours,
            labels=tuple(dict.fromkeys((*ours.labels, *theirs.labels))),
            exclusive=ours.exclusive and theirs.exclusive,
            caution=_both_cautions(ours.caution, theirs.caution),
        )
        table = pl.concat([self.table, other.table])
        return replace(self, table=table, metadata=facts, probabilities=shares)

    def write(self, folder: str | Path) -> None:
        """Write `<name>.parquet` and, where there are any, `<name>.probabilities.parquet`."""
        folder = Path(folder)
        shares = folder / f"{self.name}.probabilities.parquet"
        if self.probabilities is None:
            shares.unlink(missing_ok=True)  # those of a layer of this name that stood here before
        else:
            with atomic_path(shares) as temporary:
                self.probabilities.write_parquet(temporary)
        with atomic_path(folder / f"{self.name}.parquet") as temporary:
            self.table.write_parquet(temporary, metadata={"workbench": self.metadata.to_json()})

    @classmethod
    def read(cls, path: str | Path) -> Layer:
        """Read `<name>.parquet` with its metadata and probabilities.

        Raises
        ------
        BadInput
            If the file is not a layer.
        """
        path = Path(path)
        metadata = cls.read_metadata(path)
        beside = path.with_name(f"{path.stem}.probabilities.parquet")
        return cls(
            name=path.stem,
            table=read_parquet(path),
            metadata=metadata,
            probabilities=read_parquet(beside) if beside.exists() else None,
        )

    @staticmethod
    def read_metadata(path: Path) -> LayerMetadata:
        """Read only the facts of `<name>.parquet`.

        Raises
        ------
        BadInput
            If the file is not a layer.
        """
        stored = read_parquet_metadata(path).get("workbench")
        if stored is None:
            raise BadInput.in_file(path, "this Parquet file holds no layer metadata.")
        with refusing_damage(path):
            return LayerMetadata.from_json(stored)

    def __repr__(self) -> str:
        meta = self.metadata
        return (
            f"Layer({self.name!r}, scheme={meta.scheme!r}, coder={meta.coder!r} ({meta.coder_kind}), "
            f"{self.table['unit_id'].n_unique()} {meta.unit}s)"
        )


def _both_cautions(first: str | None, second: str | None) -> str | None:
    """Every sentence of two cautions, once."""
    sentences = [
        sentence
        for caution in (first, second)
        if caution
        for sentence in re.split(r"(?<=[.!?]) ", caution)
    ]
    return " ".join(dict.fromkeys(sentences)) or None


def join_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Put layers of one name together, in the order in which the names come first."""
    merged: dict[str, Layer] = {}
    for layer in layers:
        present = merged.get(layer.name)
        merged[layer.name] = layer if present is None else present.followed_by(layer)
    return tuple(merged.values())
