"""Agreement code by code: which codes are mixed up, and how one coder does against a reference coder."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from itertools import permutations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.reliability.ratings import Ratings
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Estimate,
    Method,
    cluster_proportion,
    confusion,
)
from workbench.statistics.clusters import encode_groups

__all__ = ["MEASURES", "code_scores", "confusion_of", "most_confused"]

#: What `code_scores` measures: which of hit, false alarm, miss and correct rejection are counted twice or
#: once in the numerator and the denominator, and what is missing where the denominator is 0.
MEASURES = {
    "sensitivity": ((1, 0, 0, 0), (1, 0, 1, 0), "the reference never gave this code"),
    "specificity": ((0, 0, 0, 1), (0, 1, 0, 1), "the reference gave this code to every unit"),
    "precision": ((1, 0, 0, 0), (1, 1, 0, 0), "the coder never gave this code"),
    "f1": ((2, 0, 0, 0), (2, 1, 1, 0), "the reference never gave this code"),
}


def confusion_of(ratings: Ratings) -> pl.DataFrame:
    """Count pairs of codings by the two codes.

    Parameters
    ----------
    ratings : Ratings
        With two coders: codes of the first by codes of the second. With more, every pair of coders counts
        both ways, and the table is symmetric.

    Returns
    -------
    DataFrame
        One row for each two categories of the codebook: `first`, `second`, `count`, and `share` of the
        pairs with this `first` (null where there are none).

    Raises
    ------
    BadInput
        If there are fewer than two coders.

    Examples
    --------
    >>> confusion_of(Ratings.build([["a", "a"], ["a", "b"], ["b", "b"]]))["count"].to_list()
    [1, 1, 0, 1]
    """
    table = _counts(ratings)
    names = [_text(category) for category in ratings.categories]
    k = len(names)
    return pl.DataFrame(
        {
            "first": np.repeat(names, k).tolist(),
            "second": names * k,
            "count": table.ravel().tolist(),
        },
        schema={"first": pl.String, "second": pl.String, "count": pl.Int64},
    ).with_columns(
        share=pl.when(pl.col("count").sum().over("first") > 0).then(
            pl.col("count") / pl.col("count").sum().over("first")
        )
    )


def most_confused(ratings: Ratings, *, most: int = 10) -> pl.DataFrame:
    """Pairs of codes that were most often given to the same unit by different coders.

    Parameters
    ----------
    ratings : Ratings
        Two coders or more.
    most : int, default 10
        Rows at most.

    Returns
    -------
    DataFrame
        `one`, `other`, `count` (pairs of codings), `share` of all disagreements, and `rate`: of the pairs
        of codings that both lie within these two codes, those that differ. Most first; ties stand in the
        order of the codebook.

    Raises
    ------
    BadInput
        If there are fewer than two coders.

    Examples
    --------
    >>> ratings = Ratings.build([["a", "b"], ["b", "a"], ["b", "b"], ["a", "c"]])
    >>> most_confused(ratings).select("one", "other", "count").rows()
    [('a', 'b', 2), ('a', 'c', 1)]
    """
    table = _counts(ratings)
    # with more than two coders each pair of codings stands in the table twice, once each way
    halves = table * (1.0 if ratings.n_coders == 2 else 0.5)
    both = halves + halves.T
    low, high = np.triu_indices(len(table), k=1)
    counts = both[low, high]
    order = np.argsort(-counts, kind="stable")[:most]
    order = order[counts[order] > 0]
    agreed = np.diag(halves)
    names = [_text(category) for category in ratings.categories]
    return pl.DataFrame(
        {
            "one": [names[low[n]] for n in order],
            "other": [names[high[n]] for n in order],
            "count": counts[order].astype(int).tolist(),
            "share": (counts[order] / max(1, counts.sum())).tolist(),
            "rate": (
                counts[order] / (counts[order] + agreed[low[order]] + agreed[high[order]])
            ).tolist(),
        },
        schema={
            "one": pl.String,
            "other": pl.String,
            "count": pl.Int64,
            "share": pl.Float64,
            "rate": pl.Float64,
        },
    )


def code_scores(
    ratings: Ratings,
    reference: str,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Sensitivity, specificity, precision and F1 of each code, each coder against a reference coder.

    Parameters
    ----------
    ratings : Ratings
        Two coders or more; codes or sets of labels.
    reference : str
        The coder whose codes count as right.
    level, method, resamples, random_state
        As in `workbench.statistics.cluster_proportion`.

    Returns
    -------
    DataFrame
        `label, coder, reference, measure` and the columns of a table of estimates; `n` counts the units in
        the denominator (F1, which is 2 TP / (2 TP + FP + FN): the units that either gave the code). Null,
        with a reason, where there is nothing to count; F1 also where the reference has no positives.

    Raises
    ------
    BadInput
        If there is no such coder, no other coder, or the ratings are numbers.

    Examples
    --------
    >>> ratings = Ratings.build([["a", "a"], ["a", "b"], ["b", "b"]], coders=["gold", "mine"])
    >>> table = code_scores(ratings, "gold")
    >>> table.filter(label="a", measure="sensitivity")["estimate"].item()
    0.5
    """
    others = [name for name in ratings.coders if name != reference]
    if ratings.level in ("interval", "ratio"):
        raise BadInput(
            f"Scores of each code are for codes; these are numbers of level {ratings.level!r}."
        )
    pairs = [ratings.of([reference, name]) for name in others]  # refuses an unknown reference
    if not others:
        raise BadInput(f"There is only {reference!r}: a coder to compare it with is needed.")
    rows = []
    for pair in pairs:
        for label in ratings.labels:
            totals, found = _outcomes(pair.holds(label))
            for measure in MEASURES:
                estimate = _score(measure, totals, found, level, method, resamples, random_state)
                head = {"label": _text(label), "coder": pair.coders[1], "reference": reference}
                rows.append({**head, "measure": measure, **estimate.as_row()})
    names = ("label", "coder", "reference", "measure")
    return pl.DataFrame(rows, schema={**dict.fromkeys(names, str), **ESTIMATE_COLUMNS})


def _outcomes(pair: Ratings) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Hits, false alarms, misses and correct rejections: by source (g, 4), and in all (4,)."""
    both = (pair.codes >= 0).all(axis=1)
    truth, said = pair.codes[both].T
    distinct, source = encode_groups(pair.sources[both], name="sources")
    outcome = np.where(truth == 1, np.where(said == 1, 0, 2), np.where(said == 1, 1, 3))
    totals = np.bincount(source * 4 + outcome, minlength=4 * len(distinct)).reshape(-1, 4)
    return totals.astype(float), totals.sum(axis=0)


def _score(
    measure: str,
    totals: NDArray[np.float64],
    found: NDArray[np.intp],
    level: float,
    method: Method,
    resamples: int,
    random_state: int,
) -> Estimate:
    """One proportion with its interval over sources."""
    top, bottom, nothing = (np.asarray(part) for part in MEASURES[measure])
    n = int(found[bottom > 0].sum())
    if not found.sum():
        return Estimate(None, level=level, reason="no unit was coded by both")
    if not n or (measure == "f1" and not found[0] + found[2]):
        return Estimate(None, level=level, n=n, reason=str(nothing))
    result = cluster_proportion(
        totals @ top,
        totals @ bottom,
        np.arange(len(totals)),
        level=level,
        method=method,
        resamples=resamples,
        random_state=random_state,
    )
    return replace(result, n=n)


def _counts(ratings: Ratings) -> NDArray[np.intp]:
    """Pairs of codings by code, rows of the first coder; over all ordered pairs if more than two."""
    if ratings.n_coders < 2:
        raise BadInput(f"A confusion table compares coders and there is {ratings.n_coders}.")
    numbers = range(len(ratings.categories))
    table = np.zeros((len(numbers), len(numbers)), dtype=np.intp)
    columns = [(0, 1)] if ratings.n_coders == 2 else permutations(range(ratings.n_coders), 2)
    for one, other in columns:
        both = (ratings.codes[:, [one, other]] >= 0).all(axis=1)
        table += confusion(ratings.codes[both, one], ratings.codes[both, other], numbers)
    return table


def _text(category: Hashable) -> str:
    """A category's name; a set's labels side by side."""
    if isinstance(category, frozenset):
        return " + ".join(sorted(str(label) for label in category)) or "(none)"
    return str(category)
