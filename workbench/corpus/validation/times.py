"""Check that times run forward and that a person could have spoken in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.corpus.validation.finding import Finding, located

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus

__all__ = ["check_times"]

TOLERANCE = 0.1
"""Seconds by which turns of one speaker may overlap: recognisers and subtitles round that much."""


def check_times(corpus: Corpus, where: str) -> list[Finding]:
    """Check starts and ends; turns of different speakers may overlap, people do talk at once."""
    turns = corpus.utterances.select("id", "conversation_id", "speaker", "start", "end")
    odd = pl.any_horizontal(
        (pl.col(c) < 0) | pl.col(c).is_nan() | pl.col(c).is_infinite() for c in ("start", "end")
    )
    found = located(
        turns,
        odd,
        "warning",
        "impossible time",
        where,
        "utterance(s) have a start or end that is negative or no number.",
        "Correct the times or leave them empty.",
    )
    turns = turns.filter(~odd.fill_null(value=False))
    return [*found, *_backwards(turns, where), *_overlaps(turns, where)]


def _backwards(turns: pl.DataFrame, where: str) -> list[Finding]:
    known = turns.filter(pl.col("start").is_not_null())
    before = pl.col("start").shift().over("conversation_id")
    return located(
        known,
        pl.col("start") < before,
        "warning",
        "time runs backwards",
        where,
        "turn(s) start before the turn in front of them.",
        "The order of the source was kept; check the times, or sort the turns by start.",
    ) + located(
        turns,
        pl.col("end") < pl.col("start"),
        "warning",
        "end before start",
        where,
        "turn(s) end before they start.",
        "Correct the times; durations and pauses of these turns mean nothing.",
    )


def _overlaps(turns: pl.DataFrame, where: str) -> list[Finding]:
    timed = turns.filter(pl.col("end") >= pl.col("start"))
    by_start = timed.sort("conversation_id", "speaker", "start", maintain_order=True)
    latest = pl.col("end").cum_max().shift().over("conversation_id", "speaker")
    span = pl.struct("conversation_id", "start", "end")
    return located(
        by_start,
        pl.col("start") < latest - TOLERANCE,
        "warning",
        "overlap with oneself",
        where,
        "turn(s) start while the same speaker is still in an earlier one.",
        "Check times and speakers: two people may share a name.",
    ) + located(
        timed,
        span.is_duplicated() & (pl.col("end") > pl.col("start")),
        "note",
        "shared time span",
        where,
        "turn(s) have start and end in common with another one.",
        "One span was given to several turns: their times are those of all together.",
    )
