"""Rates of a code and their differences between groups, corrected by a human-coded sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.correction.differences import difference_of
from workbench.reliability.correction.double_coded import (
    MIN_SOURCES,
    DoubleCoded,
    Use,
    double_coded,
)
from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.estimates import (
    CorrectedEstimates,
    rows_of,
    table_of,
)
from workbench.reliability.correction.two_phase import About, Corrected, corrected_share
from workbench.statistics.intervals import check_options

__all__ = ["corrected_differences", "corrected_rates"]


def corrected_rates(
    automatic: Layer,
    human: Layer,
    corpus: Corpus,
    *,
    inclusion: float | pl.DataFrame | None = None,
    strata: pl.DataFrame | None = None,
    labels: Sequence[str] | None = None,
    by: str | None = None,
    use: Use = "label",
    about: About = "population",
    drawn: Literal["utterance", "conversation", "source"] = "utterance",
    level: float = 0.95,
    lam: float | None = None,
) -> CorrectedEstimates:
    """Estimate the share of units with each code: automatic, human sample, corrected.

    Parameters
    ----------
    automatic, human, corpus, inclusion, strata, use
        As in `workbench.reliability.correction.double_coded.double_coded`.
    labels : sequence of str, optional
        Codes of interest; default all of the scheme.
    by : str, optional
        Column of utterances or conversations (`side`, `role`, `quality`, ...): one rate per value.
        For other subsets restrict the automatic layer: `automatic.restricted_to(unit_ids)`.
    use : {"label", "probability"}
        Assigned labels or probabilities of the automatic coder; both are right, probabilities of a
        good coder give shorter intervals.
    about : {"population", "corpus"}
        Whether intervals are about conversations like these (sources vary), or about what the human
        coder would have found in this corpus.
    drawn : {"utterance", "conversation", "source"}
        What the lot was cast for, needed about the corpus only: with whole conversations their
        utterances came together. Intervals about the corpus from whole conversations fall short of
        their level (87 to 94 % in tests/benchmarks/results/correction_coverage.md).
    level : float, default 0.95
    lam : float, optional
        Weight of the automatic codes instead of the one found from the data; 1 is the difference
        estimator, 0 the human sample alone.

    Returns
    -------
    CorrectedEstimates
        Quantity "rate", or "rate where <by> is <value>".

    Raises
    ------
    BadInput, InsufficientData
        As in `double_coded`; and where a group has human codes from too few sources.
    """
    check_options(level=level)
    pair = double_coded(automatic, human, corpus, inclusion=inclusion, strata=strata, use=use)
    groups = _groups(pair, by)
    rows: list[dict[str, Any]] = []
    for name, chosen in groups:
        units = pair.units.of(chosen)
        for column in pair.chosen(labels):
            found = _rate(pair, chosen, units, column, lam, about, drawn)
            quantity = "rate" if name is None else f"rate where {by} is {name}"
            label = pair.labels[column]
            rows += rows_of(
                found,
                0,
                units,
                quantity=quantity,
                label=label,
                scale="share",
                level=level,
                about=about,
            )
    settings = {"use": use, "about": about, "level": level, "lam": lam, "by": by}
    return CorrectedEstimates(table_of(rows), pair.sentence, pair.notes, settings)


def corrected_differences(
    automatic: Layer,
    human: Layer,
    corpus: Corpus,
    *,
    between: str,
    groups: tuple[str, str],
    inclusion: float | pl.DataFrame | None = None,
    strata: pl.DataFrame | None = None,
    labels: Sequence[str] | None = None,
    use: Use = "label",
    about: About = "population",
    drawn: Literal["utterance", "conversation", "source"] = "utterance",
    level: float = 0.95,
    lam: float | None = None,
) -> CorrectedEstimates:
    """Estimate how rates differ between two groups of conversations or utterances.

    Each group has its own correction: a coder that errs more in one group shifts the automatic
    difference, not the corrected one. The jackknife leaves a source out of both groups at once;
    degrees of freedom are Welch and Satterthwaite's, and at most one less than the sources that
    can be left out, as groups of utterances share them.

    Parameters
    ----------
    between : str
        Column of utterances or conversations, such as `quality`.
    groups : (str, str)
        Two values of it; the difference is first minus second.
    automatic, human, corpus, inclusion, strata, labels, use, about, drawn, level, lam
        As in `corrected_rates`.

    Returns
    -------
    CorrectedEstimates
        Quantity "difference: <between> <first> - <second>".

    Raises
    ------
    BadInput, InsufficientData
        As in `corrected_rates`.
    """
    check_options(level=level)
    pair = double_coded(automatic, human, corpus, inclusion=inclusion, strata=strata, use=use)
    found_groups = dict(_groups(pair, between, only=groups))
    if about == "corpus":
        _apart(pair, [found_groups[name] for name in groups], drawn)
    both = found_groups[groups[0]] | found_groups[groups[1]]
    joint = pair.units.of(both)
    quantity = f"difference: {between} {groups[0]} - {groups[1]}"
    rows: list[dict[str, Any]] = []
    for column in pair.chosen(labels):
        parts = [
            _rate(pair, chosen, pair.units.of(chosen), column, lam, about, drawn)
            for chosen in (found_groups[name] for name in groups)
        ]
        found, df = difference_of(
            parts, pair.units, [found_groups[name] for name in groups], about=about
        )
        rows += rows_of(
            found,
            0,
            joint,
            quantity=quantity,
            label=pair.labels[column],
            scale="difference",
            level=level,
            about=about,
            df=df,
        )
    settings = {
        "between": between,
        "groups": groups,
        "use": use,
        "about": about,
        "level": level,
        "lam": lam,
    }
    return CorrectedEstimates(
        table_of(rows).with_columns(lam=pl.lit(None, pl.Float64))
        if lam is None
        else table_of(rows),
        pair.sentence,
        pair.notes,
        settings,
    )


def _groups(
    pair: DoubleCoded, by: str | None, *, only: tuple[str, str] | None = None
) -> list[tuple[str | None, NDArray[np.bool_]]]:
    """Name and rows of each group; refuses groups with human codes from too few sources."""
    if by is None:
        return [(None, np.ones(pair.frame.height, bool))]
    if by not in pair.frame.columns:
        raise BadInput.unknown("column", by, pair.frame.columns)
    values = pair.frame[by].cast(pl.String)
    names = values.drop_nulls().unique().sort().to_list()
    for name in only or ():
        if name not in names:
            raise BadInput.unknown(f"value of {by!r}", name, names[:50])
    groups = [(name, (values == name).fill_null(False).to_numpy()) for name in (only or names)]
    for name, chosen in groups:
        sources = pair.units.of(chosen).n_drawn_sources
        if sources < MIN_SOURCES:
            raise InsufficientData(
                f"Where {by} is {name!r}, human codes come from {sources} source(s); a correction "
                f"needs at least {MIN_SOURCES} in each group. Draw more there (plan_double_coding "
                f"with strata={by!r}), or join groups."
            )
    return groups


def _apart(
    pair: DoubleCoded,
    groups: list[NDArray[np.bool_]],
    drawn: Literal["utterance", "conversation", "source"],
) -> None:
    """Refuse groups that came with one draw: errors of the draw are added as if they were two."""
    together = pair.together(drawn)
    if together is None:
        return
    first, second = (set(together[rows & pair.units.drawn].tolist()) for rows in groups)
    if first & second:
        raise BadInput(
            f"{len(first & second)} {drawn}s that were drawn whole have units in both groups, so the "
            "groups were not drawn apart. Take about='population', which knows of that."
        )


def _rate(
    pair: DoubleCoded,
    chosen: NDArray[np.bool_],
    units: Units,
    column: int,
    lam: float | None,
    about: About,
    drawn: Literal["utterance", "conversation", "source"],
) -> Corrected:
    """A rate is the least-squares fit of a constant."""
    pieces = pair.together(drawn)
    together = None if pieces is None else np.unique(pieces[chosen], return_inverse=True)[1]
    return corrected_share(
        units,
        pair.automatic[chosen, column],
        pair.human[chosen, column],
        lam=lam,
        about=about,
        together=together,
    )
