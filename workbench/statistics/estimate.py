"""One number with its interval, its sample size and, where undefined, the reason."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from types import MappingProxyType

from workbench.errors import BadInput

__all__ = ["ESTIMATE_COLUMNS", "FEW_CLUSTERS", "Estimate", "few_note"]

#: Columns every table of estimates has, with the Python type of each (usable as
#: ``schema_overrides`` of a polars frame, so that an all-null column keeps its type).
ESTIMATE_COLUMNS = MappingProxyType(
    {
        "estimate": float,
        "low": float,
        "high": float,
        "level": float,
        "method": str,
        "n": int,
        "n_clusters": int,
        "reason": str,
    }
)

#: Below this number of clusters an interval is marked "few conversations".
FEW_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity with a confidence interval.

    Parameters
    ----------
    estimate : float or None
        The quantity over all rows; None where it is undefined.
    low, high : float or None
        Ends of the interval; both None where there is none.
    level : float
        Nominal coverage of the interval, between 0 and 1.
    method : str
        How the interval was made, or "none".
    n : int
        Rows (items) behind the estimate.
    n_clusters : int or None
        Clusters behind it; None where items were taken as independent.
    reason : str or None
        Why estimate or interval is missing, or what to keep in mind; None if nothing.

    Raises
    ------
    BadInput
        If a number is not finite, one end of the interval is missing, or something
        is missing without a reason.

    Examples
    --------
    >>> Estimate(0.5, 0.4, 0.6, n=40, n_clusters=12, method="jackknife-t").as_row()["low"]
    0.4
    """

    estimate: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = "none"
    n: int = 0
    n_clusters: int | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse NaN, half intervals and gaps without a reason."""
        numbers = [x for x in (self.estimate, self.low, self.high) if x is not None]
        if not all(math.isfinite(x) for x in numbers):
            raise BadInput("An Estimate holds finite numbers only; give None and a reason instead.")
        if (self.low is None) != (self.high is None):
            raise BadInput("An Estimate has both ends of its interval or none.")
        if (self.estimate is None or self.low is None) and not self.reason:
            raise BadInput("An Estimate without value or interval needs a reason.")

    def as_row(self) -> dict[str, float | int | str | None]:
        """Give the fields as a dict, in the order of `ESTIMATE_COLUMNS`."""
        return asdict(self)


def few_note(n_clusters: int) -> str | None:
    """Say "few conversations" below `FEW_CLUSTERS` clusters, else None."""
    return f"few conversations ({n_clusters})" if n_clusters < FEW_CLUSTERS else None
