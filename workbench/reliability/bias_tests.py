"""Test of marginal homogeneity: whether two coders use the codes equally often.

With delta the difference of two coders' label indicators of a unit, D its sum and V = sum delta delta'
over units, D' V^- D is the statistic of Stuart and Maxwell. It takes units as independent. Units of one
conversation are not: a coder who drifts does so for a whole conversation. So the same statistic is
given beside it over sources, with V from the sums of delta within each source, as Hotelling's T^2.

Sources
-------
Stuart (1955), https://doi.org/10.1093/biomet/42.3-4.412; Maxwell (1970),
https://doi.org/10.1192/bjp.116.535.651
Hotelling (1931), https://doi.org/10.1214/aoms/1177732979
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from workbench.reliability.bias import label_indicators
from workbench.reliability.ratings import MISSING, Ratings
from workbench.statistics.clusters import encode_groups

__all__ = ["marginal_homogeneity"]

#: What the first p-value takes for granted.
_INDEPENDENT = (
    "p_value takes units as independent; p_value_clusters lets units of one source resemble"
)


@dataclass(frozen=True)
class _Test:
    """One pair of coders."""

    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    statistic_clusters: float | None = None
    df_clusters: int | None = None
    p_value_clusters: float | None = None
    n: int = 0
    n_clusters: int = 0
    reason: str = _INDEPENDENT


def marginal_homogeneity(ratings: Ratings) -> pl.DataFrame:
    """Stuart-Maxwell test of each pair of coders, over units and over sources.

    Parameters
    ----------
    ratings : Ratings
        Codes. With two categories the test is McNemar's (without continuity correction); with sets of
        labels each label counts, however many a unit has.

    Returns
    -------
    polars.DataFrame
        `coder`, `other`; `statistic` (chi-square), `df`, `p_value`, which take units as independent;
        `statistic_clusters` (F on `df` and `df_clusters` degrees of freedom), `p_value_clusters`, which
        take sources as independent; `n` units that both coded, `n_clusters` their sources; `reason`
        says what a p-value takes for granted, or why there is none. Categories in which the coders never
        differ are not counted in `df`.

    Examples
    --------
    >>> codes = [["a", "b"]] * 9 + [["b", "a"]] * 1
    >>> marginal_homogeneity(Ratings.build(codes)).select(pl.col("statistic").round(6), "df").row(0)
    (6.4, 1)
    """
    held = label_indicators(ratings)
    rows = []
    for i, j in combinations(range(ratings.n_coders), 2):
        both = (ratings.codes[:, [i, j]] != MISSING).all(axis=1)
        found = _test(held[both, i] - held[both, j], np.asarray(ratings.sources)[both])
        rows.append({"coder": ratings.coders[i], "other": ratings.coders[j]} | asdict(found))
    whole, text = ("df", "df_clusters", "n", "n_clusters"), ("coder", "other", "reason")
    names = ["coder", "other", *_Test.__dataclass_fields__]
    kinds = {name: int if name in whole else str if name in text else float for name in names}
    return pl.DataFrame(rows, schema=kinds)


def _test(differences: NDArray[np.float64], sources: NDArray) -> _Test:
    """Both tests of one pair from its units' differences, shape (n, labels)."""
    n = len(differences)
    if not n:
        return _Test(reason="no unit was coded by both")
    distinct, codes = encode_groups(sources, name="sources")
    groups = len(distinct)
    if not differences.any():
        return _Test(n=n, n_clusters=groups, reason="the two coders never differ")
    total = differences.sum(axis=0)
    statistic, df = _quadratic(total, differences.T @ differences)
    sums = np.zeros((groups, differences.shape[1]))
    np.add.at(sums, codes, differences)
    by_units = _Test(statistic, df, float(chdtrc(df, statistic)), n=n, n_clusters=groups)
    over, rank = _quadratic(total, sums.T @ sums)
    if groups <= df or rank < df:
        said = f"{groups} sources are too few for a test over sources with {df} degrees of freedom"
        return replace(by_units, reason=f"p_value takes units as independent; {said}")
    # T^2 = (G - 1) W / (G - W) for W with second moments in place of the covariance
    if over >= groups * (1 - 1e-12):
        return replace(by_units, reason="p_value takes units as independent; sources do not vary")
    f_value = (groups - df) / df * over / (groups - over)
    return replace(
        by_units,
        statistic_clusters=f_value,
        df_clusters=groups - df,
        p_value_clusters=float(fdtrc(df, groups - df, f_value)),
    )


def _quadratic(total: NDArray[np.float64], moments: NDArray[np.float64]) -> tuple[float, int]:
    """D' V^- D and the rank of V."""
    values, vectors = np.linalg.eigh(moments)
    used = values > 1e-10 * values[-1]
    projected = vectors[:, used].T @ total
    return float((projected**2 / values[used]).sum()), int(used.sum())
