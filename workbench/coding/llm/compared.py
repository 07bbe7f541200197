"""Codes of a language model, gold codes and those of others on the same turns, checked against one book.

The book is that of the model's coding: a code that it does not have would count as a miss of whoever is
right, so it is refused, by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.intake_layers import codings_of_layers, refuse_mixed_books
from workbench.reliability.intake_spelling import check_labels

__all__ = ["Book", "Compared", "compared"]

Book: TypeAlias = Codebook | Scheme | Sequence[str] | None
"""What says which labels hold; None for the book of the coding."""

_Given: TypeAlias = Mapping[str, frozenset[str] | None]
"""Unit -> codes; None where none was decided on."""


@dataclass(frozen=True)
class Compared:
    """Turns with a gold code that the model was asked about.

    Attributes
    ----------
    labels
        In the book's order.
    exclusive
        Whether a turn takes one label.
    sources
        Of each turn.
    gold, given
        Whether a label was given to a turn, shape (n, k): by gold and by the model.
    coded
        Whether the model decided on a turn.
    others
        What each other coder gave, and on which turns.
    """

    labels: tuple[str, ...]
    exclusive: bool
    sources: NDArray[Any]
    gold: NDArray[np.bool_]
    given: NDArray[np.bool_]
    coded: NDArray[np.bool_]
    others: tuple[tuple[NDArray[np.bool_], NDArray[np.intp]], ...]


def compared(
    own: Layer,
    truth: Layer,
    others: Sequence[Layer],
    corpus: Corpus,
    *,
    codebook: Book,
    merge: Mapping[str, str],
) -> Compared:
    """Bring codes of one scheme side by side, on the turns with a gold code.

    Raises
    ------
    BadInput
        If codebooks are mixed, a code is not in the book or spelled in several ways, a turn has several
        codes that exclude each other, two coders have one name, or a turn is not in the corpus.
    InsufficientData
        If no turn has both.
    """
    layers = [own, truth, *others]
    _refuse_one_name(own, others)
    if codebook is None:
        refuse_mixed_books(layers)
    found = codings_of_layers(layers, own.metadata.labels if codebook is None else codebook)
    book = own.metadata.facts["codebook"]["name"] if codebook is None else found.book
    rows, labels = check_labels(found.rows, found.labels, book=book, merge=merge)
    mine, gold, *rest = (_given(rows, coder, sets=found.sets) for coder in found.coders)
    units = [unit for unit, codes in gold.items() if codes is not None and unit in mine]
    if not units:
        raise InsufficientData(
            f"No turn has both a code of {own.name!r} and of {truth.name!r}: code the turns that have gold."
        )
    return Compared(
        labels,
        not found.sets,
        _sources(units, corpus),
        _table(gold, units, labels),
        _table(mine, units, labels),
        np.array([mine[unit] is not None for unit in units]),
        tuple(
            (_table(given, units, labels), np.flatnonzero([unit in given for unit in units]))
            for given in rest
        ),
    )


def _refuse_one_name(own: Layer, others: Sequence[Layer]) -> None:
    if own.name in {other.name for other in others}:
        raise BadInput(
            f"Two codings are called {own.name!r} and could not be told apart: give one a name, as "
            "code_with_llm(..., name='second')."
        )


def _given(rows: pl.DataFrame, coder: str, *, sets: bool) -> _Given:
    own = rows.filter(pl.col("coder") == coder).select("unit", "labels")
    return {
        unit: frozenset(labels) if labels or (sets and labels is not None) else None
        for unit, labels in own.iter_rows()
    }


def _sources(units: Sequence[str], corpus: Corpus) -> NDArray[Any]:
    talks = corpus.conversations.select("source", conversation_id="id")
    turns = corpus.utterances.join(talks, on="conversation_id").select("id", "source")
    sources = dict(turns.iter_rows())
    strange = [unit for unit in units if unit not in sources]
    if strange:
        raise BadInput(
            f"{len(strange)} coded turns are not in the corpus {corpus.metadata.name!r}, such as "
            f"{strange[0]!r}: give the corpus that was coded."
        )
    return np.array([sources[unit] for unit in units], dtype=object)


def _table(given: _Given, units: Sequence[str], labels: Sequence[str]) -> NDArray[np.bool_]:
    table = [[label in (given.get(unit) or ()) for label in labels] for unit in units]
    return np.array(table, dtype=bool).reshape(len(units), len(labels))
