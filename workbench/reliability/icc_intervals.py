"""Closed-form intervals of the intraclass correlations on complete tables.

They take conversations (and for ICC(A) coders) as independent draws with normal effects.

Sources
-------
McGraw and Wong (1996), Forming inferences about some intraclass correlation coefficients,
https://doi.org/10.1037/1082-989X.1.1.30, table 7, with the correction in Psychological Methods 1(4), 390.
"""

from __future__ import annotations

import math

from scipy.stats import f as f_distribution

__all__ = ["closed_form"]


def closed_form(
    kind: str, *, rows: float, columns: float, error: float, n: int, k: int, level: float
) -> tuple[float, float] | None:
    """Ends of the interval of a single-coder coefficient; None where mean squares leave none.

    Parameters
    ----------
    kind : {"1", "A", "C"}
        One-way, absolute agreement or consistency.
    rows, columns, error : float
        Mean squares of conversations, coders and residual ("1": error is the one within
        conversations, and columns are not used).
    n, k : int
        Conversations and coders.
    level : float
        Nominal coverage.
    """
    if error <= 0 or rows <= 0:
        return None
    upper_tail = (1 + level) / 2
    if kind in ("1", "C"):
        error_df = n * (k - 1) if kind == "1" else (n - 1) * (k - 1)
        low = rows / error / f_distribution.ppf(upper_tail, n - 1, error_df)
        high = rows / error * f_distribution.ppf(upper_tail, error_df, n - 1)
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    df = _satterthwaite(rows, columns, error, n, k)
    if not (math.isfinite(df) and df > 0):
        return None
    low_f = float(f_distribution.ppf(upper_tail, n - 1, df))
    high_f = float(f_distribution.ppf(upper_tail, df, n - 1))
    rest = k * columns + (k * n - k - n) * error
    return (
        n * (rows - low_f * error) / (low_f * rest + n * rows),
        n * (high_f * rows - error) / (rest + n * high_f * rows),
    )


def _satterthwaite(rows: float, columns: float, error: float, n: int, k: int) -> float:
    """Degrees of freedom of the mixture of mean squares in ICC(A,1)."""
    single = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    odds = single / (1 - single) if single < 1 else math.inf
    a, b = k * odds / n * columns, (1 + k * (n - 1) / n * odds) * error
    below = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    return (a + b) ** 2 / below if below > 0 else math.nan
