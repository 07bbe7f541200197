"""Parts of the material left out whole: one coder, the conversations of a topic, those of a quality.

Grouped folds keep videos apart, yet each coder and each topic is on both sides. What a head loses
on a coder, a topic or a quality that it never met says more about new transcripts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.coding.scoring.facts import CodedMaterial, Table, macro_f1_of, mean_of
from workbench.heads import OutOfFold, grouped_folds
from workbench.statistics import cluster_interval, paired_difference

if TYPE_CHECKING:
    from workbench.corpus import Scheme

__all__ = ["Predictor", "Split", "left_out_splits", "left_out_table", "predict_left_out"]

_FOLDS = 5
_FEWEST_SOURCES = 10  # in the part that a head learns from
_FEWEST_OWN = 5  # sources of a part with a row of its own in the table

Predictor: TypeAlias = Callable[[NDArray[np.intp], NDArray[np.intp], int], OutOfFold]
"""Rows to use, outer fold of each of them, seed in; predictions for these rows out."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One way to leave parts out.

    Attributes
    ----------
    title
        Title of the card's table, as `Coders left out`.
    kind
        What the parts are: `annotator`, `topic` or `quality`.
    fold : ndarray of int, shape (n,)
        Outer fold of each utterance; -1 for those on neither side.
    part : ndarray of str, shape (n,)
        Name of the part that the utterance belongs to.
    note
        What is on neither side, or else to be known; may be empty.
    """

    title: str
    kind: str
    fold: NDArray[np.intp]
    part: NDArray[np.str_]
    note: str = ""


def left_out_splits(material: CodedMaterial, *, random_state: int) -> list[Split]:
    """List the splits that the material allows; there may be none.

    - By annotator: utterances of one coder each; those that several coded are on neither side.
    - By topic: five folds with topics whole, at least five topics; conversations of several topics
      or none are on neither side.
    - By quality: learned on the one, scored on the other, where each has at least ten sources.
    """
    found = [_by_annotator(material), _by_topic(material, random_state), _by_quality(material)]
    return [split for split in found if split is not None]


def predict_left_out(split: Split, predict: Predictor, *, random_state: int) -> OutOfFold:
    """Predict by a split; rows on neither side get nan and no label."""
    used = np.flatnonzero(split.fold >= 0)
    found = predict(used, split.fold[used], random_state)
    probability = np.full((len(split.fold), found.probability.shape[1]), np.nan)
    assigned = np.zeros(probability.shape, bool)
    probability[used], assigned[used] = found.probability, found.assigned
    return OutOfFold(probability, assigned, split.fold)


def left_out_table(
    material: CodedMaterial,
    scheme: Scheme,
    split: Split,
    found: OutOfFold,
    runs: Sequence[OutOfFold],
) -> Table:
    """Macro-F1 of each part and of all, beside grouped folds on the same utterances, paired."""
    parts = [
        (name, np.flatnonzero((split.fold >= 0) & (split.part == name)))
        for name in np.unique(split.part[split.fold >= 0])
    ]
    rows = [
        _row(material, scheme, split, name, at, found, runs)
        for name, at in parts
        if len(np.unique(material.sources[at])) >= _FEWEST_OWN
    ]
    everything = np.flatnonzero(split.fold >= 0)
    return [*rows, _row(material, scheme, split, "all, pooled", everything, found, runs)]


def _row(
    material: CodedMaterial,
    scheme: Scheme,
    split: Split,
    name: str,
    at: NDArray[np.intp],
    found: OutOfFold,
    runs: Sequence[OutOfFold],
) -> dict[str, Any]:
    gold, sources = material.gold[at], material.sources[at]
    left = macro_f1_of(gold, found.assigned[at], scheme)
    folds = mean_of([macro_f1_of(gold, run.assigned[at], scheme) for run in runs])
    score = cluster_interval(left, sources, bounds=(0, 1))
    change = paired_difference(left, folds, sources)
    return {
        split.kind: name,
        "utterances": len(at),
        "sources": len(np.unique(sources)),
        "macro-F1": score.estimate,
        "low": score.low,
        "high": score.high,
        "grouped folds, same utterances": folds(np.arange(len(at))),
        "difference": change.estimate,
        "difference, low": change.low,
        "difference, high": change.high,
        "reason": score.reason or change.reason,
    }


def _by_annotator(material: CodedMaterial) -> Split | None:
    names = list(material.votes)
    coded = np.stack([~np.isnan(vote[:, 0]) for vote in material.votes.values()])
    single = coded.sum(axis=0) == 1
    fold = np.where(single, coded.argmax(axis=0), -1)
    if not _feasible(fold, material.sources):
        return None
    part = np.array(names)[np.maximum(fold, 0)]
    note = "" if single.all() else "Utterances that several coded are on neither side."
    return Split("Annotators left out", "annotator", fold, part, note)


def _by_topic(material: CodedMaterial, random_state: int) -> Split | None:
    topic = np.asarray(material.facets.get("topic", [""] * len(material.texts)), np.str_)
    fold = np.full(len(topic), -1)
    usable = np.array([bool(name) and ";" not in name for name in topic], bool)
    if len(np.unique(topic[usable])) < _FOLDS:
        return None
    fold[usable] = grouped_folds(topic[usable].tolist(), folds=_FOLDS, random_state=random_state)
    if not _feasible(fold, material.sources):
        return None
    note = "" if usable.all() else "Conversations of several topics or none are on neither side."
    return Split("Topics left out", "topic", fold, topic, note)


def _by_quality(material: CodedMaterial) -> Split | None:
    quality = np.asarray(material.facets.get("quality", [""] * len(material.texts)), np.str_)
    names = [name for name in np.unique(quality) if name]
    fold = np.full(len(quality), -1)
    for number, name in enumerate(names):
        fold[quality == name] = number
    return (
        Split("Quality left out", "quality", fold, quality)
        if _feasible(fold, material.sources)
        else None
    )


def _feasible(fold: NDArray[np.intp], sources: NDArray[np.str_]) -> bool:
    """At least two folds, each with enough sources outside it to learn from."""
    used = fold >= 0
    numbers = np.unique(fold[used])
    outside = [
        len(np.setdiff1d(sources[used], sources[used & (fold == number)])) for number in numbers
    ]
    return len(numbers) > 1 and min(outside) >= _FEWEST_SOURCES
