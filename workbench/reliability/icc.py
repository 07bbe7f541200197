"""Intraclass correlations of conversation-level counts, rates and ratings.

Names are McGraw and Wong's: "1" is one-way (which coder gave a value is not used), "A" absolute
agreement, "C" consistency (a coder who scores higher throughout costs nothing); ",1" is the reliability
of one coder, ",k" that of the mean of k coders. One definition serves complete tables and tables with
missing cells, by variance components (`workbench.reliability.variance_components`):

    ICC(1)   = between / (between + within)
    ICC(A,1) = conversation / (conversation + coder + residual)
    ICC(C,1) = conversation / (conversation + residual)

and for ",k" the terms of error are divided by k, with missing cells the harmonic mean of the number of
coders per conversation. On a complete table these are McGraw and Wong's formulas in mean squares.

Two kinds of interval, of different meaning for ICC(A): the closed form takes the coders as a sample of
coders, leaving out sources holds the coders at hand. The second is the default. Counts and rates are
skewed; at a nominal 95 % and skewed effects the closed form covers 90 % with 5 conversations and 82 %
with 100, the jackknife on Fisher's z 88-94 % (normal effects: 93-96 %) and percentiles of a bootstrap
72-92 %, whatever the number of conversations (tests/benchmarks/results/reliability/icc_coverage.csv).

Sources
-------
McGraw and Wong (1996), https://doi.org/10.1037/1082-989X.1.1.30
Shrout and Fleiss (1979), https://doi.org/10.1037/0033-2909.86.2.420
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.reliability.icc_intervals import averaged, closed_form, fisher_z, mean_squares
from workbench.reliability.resampled_sums import ResampledSums
from workbench.reliability.variance_components import (
    coded_twice,
    components_of_sums,
    conversation_sums,
)
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, Method
from workbench.statistics.clusters import encode_groups
from workbench.statistics.intervals import check_options

__all__ = [
    "ICC_FORMS",
    "MINIMUM_CONVERSATIONS",
    "IccForm",
    "IccMethod",
    "icc",
    "icc_gap",
    "icc_table",
]

#: McGraw and Wong's forms.
IccForm: TypeAlias = Literal["1", "A,1", "C,1", "1,k", "A,k", "C,k"]

#: "F" is the closed form (complete table, conversations that share no source); "auto" is the jackknife.
IccMethod: TypeAlias = Literal["auto", "F", "jackknife", "bootstrap"]

ICC_FORMS: tuple[IccForm, ...] = ("1", "A,1", "C,1", "1,k", "A,k", "C,k")

#: Below this number of conversations an estimate is marked.
MINIMUM_CONVERSATIONS = 15

_CLOSED = "F (McGraw and Wong)"


def icc(
    values: ArrayLike,
    form: IccForm = "A,1",
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    method: IccMethod = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Intraclass correlation of a conversations x coders table.

    Parameters
    ----------
    values : array-like of shape (n_conversations, n_coders)
        One number per conversation and coder (a count, a rate, a rating), NaN where a coder did not
        code the conversation. Conversations with fewer than two coders are left out.
    form : {"1", "A,1", "C,1", "1,k", "A,k", "C,k"}, default "A,1"
        Which coefficient.
    clusters : array-like of shape (n_conversations,), optional
        Source of each conversation; default: each its own.
    level : float, default 0.95
        Nominal coverage.
    method : {"auto", "F", "jackknife", "bootstrap"}, default "auto"
        "jackknife", "bootstrap": over sources, coders held; the jackknife is symmetric on Fisher's z
        for intraclass correlations. "F": McGraw and Wong's closed form (complete tables of unrelated
        conversations, normal effects, coders a sample). "auto": the jackknife, at any number of
        sources.
    resamples, random_state
        Of the bootstrap.

    Returns
    -------
    Estimate
        `n` counts conversations coded by two or more. Below 15 of them the estimate is given and
        `reason` begins "fewer than 15 conversations"; a negative estimate is shown as computed, with a
        note. Undefined, with a reason, below two conversations or coders, without any variation, and
        where missing cells leave nothing to estimate the residual from.

    Raises
    ------
    BadInput
        If the table, the form or an option is not what it has to be, or "F" is asked for where it
        does not hold.

    Examples
    --------
    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(icc(table, "A,1").estimate, 2), round(icc(table, "C,1").estimate, 2)
    (0.29, 0.71)
    """
    if form not in ICC_FORMS:
        raise BadInput.unknown("form of the intraclass correlation", str(form), ICC_FORMS)
    study = _Study.of(values, clusters, level, method, resamples, random_state)
    return study.estimate(form)


def icc_table(
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    method: IccMethod = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """All six forms, from the same resamples.

    Returns
    -------
    polars.DataFrame
        `form`, `k` (coders averaged over in the ",k" forms: all of them, or the harmonic mean per
        conversation where cells are missing) and the columns of an estimate.
    """
    study = _Study.of(values, clusters, level, method, resamples, random_state)
    rows = [
        {
            "form": form,
            "k": study.averaged if form.endswith("k") else 1.0,
            **study.estimate(form).as_row(),
        }
        for form in ICC_FORMS
    ]
    return pl.DataFrame(rows, schema={"form": str, "k": float, **ESTIMATE_COLUMNS})


def icc_gap(
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    method: Literal["auto", "jackknife", "bootstrap"] = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """ICC(C,1) minus ICC(A,1): what coders lose by scoring higher or lower throughout.

    0 where coders differ in mean no more than by chance; the larger, the more of the disagreement is
    bias. Both coefficients come from the same resamples of sources, coders held.

    Parameters
    ----------
    values, clusters, level, method, resamples, random_state
        As in `icc`; there is no closed form.

    Returns
    -------
    Estimate
        As `icc`.
    """
    study = _Study.of(values, clusters, level, method, resamples, random_state, closed=False)
    return study.gap()


@dataclass(frozen=True)
class _Study:
    """A table with its sums, resampled once for all coefficients."""

    table: NDArray[np.float64]
    sums: ResampledSums
    closed: bool
    note: str | None

    @classmethod
    def of(
        cls,
        values: ArrayLike,
        clusters: ArrayLike | None,
        level: float,
        method: str,
        resamples: int,
        random_state: int,
        *,
        closed: bool = True,
    ) -> _Study:
        allowed = (*(("auto", "F") if closed else ("auto",)), "jackknife", "bootstrap")
        if method not in allowed:
            raise BadInput.unknown("interval method", str(method), allowed)
        check_options(level=level, resamples=resamples)
        table, rows = coded_twice(values)
        given = len(np.asarray(values))
        sources = np.arange(given) if clusters is None else np.asarray(clusters)
        if len(sources) != given:
            raise BadInput(f"{given} conversations, but {len(sources)} cluster ids.")
        sources = sources[rows]
        unrelated = len(encode_groups(sources, name="clusters")[0]) == len(rows)
        holds = closed and unrelated and not np.isnan(table).any()
        if method == "F" and not holds:
            raise BadInput(
                "method='F' needs a complete table of conversations that share no source; use 'auto'."
            )
        house: Method = "bootstrap" if method == "bootstrap" else "jackknife"
        sums = ResampledSums.of(
            conversation_sums(table),
            sources,
            level=level,
            method=house,
            resamples=resamples,
            random_state=random_state,
        )
        left = given - len(rows)
        note = f"{left} conversations with fewer than two coders left out" if left else None
        return cls(table, sums, method == "F", note)

    @property
    def n(self) -> int:
        return self.table.shape[0]

    @property
    def k(self) -> int:
        return self.table.shape[1]

    @property
    def averaged(self) -> float | None:
        """How many coders the ",k" forms average over."""
        each = (~np.isnan(self.table)).sum(axis=1)
        return float(len(each) / (1 / each).sum()) if len(each) else None

    def estimate(self, form: IccForm) -> Estimate:
        """One coefficient with its interval and notes."""
        undefined = self._undefined()
        if undefined:
            return self._noted(Estimate(None, level=self.sums.level, n=self.n, reason=undefined))
        value = float(_coefficient(form, self.k)(self.sums.total[None, :])[0])
        if not np.isfinite(value):
            return self._noted(
                Estimate(None, level=self.sums.level, n=self.n, reason=self._unsolvable())
            )
        found = self._closed_form(form, value) if self.closed else self._resampled(form)
        notes = []
        if np.isnan(self.table).any():
            notes.append("missing cells: variance components by fitting constants")
            if form.endswith("k"):
                notes.append(f"k = {self.averaged:.3g}, harmonic mean of coders per conversation")
        if value < 0:
            notes.append(
                "negative: conversations differ less than the error of coding would have them"
            )
        return self._noted(found, *notes)

    def gap(self) -> Estimate:
        """ICC(C,1) minus ICC(A,1)."""
        undefined = self._undefined()
        if undefined:
            return self._noted(Estimate(None, level=self.sums.level, n=self.n, reason=undefined))
        consistency, agreement = (_coefficient(form, self.k) for form in ("C,1", "A,1"))
        return self._noted(
            self.sums.estimate(
                lambda lines: consistency(lines) - agreement(lines), undefined=self._unsolvable()
            )
        )

    def _undefined(self) -> str | None:
        if self.n < 2 or self.k < 2:
            return f"{self.n} conversations coded by two or more coders; at least two are needed"
        if np.nanmax(self.table) == np.nanmin(self.table):
            return "all values are equal, so there is no variance to divide"
        return None

    def _unsolvable(self) -> str:
        return "the values leave nothing to estimate the variance components from"

    def _noted(self, found: Estimate, *notes: str) -> Estimate:
        few = (
            f"fewer than {MINIMUM_CONVERSATIONS} conversations ({self.n})"
            if self.n < MINIMUM_CONVERSATIONS
            else None
        )
        said = [text for text in (few, found.reason, *notes, self.note) if text]
        return replace(
            found, n_clusters=self.sums.n_clusters, reason="; ".join(said) if said else None
        )

    def _closed_form(self, form: IccForm, value: float) -> Estimate:
        n, k = self.table.shape
        rows, columns, error, within = mean_squares(self.table)
        kind = form.split(",", maxsplit=1)[0]
        ends = closed_form(
            kind,
            rows=rows,
            columns=columns,
            error=within if kind == "1" else error,
            n=n,
            k=k,
            level=self.sums.level,
        )
        base = Estimate(
            value, level=self.sums.level, n=n, reason="no interval: coders do not differ"
        )
        if ends is None:
            return base
        low, high = (averaged(end, k) for end in ends) if form.endswith("k") else ends
        return replace(base, low=float(low), high=float(high), method=_CLOSED, reason=None)

    def _resampled(self, form: IccForm) -> Estimate:
        """Interval over sources; the jackknife on Fisher's z wherever that is defined."""
        coefficient = _coefficient(form, self.k)
        plain = self.sums.estimate(coefficient, undefined=self._unsolvable(), bounds=(-np.inf, 1.0))
        if self.sums.chosen != "jackknife" or plain.low is None:
            return plain
        k = self.averaged or 2.0
        there, back = fisher_z(k, averaged=form.endswith("k"))
        moved = self.sums.estimate(
            lambda lines: there(coefficient(lines)), undefined=self._unsolvable()
        )
        if moved.low is None or moved.high is None:
            return plain
        return replace(
            plain, low=back(moved.low), high=back(moved.high), method=f"{plain.method} (Fisher's z)"
        )


def _coefficient(form: str, n_coders: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The coefficient as a function of sums over conversations."""

    def value(lines: NDArray[np.float64]) -> NDArray[np.float64]:
        found = components_of_sums(lines, n_coders)
        if form.startswith("1"):
            true, error = found.between, found.within
        else:
            true = found.conversation
            error = found.residual + (found.coder if form.startswith("A") else 0.0)
        if form.endswith("k"):
            error = error / found.coders_each
        whole = true + error
        return np.divide(true, whole, out=np.full(len(lines), np.nan), where=whole > 0)

    return value
