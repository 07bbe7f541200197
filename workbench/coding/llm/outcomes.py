"""How asking ended, turn by turn, and counted."""

from __future__ import annotations

import polars as pl

from workbench.coding.llm.answers import OUTCOMES

__all__ = ["OUTCOME_COLUMNS", "outcome_table"]

OUTCOME_COLUMNS = {
    "scheme": pl.String(),
    "unit_id": pl.String(),
    "conversation_id": pl.String(),
    "seed": pl.Int64(),
    "outcome": pl.String(),
    "labels": pl.List(pl.String),
    "repaired": pl.Boolean(),
    "reason": pl.String(),
    "keys": pl.List(pl.String),
}
"""Columns of the outcomes: one row per turn and seed."""


def outcome_table(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Count outcomes: `scheme`, `outcome`, `turns`, `repaired`; those that did not occur count 0."""
    all_ends = outcomes.select(pl.col("scheme").unique(maintain_order=True)).join(
        pl.DataFrame({"outcome": OUTCOMES}), how="cross"
    )
    counted = outcomes.group_by("scheme", "outcome").agg(
        turns=pl.len().cast(pl.Int64), repaired=pl.col("repaired").sum().cast(pl.Int64)
    )
    return all_ends.join(
        counted, on=["scheme", "outcome"], how="left", maintain_order="left"
    ).with_columns(pl.col("turns", "repaired").fill_null(0))
