"""Is a model as good as one more human? Each human, and each model, against the same majorities.

The yardstick is one coder against the majority of the other human coders. A model is measured against
the same majorities, with one human left out each time. Their difference is taken on the units that both
coded, and on the same resamples of whole sources, so that it is a difference of the coder alone: a model
that leaves hard units out is compared with humans on the easy ones. It is a reference, not a ceiling: a
model may agree with a majority better than one of its members does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.reliability.ratings import MISSING, Ratings
from workbench.reliability.resampled_sums import ResampledSums
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, Method

__all__ = [
    "HUMAN_KINDS",
    "ONE_HUMAN",
    "coder_sets",
    "human_reference",
    "kind_of_pair",
    "majority_of",
]

HUMAN_KINDS = ("human", "gold")
"""Kinds of coders that count as people."""

ONE_HUMAN = "one human"
"""Name of the row that stands for a human coder against the majority of the others."""

_FEWEST_OTHERS = 2
_MEASURES = ("macro-F1", "F1")
_NO_POSITIVE = "no majority gave this label"
_FIELDS = {"coder": str, "kind": str, "against": str, "measure": str, "label": str}


def kind_of_pair(kinds: tuple[str, ...]) -> str:
    """`human-human`, `human-model` or `model-model`; of more than two coders `humans`, `models`, `mixed`.

    >>> kind_of_pair(("gold", "rule"))
    'human-model'
    """
    human = [kind in HUMAN_KINDS for kind in kinds]
    if len(kinds) == 2:
        return ("model-model", "human-model", "human-human")[sum(human)]
    return "humans" if all(human) else "mixed" if any(human) else "models"


def coder_sets(coders: tuple[str, ...], kinds: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All coders together, and all people, where these are more than two; then each pair."""
    people = tuple(x for x, kind in zip(coders, kinds, strict=True) if kind in HUMAN_KINDS)
    together = [x for x in dict.fromkeys((coders, people)) if len(x) > 2]
    return [*together, *combinations(coders, 2)]


def majority_of(ratings: Ratings) -> NDArray[np.int8]:
    """What most coders gave: 1 or 0 per unit and label, shape (n_units, n_labels); -1 where there is none.

    Of labels that exclude each other the most frequent; a tie is no majority. Of sets, each label that at
    least half of the coders gave.
    """
    given = ratings.codes != MISSING
    held = np.stack([ratings.holds(label).codes == 1 for label in ratings.labels], axis=2)
    votes = held.sum(axis=1)
    n = given.sum(axis=1)
    if ratings.level == "sets":
        found = (2 * votes >= n[:, None]).astype(np.int8)
    else:
        most = votes.max(axis=1, initial=0)[:, None]
        found = (votes == most).astype(np.int8)
        found[(votes == most).sum(axis=1) > 1] = MISSING
    found[n == 0] = MISSING
    return found


def human_reference(
    ratings: Ratings,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Each human coder, and each other coder, against the majority of the other humans.

    A unit counts where the coder gave a code and at least two other humans did (one, where there are
    only two humans in all), and these have a majority (of sets, all labels that at least half of them
    gave: see `majority_of`).

    Parameters
    ----------
    ratings
        With `kinds`: `human` are people; `gold` is one more coder to be compared, as it may rest on the
        same people; where there are fewer than two of kind `human`, gold counts as one.
    level, method, resamples, random_state
        Of the intervals over sources.

    Returns
    -------
    polars.DataFrame
        `coder`, `kind`, `against`, `measure` (`macro-F1`, or `F1` of a `label`) and the columns of an
        estimate:

        - a row per human, against the majority without that human;
        - `one human`: the mean of these rows, with their lowest and highest as `low` and `high`;
        - a row per other coder: its mean over the same majorities, with lowest and highest;
        - the same coder with `against` = `one human`: the mean paired difference to the human left out,
          over the units that this human and the coder coded, with an interval over sources.

        `n` and `n_clusters` are of the units that count in the row; `level` is null where `low` and
        `high` are the lowest and highest of several figures.

    Raises
    ------
    BadInput
        If an option is out of range.
    """
    people = [name for name, kind in _kinds(ratings) if kind == "human"]
    if len(people) < 2:
        people = [name for name, kind in _kinds(ratings) if kind in HUMAN_KINDS]
    if len(people) < 2:
        return pl.DataFrame(schema=_schema())
    lines = list(_lines(ratings, people))
    options = {"level": level, "method": method, "resamples": resamples}
    sums = [line.sums(ratings.sources, **options, random_state=random_state) for line in lines]
    rows = [
        line.row(ratings, number, found)
        for number in (None, *range(len(ratings.labels)))
        for line, found in zip(lines, sums, strict=True)
    ]
    return pl.DataFrame(rows, schema=_schema())


def _schema() -> dict[str, type]:
    return {**_FIELDS, **ESTIMATE_COLUMNS}


def _kinds(ratings: Ratings) -> Iterator[tuple[str, str]]:
    return zip(ratings.coders, ratings.kinds, strict=True)


def _lines(ratings: Ratings, people: list[str]) -> Iterator[_Line]:
    """What is compared with what, a line of the table for each label."""
    others = "majority of the other humans"
    majorities = {human: _majority_without(ratings, people, human) for human in people}
    alone = {
        human: _counted(ratings, human, majority, human) for human, majority in majorities.items()
    }
    for human, block in alone.items():
        yield _Line(human, "human", others, [block])
    yield _Line(ONE_HUMAN, "human", others, list(alone.values()), ranged=True)
    for coder, kind in _kinds(ratings):
        if coder in people:
            continue
        both = majorities.items()
        own = [_counted(ratings, coder, majority, human) for human, majority in both]
        beside = [_counted(ratings, human, majority, coder) for human, majority in both]
        yield _Line(coder, kind, others, own, ranged=True)
        yield _Line(coder, kind, ONE_HUMAN, own, minus=beside)


def _majority_without(ratings: Ratings, people: list[str], human: str) -> NDArray[np.int8]:
    """What most of the other people gave, where enough of them gave something."""
    fewest = min(_FEWEST_OTHERS, len(people) - 1)
    others = ratings.of([name for name in people if name != human])
    majority = majority_of(others)
    majority[(others.codes != MISSING).sum(axis=1) < fewest] = MISSING
    return majority


@dataclass(frozen=True, eq=False)
class _Line:
    """A coder against some majorities: hits, truths and guesses of each, as `_counted` gives them.

    `minus` has those of the humans left out, where the line is a difference; a `ranged` line tells the
    lowest and the highest figure in the place of an interval.
    """

    coder: str
    kind: str
    against: str
    blocks: list[NDArray[np.float64]]
    minus: list[NDArray[np.float64]] = field(default_factory=list)
    ranged: bool = False

    def sums(self, sources: NDArray[np.generic], **options: Any) -> ResampledSums | None:
        """Sums over the units that count here; None where there are none.

        Sources without such a unit tell nothing, and would pass for evidence.
        """
        blocks = [*self.blocks, *self.minus]
        counted = np.any([block[:, -1] > 0 for block in blocks], axis=0)
        if not counted.any():
            return None
        counts = np.concatenate([block[:, :-1] for block in blocks], axis=1)
        return ResampledSums.of(counts[counted], sources[counted], **options)

    def row(
        self, ratings: Ratings, label: int | None, sums: ResampledSums | None
    ) -> dict[str, object]:
        """The line for one label by its number, or for the mean over labels."""
        told = {
            "coder": self.coder,
            "kind": self.kind,
            "against": self.against,
            "measure": _MEASURES[0] if label is None else _MEASURES[1],
            "label": None if label is None else str(ratings.labels[label]),
        }
        if sums is None:
            reason = "no unit was coded by this coder and by enough humans with a majority"
            return {**told, **Estimate(None, n_clusters=0, reason=reason).as_row()}

        k, n = len(self.blocks), len(self.blocks) + len(self.minus)

        def scores(lines: NDArray[np.float64]) -> NDArray[np.float64]:
            blocks = lines.reshape(len(lines), n, 3, len(ratings.labels))
            return np.stack([_score(blocks[:, at], label) for at in range(n)], axis=1)

        if self.ranged:
            return {**told, **_range(scores(sums.total[None, :])[0], sums)}

        def value(lines: NDArray[np.float64]) -> NDArray[np.float64]:
            own = scores(lines)
            mean = own[:, :k].mean(axis=1)
            return np.asarray(mean - own[:, k:].mean(axis=1) if self.minus else mean)

        return {**told, **sums.estimate(value, undefined=_NO_POSITIVE).as_row()}


def _score(counts: NDArray[np.float64], label: int | None) -> NDArray[np.float64]:
    """F1 of one label, NaN without positives; or mean over the labels that either gave.

    `counts` are hits, truths and guesses by label, shape (m, 3, k).
    """
    hits, true, guessed = counts.transpose(1, 0, 2)
    present = true + guessed
    scores = np.divide(2 * hits, present, out=np.zeros_like(hits), where=present > 0)
    if label is not None:
        return np.where(true[:, label] > 0, scores[:, label], np.nan)
    occurring = (present > 0).sum(axis=1)
    undefined = np.full(len(counts), np.nan)
    return np.divide(scores.sum(axis=1), occurring, out=undefined, where=occurring > 0)


def _range(scores: NDArray[np.float64], sums: ResampledSums) -> Mapping[str, object]:
    """Mean of some figures, with the lowest and the highest in the place of an interval."""
    known = scores[np.isfinite(scores)]
    if not len(known):
        return Estimate(None, n=sums.n, n_clusters=sums.n_clusters, reason=_NO_POSITIVE).as_row()
    left = len(scores) - len(known)
    found = Estimate(
        float(known.mean()),
        float(known.min()),
        float(known.max()),
        method=f"mean, lowest and highest of {len(known)}",
        n=sums.n,
        n_clusters=sums.n_clusters,
        reason=f"{left} left out, undefined" if left else None,
    )
    return {**found.as_row(), "level": None}


def _counted(
    ratings: Ratings, coder: str, majority: NDArray[np.int8], beside: str
) -> NDArray[np.float64]:
    """Hits, truths and guesses by label, and whether the unit counts; shape (n_units, 3 k + 1).

    Only units that `beside` coded too count, so that two coders are held against the same ones.
    """
    own = ratings.of([coder])
    given = [x.codes[:, 0] != MISSING for x in (own, ratings.of([beside]))]
    counts = (majority[:, 0] != MISSING) & given[0] & given[1]
    true = (majority == 1) & counts[:, None]
    held = np.stack([own.holds(label).codes[:, 0] == 1 for label in own.labels], axis=1)
    guessed = held & counts[:, None]
    return np.concatenate([true & guessed, true, guessed, counts[:, None]], axis=1).astype(float)
