"""Which conversations are compared: their source, group and stratum, checked."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import Relabelling

__all__ = ["MAX_GROUPS", "Pair", "check_groups", "grouped_conversations", "two_groups"]

MAX_GROUPS = 20
"""Values of a column that are compared at most; each two of them are one comparison."""

_FEW_RELABELLINGS = 100
_NOT_STATED = "not stated"


def check_groups(corpus: Corpus, by: str, *, strata: str | None = None) -> None:
    """Refuse columns by which no groups can be compared.

    Raises
    ------
    BadInput
        If there is no such column, or it has more than `MAX_GROUPS` values.
    InsufficientData
        If fewer than two values of `by` occur.
    """
    for column in filter(None, (by, strata)):
        if column not in corpus.conversations.columns:
            raise BadInput.unknown("conversation column", column, corpus.conversations.columns)
    values = corpus.conversations[by].drop_nulls().n_unique()
    if values > MAX_GROUPS:
        raise BadInput(
            f"{by!r} has {values} values; at most {MAX_GROUPS} groups are compared. "
            "Choose a column with fewer values, or join a table that puts them together."
        )
    two_groups(values, by)


def two_groups(values: int, by: str, *, what: str = "conversations") -> None:
    """Refuse to compare fewer than two groups.

    Raises
    ------
    InsufficientData
        If there are fewer than two.
    """
    if values < 2:
        found = "no value" if not values else "one value only"
        raise InsufficientData(
            f"{by!r} has {found} among the {what}, so there are no two groups to compare. "
            "Choose another column, or join a table with one (Corpus.join_outcomes)."
        )


def grouped_conversations(corpus: Corpus, by: str, strata: str | None) -> pl.DataFrame:
    """`conversation_id`, `source`, `group`, `stratum` of the conversations with a group.

    A source whose conversations have several values of `strata` is in the stratum of all these
    values, since it can be moved only as a whole.
    """
    check_groups(corpus, by, strata=strata)
    value = pl.lit("") if strata is None else pl.col(strata).cast(pl.String).fill_null(_NOT_STATED)
    return (
        corpus.conversations.select(
            "source", conversation_id="id", group=pl.col(by).cast(pl.String), stratum=value
        )
        .drop_nulls("group")
        .with_columns(pl.col("stratum").unique().sort().str.join(" + ").over("source"))
    )


class Pair:
    """Two groups: rows of one table that belong to them, and which of these can be tested.

    Parameters
    ----------
    rows : polars.DataFrame
        `source`, `group`, `stratum` and what is counted, one row per source and group; sorted.
    groups : two str
        First and second group.
    strata : str or None
        Name of the column that strata come from.

    Attributes
    ----------
    name : str
        ``"<first> - <second>"``.
    rows : polars.DataFrame
        Rows of both groups, with `first` (whether it is the first).
    apart : polars.DataFrame
        Rows of the sources that lie in one group only: their labels can be exchanged.
    testable : bool
        Whether some stratum has such sources of both groups.
    notes : list of str
        What a reader of the comparison has to know.
    """

    def __init__(self, rows: pl.DataFrame, groups: Sequence[str], strata: str | None) -> None:
        first, second = groups
        self.name = f"{first} - {second}"
        self.rows = rows.filter(pl.col("group").is_in([first, second])).with_columns(
            first=pl.col("group") == first
        )
        self.apart = self.rows.filter(pl.len().over("source") == 1)
        left_out = self.rows["source"].n_unique() - self.apart["source"].n_unique()
        self.notes = (
            [f"{left_out} sources with both groups are not in the test"] if left_out else []
        )
        if self.apart["first"].n_unique() < 2:
            self.testable = False
            self.notes.append("not tested: one group has no source of its own")
            return
        labels = Relabelling.of(self.apart["first"], self.apart["stratum"])
        self.testable = bool(labels.mixed)
        if strata is not None:
            inside = sum(len(x) for x in labels.mixed)
            self.notes.append(
                f"compared within the {len(labels.mixed)} of {len(labels.strata)} strata of {strata!r} "
                f"that have both groups ({inside} of {self.apart.height} sources)"
            )
        if not self.testable:
            self.notes.append("not tested: no stratum has sources of both groups")
        elif labels.distinct < _FEW_RELABELLINGS:
            self.notes.append(f"there are only {labels.distinct} relabellings")
