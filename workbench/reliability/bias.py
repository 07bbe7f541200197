"""Coder bias apart from disagreement: who uses a code more often, and what prevalence does to kappa.

Two coders may disagree here and there and use a code equally often, or one of them may use it more
throughout; only the second biases what is counted. Marginals per coder, the bias index per pair and the
gap ICC(C) - ICC(A) (`workbench.reliability.icc_gap`) show it; `marginal_homogeneity` tests it.

Sources
-------
Byrt, Bishop and Carlin (1993), Bias, prevalence and kappa, https://doi.org/10.1016/0895-4356(93)90018-V
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.reliability.ratings import MISSING, Ratings
from workbench.reliability.resampled_sums import ResampledSums, ValueOfSums
from workbench.statistics import ESTIMATE_COLUMNS, Method, cluster_proportions

__all__ = ["coder_marginals", "label_indicators", "prevalence_and_bias"]


def coder_marginals(
    ratings: Ratings,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Share of each label among the units that a coder coded.

    Coders who coded different units differ in their marginals by that alone;
    `prevalence_and_bias` compares on common units.

    Parameters
    ----------
    ratings : Ratings
        Codes; with sets of labels the shares of a coder may sum to more than one.
    level, method, resamples, random_state
        As in `workbench.statistics.cluster_proportion`, over sources.

    Returns
    -------
    polars.DataFrame
        `coder`, `label` (as text) and the columns of an estimate; a coder without codes has null
        estimates.

    Examples
    --------
    >>> ratings = Ratings.build([["a", "b"], ["b", "b"], ["a", "a"]], coders=["x", "y"])
    >>> coder_marginals(ratings)["estimate"].round(2).to_list()
    [0.67, 0.33, 0.33, 0.67]
    """
    held = label_indicators(ratings)
    rows = []
    for column, coder in enumerate(ratings.coders):
        given = ratings.codes[:, column] != MISSING
        shares = cluster_proportions(
            held[given, column],
            np.ones(int(given.sum())),
            np.asarray(ratings.sources)[given],
            level=level,
            method=method,
            resamples=resamples,
            random_state=random_state,
        )
        rows += [
            {"coder": coder, "label": str(label), **share.as_row()}
            for label, share in zip(ratings.labels, shares, strict=True)
        ]
    return pl.DataFrame(rows, schema={"coder": str, "label": str, **ESTIMATE_COLUMNS})


def prevalence_and_bias(
    ratings: Ratings,
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Prevalence index, bias index and PABAK of each label and pair of coders.

    With a units that both coders gave the label, b that only the first, c that only the second and d
    that neither did, of n that both coded:

        prevalence index = (a - d) / n, bias index = (b - c) / n, PABAK = 2 (a + d) / n - 1.

    Signs are kept (Byrt, Bishop and Carlin give absolute values): a bias index above 0 says that the
    first coder uses the label more often; it is the difference of the two marginals. Kappa is
    (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2).

    Parameters
    ----------
    ratings : Ratings
        Codes of two coders or more.
    level, method, resamples, random_state
        As in `workbench.statistics.cluster_interval`, over sources.

    Returns
    -------
    polars.DataFrame
        `coder`, `other`, `label`, `measure` ("prevalence_index", "bias_index", "pabak") and the columns
        of an estimate; `n` counts units that both coded.
    """
    held = label_indicators(ratings)
    measures: dict[str, ValueOfSums] = {
        "prevalence_index": lambda s: _per_unit(s[:, 0] - s[:, 3], s),
        "bias_index": lambda s: _per_unit(s[:, 1] - s[:, 2], s),
        "pabak": lambda s: 2 * _per_unit(s[:, 0] + s[:, 3], s) - 1,
    }
    rows = []
    for i, j in combinations(range(ratings.n_coders), 2):
        both = (ratings.codes[:, [i, j]] != MISSING).all(axis=1)
        for place, label in enumerate(ratings.labels):
            one, other = held[both, i, place], held[both, j, place]
            cells = np.column_stack(
                [one * other, one * (1 - other), (1 - one) * other, (1 - one) * (1 - other)]
            )
            sums = ResampledSums.of(
                cells,
                np.asarray(ratings.sources)[both],
                level=level,
                method=method,
                resamples=resamples,
                random_state=random_state,
            )
            for measure, value in measures.items():
                found = sums.estimate(value, undefined="no unit was coded by both", bounds=(-1, 1))
                rows.append(
                    {
                        "coder": ratings.coders[i],
                        "other": ratings.coders[j],
                        "label": str(label),
                        "measure": measure,
                        **found.as_row(),
                    }
                )
    names = ("coder", "other", "label", "measure")
    return pl.DataFrame(rows, schema={**dict.fromkeys(names, str), **ESTIMATE_COLUMNS})


def label_indicators(ratings: Ratings) -> NDArray[np.float64]:
    """Whether each cell has each label, shape (n_units, n_coders, n_labels); 0 where not coded."""
    labels: tuple[Hashable, ...] = ratings.labels
    if not labels:
        return np.zeros((*ratings.codes.shape, 0))
    return np.stack([ratings.holds(label).codes == 1 for label in labels], axis=2).astype(float)


def _per_unit(top: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    n = sums[:, :4].sum(axis=1)
    return np.divide(top, n, out=np.full(len(sums), np.nan), where=n > 0)
