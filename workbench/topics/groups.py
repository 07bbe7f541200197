"""Share of each topic per group of conversations, with intervals and a permutation test.

Shares are of pooled utterances: of all utterances of a group that were fitted (outliers count,
what was set apart does not), the part that has the topic. Shares of one group add up to one, so a
topic can look rarer because another became more frequent; read them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import (
    Estimate,
    Statistic,
    cluster_interval,
    cluster_proportion,
    holm,
    share_difference_p_values,
)

__all__ = ["GROUP_COLUMNS", "group_table"]

GROUP_COLUMNS: dict[str, pl.DataType] = {
    "group": pl.String(),
    "topic": pl.Int64(),
    "estimate": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "level": pl.Float64(),
    "method": pl.String(),
    "n": pl.Int64(),
    "n_clusters": pl.Int64(),
    "reason": pl.String(),
    "p_value": pl.Float64(),
    "p_holm": pl.Float64(),
}


def group_table(
    corpus: Corpus,
    topics_layer: Layer,
    *,
    by: str = "quality",
    level: float = 0.95,
    permutations: int = 4999,
    random_state: int = 0,
) -> pl.DataFrame:
    """Compare how often groups of conversations speak of each topic.

    Parameters
    ----------
    corpus : Corpus
        Where the conversations' `source` and group stand.
    topics_layer : Layer
        `Topics.layer`.
    by : str, default "quality"
        Column of the conversation table; conversations without a value are left out.
    level : float, default 0.95
        Nominal coverage of the intervals.
    permutations : int, default 4999
        Relabellings of whole sources. Holm's adjustment over 50 topics cannot reach 0.05 with
        fewer than 1,000.
    random_state : int, default 0
        Seed of intervals and permutations.

    Returns
    -------
    polars.DataFrame
        Columns `group`, `topic`, those of every table of estimates (intervals over `source`), and
        `p_value`, `p_holm`. One row per group and topic; then, for each two groups, a row per topic
        whose `group` is ``"<first> - <second>"``: the difference of the shares, its interval, the
        permutation p value and Holm's adjustment over all topics (outliers are not tested).

    Raises
    ------
    BadInput
        If there is no such column.
    InsufficientData
        If no fitted utterance has a group.
    """
    if by not in corpus.conversations.columns:
        raise BadInput.unknown("conversation column", by, corpus.conversations.columns)
    counts = _counts(corpus, topics_layer, by)
    if counts.is_empty():
        raise InsufficientData(
            f"No utterance with a topic lies in a conversation with a value of {by!r}; topics "
            "cannot be compared by it. Join a table with this column, or choose another one."
        )
    groups = sorted(counts["group"].unique())
    numbers = sorted(int(label) for label in topics_layer.table["label"].drop_nulls().unique())
    rows = [
        {
            "group": group,
            "topic": topic,
            **_share(counts, group, topic, level, random_state).as_row(),
        }
        for group in groups
        for topic in numbers
    ]
    for first, second in combinations(groups, 2):
        pair = counts.filter(pl.col("group").is_in([first, second]))
        rows += _differences(
            pair, numbers, permutations=permutations, level=level, random_state=random_state
        )
    return pl.DataFrame(rows, schema=GROUP_COLUMNS)


def _counts(corpus: Corpus, layer: Layer, by: str) -> pl.DataFrame:
    """Per source and group: fitted utterances (`all`) and those of each topic (`t<number>`)."""
    talks = corpus.conversations.select(
        "source", conversation_id="id", group=pl.col(by).cast(pl.String)
    )
    said = (
        layer.table.filter(pl.col("label").is_not_null())
        .select("label", id="unit_id")
        .join(corpus.utterances.select("id", "conversation_id"), on="id")
        .join(talks, on="conversation_id")
        .drop_nulls("group")
    )
    labels = sorted(layer.table["label"].drop_nulls().unique())
    return (
        said.group_by("source", "group")
        .agg(
            pl.len().cast(pl.Int64).alias("all"),
            *(
                (pl.col("label") == label).sum().cast(pl.Int64).alias(f"t{label}")
                for label in labels
            ),
        )
        .sort("source", "group")
    )


def _share(
    counts: pl.DataFrame, group: str, topic: int, level: float, random_state: int
) -> Estimate:
    rows = counts.filter(pl.col("group") == group)
    share = cluster_proportion(
        rows[f"t{topic}"].to_numpy(),
        rows["all"].to_numpy(),
        rows["source"].to_numpy(),
        level=level,
        random_state=random_state,
    )
    return _counting_turns(share, rows)


def _counting_turns(estimate: Estimate, rows: pl.DataFrame) -> Estimate:
    """The same estimate, with utterances as its n (it was computed from totals per source)."""
    facts: dict[str, Any] = estimate.as_row() | {"n": int(rows["all"].sum())}
    return Estimate(**facts)


def _differences(
    pair: pl.DataFrame,
    numbers: list[int],
    *,
    level: float,
    permutations: int,
    random_state: int,
) -> Iterator[dict[str, Any]]:
    """Rows of first minus second group, one per topic, with adjusted p values."""
    first, second = sorted(pair["group"].unique())
    apart = pair.filter(pl.len().over("source") == 1)
    left_out = pair["source"].n_unique() - apart["source"].n_unique()
    notes = [f"{left_out} sources with both groups are not in the test"] if left_out else []
    tested = [topic for topic in numbers if topic >= 0]
    p_values: list[float | None] = []
    if tested and apart["group"].n_unique() == 2:
        p_values = list(
            share_difference_p_values(
                apart.select([f"t{topic}" for topic in tested]).to_numpy(),
                apart["all"].to_numpy(),
                (apart["group"] == first).to_numpy(),
                permutations=permutations,
                random_state=random_state,
            )
        )
    elif tested:
        p_values = [None] * len(tested)
        notes.append("not tested: one group has no source of its own")
    chances = dict(zip(tested, zip(p_values, holm(p_values), strict=True), strict=True))
    for topic in numbers:
        estimate = cluster_interval(
            _gap(pair, topic, first),
            pair["source"].to_numpy(),
            level=level,
            random_state=random_state,
        )
        facts = _counting_turns(estimate, pair).as_row()
        if topic >= 0:
            reasons = [str(facts["reason"])] if facts["reason"] else []
            facts["reason"] = "; ".join([*reasons, *notes]) or None
        p_value, p_holm = chances.get(topic, (None, None))
        label = {"group": f"{first} - {second}", "topic": topic}
        yield {**label, **facts, "p_value": p_value, "p_holm": p_holm}


def _floats(counts: pl.DataFrame, topic: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return counts[f"t{topic}"].to_numpy().astype(float), counts["all"].to_numpy().astype(float)


def _gap(pair: pl.DataFrame, topic: int, first: str) -> Statistic:
    """Share in the first group minus share in the second, over drawn rows; None if undefined."""
    said, total = _floats(pair, topic)
    is_first = (pair["group"] == first).to_numpy()

    def gap(rows: NDArray[np.intp]) -> float | None:
        one, two = rows[is_first[rows]], rows[~is_first[rows]]
        if not len(one) or not len(two):
            return None
        return float(said[one].sum() / total[one].sum() - said[two].sum() / total[two].sum())

    return gap
