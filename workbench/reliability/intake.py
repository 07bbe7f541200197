"""What came in, as ratings: Layers, a long table, or a units x coders matrix.

All three become one long table `unit, coder, labels` first, so that every check (codes outside the book,
one label spelled two ways, a coding that stands twice, coders without a common unit) is made once, and
before anything is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput, shown
from workbench.reliability.intake_layers import codings_of_layers
from workbench.reliability.intake_spelling import check_labels
from workbench.reliability.intake_tables import codings_of_table
from workbench.reliability.ratings import LEVELS, MISSING, Level, Origin, Ratings

__all__ = ["Coded", "Codes", "read_coded"]

#: Layers of one scheme, a long table `unit, coder, value`, or a units x coders matrix.
Codes: TypeAlias = Any

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Coded:
    """Codings of one scheme by several coders, and where their units stand.

    Parameters
    ----------
    ratings
        What each coder said of each unit.
    conversations : ndarray of shape (n_units,) or None
        Conversation of each unit; None where it is not known.
    scheme
        Name of the scheme; empty where it is not known.
    notes
        What a reader of the figures has to keep in mind.
    unit
        What was coded: that of the layers, or "unit" where a table does not say.
    """

    ratings: Ratings
    conversations: NDArray[Any] | None = None
    scheme: str = ""
    notes: tuple[str, ...] = ()
    unit: str = "unit"


def read_coded(
    data: Codes,
    *,
    corpus: Corpus | None = None,
    codebook: Codebook | Scheme | Sequence[str] | None = None,
    scale: Level | None = None,
    merge: Mapping[str, str] | None = None,
) -> Coded:
    """Read codings of one scheme in any of the accepted forms.

    Parameters
    ----------
    data
        Two or more Layers of one scheme; a table with the columns `unit`, `coder`, `value` (and, where
        known, `conversation`, `source`, `coder_kind`); or a matrix with one column per coder, as a table
        whose first column (or `unit`) names the units, or as an array. Several labels of one unit are a
        list in `value`.
    corpus
        Where the units stand; gives their conversations and sources. Layers do not know these.
    codebook
        Book, scheme or labels in order; default: what the layers state, or the values that occur.
    scale
        How the categories relate; default `sets` for a scheme whose codes do not exclude each other,
        else `nominal`.
    merge
        Spelling -> label, for labels that are spelled in several ways.

    Raises
    ------
    BadInput
        With one coder, coders without a common unit, codes outside the book, two books or schemes mixed,
        units that the corpus does not have, a label spelled two ways, or a coding that stands twice.
    """
    if scale is not None and scale not in LEVELS:
        raise BadInput.unknown("scale", str(scale), LEVELS)
    layers = _layers(data)
    found = codings_of_layers(layers, codebook) if layers else codings_of_table(data, codebook)
    rows, notes = found.rows, list(found.notes)
    sets = scale == "sets" or (scale is None and found.sets)
    rows, labels = check_labels(rows, found.labels, book=found.book, merge=merge or {})
    if not sets:
        _refuse_several(rows, scale)
        notes += _silent(rows, found.unit)
    labels, numeric = _measured(labels, scale, ordered=bool(found.book), numeric=found.numeric)
    if len(found.coders) < 2:
        raise BadInput(
            f"Agreement needs at least two coders; got {list(shown(found.coders)) or 'none'}."
        )
    if corpus is not None:
        rows = _placed(rows, corpus, unit=found.unit)
    ratings, conversations = _ratings(rows, found.coders, labels, sets=sets, numeric=numeric)
    if (ratings.codes != MISSING).sum(axis=1).max(initial=0) < 2:
        raise BadInput(
            f"No {found.unit} was coded by two of the coders {list(shown(found.coders))}: there is nothing "
            "to compare. Check that they coded the same units, under the same ids."
        )
    if not {"source", "conversation"} & set(rows.columns):
        notes.append(f"intervals take each {found.unit} as independent: no conversations are known")
    if found.numeric and scale is None:
        notes.append("numbers were taken as names of categories; say scale='ordinal' or 'interval'")
    kinds = tuple(found.kinds.get(coder, "human") for coder in found.coders)
    level: Level = "sets" if sets else (scale or "nominal")
    origin: Origin = "codebook" if found.book else "use"
    ratings = replace(ratings, level=level, kinds=kinds, labels=tuple(labels), origin=origin)
    return Coded(ratings, conversations, found.scheme, tuple(notes), found.unit)


def _layers(data: Codes) -> list[Layer]:
    """The layers, if that is what came in."""
    if isinstance(data, Layer):
        raise BadInput(f"Agreement needs at least two coders; got the layer {data.name!r} alone.")
    if isinstance(data, (list, tuple)) and data and any(isinstance(x, Layer) for x in data):
        strange = {type(x).__name__ for x in data if not isinstance(x, Layer)}
        if strange:
            raise BadInput(f"Expected Layers alone; got {sorted(strange)} among them.")
        return list(data)
    if isinstance(data, (list, tuple)) and not data:
        raise BadInput("Agreement needs at least two coders; got no layer at all.")
    return []


def _silent(rows: pl.DataFrame, unit: str) -> list[str]:
    """Coders who saw units and gave them nothing, where each takes one label."""
    nothing = rows.filter(pl.col("labels").list.len() == 0)
    counts = nothing.group_by("coder", maintain_order=True).len()
    return [
        f"{coder} gave no label to {n:,} {unit}s, which count as missing"
        for coder, n in counts.iter_rows()
    ]


def _refuse_several(rows: pl.DataFrame, scale: Level | None) -> None:
    """A scale on which a unit has one place has no room for units with several labels."""
    several = rows.filter(pl.col("labels").list.n_unique() > 1)
    if several.height:
        raise BadInput(
            f"{several.height:,} codings give a unit several labels, such as {several['unit'][0]!r} by "
            f"{several['coder'][0]!r}, and scale={scale or 'nominal'!r} has room for one. Leave scale= out "
            "to compare sets of labels; by='label' compares each label alone."
        )


def _measured(
    labels: Sequence[Any], scale: Level | None, *, ordered: bool, numeric: bool
) -> tuple[tuple[Any, ...], bool]:
    """Labels as the scale needs them, and whether they are numbers."""
    if numeric or scale not in ("ordinal", "interval", "ratio"):
        return tuple(labels), numeric
    try:
        return tuple(sorted(float(label) for label in labels)), True
    except ValueError:
        if scale == "ordinal" and ordered:
            return tuple(labels), False
    remedy = (
        "pass codebook= with the labels from lowest to highest"
        if scale == "ordinal"
        else "give numbers"
    )
    raise BadInput(
        f"scale={scale!r} needs categories with an order; got {shown(labels)}: {remedy}."
    )


def _placed(rows: pl.DataFrame, corpus: Corpus, *, unit: str) -> pl.DataFrame:
    """Rows with the conversation and source of their units, in the order of the corpus.

    A table does not say what its units are: they are conversations where all are ids of these.
    """
    talks = corpus.conversations.select(conversation="id", source="source")
    of_talks = unit == "unit" and bool(rows["unit"].is_in(talks["conversation"].implode()).all())
    if unit == "conversation" or of_talks:
        places = talks.with_columns(unit="conversation")
    else:
        places = corpus.utterances.select(unit="id", conversation="conversation_id").join(
            talks, on="conversation", how="left", maintain_order="left"
        )
    strange = rows.join(places, on="unit", how="anti").unique(
        ["coder", "unit"], maintain_order=True
    )
    if strange.height:
        ids = strange["unit"].unique(maintain_order=True)
        coders = strange["coder"].unique(maintain_order=True).to_list()
        raise BadInput(
            f"{len(ids):,} of {rows['unit'].n_unique():,} units are not in the corpus "
            f"{corpus.metadata.name!r} (coders {shown(coders)}; such as {ids[:_EXAMPLES].to_list()}). "
            "These codes belong to another corpus, or it was changed since they were made."
        )
    place = places.with_row_index("_place")
    return (
        rows.drop("conversation", "source", strict=False)
        .join(place, on="unit", how="left", maintain_order="left")
        .sort("_place", maintain_order=True)
        .drop("_place")
    )


def _ratings(
    rows: pl.DataFrame,
    coders: Sequence[str],
    labels: Sequence[Any],
    *,
    sets: bool,
    numeric: bool,
) -> tuple[Ratings, NDArray[Any] | None]:
    """Category numbers by unit and coder, and the conversation of each unit."""
    key = "unit"
    places = [name for name in ("conversation", "source") if name in rows.columns]
    units = rows.select(key, *places).unique(key, keep="first", maintain_order=True)
    row_of = {unit: number for number, unit in enumerate(units[key])}
    column_of = {coder: number for number, coder in enumerate(coders)}
    values = [_category(value, sets=sets, numeric=numeric) for value in rows["labels"]]
    given = {value for value in values if value is not None}
    categories = _ordered_sets(given, labels) if sets else tuple(labels)
    number_of = {category: number for number, category in enumerate(categories)}
    codes = np.full((len(row_of), len(column_of)), MISSING, dtype=np.intp)
    for unit, coder, value in zip(rows[key], rows["coder"], values, strict=True):
        if value is not None:
            codes[row_of[unit], column_of[coder]] = number_of[value]
    source = next(units[name] for name in ("source", "conversation", key) if name in units.columns)
    ratings = Ratings(
        codes=codes,
        categories=categories,
        units=tuple(units[key]),
        coders=tuple(coders),
        sources=_ids(source),
        level="sets" if sets else "nominal",
        labels=tuple(labels),
    )
    known = "conversation" in units.columns
    return ratings, _ids(units["conversation"]) if known else None


def _ids(column: pl.Series) -> NDArray[Any]:
    return column.cast(pl.String).to_numpy().astype(np.str_)


def _category(labels: Sequence[Any] | None, *, sets: bool, numeric: bool) -> Any:
    """One category of a cell; None where it is missing."""
    if labels is None:
        return None
    if sets:
        return frozenset(labels)
    if not len(labels):
        return None
    return float(labels[0]) if numeric else labels[0]


def _ordered_sets(found: set[frozenset[Any]], labels: Sequence[Any]) -> tuple[frozenset[Any], ...]:
    """Sets by size, then by the book's order of their labels."""
    place = {label: number for number, label in enumerate(labels)}
    return tuple(sorted(found, key=lambda one: (len(one), sorted(place[x] for x in one))))
