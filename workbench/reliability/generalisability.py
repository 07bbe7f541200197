"""Generalisability study of conversation-level measurements: how many slices by how many coders.

The design is (segments nested in conversations) x coders: each coder gives each segment a value, and the
conversation is what is to be measured. A G study divides the variance into conversation, coder,
segment, conversation x coder and residual (segment x coder and everything else); a D study says what
the mean over n_s segments and n_c coders is worth:

    relative error = segment / n_s + conversation x coder / n_c + residual / (n_s n_c)
    absolute error = relative error + coder / n_c
    G   = conversation / (conversation + relative error)    comparing conversations, same coders for all
    Phi = conversation / (conversation + absolute error)    the score itself, or other coders for each

Slices are taken as drawn from a conversation without end. Where it has N of them (`available`), the mean
over all N is what is to be measured: segment / N is no error but a part of what is true, and coding
every slice leaves the coders' errors alone.

Components are solved from the "T terms" of an analysis of variance (Henderson's method 1), which serve
balanced and unbalanced tables and are sums over conversations, so that resamples are matrix products.
They may be negative and are shown so; G and Phi take them as 0.

Sources
-------
Brennan (2001), Generalizability Theory, https://doi.org/10.1007/978-1-4757-3456-0, sections 3.2, 4.1
and 7.1.
Shavelson and Webb (1991), Generalizability Theory: A Primer.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.reliability.generalisability_components import (
    components,
    dependability,
    impossible,
    segment_sums,
)
from workbench.reliability.ratings import Ratings
from workbench.reliability.resampled_sums import ResampledSums, ValueOfSums
from workbench.reliability.tallies import tallies
from workbench.statistics import ESTIMATE_COLUMNS, Estimate
from workbench.statistics.clusters import encode_groups

__all__ = [
    "COMPONENTS",
    "GeneralisabilityStudy",
    "generalisability",
    "label_generalisability",
]

#: Names of the variance components, in the order of the table.
COMPONENTS = ("conversation", "coder", "segment", "conversation x coder", "residual")

#: G (relative decisions) and Phi (absolute decisions).
Coefficient: TypeAlias = Literal["phi", "g"]


@dataclass(frozen=True)
class GeneralisabilityStudy:
    """Variance components, and what any number of slices and coders would be worth.

    Attributes
    ----------
    components : polars.DataFrame
        `component`, `share` (of the total, negative components as 0) and the columns of an estimate,
        one row for each of `COMPONENTS`.
    sums : ResampledSums
        Sums over conversations and their resamples, from which all else is computed.
    n_coders : int
        Coders of the study.
    undefined : str or None
        Why the components could not be estimated.
    """

    components: pl.DataFrame
    sums: ResampledSums
    n_coders: int
    undefined: str | None = None

    def coefficient(
        self,
        *,
        slices: int,
        coders: int,
        coefficient: Coefficient = "phi",
        available: int | None = None,
    ) -> Estimate:
        """G or Phi of the mean over some slices and coders.

        Parameters
        ----------
        slices, coders : int
            Slices coded of each conversation, each by all of these coders.
        coefficient : {"phi", "g"}, default "phi"
            Which.
        available : int, optional
            Slices that a conversation has; default: without end.

        Raises
        ------
        BadInput
            If a number is below 1, more slices are wanted than there are, or there is no such coefficient.
        """
        if coefficient not in ("phi", "g"):
            raise BadInput.unknown("coefficient", str(coefficient), ("phi", "g"))
        if slices < 1 or coders < 1:
            raise BadInput(
                f"A design has at least one slice and one coder; got {slices} and {coders}."
            )
        if available is not None and slices > available:
            raise BadInput(f"{slices} slices are wanted of conversations that have {available}.")
        if self.undefined:
            return self._undefined()
        value = dependability(self.n_coders, slices, coders, coefficient, available=available)
        plain = self.sums.estimate(value, undefined="there is no variance", bounds=(0, 1))
        if self.sums.chosen != "jackknife" or plain.low is None:
            return plain
        # symmetric where the ratio of true to error variance is a logarithm, as for Fisher's z
        moved = self.sums.estimate(
            lambda lines: -0.5 * np.log1p(-np.minimum(value(lines), 1 - 1e-12)), undefined=""
        )
        if moved.low is None or moved.high is None:
            return plain
        low, high = (float(np.clip(1 - np.exp(-2 * end), 0, 1)) for end in (moved.low, moved.high))
        return replace(plain, low=low, high=high, method=f"{plain.method} (Fisher's z)")

    def decision(
        self,
        *,
        slices: Iterable[int] = range(1, 11),
        coders: Iterable[int] = range(1, 6),
        available: int | None = None,
    ) -> pl.DataFrame:
        """D study: every number of slices by every number of coders.

        Returns
        -------
        polars.DataFrame
            `slices`, `coders`, `coefficient` ("g", "phi") and the columns of an estimate; no more slices
            than are `available`.
        """
        names: tuple[Coefficient, ...] = ("g", "phi")
        possible = [s for s in slices if available is None or s <= available]
        rows = [
            _row(s, c, x, self.coefficient(slices=s, coders=c, coefficient=x, available=available))
            for s, c, x in product(possible, tuple(coders), names)
        ]
        return pl.DataFrame(rows, schema=_DECISION_SCHEMA)

    def smallest(
        self,
        wanted: float = 0.8,
        *,
        coefficient: Coefficient = "phi",
        available: int | None = None,
        most_slices: int = 30,
        most_coders: int = 10,
    ) -> pl.DataFrame:
        """Designs that reach a wanted coefficient and of which nothing can be left out.

        Parameters
        ----------
        wanted : float, default 0.8
            Coefficient that the estimate has to reach.
        coefficient : {"phi", "g"}, default "phi"
            Which.
        available : int, optional
            Slices that a conversation has.
        most_slices, most_coders : int
            Largest numbers to consider.

        Returns
        -------
        polars.DataFrame
            As `decision`, by number of coders; where no design reaches it, one row with null slices and
            coders and the coefficient of the largest design.
        """
        if not 0 < wanted < 1:
            raise BadInput(f"wanted is a coefficient between 0 and 1; got {wanted}.")
        most = most_slices if available is None else min(most_slices, available)
        rows, fewest = [], most + 1
        for c in range(1, most_coders + 1):
            enough = [
                s for s in range(1, fewest) if self._value(s, c, coefficient, available) >= wanted
            ]
            if enough:
                fewest = enough[0]
                found = self.coefficient(
                    slices=fewest, coders=c, coefficient=coefficient, available=available
                )
                rows.append(_row(fewest, c, coefficient, found))
        if not rows:
            best = self.coefficient(
                slices=most, coders=most_coders, coefficient=coefficient, available=available
            )
            said = f"no design up to {most} slices by {most_coders} coders reaches {wanted:g}"
            best = replace(best, reason="; ".join(t for t in (said, best.reason) if t))
            rows = [_row(None, None, coefficient, best)]
        return pl.DataFrame(rows, schema=_DECISION_SCHEMA)

    def _value(
        self, slices: int, coders: int, coefficient: Coefficient, available: int | None
    ) -> float:
        """The coefficient without interval; NaN where undefined."""
        value = dependability(self.n_coders, slices, coders, coefficient, available=available)
        return float("nan") if self.undefined else float(value(self.sums.total[None, :])[0])

    def _undefined(self) -> Estimate:
        return Estimate(
            None,
            level=self.sums.level,
            n=self.sums.n,
            n_clusters=self.sums.n_clusters,
            reason=self.undefined,
        )

    def _repr_html_(self) -> str:
        return self.components._repr_html_()


def _row(
    slices: int | None, coders: int | None, coefficient: str, found: Estimate
) -> dict[str, Any]:
    return {"slices": slices, "coders": coders, "coefficient": coefficient, **found.as_row()}


_DECISION_SCHEMA = {"slices": int, "coders": int, "coefficient": str, **ESTIMATE_COLUMNS}


def generalisability(
    values: ArrayLike,
    conversations: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    method: Literal["jackknife", "bootstrap"] = "jackknife",
    resamples: int = 1000,
    random_state: int = 0,
) -> GeneralisabilityStudy:
    """Variance components of segments (in conversations) x coders, and the D study they allow.

    Parameters
    ----------
    values : array-like of shape (n_segments, n_coders)
        One number per segment and coder, NaN where a coder did not code the segment. Conversations may
        have different numbers of segments. With missing cells components stay unbiased for coders
        drawn at random, yet depend on who coded what; with few cells missing that is of no weight.
    conversations : array-like of shape (n_segments,)
        Conversation of each segment.
    clusters : array-like of shape (n_segments,), optional
        Source of each segment; default: its conversation.
    level : float, default 0.95
        Nominal coverage.
    method : {"jackknife", "bootstrap"}, default "jackknife"
        Intervals leave out, or draw, whole sources; they hold the coders at hand.
    resamples, random_state
        Of the bootstrap.

    Returns
    -------
    GeneralisabilityStudy
        Undefined, with a reason, below two conversations or coders, and where no conversation has two
        segments.

    Raises
    ------
    BadInput
        If shapes do not fit or numbers are not finite.

    Examples
    --------
    >>> table = [[4, 5], [2, 3], [7, 6], [8, 8], [1, 3], [2, 2], [5, 6], [5, 5]]
    >>> study = generalisability(table, ["a", "a", "b", "b", "c", "c", "d", "d"])
    >>> round(study.coefficient(slices=3, coders=2).estimate, 2)
    0.93
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or np.isinf(table).any():
        raise BadInput(
            "values: expected a table of finite numbers, segments x coders (NaN: not coded)."
        )
    ids, talk = encode_groups(conversations, name="conversations")
    if len(talk) != len(table):
        raise BadInput(f"{len(table)} segments, but {len(talk)} conversation ids.")
    sources = ids if clusters is None else _first(np.asarray(clusters), talk)
    if clusters is not None and (np.asarray(clusters) != sources[talk]).any():
        raise BadInput(
            "A conversation has segments of two sources; a source holds whole conversations."
        )
    kept = (~np.isnan(table)).any(axis=1)
    present = np.unique(talk[kept])
    sums = ResampledSums.of(
        segment_sums(table[kept], np.searchsorted(present, talk[kept]), len(present)),
        sources[present],
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )
    sums = replace(sums, n=int((~np.isnan(table)).sum()))
    k = table.shape[1]
    undefined = impossible(sums.total, k)
    return GeneralisabilityStudy(_component_table(sums, k, undefined), sums, k, undefined)


def label_generalisability(
    ratings: Ratings,
    label: Hashable,
    *,
    conversations: ArrayLike,
    segments: ArrayLike,
    level: float = 0.95,
    method: Literal["jackknife", "bootstrap"] = "jackknife",
    resamples: int = 1000,
    random_state: int = 0,
) -> GeneralisabilityStudy:
    """G study of how often a label occurs: its rate in each slice, by each coder.

    Parameters
    ----------
    ratings : Ratings
        Codes of utterances.
    label
        Label whose rate is the measurement.
    conversations, segments : array-like of shape (n_units,)
        Conversation and slice (`slices`) of each unit.
    level, method, resamples, random_state
        As in `generalisability`.

    Returns
    -------
    GeneralisabilityStudy
        Over the sources of the ratings.
    """
    tallied = tallies(ratings, segments, label)
    _, numbers = encode_groups(segments, name="segments")
    return generalisability(
        tallied.rates,
        _first(np.asarray(conversations), numbers),
        clusters=_sources(tallied.sources, tallied.conversations),
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )


def _component_table(sums: ResampledSums, k: int, undefined: str | None) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    values = components(sums.total[None, :], k)[0]
    positive = np.maximum(values, 0)
    for place, name in enumerate(COMPONENTS):
        share = None
        if undefined:
            none = Estimate(None, level=sums.level, n=sums.n, reason=undefined)
            found = replace(none, n_clusters=sums.n_clusters)
        else:
            found = sums.estimate(_component(k, place), undefined="no solution")
            share = float(positive[place] / positive.sum()) if positive.sum() > 0 else None
            if values[place] < 0:
                said = "negative estimate, taken as 0 in G and Phi"
                found = replace(found, reason="; ".join(t for t in (found.reason, said) if t))
        rows.append({"component": name, "share": share, **found.as_row()})
    return pl.DataFrame(rows, schema={"component": str, "share": float, **ESTIMATE_COLUMNS})


def _component(k: int, place: int) -> ValueOfSums:
    return lambda lines: components(lines, k)[:, place]


def _first(values: NDArray, numbers: NDArray[np.intp]) -> NDArray:
    """Value of the first row of each group."""
    return values[np.unique(numbers, return_index=True)[1]]


def _sources(sources: NDArray, segments: NDArray) -> NDArray | None:
    """Sources of the slices; None where each slice is its own, that is, where none are known."""
    return None if np.array_equal(sources, segments) else sources
