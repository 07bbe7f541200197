"""Crosswalks as data: which code of one book stands for which code of another, and what is lost.

A crosswalk maps labels of the schemes of one book to labels of another's. Several labels may share a
target; a label that would have to be split, or has no counterpart, is not carried, and says why. A
crosswalk renames codes; it cannot cut turns into thought units, so counts of the result are not what a
coder of the target book would have counted.

Carried to a layer, each label takes the units it was given to along. A unit all of whose labels are not
carried is left out of the result, for what the target's coder would have said of it is not known; it
stays, as seen and nothing assigned, where the target's own rules leave such a unit without a code
(`uncoded`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import polars as pl

from workbench.corpus.codebook import Codebook, Scheme
from workbench.corpus.layer import Layer
from workbench.errors import BadInput

__all__ = ["CARRIED_COLUMNS", "Carried", "Crosswalk", "MappedLabel", "MappedScheme", "carry"]

Carried: TypeAlias = Literal["one-to-one", "many-to-one", "not carried"]

CARRIED_COLUMNS = {
    "label": pl.String,
    "target": pl.String,
    "kind": pl.String,
    "count": pl.Int64,
    "share": pl.Float64,
    "lost": pl.Int64,
    "note": pl.String,
}
"""Columns of the table of what was carried and lost."""

_KEYS = ("unit_id", "target_id", "start_char", "end_char")


@dataclass(frozen=True, slots=True)
class MappedLabel:
    """Where a label goes: `target`, or None with the reason in `note`.

    `uncoded` says that the target scheme by its own rules gives such a unit no code.
    """

    label: str
    target: str | None
    note: str = ""
    uncoded: bool = False


@dataclass(frozen=True)
class MappedScheme:
    """Labels of one scheme of the source book and the scheme of the target book they go to."""

    source: str
    target: str
    labels: tuple[MappedLabel, ...]
    note: str = ""

    @cached_property
    def _sharing(self) -> Counter[str | None]:
        return Counter(each.target for each in self.labels)

    def kind(self, label: MappedLabel) -> Carried:
        """Whether a label has a target of its own, shares one, or is not carried."""
        if label.target is None:
            return "not carried"
        return "one-to-one" if self._sharing[label.target] == 1 else "many-to-one"

    def of(self, label: str) -> MappedLabel:
        """Where a label goes; a label the crosswalk does not know is not carried."""
        for each in self.labels:
            if each.label == label:
                return each
        return MappedLabel(label, None, "The crosswalk does not know this label.")


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A mapping of the codes of one book to those of another.

    Parameters
    ----------
    source, target
        Names of the books.
    note
        What no mapping of codes can carry: other units, other rules of counting.
    schemes
        One entry per scheme of the source that goes anywhere.
    """

    source: str
    target: str
    note: str
    schemes: tuple[MappedScheme, ...]

    @property
    def name(self) -> str:
        """How it is called, as `annomi -> miti`."""
        return f"{self.source} -> {self.target}"

    def scheme(self, name: str) -> MappedScheme:
        """Return the mapping of a scheme of the source.

        Raises
        ------
        BadInput
            If the scheme goes nowhere; names those that do.
        """
        for each in self.schemes:
            if each.source == name:
                return each
        present = [each.source for each in self.schemes]
        raise BadInput.unknown(
            f"mapping in the crosswalk {self.name}, of the scheme", name, present
        )

    def table(self) -> pl.DataFrame:
        """Every mapping: `scheme`, `label`, `target_scheme`, `target`, `kind`, `note`."""
        rows = [
            (each.source, label.label, each.target, label.target, each.kind(label), label.note)
            for each in self.schemes
            for label in each.labels
        ]
        names = ("scheme", "label", "target_scheme", "target", "kind", "note")
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def carry(
    layer: Layer, walk: Crosswalk, target: Codebook, *, source: Codebook | None = None
) -> tuple[Layer, pl.DataFrame]:
    """Carry a layer over to the book that a crosswalk leads to.

    Parameters
    ----------
    layer
        Codings in a scheme of the source book.
    walk
        The crosswalk.
    target
        The book it leads to.
    source
        The book it comes from; its order and its codes that never occur are then in the table.

    Returns
    -------
    layer : Layer
        In the target scheme, named `<scheme>.<coder>-from-<source book>`. A unit that takes a target
        by several labels takes it once. Its labels are those that the layer's can reach. The probability of
        a shared target is the sum over its labels where the source is exclusive, else their maximum,
        which is the least it can be.
    table : DataFrame
        `label`, `target`, `kind`, `count` (times given in this layer), `share` (of all labels given;
        null where none was), `lost` (of these, units on which neither this label nor one below it in
        the book is carried), `note`; labels of the layer in the book's order.

    Raises
    ------
    BadInput
        If the crosswalk does not map the layer's scheme, or leads to labels that the target has not.
    """
    mapped = walk.scheme(layer.metadata.scheme)
    scheme = target.scheme(mapped.target)
    strange = {x.target for x in mapped.labels if x.target is not None} - set(scheme.labels)
    if strange:
        raise BadInput(
            f"The crosswalk {walk.name} leads to {sorted(strange)}, which {scheme.name!r} does not have. "
            f"It has {list(scheme.labels)}."
        )
    book = source.scheme(mapped.source) if source is not None else None
    table = _table(layer, mapped, book)
    return _carried(layer, walk, mapped, scheme, target), table


def _table(layer: Layer, mapped: MappedScheme, book: Scheme | None) -> pl.DataFrame:
    given = layer.table.drop_nulls("label")
    counts = dict(given["label"].value_counts().iter_rows())
    codes = [code for code in book.codes if code.codable] if book is not None else []
    labels = dict.fromkeys(
        [*(code.label for code in codes), *layer.metadata.labels, *sorted(counts)]
    )
    rows = []
    for label in labels:
        goes, count = mapped.of(label), counts.get(label, 0)
        share = count / given.height if given.height else None
        lost = _lost(given, mapped, label, book)
        rows.append((label, goes.target, mapped.kind(goes), count, share, lost, goes.note or None))
    return pl.DataFrame(rows, schema=CARRIED_COLUMNS, orient="row")


def _lost(given: pl.DataFrame, mapped: MappedScheme, label: str, book: Scheme | None) -> int:
    """Units with this label on which neither it nor a code below it is carried."""
    below = [label]
    for code in book.codes if book is not None else ():
        if code.parent in below and code.label not in below:
            below.append(code.label)
    carried = [x for x in below if mapped.of(x).target is not None]
    units = given.filter(pl.col("label") == label).select("unit_id").unique()
    kept = given.filter(pl.col("label").is_in(carried)).select("unit_id")
    return units.join(kept, on="unit_id", how="anti").height


def _carried(
    layer: Layer, walk: Crosswalk, mapped: MappedScheme, scheme: Scheme, book: Codebook
) -> Layer:
    possible = layer.metadata.labels or [each.label for each in mapped.labels]
    reached = {mapped.of(label).target for label in possible}
    labels = [label for label in scheme.labels if label in reached]
    shares = _probabilities(layer, mapped, labels)
    rows = _rows(layer, mapped, scheme)
    if shares is not None:
        lost = layer.table.join(rows, on="unit_id", how="anti")
        shares = shares.join(lost, on="unit_id", how="anti")
    if shares is not None and rows.height:
        long = shares.unpivot(index="unit_id", variable_name="label", value_name="_share")
        rows = rows.join(long, on=["unit_id", "label"], how="left", maintain_order="left")
        rows = rows.with_columns(probability=pl.coalesce("_share", "probability")).drop("_share")
    facts = layer.metadata
    several = rows.drop_nulls("label").select(_KEYS).is_duplicated().any()
    metadata = replace(
        facts,
        scheme=scheme.name,
        labels=tuple(labels),
        exclusive=scheme.exclusive and not several,
        codebook=book.checksum or None,
        caution=" ".join(dict.fromkeys(x for x in (facts.caution, walk.note, mapped.note) if x)),
        facts={**facts.facts, "crosswalk": walk.name, "carried_from": layer.name},
    )
    coder = layer.name.split(".", 1)[1] if "." in layer.name else facts.coder
    name = f"{scheme.name}.{coder}-from-{walk.source}"
    return Layer.build(name, rows, metadata, probabilities=shares)


def _rows(layer: Layer, mapped: MappedScheme, scheme: Scheme) -> pl.DataFrame:
    """Rows in the target scheme: carried labels once per unit, null where nothing is assigned."""
    goes = [mapped.of(label) for label in layer.table["label"].drop_nulls().unique().sort()]
    where = pl.DataFrame(
        [(each.label, each.target, each.uncoded) for each in goes],
        schema={"label": pl.String, "_target": pl.String, "_uncoded": pl.Boolean},
        orient="row",
    )
    coded = layer.table.join(where, on="label", how="left", maintain_order="left")
    order = pl.col("label").replace_strict(
        {label: at for at, label in enumerate(scheme.labels)}, default=-1, return_dtype=pl.Int64
    )
    known = pl.col("_target").is_not_null()
    empty = pl.col("label").is_null() | pl.col("_uncoded").fill_null(False)
    kept = (
        coded.filter(known | empty)
        .with_columns(label="_target")
        .drop("_target", "_uncoded")
        .with_row_index("_row")
        .with_columns(first=pl.col("_row").min().over("unit_id"), order=order)
    )
    held = pl.col("label").is_not_null().any().over(*_KEYS)
    return (
        kept.filter(pl.col("label").is_not_null() | ~held)
        .group_by(*_KEYS, "label", maintain_order=True)
        .agg(pl.exclude("probability").first(), pl.col("probability").max())
        .sort("first", "order", "_row")
        .drop("_row", "first", "order")
    )


def _probabilities(
    layer: Layer, mapped: MappedScheme, labels: Sequence[str]
) -> pl.DataFrame | None:
    """Probabilities of the targets that can be reached."""
    shares = layer.probabilities
    if shares is None or not labels:
        return None
    join = pl.sum_horizontal if layer.metadata.exclusive else pl.max_horizontal
    sources = {
        target: [x.label for x in mapped.labels if x.target == target and x.label in shares.columns]
        for target in labels
    }
    return shares.select(
        "unit_id", *(join(found).alias(target) for target, found in sources.items() if found)
    )
