"""Layers of one scheme as a long table of codings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput
from workbench.reliability.intake_spelling import bare_label
from workbench.reliability.unitizing import layer_spans

__all__ = [
    "Codings",
    "NamedSpans",
    "book_of",
    "codings_of_layers",
    "named_spans",
    "refuse_mixed_books",
]


@dataclass(frozen=True, slots=True)
class Codings:
    """A long table of codings and what is known of it.

    Parameters
    ----------
    rows
        `unit`, `coder`, `labels` (list; null: missing; empty: seen, nothing assigned), and where known
        `conversation`, `source`.
    coders
        Names in order.
    labels
        Labels that the book or the layers state, in order; empty where nothing does.
    book
        Name of the book that `labels` are of; empty where there is none.
    sets
        Whether a unit takes any number of labels.
    numeric
        Whether the labels are numbers.
    """

    rows: pl.DataFrame
    coders: tuple[str, ...]
    labels: tuple[Any, ...] = ()
    book: str = ""
    sets: bool = False
    numeric: bool = False
    scheme: str = ""
    unit: str = "unit"
    kinds: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def book_of(
    codebook: Codebook | Scheme | Sequence[str] | None, scheme: str
) -> tuple[str, tuple[str, ...], bool | None]:
    """Name, labels and exclusiveness that a book states for a scheme (None: it says nothing).

    Raises
    ------
    BadInput
        If a book of several schemes has none of this name.
    """
    if codebook is None:
        return "", (), None
    if isinstance(codebook, Codebook):
        if scheme or len(codebook.schemes) > 1:
            if not scheme:
                names = [one.name for one in codebook.schemes]
                raise BadInput(
                    f"The codebook {codebook.name!r} has several schemes, {names}. Pass one of them: "
                    "codebook=book.scheme(name)."
                )
            codebook = codebook.scheme(scheme)
        else:
            codebook = codebook.schemes[0]
    if isinstance(codebook, Scheme):
        return codebook.name, codebook.labels, codebook.exclusive
    if isinstance(codebook, str):
        raise BadInput(
            f"codebook={codebook!r}: pass the book itself, as "
            f"workbench.coding.load_codebook({codebook!r}), a scheme of it, or a list of labels."
        )
    return "the given labels", tuple(codebook), None


def codings_of_layers(
    layers: Sequence[Layer], codebook: Codebook | Scheme | Sequence[str] | None
) -> Codings:
    """Read layers of one scheme.

    Raises
    ------
    BadInput
        If they are of several schemes, units or codebooks, or one stands twice.
    """
    scheme, unit = _same(layers, "scheme"), _same(layers, "unit")
    twice = [name for name, n in Counter(layer.name for layer in layers).items() if n > 1]
    if twice:
        raise BadInput(f"The layer {twice[0]!r} stands twice: a coder always agrees with itself.")
    book, labels, exclusive = _book_or_stated(layers, codebook, scheme)
    if exclusive is None:
        exclusive = _same_exclusiveness(layers)
    names = _names(layers)
    parts, notes = [], []
    for name, layer in zip(names, layers, strict=True):
        rows = _rows(layer, name, exclusive=exclusive)
        parts.append(rows)
        undecided = rows["labels"].null_count()
        if undecided:
            notes.append(
                f"{name} came to no decision on {undecided:,} {unit}s, which count as missing"
            )
    return Codings(
        pl.concat(parts),
        names,
        labels,
        book,
        sets=not exclusive,
        scheme=scheme,
        unit=unit,
        kinds={name: layer.metadata.coder_kind for name, layer in zip(names, layers, strict=True)},
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class NamedSpans:
    """Marked stretches of text, and what is known of them.

    Parameters
    ----------
    spans, continua
        As `layer_spans` gives them, coders by their names here.
    kinds
        Kind of each coder, in order.
    labels, book
        Labels that the book or the layers state, and its name; empty where nothing does.
    """

    spans: pl.DataFrame
    continua: pl.DataFrame
    kinds: Mapping[str, str]
    labels: tuple[str, ...]
    book: str


def named_spans(
    layers: Sequence[Layer],
    corpus: Corpus,
    codebook: Codebook | Scheme | Sequence[str] | None = None,
) -> NamedSpans:
    """Read spans of several coders.

    Raises
    ------
    BadInput
        As `codings_of_layers` and `layer_spans`.
    """
    scheme = _same(layers, "scheme")
    book, labels, _ = _book_or_stated(layers, codebook, scheme)
    names = _names(layers)
    renamed = [
        replace(layer, metadata=replace(layer.metadata, coder=name))
        for name, layer in zip(names, layers, strict=True)
    ]
    spans, continua = layer_spans(renamed, corpus)
    kinds = {x.metadata.coder: str(x.metadata.coder_kind) for x in renamed}
    return NamedSpans(spans, continua, kinds, labels, book)


def _book_or_stated(
    layers: Sequence[Layer], codebook: Codebook | Scheme | Sequence[str] | None, scheme: str
) -> tuple[str, tuple[str, ...], bool | None]:
    """As `book_of`; without a book the labels that the layers state."""
    book, labels, exclusive = book_of(codebook, scheme)
    if not book:
        labels = _stated(layers)
        book = f"of the layers ({scheme})" if labels else ""
    return book, labels, exclusive


def _rows(layer: Layer, name: str, *, exclusive: bool) -> pl.DataFrame:
    rows = layer.table.group_by("unit_id", maintain_order=True).agg(
        pl.col("label").drop_nulls().unique().sort().alias("labels")
    )
    several = rows.filter(pl.col("labels").list.len() > 1)["unit_id"]
    if exclusive and len(several):
        raise BadInput(
            f"Layer {layer.name!r} gives several labels to {len(several):,} units, such as "
            f"{several[0]!r}, though its codes exclude each other."
        )
    undecided = pl.col("unit_id").is_in(layer.undecided.implode())
    return rows.select(
        unit="unit_id", coder=pl.lit(name), labels=pl.when(~undecided).then("labels")
    )


def _names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """The coder's part of each layer's name, or the whole name where that is not distinct."""
    short = [layer.name.removeprefix(f"{layer.metadata.scheme}.") for layer in layers]
    return tuple(short if len(set(short)) == len(short) else [layer.name for layer in layers])


def _same(layers: Sequence[Layer], fact: str) -> str:
    values = list(dict.fromkeys(str(getattr(layer.metadata, fact)) for layer in layers))
    if len(values) > 1:
        raise BadInput(
            f"The layers are of several {fact}s, {values}: agreement compares coders of one. Choose by "
            f"`[x for x in layers if x.metadata.{fact} == {values[0]!r}]`."
        )
    return values[0]


def _stated(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Labels that the layers state; they have to be of one book, spelled as they may be."""
    stated = [layer for layer in layers if layer.metadata.labels]
    first = stated[0] if stated else None
    for layer in stated[1:]:
        ours, theirs = (
            {bare_label(x): x for x in one.metadata.labels} for one in (stated[0], layer)
        )
        if set(ours) != set(theirs):
            more, others = (
                [a[x] for x in set(a) - set(b)] for a, b in ((ours, theirs), (theirs, ours))
            )
            raise BadInput(
                f"Two codebooks are mixed: layer {stated[0].name!r} knows {sorted(more)} besides, and "
                f"layer {layer.name!r} {sorted(others)}. Compare layers of one book, or pass codebook= "
                "with all labels."
            )
    refuse_mixed_books(layers)
    return first.metadata.labels if first else ()


def refuse_mixed_books(layers: Sequence[Layer]) -> None:
    """Refuse layers of several versions of a book; those that state none are taken at their codes.

    Raises
    ------
    BadInput
        If they name two checksums.
    """
    checksums = {layer.metadata.codebook: layer.name for layer in layers if layer.metadata.codebook}
    if len(checksums) > 1:
        raise BadInput(
            f"Two codebooks are mixed: the layers {sorted(checksums.values())} were coded with different "
            "versions (their checksums differ). Pass codebook= to say which one holds."
        )


def _same_exclusiveness(layers: Sequence[Layer]) -> bool:
    told = {layer.metadata.exclusive for layer in layers}
    if len(told) > 1:
        one = next(layer.name for layer in layers if layer.metadata.exclusive)
        many = next(layer.name for layer in layers if not layer.metadata.exclusive)
        raise BadInput(
            f"Layer {one!r} takes one label a unit, layer {many!r} several: they are no codings of one "
            "scheme. Pass codebook= to say which holds."
        )
    return told.pop()
