"""A language model's codes against gold codes, with what it did not code counted apart, beside the head's.

Two figures for one question: on the turns it coded, and on all turns it was asked about, where a turn
without a code counts as missed. Scores on public corpora carry the mark that the model may know them, and
the shipped head's out-of-fold figures always stand in the same table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.llm.coder import LLMCoding
from workbench.coding.llm.compared import Book, Compared, compared
from workbench.coding.llm.outcomes import outcome_table
from workbench.coding.llm.seen import possibly_seen
from workbench.coding.scoring.predictions import MEAN_F1, SCORES
from workbench.coding.trained_heads import shipped_head, trained_schemes
from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput
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
    codebook: Book = None,
    merge: Mapping[str, str] | None = None,
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
    codebook
        Book, scheme or labels that hold where layers were coded with different versions of a book; default:
        the book of the coding.
    merge
        Spelling -> label, for labels that are spelled in several ways.

    Raises
    ------
    BadInput
        If no layer codes the scheme of a gold layer, codebooks are mixed, a code is not in the book or
        spelled in several ways, or a turn has several gold codes that exclude each other.
    InsufficientData
        If no turn has both.
    """
    golds = [gold] if isinstance(gold, Layer) else list(gold)
    own = {layer.metadata.scheme: layer for layer in coding.layers_asked()}
    merges = _merges([*golds, *beside], merge or {})
    mark = possibly_seen(corpus)
    rows: list[dict[str, Any]] = []
    for truth in golds:
        scheme = truth.metadata.scheme
        if scheme not in own:
            raise BadInput.unknown("LLM layer of the scheme", scheme, own)
        others = [layer for layer in beside if layer.metadata.scheme == scheme]
        known = compared(
            own[scheme], truth, others, corpus, codebook=codebook, merge=merges.get(scheme, {})
        )
        rows += _scores(own[scheme], known, mark)
        rows += _differences(own[scheme], others, known, mark)
        rows += _card(scheme)
    return Validation(
        pl.DataFrame(rows, schema=_SCHEMA, orient="row"), outcome_table(coding.outcomes), mark
    )


def _merges(layers: Sequence[Layer], merge: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Scheme -> what is to be merged there; one scheme need not have the spellings of another."""
    spelled: dict[str, set[str]] = {}
    for layer in layers:
        spelled.setdefault(layer.metadata.scheme, set()).update(layer.table["label"].drop_nulls())
    present = {label for labels in spelled.values() for label in labels}
    unknown = [spelling for spelling in merge if spelling not in present]
    if unknown:
        raise BadInput.unknown("label to merge", unknown[0], present)
    return {
        scheme: {given: meant for given, meant in merge.items() if given in labels}
        for scheme, labels in spelled.items()
    }


def _f1(known: Compared, given: NDArray[np.bool_], at: NDArray[np.intp]) -> Statistic:
    return lambda rows: multilabel_macro_f1(known.gold[at[rows]], given[at[rows]])


def _scores(own: Layer, known: Compared, mark: str) -> list[dict[str, Any]]:
    given, every = known.given, np.arange(len(known.gold))
    at = np.flatnonzero(known.coded)
    exact = (given == known.gold).all(axis=1)
    nothing = Estimate(None, reason="no turn was coded")
    estimates = {
        "share of turns coded": _share(known.coded, known.sources),
        _CODED: cluster_interval(_f1(known, given, at), known.sources[at]) if len(at) else nothing,
        _ALL: cluster_interval(_f1(known, given, every), known.sources),
        "percent agreement on the turns it coded": _share(exact[at], known.sources[at])
        if len(at)
        else nothing,
        "Krippendorff's alpha on the turns it coded": _alpha(known, at) if len(at) else nothing,
    }
    return [_row(own, name, estimate, mark) for name, estimate in estimates.items()]


def _share(holds: NDArray[np.bool_], sources: NDArray[Any]) -> Estimate:
    return cluster_proportion(holds.astype(float), np.ones(len(holds)), sources)


def _differences(
    own: Layer, others: Sequence[Layer], known: Compared, mark: str
) -> list[dict[str, Any]]:
    """Score other coders, and the language model against each, on the turns that they have in common."""
    rows = []
    for other, (theirs, both) in zip(others, known.others, strict=True):
        if len(both):
            sources, score = known.sources[both], _f1(known, theirs, both)
            reached = cluster_interval(score, sources)
            less = paired_difference(_f1(known, known.given, both), score, sources)
        else:
            reached = less = Estimate(None, reason=f"{other.name} has none of these turns")
        rows.append(_row(other, "macro-F1 on the same turns", reached, ""))
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


def _alpha(known: Compared, at: NDArray[np.intp]) -> Estimate:
    pairs = [
        [
            [x for x, holds in zip(known.labels, row, strict=True) if holds]
            for row in (known.gold[i], known.given[i])
        ]
        for i in at
    ]
    sources = known.sources[at]
    if known.exclusive:
        plain = [[gold[0], given[0]] for gold, given in pairs]
        ratings = Ratings.build(plain, categories=known.labels, sources=sources)
    else:
        ratings = Ratings.build(pairs, level="sets", labels=known.labels, sources=sources)
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
