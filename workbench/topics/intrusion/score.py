"""Model precision: how often raters find the intruder, beside what guessing would give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from workbench.statistics import ESTIMATE_COLUMNS, Estimate, cluster_proportion
from workbench.topics.intrusion.tasks import OPTIONS, IntrusionTasks

__all__ = ["CHANCE", "FEW_RATERS", "intrusion_score"]

CHANCE = 1 / OPTIONS
"""Share of intruders found by guessing."""

FEW_RATERS = 3
"""Below this number of raters a score says "few raters"."""


def intrusion_score(
    tasks: IntrusionTasks, answers: pl.DataFrame, *, level: float = 0.95, random_state: int = 0
) -> pl.DataFrame:
    """Score the answers to tasks.

    Parameters
    ----------
    tasks : IntrusionTasks
        The tasks with their key.
    answers : polars.DataFrame
        `item`, `rater`, `chosen`, as `IntrusionAnswers.table` gives; answers to other items are
        left out.
    level : float, default 0.95
        Nominal coverage of the intervals.
    random_state : int, default 0
        Seed of the intervals.

    Returns
    -------
    polars.DataFrame
        One row over all topics (`topic` is null), then one per topic: `topic`, the columns of every table
        of estimates, `n_raters`, `chance`. The interval over all resamples topics, with all answers
        to each: it holds for these raters and other topics of the same kind. That of one topic
        resamples raters, and is absent where only one rater has answered. `n` counts answers.
        Without answers there is no estimate, and a reason.

    References
    ----------
    Chang et al. (2009), Reading Tea Leaves, NeurIPS 22, equation 1.
    """
    found = (
        answers.select("item", "rater", "chosen")
        .join(tasks.key, on="item")
        .with_columns(right=(pl.col("chosen") == pl.col("intruder")).cast(pl.Int64))
        .sort("topic", "rater", "item")
    )
    rows = [_row(found, None, "topic", level, random_state)]
    for topic in tasks.key["topic"].unique().sort():
        part = found.filter(pl.col("topic") == topic)
        rows.append(_row(part, topic, "rater", level, random_state))
    schema: dict[str, Any] = {
        "topic": pl.Int64,
        **ESTIMATE_COLUMNS,
        "n_raters": pl.Int64,
        "chance": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def _row(
    found: pl.DataFrame, topic: int | None, over: str, level: float, random_state: int
) -> dict[str, Any]:
    raters = found["rater"].n_unique()
    if found.is_empty():
        share = Estimate(None, level=level, n_clusters=0, reason="no answers yet")
    else:
        share = cluster_proportion(
            found["right"].to_numpy(),
            [1] * found.height,
            found[over].to_numpy(),
            level=level,
            random_state=random_state,
        )
        share = replace(share, reason=_told(share.reason, over, raters))
    return {"topic": topic, **share.as_row(), "n_raters": raters, "chance": CHANCE}


def _told(reason: str | None, over: str, raters: int) -> str | None:
    """The reason, in words of topics or raters instead of conversations."""
    notes = [] if reason is None else [reason.replace("few conversations", f"few {over}s")]
    if over == "topic" and raters < FEW_RATERS:
        notes.append(f"few raters ({raters})")
    return "; ".join(notes) or None
