"""A language model's codes against gold codes, with what it did not code counted apart, beside the head's.

Two figures for one question: on the turns it coded, and on all turns it was asked about, where a turn
without a code counts as missed. Scores on public corpora carry the mark that the model may know them, and
the shipped head's out-of-fold figures always stand in the same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.llm.coder import LLMCoding
from workbench.coding.llm.outcomes import outcome_table
from workbench.coding.llm.seen import possibly_seen
from workbench.coding.scoring.predictions import MEAN_F1, SCORES
from workbench.coding.trained_heads import shipped_head, trained_schemes
from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability import Ratings, estimate_coefficient
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Estimate,
    Statistic,
    cluster_interval,
    cluster_proportion,
    multilabel_macro_f1,
    paired_difference,
)

__all__ = ["Validation", "validate"]

_SCHEMA: dict[str, Any] = {
    "scheme": pl.String,
    "coder": pl.String,
    "measure": pl.String,
    **ESTIMATE_COLUMNS,
    "mark": pl.String,
}
_ALL, _CODED = "macro-F1, not coded counts as missed", "macro-F1 on the turns it coded"
_HEAD = "shipped head, out of fold, all of its corpus (card)"


@dataclass(frozen=True)
class Validation:
    """Scores of a language model as a coder.

    Attributes
    ----------
    table
        `scheme`, `coder`, `measure`, the columns of estimates, `mark` (where a score is possibly known by
        heart).
    outcomes
        `scheme`, `outcome`, `turns`, `repaired`.
    mark
        What has to be said beside every score; "" where nothing has.
    """

    table: pl.DataFrame
    outcomes: pl.DataFrame
    mark: str


def validate(
    coding: LLMCoding,
    gold: Layer | Sequence[Layer],
    *,
    corpus: Corpus,
    beside: Sequence[Layer] = (),
) -> Validation:
    """Compare a coding with gold codes of the same schemes, with intervals over sources.

    Parameters
    ----------
    coding
        What a language model gave.
    gold
        One layer per scheme at most; turns without a gold code are left out in exclusive schemes.
    corpus
        Where the turns are from: it knows what a split must not cut, and whether it is public.
    beside
        Layers of other coders (rules, out-of-fold codes of a head) to be scored on the turns that they have
        in common, each with the paired difference of the language model to it there.

    Raises
    ------
    BadInput
        If no layer codes the scheme of a gold layer.
    InsufficientData
        If no turn has both.
    """
    golds = [gold] if isinstance(gold, Layer) else list(gold)
    own = {layer.metadata.scheme: layer for layer in coding.layers}
    mark = possibly_seen(corpus)
    rows: list[dict[str, Any]] = []
    for truth in golds:
        scheme = truth.metadata.scheme
        if scheme not in own:
            raise BadInput.unknown("LLM layer of the scheme", scheme, own)
        others = [layer for layer in beside if layer.metadata.scheme == scheme]
        asked = coding.outcomes.filter(pl.col("scheme") == scheme)["unit_id"]
        rows += _scores(own[scheme].restricted_to(asked), truth, others, corpus, mark)
        rows += _card(scheme)
    return Validation(
        pl.DataFrame(rows, schema=_SCHEMA, orient="row"), outcome_table(coding.outcomes), mark
    )


@dataclass(frozen=True)
class _Compared:
    """Gold codes of n turns, their sources, and what a coder gave: tables of shape (n, k)."""

    units: list[str]
    gold: NDArray[np.bool_]
    sources: NDArray[Any]

    def f1(self, given: NDArray[np.bool_], at: NDArray[np.intp]) -> Statistic:
        return lambda rows: multilabel_macro_f1(self.gold[at[rows]], given[at[rows]])


def _scores(
    own: Layer, truth: Layer, others: Sequence[Layer], corpus: Corpus, mark: str
) -> list[dict[str, Any]]:
    known = _compared(own, truth, corpus)
    every = np.arange(len(known.units))
    given, coded = _table(own, known.units, own.metadata.labels), _coded(own, known.units)
    at = np.flatnonzero(coded)
    share = cluster_proportion(coded.astype(float), np.ones(len(coded)), known.sources)
    exact = (given == known.gold).all(axis=1)
    estimates = {
        "share of turns coded": share,
        _CODED: cluster_interval(known.f1(given, at), known.sources[at])
        if len(at)
        else Estimate(None, reason="no turn was coded"),
        _ALL: cluster_interval(known.f1(given, every), known.sources),
        "percent agreement on the turns it coded": cluster_proportion(
            exact[at].astype(float), np.ones(len(at)), known.sources[at]
        )
        if len(at)
        else Estimate(None, reason="no turn was coded"),
        "Krippendorff's alpha on the turns it coded": _alpha(own, truth, known, given, at),
    }
    rows = [_row(own, name, estimate, mark) for name, estimate in estimates.items()]
    for other in others:
        theirs = _table(other, known.units, own.metadata.labels)
        read = set(other.table["unit_id"])
        both = np.array([row for row in every if known.units[row] in read], dtype=np.intp)
        if len(both):
            sources = known.sources[both]
            score = cluster_interval(known.f1(theirs, both), sources)
            less = paired_difference(known.f1(given, both), known.f1(theirs, both), sources)
        else:
            score = less = Estimate(None, reason=f"{other.name} has none of these turns")
        rows.append(_row(other, "macro-F1 on the same turns", score, ""))
        rows.append(_row(own, f"difference to {other.name}, paired", less, mark))
    return rows


def _row(layer: Layer, measure: str, estimate: Estimate, mark: str) -> dict[str, Any]:
    meta = layer.metadata
    return {
        "scheme": meta.scheme,
        "coder": meta.coder,
        "measure": measure,
        **estimate.as_row(),
        "mark": mark,
    }


def _compared(own: Layer, truth: Layer, corpus: Corpus) -> _Compared:
    asked = set(own.table["unit_id"])
    rows = truth.table.filter(pl.col("unit_id").is_in(list(asked)))
    if own.metadata.exclusive:
        rows = rows.filter(pl.col("label").is_not_null())
    units = rows["unit_id"].unique(maintain_order=True).to_list()
    if not units:
        raise InsufficientData(
            f"No turn has both a code of {own.name!r} and of {truth.name!r}: code the turns that have gold."
        )
    sources = dict(
        corpus.utterances.join(
            corpus.conversations.select("source", conversation_id="id"), on="conversation_id"
        )
        .select("id", "source")
        .iter_rows()
    )
    gold = _table(truth, units, own.metadata.labels)
    return _Compared(units, gold, np.array([sources[unit] for unit in units], dtype=object))


def _table(layer: Layer, units: Sequence[str], labels: Sequence[str]) -> NDArray[np.bool_]:
    row = {unit: number for number, unit in enumerate(units)}
    table = np.zeros((len(units), len(labels)), dtype=bool)
    for unit, label in layer.table.select("unit_id", "label").drop_nulls().iter_rows():
        if unit in row and label in labels:
            table[row[unit], labels.index(label)] = True
    return table


def _coded(layer: Layer, units: Sequence[str]) -> NDArray[np.bool_]:
    """Which turns the model decided on; in exclusive schemes those with a label."""
    table = layer.table.drop_nulls("label") if layer.metadata.exclusive else layer.table
    decided = set(table["unit_id"]) - set(layer.undecided)
    return np.array([unit in decided for unit in units])


def _alpha(
    own: Layer, truth: Layer, known: _Compared, given: NDArray[np.bool_], at: NDArray[np.intp]
) -> Estimate:
    if not len(at):
        return Estimate(None, reason="no turn was coded")
    labels = own.metadata.labels
    if own.metadata.exclusive:
        pairs = [[labels[known.gold[i].argmax()], labels[given[i].argmax()]] for i in at]
        ratings = Ratings.build(pairs, categories=labels, sources=known.sources[at])
    else:
        sets = [
            [
                [x for x, holds in zip(labels, row, strict=True) if holds]
                for row in (known.gold[i], given[i])
            ]
            for i in at
        ]
        ratings = Ratings.build(sets, level="sets", labels=labels, sources=known.sources[at])
    return estimate_coefficient(ratings, "krippendorff_alpha")


def _card(scheme: str) -> list[dict[str, Any]]:
    """Out-of-fold macro-F1 of the shipped head, where there is one."""
    if scheme not in trained_schemes():
        return []
    scores = shipped_head(scheme).card.get(SCORES, [])
    row = next((x for x in scores if x["measure"] == MEAN_F1), None)
    if row is None:
        return []
    figures = {name: row.get(name) for name in ESTIMATE_COLUMNS}
    return [{"scheme": scheme, "coder": _HEAD, "measure": row["measure"], **figures, "mark": ""}]
