"""Share of each topic per group of conversations, with intervals and permutation tests.

Two estimands, and they differ where long conversations differ from short ones: the share of a
group's *pooled turns* (a turn is a turn), and the *mean of conversation shares* (a conversation is a
conversation). Both are ratios of sums over sources, so both have the same intervals and tests.

Of the turns only those that were fitted count: outliers do, what was set apart does not. Shares of
one group add up to one, so a topic can look rarer because another became more frequent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput
from workbench.statistics import (
    Estimate,
    benjamini_hochberg,
    cluster_proportions,
    holm,
    share_difference_test,
    share_differences,
)
from workbench.topics.groups.conversations import Pair, grouped_conversations, two_groups

__all__ = ["ESTIMANDS", "GROUP_COLUMNS", "Estimand", "group_table"]

#: What a share is: of all turns of a group, or the mean over its conversations.
Estimand: TypeAlias = Literal["pooled", "mean"]

ESTIMANDS: Mapping[str, str] = MappingProxyType(
    {"pooled": "share of pooled turns", "mean": "mean of conversation shares"}
)

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
    "q_value": pl.Float64(),
    "finding": pl.Boolean(),
    "chance_findings": pl.Float64(),
    "chance_any": pl.Float64(),
    "estimand": pl.String(),
}


def group_table(
    corpus: Corpus,
    topics_layer: Layer,
    *,
    by: str = "quality",
    estimand: Estimand = "pooled",
    strata: str | None = None,
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
    estimand : {"pooled", "mean"}, default "pooled"
        "pooled": of all fitted turns of a group, the part that has the topic. "mean": this part of
        each conversation, averaged over conversations; those without a fitted turn are left out.
    strata : str, optional
        Column of the conversation table within whose values groups are compared (the subject of the
        conversation, the site): differences are Mantel and Haenszel's, and labels are exchanged
        within strata only. Shares of the groups stay as they are.
    level : float, default 0.95
        Nominal coverage of the intervals; a finding has a q value of at most 1 - level.
    permutations : int, default 4999
        Relabellings of whole sources. Adjusted over 50 topics, no p value can reach 0.05 with fewer
        than 1,000.
    random_state : int, default 0
        Seed of intervals and permutations.

    Returns
    -------
    polars.DataFrame
        One row per group and topic; then, for each two groups, a row per topic whose `group` is
        ``"<first> - <second>"``. Columns `group`, `topic`, those of every table of estimates
        (intervals over `source`; `n` counts turns, or conversations where `estimand` is "mean"), and

        - `p_value`: of the permutation test (outliers are not tested);
        - `q_value`: Benjamini and Hochberg's adjustment over all tests of the table, which holds the
          expected share of false findings; where nothing differs, the chance of any;
        - `p_holm`: Holm's adjustment, stricter: the chance of any false finding, whatever else differs;
        - `finding`: whether the q value is at most 1 - level; null where nothing was tested;
        - `chance_findings`, `chance_any`: the same test on each relabelling of these two groups: how
          many findings it has on average, and the share of relabellings with at least one;
        - `estimand`: what the share is.

    Raises
    ------
    BadInput
        If there is no such column or estimand, or `by` has more than 20 values.
    InsufficientData
        If there are not two groups with fitted turns.

    References
    ----------
    Benjamini and Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; Greenland and
    Robins (1985), https://doi.org/10.2307/2530643 (differences within strata)
    """
    if estimand not in ESTIMANDS:
        raise BadInput.unknown("estimand", estimand, list(ESTIMANDS))
    counts, left_out = _counts(corpus, topics_layer, by, estimand, strata)
    groups = sorted(counts["group"].unique())
    two_groups(len(groups), by, what="conversations with a fitted turn")
    numbers = sorted(int(label) for label in topics_layer.table["label"].drop_nulls().unique())
    rows = [
        row
        for group in groups
        for row in _shares(counts, group, numbers, left_out, level=level, random_state=random_state)
    ]
    for two in combinations(groups, 2):
        rows += _differences(
            Pair(counts, two, strata),
            numbers,
            permutations=permutations,
            level=level,
            random_state=random_state,
        )
    told = ESTIMANDS[estimand]
    within = f"{told}, within strata of {strata!r}" if strata else told
    table = pl.DataFrame(rows, schema={k: v for k, v in GROUP_COLUMNS.items() if k != "estimand"})
    p_values = table["p_value"].to_list()
    q_value = pl.Series("q_value", benjamini_hochberg(p_values), pl.Float64)
    return table.with_columns(
        pl.Series("p_holm", holm(p_values), pl.Float64),
        q_value,
        (q_value <= 1 - level + 1e-12).alias("finding"),
        pl.when(pl.col("group").is_in(groups))
        .then(pl.lit(told))
        .otherwise(pl.lit(within))
        .alias("estimand"),
    )


def _counts(
    corpus: Corpus, layer: Layer, by: str, estimand: Estimand, strata: str | None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Per source and group what there is (`all`) and what each topic has of it (`t<number>`).

    Also, per group, the conversations without a fitted turn, where these change the estimate.
    """
    talks = grouped_conversations(corpus, by, strata)
    labels = sorted(layer.table["label"].drop_nulls().unique())
    said = (
        layer.table.filter(pl.col("label").is_not_null())
        .select("label", id="unit_id")
        .join(corpus.utterances.select("id", "conversation_id"), on="id")
        .join(talks, on="conversation_id")
    )
    topics = [
        (pl.col("label") == label).sum().cast(pl.Float64).alias(f"t{label}") for label in labels
    ]
    keys, left_out = ["source", "group", "stratum"], {}
    if estimand == "mean":
        silent = talks.join(said, on="conversation_id", how="anti")
        left_out = dict(silent["group"].value_counts().iter_rows())
        spoken = said.group_by(*keys, "conversation_id").agg(pl.len().alias("all"), *topics)
        shares = spoken.sort("conversation_id").with_columns(
            pl.col(f"t{label}") / pl.col("all") for label in labels
        )
        sums = shares.group_by(keys, maintain_order=True).agg(
            pl.len().alias("all"), *(pl.col(f"t{label}").sum() for label in labels)
        )
    else:
        sums = said.group_by(keys).agg(pl.len().alias("all"), *topics)
    return sums.with_columns(pl.col("all").cast(pl.Float64)).sort("source", "group"), left_out


def _shares(
    counts: pl.DataFrame,
    group: str,
    numbers: list[int],
    left_out: Mapping[str, int],
    *,
    level: float,
    random_state: int,
) -> Iterator[dict[str, Any]]:
    """Rows of one group, one per topic."""
    rows = counts.filter(pl.col("group") == group)
    shares = cluster_proportions(
        rows.select(f"t{topic}" for topic in numbers).to_numpy(),
        rows["all"].to_numpy(),
        rows["source"].to_numpy(),
        level=level,
        random_state=random_state,
    )
    silent = left_out.get(group, 0)
    notes = [f"{silent} conversations without a fitted turn left out"] if silent else []
    for topic, share in zip(numbers, shares, strict=True):
        items = int(rows["all"].sum())
        yield {"group": group, "topic": topic, **_noted(share, notes), "n": items}


def _noted(estimate: Estimate, notes: list[str]) -> dict[str, Any]:
    """The estimate as a row, its reason followed by the notes."""
    row = estimate.as_row()
    told = [str(row["reason"])] if row["reason"] else []
    return {**row, "reason": "; ".join([*told, *notes]) or None}


def _differences(
    pair: Pair, numbers: list[int], *, level: float, permutations: int, random_state: int
) -> Iterator[dict[str, Any]]:
    """Rows of first minus second group, one per topic."""
    columns = [f"t{topic}" for topic in numbers]
    estimates = share_differences(
        pair.rows.select(columns).to_numpy(),
        pair.rows["all"].to_numpy(),
        pair.rows["first"].to_numpy(),
        pair.rows["source"].to_numpy(),
        strata=pair.rows["stratum"].to_numpy(),
        level=level,
        random_state=random_state,
    )
    tested = [topic for topic in numbers if topic >= 0]
    facts: dict[str, Any] = {}
    p_values: dict[int, float] = {}
    if tested and pair.testable:
        test = share_difference_test(
            pair.apart.select([f"t{topic}" for topic in tested]).to_numpy(),
            pair.apart["all"].to_numpy(),
            pair.apart["first"].to_numpy(),
            strata=pair.apart["stratum"].to_numpy(),
            level=level,
            permutations=permutations,
            random_state=random_state,
        )
        p_values = dict(zip(tested, test.p_values, strict=True))
        facts = {"chance_findings": test.chance_findings, "chance_any": test.chance_any}
    for topic, estimate in zip(numbers, estimates, strict=True):
        notes = pair.notes if topic >= 0 else []
        row = {"group": pair.name, "topic": topic, **_noted(estimate, notes)}
        yield row if topic not in p_values else {**row, "p_value": p_values[topic], **facts}
