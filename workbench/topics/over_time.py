"""When topics are spoken of: by position in the session, over sessions, and by class and position.

A share is the part of the fitted utterances there (outliers count, what was set apart does not) that
has the topic, pooled over conversations, with the house's interval over `source`. Shares of one
place add up to one, so a topic can look rarer because another became more frequent.

The position of an utterance is its turn over the last turn of its conversation, from 0 to 1; a
conversation of one turn has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput, InsufficientData
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, cluster_proportions

__all__ = [
    "DECILES",
    "THIRDS",
    "WHOLE",
    "topics_over_position",
    "topics_over_sessions",
    "topics_per_class",
]

THIRDS = ("first third", "middle third", "last third")
DECILES = tuple(f"decile {number}" for number in range(1, 11))

WHOLE = "whole session"
"""Position of a row that leaves no utterance out."""


def topics_over_position(
    corpus: Corpus, topics_layer: Layer, *, level: float = 0.95, random_state: int = 0
) -> pl.DataFrame:
    """Share of each topic in the thirds and the deciles of the session.

    Parameters
    ----------
    corpus : Corpus
        Where turns and the conversations' `source` stand.
    topics_layer : Layer
        `Topics.layer`.
    level : float, default 0.95
        Nominal coverage of the intervals.
    random_state : int, default 0
        Seed of the intervals.

    Returns
    -------
    polars.DataFrame
        `topic` (-1: outliers), `position` (`THIRDS`, then `DECILES`), and the columns of every table
        of estimates; `n` is the number of fitted utterances at the position. A position without any
        has no estimate and says so.

    Raises
    ------
    InsufficientData
        If no fitted utterance has a position.
    """
    said = _said(corpus, topics_layer).drop_nulls("place")
    if said.is_empty():
        raise InsufficientData(
            "No fitted utterance lies in a conversation of two turns or more, so none has a position."
        )
    numbers = _numbers(topics_layer)
    rows: list[dict[str, Any]] = []
    for names in (THIRDS, DECILES):
        parts = _parted(said, names)
        for name in names:
            found = parts.filter(pl.col("position") == name)
            rows += _rows(found, numbers, {"position": name}, level, random_state)
    return _table(rows, {"topic": pl.Int64, "position": pl.String})


def topics_over_sessions(
    corpus: Corpus, topics_layer: Layer, *, level: float = 0.95, random_state: int = 0
) -> pl.DataFrame:
    """Share of each topic in first sessions, second sessions and so on.

    Parameters
    ----------
    corpus, topics_layer, level, random_state
        As in `topics_over_position`; conversations without a `session_number` are left out.

    Returns
    -------
    polars.DataFrame
        `topic`, `session_number`, and the columns of every table of estimates. Clients who leave
        are missing from later sessions: a change over sessions may be a change of who is there.

    Raises
    ------
    InsufficientData
        If no fitted utterance lies in a conversation with a session number.
    """
    talks = corpus.conversations.select("session_number", conversation_id="id")
    said = (
        _said(corpus, topics_layer).join(talks, on="conversation_id").drop_nulls("session_number")
    )
    if said.is_empty():
        raise InsufficientData(
            "No conversation with fitted utterances has a session_number, so topics have no course over "
            "sessions. Add the numbers with `corpus.join_outcomes(table)`."
        )
    numbers = _numbers(topics_layer)
    rows: list[dict[str, Any]] = []
    for number in said["session_number"].unique().sort():
        found = said.filter(pl.col("session_number") == number)
        rows += _rows(found, numbers, {"session_number": number}, level, random_state)
    return _table(rows, {"topic": pl.Int64, "session_number": pl.Int64})


def topics_per_class(
    corpus: Corpus,
    topics_layer: Layer,
    *,
    by: str | Layer,
    level: float = 0.95,
    random_state: int = 0,
) -> pl.DataFrame:
    """Share of each topic in each class, over the whole session and in its thirds.

    Parameters
    ----------
    corpus, topics_layer, level, random_state
        As in `topics_over_position`.
    by : str or Layer
        Column of the conversation table, or a layer whose labels are the classes of utterances (codes,
        emotions); an utterance with several labels counts in each, one without any in none.

    Returns
    -------
    polars.DataFrame
        `class`, `topic`, `position` (`WHOLE`, then `THIRDS`), and the columns of every table of
        estimates: shares among the fitted utterances of the class there.

    Raises
    ------
    BadInput
        If there is no such column, or the layer is on something else than utterances.
    InsufficientData
        If no fitted utterance has a class.
    """
    said = _classified(_said(corpus, topics_layer), corpus, by)
    if said.is_empty():
        named = by if isinstance(by, str) else by.name
        raise InsufficientData(
            f"No fitted utterance has a value of {named!r}; topics cannot be shown by it. Choose another "
            "column or layer."
        )
    numbers = _numbers(topics_layer)
    rows: list[dict[str, Any]] = []
    thirds = _parted(said.drop_nulls("place"), THIRDS)
    for name in said["class"].unique().sort():
        whole = said.filter(pl.col("class") == name)
        rows += _rows(whole, numbers, {"class": name, "position": WHOLE}, level, random_state)
        for third in THIRDS:
            found = thirds.filter((pl.col("class") == name) & (pl.col("position") == third))
            rows += _rows(found, numbers, {"class": name, "position": third}, level, random_state)
    return _table(rows, {"class": pl.String, "topic": pl.Int64, "position": pl.String})


def _said(corpus: Corpus, layer: Layer) -> pl.DataFrame:
    """Fitted utterances: `unit_id`, `label`, `conversation_id`, `source`, `place` (0 to 1, or null)."""
    last = pl.col("turn").max().over("conversation_id")
    turns = corpus.utterances.select(
        "conversation_id",
        unit_id="id",
        place=pl.when(last > 0).then(pl.col("turn") / last),
    )
    sources = corpus.conversations.select("source", conversation_id="id")
    fitted = layer.table.drop_nulls("label").select("unit_id", "label")
    return fitted.join(turns, on="unit_id").join(sources, on="conversation_id")


def _classified(said: pl.DataFrame, corpus: Corpus, by: str | Layer) -> pl.DataFrame:
    """Add `class`; rows without one are left out."""
    if isinstance(by, Layer):
        if by.metadata.unit != "utterance":
            raise BadInput(
                f"Layer {by.name!r} labels {by.metadata.unit}s; classes of utterances are needed."
            )
        labels = by.table.drop_nulls("label").select("unit_id", pl.col("label").alias("class"))
        return said.join(labels.unique(), on="unit_id")
    if by not in corpus.conversations.columns:
        raise BadInput.unknown("conversation column", by, corpus.conversations.columns)
    talks = corpus.conversations.select(
        conversation_id="id", **{"class": pl.col(by).cast(pl.String)}
    )
    return said.join(talks, on="conversation_id").drop_nulls("class")


def _parted(said: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Add `position`, the name of the part of the session; the last turn belongs to the last part."""
    part = (pl.col("place") * len(names)).floor().clip(upper_bound=len(names) - 1).cast(pl.Int64)
    return said.with_columns(
        position=part.replace_strict(list(range(len(names))), list(names), return_dtype=pl.String)
    )


def _numbers(layer: Layer) -> list[int]:
    return sorted(int(label) for label in layer.table["label"].drop_nulls().unique())


def _rows(
    said: pl.DataFrame,
    numbers: Sequence[int],
    place: Mapping[str, Any],
    level: float,
    random_state: int,
) -> Iterator[dict[str, Any]]:
    """A row per topic: its share of these utterances."""
    for number, share in zip(numbers, _shares(said, numbers, level, random_state), strict=True):
        yield {**place, "topic": number, **share.as_row()}


def _shares(
    said: pl.DataFrame, numbers: Sequence[int], level: float, random_state: int
) -> list[Estimate]:
    if said.is_empty():
        nothing = Estimate(None, level=level, n_clusters=0, reason="no fitted utterances here")
        return [nothing] * len(numbers)
    counted = (
        said.group_by("source")
        .agg(
            pl.len().cast(pl.Int64).alias("all"),
            *((pl.col("label") == str(n)).sum().cast(pl.Int64).alias(f"t{n}") for n in numbers),
        )
        .sort("source")
    )
    shares = cluster_proportions(
        counted.select(f"t{n}" for n in numbers).to_numpy(),
        counted["all"].to_numpy(),
        counted["source"].to_numpy(),
        level=level,
        random_state=random_state,
    )
    return [replace(share, n=said.height) for share in shares]  # they were given totals per source


def _table(rows: Sequence[Mapping[str, Any]], keys: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**keys, **ESTIMATE_COLUMNS})
