"""Regression slopes with a code as outcome or as covariate, corrected by a human-coded sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, shown
from workbench.reliability.correction.double_coded import DoubleCoded, Use, double_coded
from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.estimates import (
    CorrectedEstimates,
    rows_of,
    table_of,
)
from workbench.reliability.correction.fits import Family
from workbench.reliability.correction.two_phase import About, corrected_coefficients
from workbench.statistics.intervals import check_options

__all__ = ["CODE", "corrected_slopes"]

#: Stands for the code among outcome and covariates.
CODE = "code"


def corrected_slopes(
    automatic: Layer,
    human: Layer,
    corpus: Corpus,
    *,
    label: str,
    outcome: str,
    covariates: Sequence[str],
    unit: Literal["utterance", "conversation"] = "utterance",
    family: Family = "linear",
    inclusion: float | pl.DataFrame | None = None,
    strata: pl.DataFrame | None = None,
    use: Use = "label",
    about: About = "population",
    drawn: Literal["utterance", "conversation", "source"] = "utterance",
    level: float = 0.95,
    lam: float | None = None,
) -> CorrectedEstimates:
    """Estimate a regression in which one code stands as outcome or as covariate.

    A covariate measured with error draws its slope towards 0 (or elsewhere), and an outcome coded
    with errors that go with a covariate bends that slope; the human sample corrects both.

    Parameters
    ----------
    automatic, human, corpus, inclusion, strata, use, about, drawn, level, lam
        As in `corrected_rates`.
    label : str
        The code.
    outcome : str
        Column to explain, or "code".
    covariates : sequence of str
        Columns that explain, one of them "code" unless that is the outcome. Numbers, or True and
        False. Columns of utterances or of conversations; names with `unit="conversation"`: of
        conversations.
    unit : {"utterance", "conversation"}
        Rows of the regression. For conversations the code is its share among the conversation's
        units, and conversations must have been drawn and coded whole.
    family : {"linear", "logistic"}
        Least squares (slopes in units of the outcome), or logistic regression (log-odds; outcome
        between 0 and 1).

    Returns
    -------
    CorrectedEstimates
        Quantities "intercept" and "slope of <covariate>".

    Raises
    ------
    BadInput
        As in `double_coded`; where "code" does not stand once, a column is absent, no number or has
        gaps, or conversations were coded in part.
    InsufficientData
        As in `double_coded`; where the regression has no solution.

    Examples
    --------
    Do open questions become rarer as a session goes on? ``corrected_slopes(auto, human, corpus,
    label="question", outcome="code", covariates=["turn"], inclusion=0.1)``
    """
    check_options(level=level)
    if [outcome, *covariates].count(CODE) != 1 or not covariates:
        raise BadInput(
            f'Exactly one of outcome and covariates is "{CODE}"; got outcome {outcome!r} and '
            f"covariates {shown(list(covariates))}."
        )
    pair = double_coded(automatic, human, corpus, inclusion=inclusion, strata=strata, use=use)
    column = pair.chosen([label])[0]
    data = _rows(pair, column, by_conversation=unit == "conversation")
    columns = {name: _numbers(data.frame, name) for name in (outcome, *covariates) if name != CODE}
    if family == "logistic" and outcome != CODE and not _shares(columns[outcome]):
        raise BadInput(f"A logistic outcome lies between 0 and 1; {outcome!r} does not.")

    def design(code: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        given = {**columns, CODE: code}
        one = np.ones(len(code))
        return np.column_stack([one, *(given[name] for name in covariates)]), given[outcome]

    found = corrected_coefficients(
        data.units,
        automatic=design(data.automatic),
        human=design(data.human),
        family=family,
        lam=lam,
        about=about,
        together=replace(pair, frame=data.frame).together(drawn),
    )
    rows: list[dict[str, Any]] = []
    for position, name in enumerate(("intercept", *covariates)):
        rows += rows_of(
            found,
            position,
            data.units,
            quantity=name if position == 0 else f"slope of {name}",
            label=label,
            scale="slope",
            level=level,
            about=about,
        )
    settings = {
        "outcome": outcome,
        "covariates": tuple(covariates),
        "unit": unit,
        "family": family,
        "use": use,
        "about": about,
        "level": level,
        "lam": lam,
    }
    return CorrectedEstimates(table_of(rows), pair.sentence, pair.notes, settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """Rows of the regression: facts, membership, and the code by either coder."""

    frame: pl.DataFrame
    units: Units
    automatic: NDArray[np.float64]
    human: NDArray[np.float64]


def _rows(pair: DoubleCoded, column: int, *, by_conversation: bool) -> _Data:
    automatic, human = pair.automatic[:, column], pair.human[:, column]
    if not by_conversation:
        return _Data(pair.frame, pair.units, automatic, human)
    talks = pair.frame["conversation_id"].to_numpy()
    _, first, code = np.unique(talks, return_index=True, return_inverse=True)
    sizes = np.bincount(code)
    coded = np.bincount(code, pair.units.drawn)
    partly = int(((coded > 0) & (coded < sizes)).sum())
    if partly:
        raise BadInput(
            f"{partly} conversations have human codes for a part of their units only, so that their "
            "share of the code is not known. Draw whole conversations, or take unit='utterance'."
        )
    probability = pair.units.probability
    if np.nanmax(np.abs(probability - probability[first][code]), initial=0) > 1e-9:
        raise BadInput("Units of one conversation have different inclusion probabilities.")
    return _Data(
        pair.frame[first.tolist()],
        Units(pair.units.sources[first], pair.units.strata[first], probability[first]),
        np.bincount(code, automatic) / sizes,
        np.bincount(code, human) / sizes,
    )


def _numbers(frame: pl.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as numbers, without gaps."""
    if name not in frame.columns:
        raise BadInput.unknown("column", name, frame.columns)
    values = frame[name]
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise BadInput(
            f"Column {name!r} holds {values.dtype}; a regression needs numbers or True and False. "
            "Add such a column, as corpus.join_outcomes does."
        )
    found = values.cast(pl.Float64).to_numpy()
    gaps = int((~np.isfinite(found)).sum())
    if gaps:
        raise BadInput(
            f"Column {name!r} has no value in {gaps} of {len(found)} rows. Leave these units out: "
            "automatic.restricted_to(...), and the same of the human layer."
        )
    return found


def _shares(values: NDArray[np.float64]) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
