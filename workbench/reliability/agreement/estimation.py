"""Coefficients of agreement with intervals over clusters.

What is drawn or left out is a source (a video, a client), by the house's rule: delete-one jackknife with
t(G - 1) below 30 sources, percentile bootstrap from there on. Every resample is the sources' sums times how
often each was drawn; many coefficients and many tables (one for each label) share the draws, so that their
intervals are comparable.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.reliability.agreement.coefficients import COEFFICIENTS, Coefficient
from workbench.reliability.agreement.distances import DistanceName, Weights
from workbench.reliability.agreement.resampling import Part, replicates_of
from workbench.reliability.agreement.sums import Codings
from workbench.reliability.ratings import Ratings
from workbench.statistics import Estimate, Method, cluster_proportion
from workbench.statistics.intervals import check_options, choose_method, from_replicates

__all__ = ["estimate_coefficient", "estimate_coefficients", "fits"]


def estimate_coefficient(
    ratings: Ratings,
    name: str,
    *,
    weights: Weights | None = None,
    distance: DistanceName | None = None,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> Estimate:
    """Estimate one coefficient of agreement, with an interval over sources.

    Parameters
    ----------
    ratings : Ratings
        What each coder said of each unit.
    name : str
        One of `COEFFICIENTS`.
    weights : {"linear", "quadratic"} or array-like of shape (k, k), optional
        Weights of disagreement of weighted kappa and AC2, default "linear"; between ranks for ordinal
        codes, between values for numeric ones.
    distance : str, optional
        Distance of Krippendorff's alpha; default: the one of the level (sets: "masi").
    level : float, default 0.95
        Nominal coverage.
    method : {"auto", "jackknife", "bootstrap"}, default "auto"
        As in `workbench.statistics.cluster_interval`. Percent agreement is a proportion and has the
        interval of `cluster_proportion`.
    resamples : int, default 1000
        Number of bootstrap resamples.
    random_state : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    Estimate
        `n` counts the units that two coders or more coded, `n_clusters` their sources. Without value, and
        with a reason, where no unit was coded twice or expected disagreement is 0. The reason also says
        how many categories of the codebook entered, and what became of units that one coder alone coded:
        Fleiss' kappa and Gwet's coefficients let them count for the marginals, which misleads where they are
        many and of other conversations (keep doubly coded units with `ratings.rows`).

    Raises
    ------
    BadInput
        If the coefficient is unknown or does not apply to the ratings, or an option is out of range.

    Examples
    --------
    >>> ratings = Ratings.build([["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]])
    >>> estimate_coefficient(ratings, "cohen_kappa").estimate
    0.5
    """
    return estimate_coefficients(
        [ratings],
        [name],
        weights=weights,
        distance=distance,
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )[0][name]


def estimate_coefficients(
    tables: Sequence[Ratings],
    names: Sequence[str],
    *,
    weights: Weights | None = None,
    distance: DistanceName | None = None,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> list[dict[str, Estimate]]:
    """Estimate several coefficients of several tables, all from the same resamples.

    What `estimate_coefficient` gives for each, in less time: a table is prepared once and the draws are
    made once for all tables with equally many sources.

    Parameters
    ----------
    tables : sequence of Ratings
        For example one table for each label (`ratings.holds(label)`).
    names : sequence of str
        Names of `COEFFICIENTS`.
    weights, distance, level, method, resamples, random_state
        As in `estimate_coefficient`; weights and distance concern the coefficients that take them.

    Returns
    -------
    list of dict
        For each table its estimates by name.

    Raises
    ------
    BadInput
        As `estimate_coefficient`.
    """
    check_options(level=level, method=method, resamples=resamples)
    chosen = [_coefficient(name) for name in names]
    options = {"weights": weights, "distance": distance}
    for option, given in options.items():
        if given is not None and all(one.option != option for one in chosen):
            raise BadInput(f"{option} was given, but {', '.join(names)} takes none: leave it out.")
    parts = []
    for ratings in tables:
        coded = Codings(ratings)
        for one in chosen:
            _check(one, ratings)
            form = one.form(coded, options[one.option] if one.option else None)
            parts.append(Part.of(one, coded, form))
    replicates = replicates_of(parts, method, resamples, random_state)
    found = [
        _estimate(part, values, level, method, resamples, random_state)
        for part, values in zip(parts, replicates, strict=True)
    ]
    width = len(chosen)
    return [
        dict(zip(names, found[start : start + width], strict=True))
        for start in range(0, len(found), max(1, width))
    ]


def fits(name: str, ratings: Ratings) -> str | None:
    """Why a coefficient does not apply to these ratings, or None where it does.

    Examples
    --------
    >>> fits("cohen_kappa", Ratings.build([["a", "a", "b"]]))
    "Cohen's kappa compares two coders and there are 3: take two of them with ratings.of([...])."
    """
    one = _coefficient(name)
    if ratings.n_coders < 2:
        return (
            f"{one.title} compares coders and there is {ratings.n_coders}: at least two are needed."
        )
    if ratings.level not in one.levels:
        what = (
            "needs ordered codes"
            if "nominal" not in one.levels
            else f"is for codes of level {' or '.join(one.levels)}"
        )
        return (
            f"{one.title} {what}, and these are {ratings.level}: give the ratings their level "
            f"({', '.join(one.levels)}) if their codes have it, or take another coefficient."
        )
    if one.coders == "two" and ratings.n_coders > 2:
        return (
            f"{one.title} compares two coders and there are {ratings.n_coders}: "
            "take two of them with ratings.of([...])."
        )
    return None


def _coefficient(name: str) -> Coefficient:
    if name not in COEFFICIENTS:
        raise BadInput.unknown("coefficient of agreement", name, list(COEFFICIENTS))
    return COEFFICIENTS[name]


def _check(one: Coefficient, ratings: Ratings) -> None:
    problem = fits(one.name, ratings)
    if problem:
        raise BadInput(problem)


def _estimate(
    part: Part,
    replicates: NDArray[np.float64],
    level: float,
    method: Method,
    resamples: int,
    random_state: int,
) -> Estimate:
    """The Estimate with its reasons."""
    n, groups = int(part.form.paired.sum()), part.n_clusters
    whole = part.whole
    if not math.isfinite(whole):
        reason = "; ".join([_undefined(part, n), *_notes(part)])
        return Estimate(None, level=level, n=n, n_clusters=groups, reason=reason)
    if part.coefficient.name == "percent":
        apart, units = part.drawn[:, 0], part.drawn[:, 1]
        result = cluster_proportion(
            (units - apart) / part.coded.scale,
            units / part.coded.scale,
            np.arange(groups),
            level=level,
            method=method,
            resamples=resamples,
            random_state=random_state,
        )
        result = replace(result, n=n)
    else:
        result = from_replicates(
            whole,
            replicates,
            choose_method(method, groups),
            level=level,
            n=n,
            n_clusters=groups,
            bounds=(-math.inf, 1.0),
        )
    notes = [note for note in (result.reason, *_notes(part)) if note]
    return replace(result, reason="; ".join(notes) or None)


def _undefined(part: Part, n: int) -> str:
    """Why there is no value."""
    if not n:
        return "no unit was coded by two coders"
    if part.coefficient.from_codebook and len(part.coded.ratings.categories) < 2:
        if part.coded.ratings.origin == "codebook":
            return "the codebook has one category only"
        return "one category occurs, and no codebook says that there are more"
    if len(part.coded.used) < 2:
        return "expected disagreement is 0: only one category was used"
    return "expected disagreement is 0"


def _notes(part: Part) -> list[str]:
    """What to keep in mind: categories that entered, units that did not."""
    notes = []
    if part.coefficient.from_codebook:
        notes.append(_counted(part.coded.ratings))
    single = int((part.coded.codings == 1).sum())
    units = f"{single} {'unit' if single == 1 else 'units'} of one coder"
    if single and not part.coefficient.missing:
        notes.append(f"{units} left out")
    elif single and part.coefficient.lone:
        notes.append(f"{units} in the marginals only")
    return notes


def _counted(ratings: Ratings) -> str:
    """How many categories entered, and where they come from."""
    q = len(ratings.categories)
    where = {
        "codebook": "in the codebook",
        "use": "in use, no codebook given",
        "label": "(this code, all others)",
    }
    return f"{q} {'category' if q == 1 else 'categories'} {where[ratings.origin]}"
