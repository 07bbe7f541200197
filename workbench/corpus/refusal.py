"""What an automatic coder says when it must not score: the scheme, why, and how much it left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["Refusal", "refusals_table"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A coder declined some or all conversations instead of scoring what it does not fit.

    Parameters
    ----------
    scheme
        The scheme that was not coded.
    reason
        One sentence for the reader: what did not fit (language, roles, codebook) and what to do.
    conversations
        How many conversations were left out for this reason.
    """

    scheme: str
    reason: str
    conversations: int

    def __str__(self) -> str:
        return f"{self.scheme}: {self.reason} ({self.conversations} conversation(s) not coded)"


def refusals_table(refusals: Sequence[Refusal]) -> pl.DataFrame:
    """Refusals as a table: `scheme`, `reason`, `conversations`."""
    return pl.DataFrame(
        [(r.scheme, r.reason, r.conversations) for r in refusals],
        schema={"scheme": pl.String, "reason": pl.String, "conversations": pl.Int64},
        orient="row",
    )
