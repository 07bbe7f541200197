"""Is a model as good as one more human? Each human, and each model, against the same majorities.

The yardstick is one coder against the majority of the other human coders. A model is measured against
exactly these majorities, with one human left out each time, so that human and model figures differ in the
coder alone; their difference is taken on the same resamples of whole sources. It is a reference, not a
ceiling: a model may agree with a majority better than one of its members does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

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
    only two humans in all), and these have a majority.

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
        - the same coder with `against` = `one human`: the paired difference of the two means, with an
          interval over sources.

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
    found = _Comparison.of(ratings, people, level, method, resamples, random_state)
    rows = [row for measure in found.measures() for row in found.rows(*measure)]
    return pl.DataFrame(rows, schema=_schema())


def _schema() -> dict[str, type]:
    return {**_FIELDS, **ESTIMATE_COLUMNS}


def _kinds(ratings: Ratings) -> Iterator[tuple[str, str]]:
    return zip(ratings.coders, ratings.kinds, strict=True)


@dataclass(frozen=True)
class _Comparison:
    """Hits, truths and guesses of every coder against every majority, summed over resamples.

    `places[coder]` are the numbers of the comparisons of a coder, one for each human left out.
    """

    ratings: Ratings
    people: list[str]
    sums: ResampledSums
    places: dict[str, list[int]]
    units: list[int]

    @classmethod
    def of(
        cls,
        ratings: Ratings,
        people: list[str],
        level: float,
        method: Method,
        resamples: int,
        random_state: int,
    ) -> _Comparison:
        fewest = min(_FEWEST_OTHERS, len(people) - 1)
        blocks: list[NDArray[np.float64]] = []
        places: dict[str, list[int]] = {name: [] for name in ratings.coders}
        for human in people:
            others = ratings.of([name for name in people if name != human])
            enough = (others.codes != MISSING).sum(axis=1) >= fewest
            majority = majority_of(others)
            majority[~enough] = MISSING
            for coder in (human, *(name for name in ratings.coders if name not in people)):
                places[coder].append(len(blocks))
                blocks.append(_counted(ratings.of([coder]), majority, of=ratings.of([human])))
        counted = np.any([block[:, -1] > 0 for block in blocks], axis=0)
        # sources without such a unit tell nothing, and would pass for evidence
        sums = ResampledSums.of(
            np.concatenate(blocks, axis=1)[counted],
            ratings.sources[counted],
            level=level,
            method=method,
            resamples=resamples,
            random_state=random_state,
        )
        units = [int(block[:, -1].sum()) for block in blocks]
        return cls(ratings, people, sums, places, units)

    @property
    def _width(self) -> int:
        return 3 * len(self.ratings.labels) + 1

    def measures(self) -> Iterator[tuple[str, int | None]]:
        """Macro-F1, then F1 of each label by its number."""
        yield _MEASURES[0], None
        for number in range(len(self.ratings.labels)):
            yield _MEASURES[1], number

    def rows(self, measure: str, label: int | None) -> Iterator[dict[str, object]]:
        """All rows of one measure."""
        name = None if label is None else str(self.ratings.labels[label])
        kinds = dict(_kinds(self.ratings))

        def row(coder: str, against: str, found: Estimate) -> dict[str, object]:
            facts = {"coder": coder, "kind": kinds.get(coder, "human"), "against": against}
            return {**facts, "measure": measure, "label": name, **found.as_row()}

        others = "majority of the other humans"
        each = [self._mean([place], label) for human in self.people for place in self.places[human]]
        for human in self.people:
            yield row(human, others, self._estimate(self._mean(self.places[human], label)))
        yield row(ONE_HUMAN, others, self._range(each))
        humans = self._mean([self.places[human][0] for human in self.people], label)
        for coder in self.ratings.coders:
            if coder in self.people:
                continue
            scores = [self._mean([place], label) for place in self.places[coder]]
            yield row(coder, others, self._range(scores))
            own = self._mean(self.places[coder], label)
            yield row(
                coder,
                ONE_HUMAN,
                self._estimate(lambda lines, own=own: own(lines) - humans(lines)),  # type: ignore[misc]
            )

    def _mean(
        self, places: list[int], label: int | None
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Mean score over some comparisons, as a function of sums."""

        def value(lines: NDArray[np.float64]) -> NDArray[np.float64]:
            scores = [self._score(lines, place, label) for place in places]
            return np.asarray(np.mean(scores, axis=0))

        return value

    def _score(
        self, lines: NDArray[np.float64], place: int, label: int | None
    ) -> NDArray[np.float64]:
        """F1 of one label, NaN without positives; or mean over the labels that either gave."""
        block = lines[:, place * self._width : (place + 1) * self._width - 1]
        hits, true, guessed = block.reshape(len(lines), 3, len(self.ratings.labels)).transpose(
            1, 0, 2
        )
        present = true + guessed
        scores = np.divide(2 * hits, present, out=np.zeros_like(hits), where=present > 0)
        if label is not None:
            return np.where(true[:, label] > 0, scores[:, label], np.nan)
        counted = (present > 0).sum(axis=1)
        return np.divide(
            scores.sum(axis=1), counted, out=np.full(len(lines), np.nan), where=counted > 0
        )

    def _estimate(self, value: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Estimate:
        return self.sums.estimate(value, undefined=self._undefined(), n=max(self.units))

    def _range(
        self, values: list[Callable[[NDArray[np.float64]], NDArray[np.float64]]]
    ) -> Estimate:
        """Mean of some scores, with the lowest and the highest in the place of an interval."""
        scores = [float(value(self.sums.total[None, :])[0]) for value in values]
        known = [score for score in scores if np.isfinite(score)]
        found = Estimate(
            None, n=max(self.units), n_clusters=self.sums.n_clusters, reason=self._undefined()
        )
        if not known:
            return found
        left = len(scores) - len(known)
        return replace(
            found,
            estimate=float(np.mean(known)),
            low=min(known),
            high=max(known),
            method=f"mean, lowest and highest of {len(known)}",
            reason=f"{left} left out, undefined" if left else None,
        )

    def _undefined(self) -> str:
        if not max(self.units):
            return "no unit was coded by enough humans with a majority"
        return "no majority gave this label"


def _counted(coder: Ratings, majority: NDArray[np.int8], *, of: Ratings) -> NDArray[np.float64]:
    """Hits, truths and guesses by label, and whether the unit counts; shape (n_units, 3 k + 1).

    Units that the human left out did not code do not count, so that human and model see the same ones.
    """
    counts = (
        (majority[:, 0] != MISSING) & (coder.codes[:, 0] != MISSING) & (of.codes[:, 0] != MISSING)
    )
    true = (majority == 1) & counts[:, None]
    held = np.stack([coder.holds(label).codes[:, 0] == 1 for label in coder.labels], axis=1)
    guessed = held & counts[:, None]
    return np.concatenate([true & guessed, true, guessed, counts[:, None]], axis=1).astype(float)
