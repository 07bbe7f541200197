"""What a correction gives: three estimates side by side, with their intervals, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.two_phase import About, Corrected, Estimator
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, proportion_interval
from workbench.statistics.estimate import few_note
from workbench.statistics.intervals import from_replicates

__all__ = ["ESTIMATORS", "CorrectedEstimates", "Scale", "rows_of"]

#: Shares lie between 0 and 1, differences between -1 and 1, slopes anywhere.
Scale: TypeAlias = Literal["share", "difference", "slope"]

#: The three estimates of every quantity, in the table's order.
ESTIMATORS = ("automatic", "human sample", "corrected")

_BOUNDS: Mapping[Scale, tuple[float, float] | None] = {
    "share": (0.0, 1.0),
    "difference": (-1.0, 1.0),
    "slope": None,
}
_NOTHING_DRAWN = (
    "every unit of the corpus has an automatic code, so nothing was left to chance; "
    "how far the automatic coder errs is not in any interval around this figure"
)


@dataclass(frozen=True, slots=True)
class CorrectedEstimates:
    """Figures of automatic codes alone, of the human sample alone, and corrected by it.

    Attributes
    ----------
    table : polars.DataFrame
        `quantity`, `label`, `estimator` ("automatic", "human sample", "corrected"), the columns of
        every table of estimates, and `lam`, the weight of the automatic codes in the corrected
        estimate (0: they add nothing, 1: full difference estimator; null for the other two rows).
        `n` and `n_clusters` count what an estimate mainly rests on: all units and sources for
        "automatic", those with human codes for the other two.
    sentence : str
        What the correction aims at.
    notes : tuple of str
        What to keep in mind about this sample and this coder.
    settings : mapping
    """

    table: pl.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        below = "".join(f"<p>{escape(line)}</p>" for line in (self.sentence, *self.notes))
        return self.table._repr_html_() + below


def rows_of(
    found: Corrected,
    column: int,
    units: Units,
    *,
    quantity: str,
    label: str | None,
    scale: Scale,
    level: float,
    about: About,
    df: Mapping[Estimator, float] | None = None,
) -> list[dict[str, Any]]:
    """Three rows of the table for one coefficient.

    Parameters
    ----------
    found, column
        Coefficients and which of them.
    df
        Degrees of freedom by estimator in place of (sources - 1) and, where human codes enter,
        (sources with human codes - 1); about the corpus, of (pieces drawn - strata).
    """
    freedom = df or _degrees_of_freedom(found, units, about)
    names: tuple[Estimator, ...] = ("automatic", "human", "corrected")
    estimates = [
        _estimate(found, column, units, name, scale, level=level, about=about, df=freedom)
        for name in names
    ]
    lams = (None, None, float(found.lam[column]))
    return [
        {
            "quantity": quantity,
            "label": label,
            "estimator": name,
            **estimate.as_row(),
            "lam": lam,
        }
        for name, estimate, lam in zip(ESTIMATORS, estimates, lams, strict=True)
    ]


def table_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a table with the columns of `CorrectedEstimates.table`."""
    schema = {"quantity": str, "label": str, "estimator": str, **ESTIMATE_COLUMNS, "lam": float}
    return pl.DataFrame(rows, schema=schema)


def _degrees_of_freedom(found: Corrected, units: Units, about: About) -> Mapping[Estimator, float]:
    if about == "corpus":
        return {"human": found.df, "corrected": found.df}
    drawn = units.n_drawn_sources - 1
    return {"automatic": units.n_sources - 1, "human": drawn, "corrected": drawn}


def _estimate(
    found: Corrected,
    column: int,
    units: Units,
    estimator: Estimator,
    scale: Scale,
    *,
    level: float,
    about: About,
    df: Mapping[Estimator, float],
) -> Estimate:
    """One of the three estimates: of all units, or resting on those with human codes."""
    everything = estimator == "automatic"
    n = len(units.sources) if everything else int(units.drawn.sum())
    groups = units.n_sources if everything else units.n_drawn_sources
    value = float(getattr(found, estimator)[column])
    if about == "corpus" and everything:
        return Estimate(value, level=level, n=n, n_clusters=groups, reason=_NOTHING_DRAWN)
    if about == "corpus":
        error = float(getattr(found, f"{estimator}_error")[column])
        return _of_the_draw(value, error, scale, level=level, n=n, groups=groups, df=df[estimator])
    replicates = getattr(found, f"{estimator}_replicates")[:, column]
    return _jackknife(value, replicates, scale, level=level, n=n, groups=groups, df=df[estimator])


def _jackknife(
    value: float,
    replicates: NDArray[np.float64],
    scale: Scale,
    *,
    level: float,
    n: int,
    groups: int,
    df: float,
) -> Estimate:
    """Delete-one interval: of shares on the log-odds where they stay inside 0 and 1."""
    inside = bool(((replicates > 0) & (replicates < 1)).all()) and 0 < value < 1
    found = from_replicates(
        value,
        replicates,
        "jackknife",
        level=level,
        n=n,
        n_clusters=groups,
        scale="logit" if scale == "share" and inside else "plain",
        bounds=_BOUNDS[scale],
        df=df,
    )
    flat = np.isfinite(replicates).all() and np.ptp(replicates) <= 1e-12
    return _possible(_wide(found) if scale == "share" and flat else found, scale)


def _of_the_draw(
    value: float, error: float, scale: Scale, *, level: float, n: int, groups: int, df: float
) -> Estimate:
    """Interval about the corpus at hand, from the standard error of the draw."""
    half = float(stdtrit(df, (1 + level) / 2)) * error
    note = few_note(groups)
    if scale == "share" and 0 < value < 1:
        middle, half = float(logit(value)), half / (value * (1 - value))
        ends = float(expit(middle - half)), float(expit(middle + half))
        return Estimate(value, *ends, level, "design-t (logit)", n, groups, note)
    low, high = value - half, value + half
    if (bounds := _BOUNDS[scale]) is not None:
        low, high = (float(x) for x in np.clip((low, high), *bounds))
    found = Estimate(value, low, high, level, "design-t", n, groups, note)
    return _possible(_wide(found) if scale == "share" and error == 0 else found, scale)


def _wide(found: Estimate) -> Estimate:
    """Wilson's interval with the coded sources as sample: no coded unit differs from another."""
    groups = found.n_clusters or 0
    share = min(1.0, max(0.0, found.estimate or 0.0))
    wilson = proportion_interval(share * groups, groups, level=found.level)
    notes = (few_note(groups), "too little variation: each source counted as one item")
    return Estimate(
        found.estimate,
        wilson.low,
        wilson.high,
        found.level,
        "Wilson over clusters",
        found.n,
        groups,
        "; ".join(note for note in notes if note),
    )


def _possible(found: Estimate, scale: Scale) -> Estimate:
    """A correction may carry a small share past 0: cut it there, and say so."""
    bounds = _BOUNDS[scale]
    if bounds is None or found.estimate is None or bounds[0] <= found.estimate <= bounds[1]:
        return found
    value = min(bounds[1], max(bounds[0], found.estimate))
    note = "cut to the possible range: too few human codes of this label"
    reason = "; ".join(part for part in (found.reason, note) if part)
    return Estimate(
        value, found.low, found.high, found.level, found.method, found.n, found.n_clusters, reason
    )
