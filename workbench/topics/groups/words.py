"""Words that two groups of conversations use differently: log-odds with an informative prior.

Frequent words need no list of stop words here: the prior, made of the whole side's counts, draws
every word towards no difference, and rare words most. What a z value is worth is found by
relabelling whole sources, since a word that one conversation is about comes dozens of times in it.
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
from workbench.corpus.schema import SIDES
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import (
    benjamini_hochberg,
    log_odds_intervals,
    log_odds_ratio,
    log_odds_test,
)
from workbench.topics.groups.conversations import Pair, grouped_conversations, two_groups
from workbench.topics.vocabulary import words_of

__all__ = ["WORD_GROUP_COLUMNS", "group_words"]

_PERMUTATIONS = (1_999, 29_999)

WORD_GROUP_COLUMNS: dict[str, pl.DataType] = {
    "group": pl.String(),
    "topic": pl.Int64(),
    "word": pl.String(),
    "count_first": pl.Int64(),
    "count_second": pl.Int64(),
    "sources": pl.Int64(),
    "estimate": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "level": pl.Float64(),
    "method": pl.String(),
    "n": pl.Int64(),
    "n_clusters": pl.Int64(),
    "reason": pl.String(),
    "z": pl.Float64(),
    "z_calibrated": pl.Float64(),
    "p_value": pl.Float64(),
    "p_max": pl.Float64(),
    "q_value": pl.Float64(),
    "finding": pl.Boolean(),
}


def group_words(
    corpus: Corpus,
    topics_layer: Layer | None = None,
    *,
    by: str = "quality",
    side: str = "helper",
    topic: int | None = None,
    strata: str | None = None,
    prior: float = 500.0,
    min_sources: int = 5,
    level: float = 0.95,
    permutations: int | None = None,
    random_state: int = 0,
) -> pl.DataFrame:
    """Find the words that drive a difference between groups of conversations.

    Parameters
    ----------
    corpus : Corpus
        Texts, and the conversations' `source` and group.
    topics_layer : Layer, optional
        `Topics.layer` of the side: only fitted turns are read, those set apart are not.
    by : str, default "quality"
        Column of the conversation table; conversations without a value are left out.
    side : {"helper", "client", "other"}, default "helper"
        Whose turns are read, and whose counts make the prior.
    topic : int, optional
        Read the turns of this topic only: how groups speak of it. Needs `topics_layer`.
    strata : str, optional
        Column within whose values labels are exchanged. The log-odds are of all strata together;
        what strata explain is taken out of `z_calibrated` and the p values.
    prior : float, default 500
        How many words the prior is worth (a_0). A word's part of them is its share of all words of
        the side, groups or not.
    min_sources : int, default 5
        Words of fewer sources are counted among all words and not listed; they say more about a
        person than about a group.
    level : float, default 0.95
        Nominal coverage of the intervals; a finding has a q value of at most 1 - level.
    permutations : int, optional
        Relabellings of whole sources; by default as many as it takes for a single word to be a
        finding among all others, between 1,999 and 29,999.
    random_state : int, default 0
        Seed of intervals and permutations.

    Returns
    -------
    polars.DataFrame
        For each two groups one row per word, from what the first says more to what the second says
        more (by `z_calibrated`): `group` (``"<first> - <second>"``), `topic`, `word`, `count_first`,
        `count_second`, `sources` that say it; the columns of estimates, where `estimate` is the
        log-odds ratio (above 0: said more in the first group; intervals over `source`, each word for
        itself); `z` as published, `z_calibrated` (less its mean over its standard deviation over
        relabellings), and

        - `p_value`: of the permutation test of the word for itself;
        - `q_value`: Benjamini and Hochberg's adjustment over all words of the table;
        - `p_max`: stricter, the chance that any word of these two groups lies as far out;
        - `finding`: whether the q value is at most 1 - level; null where nothing was tested.

    Raises
    ------
    BadInput
        If a column, the side or the topic is unknown, or an option is out of range.
    InsufficientData
        If there are not two groups, or no word is said in `min_sources` sources.

    References
    ----------
    Monroe, Colaresi and Quinn (2008), https://doi.org/10.1093/pan/mpn018
    """
    _check(side, topics_layer, topic, prior, min_sources)
    talks = grouped_conversations(corpus, by, strata)
    said = _said(corpus, side)
    shares = (
        said.group_by("word")
        .agg(pl.len().alias("prior"))
        .sort("word")
        .with_columns(pl.col("prior") / pl.col("prior").sum() * prior)
    )
    if topics_layer is not None:
        said = said.join(_units(topics_layer, topic), left_on="id", right_on="unit_id", how="semi")
    counts = (
        said.join(talks, on="conversation_id")
        .group_by("source", "group", "stratum", "word")
        .agg(pl.len().alias("count"))
    )
    groups = sorted(counts["group"].unique())
    two_groups(len(groups), by, what="conversations with such turns")
    rows = [
        {**row, "topic": topic}
        for two in combinations(groups, 2)
        for row in _compared(
            counts,
            two,
            strata,
            shares,
            min_sources,
            level=level,
            permutations=permutations,
            random_state=random_state,
        )
    ]
    if not rows:
        raise InsufficientData(
            f"No word is said in at least {min_sources} sources of two groups of {by!r}; "
            "words cannot be compared. Add sessions, or lower min_sources."
        )
    adjusted = ("q_value", "finding")
    table = pl.DataFrame(
        rows, schema={k: v for k, v in WORD_GROUP_COLUMNS.items() if k not in adjusted}
    )
    q_value = pl.Series("q_value", benjamini_hochberg(table["p_value"].to_list()), pl.Float64)
    return table.with_columns(q_value, (q_value <= 1 - level + 1e-12).alias("finding"))


def _check(
    side: str, layer: Layer | None, topic: int | None, prior: float, min_sources: int
) -> None:
    if side not in SIDES:
        raise BadInput.unknown("side", side, SIDES)
    if not prior > 0:
        raise BadInput(f"prior: expected the number of words it is worth, above 0; got {prior}.")
    if min_sources < 1:
        raise BadInput(f"min_sources must be at least 1; got {min_sources}.")
    if topic is None:
        return
    if layer is None:
        raise BadInput("Words of one topic need topics_layer as well (Topics.layer).")
    if str(topic) not in layer.table["label"]:
        known = layer.table["label"].drop_nulls().unique().to_list()
        raise BadInput.unknown("topic", str(topic), known)


def _said(corpus: Corpus, side: str) -> pl.DataFrame:
    """Every word of the side: `id` of the utterance, `conversation_id`, `word`."""
    turns = corpus.utterances.filter(pl.col("side") == side)
    words = pl.Series("word", map(words_of, turns["text"]), dtype=pl.List(pl.String))
    return turns.select("id", "conversation_id", words).explode("word").drop_nulls("word")


def _units(layer: Layer, topic: int | None) -> pl.DataFrame:
    """Units that were fitted, or those of one topic."""
    kept = pl.col("label").is_not_null() if topic is None else pl.col("label") == str(topic)
    return layer.table.filter(kept).select("unit_id")


def _compared(
    counts: pl.DataFrame,
    groups: tuple[str, str],
    strata: str | None,
    shares: pl.DataFrame,
    min_sources: int,
    *,
    level: float,
    permutations: int | None,
    random_state: int,
) -> Iterator[dict[str, Any]]:
    """Rows of two groups, sorted."""
    own = counts.filter(pl.col("group").is_in(groups))
    sources = own.group_by("word").agg(pl.col("source").n_unique().alias("sources"))
    words = sources.filter(pl.col("sources") >= min_sources).sort("word")
    if words.is_empty():
        return
    keys = own.select("source", "group", "stratum").unique().sort("source", "group")
    pair = Pair(keys.with_row_index("row"), groups, strata)
    matrix = _matrix(own, keys, words)
    first = pair.rows["first"].to_numpy()
    known = words.join(shares, on="word", how="left", maintain_order="left")["prior"].to_numpy()
    alpha = np.append(known, max(shares["prior"].sum() - known.sum(), 1e-9))
    z = log_odds_ratio(matrix[first].sum(axis=0), matrix[~first].sum(axis=0), alpha)[1]
    estimates = log_odds_intervals(
        matrix, first, pair.rows["source"].to_numpy(), alpha, level=level, random_state=random_state
    )
    tests: dict[str, NDArray[np.float64]] = {}
    if pair.testable:
        test = log_odds_test(
            matrix[pair.apart["row"].to_numpy()],
            pair.apart["first"].to_numpy(),
            alpha,
            tested=words.height,
            strata=pair.apart["stratum"].to_numpy(),
            permutations=permutations or int(np.clip(words.height / (1 - level), *_PERMUTATIONS)),
            random_state=random_state,
        )
        tests = {"z_calibrated": test.z_calibrated, "p_value": test.p_values, "p_max": test.p_max}
    order = np.argsort(-tests.get("z_calibrated", z[:-1]), kind="stable")
    for at in order.tolist():
        row = estimates[at].as_row()
        told = [str(row["reason"])] if row["reason"] else []
        yield {
            "group": pair.name,
            "word": words["word"][at],
            "count_first": int(matrix[first, at].sum()),
            "count_second": int(matrix[~first, at].sum()),
            "sources": words["sources"][at],
            **row,
            "reason": "; ".join([*told, *pair.notes]) or None,
            "z": float(z[at]),
            **{name: float(values[at]) for name, values in tests.items()},
        }


def _matrix(own: pl.DataFrame, keys: pl.DataFrame, words: pl.DataFrame) -> NDArray[np.float64]:
    """Counts, one line per source and group, one column per word and a last one for all others."""
    placed = own.join(keys.with_row_index("row"), on=["source", "group", "stratum"]).join(
        words.select("word").with_row_index("at"), on="word", how="left"
    )
    matrix = np.zeros((keys.height, words.height + 1))
    at = placed["at"].fill_null(words.height).to_numpy()
    np.add.at(matrix, (placed["row"].to_numpy(), at), placed["count"].to_numpy())
    return matrix
