"""Turns of talk: the pauses between them, and turns made of the cues of a recogniser.

Recognisers and subtitles cut talk where it fits on a screen; `join_turns` makes turns of it. No
word is lost or added. Codings stay with what they coded: the code of a cue becomes a code of the
span of the turn that the cue went into.
"""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["join_turns", "pauses"]


def pauses(corpus: Corpus) -> pl.DataFrame:
    """Seconds between the end of a turn and the start of the next one in its conversation.

    Returns
    -------
    polars.DataFrame
        One row per pair of neighbours whose times are known: `conversation_id`, `before` and
        `after` (utterance ids), `from_speaker`, `to_speaker`, `from_role`, `to_role` and `seconds`,
        which is positive for a gap and negative where the turns overlap. Turns that were left out
        of the corpus part neighbours.

    Examples
    --------
    >>> turns = {"conversation_id": ["a", "a"], "speaker": ["T", "C"], "text": ["How so?", "Well."]}
    >>> corpus = Corpus.build(pl.DataFrame({**turns, "start": [0.0, 3.5], "end": [2.0, 4.0]}))
    >>> pauses(corpus)["seconds"].to_list()
    [1.5]
    """

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift().over("conversation_id")

    turns = corpus.utterances
    pairs = turns.select(
        "conversation_id",
        before("id").alias("before"),
        pl.col("id").alias("after"),
        before("speaker").alias("from_speaker"),
        pl.col("speaker").alias("to_speaker"),
        before("role").alias("from_role"),
        pl.col("role").alias("to_role"),
        (pl.col("start") - before("end")).alias("seconds"),
        adjacent=pl.col("turn") - before("turn") == 1,
    )
    return pairs.filter("adjacent", pl.col("seconds").is_not_null()).drop("adjacent")


def join_turns(corpus: Corpus, *, longest_pause: float | None = None) -> Corpus:
    """Make one turn of cues of one speaker that follow each other.

    The turn has the id and start of the first cue, the end of the last, and their texts joined by
    a space. Facts of the cues (`meta.*`) stay where the cues agree; where they differ, the turn
    has the JSON list of them. Codings of cues become codings of spans (`start_char`, `end_char`).
    Turns that answer different turns, or that were neighbours only because the turns between them
    are left out, are not joined.

    Parameters
    ----------
    longest_pause
        Seconds of silence after which the same speaker begins a new turn. None joins over any
        pause. A pause that is not known parts nothing.

    Returns
    -------
    Corpus
        Probabilities of layers whose cues were joined are left out; a finding lists them.

    Raises
    ------
    BadInput
        If `longest_pause` is negative.
    """
    if longest_pause is not None and longest_pause < 0:
        raise BadInput(f"longest_pause is a number of seconds, 0 or more; got {longest_pause}.")
    cues = _placed(corpus.utterances, longest_pause)
    if cues["id"].equals(cues["_into"]):
        return corpus
    layers = [_as_spans(layer, cues) for layer in corpus.layers]
    lost = [
        new.name
        for new, old in zip(layers, corpus.layers, strict=True)
        if old.probabilities is not None and new.probabilities is None
    ]
    return replace(
        corpus,
        utterances=_joined(cues, corpus.utterances.columns),
        layers=tuple(layers),
        findings=(*corpus.findings, *_told(corpus, lost)),
    )


def _placed(turns: pl.DataFrame, longest_pause: float | None) -> pl.DataFrame:
    """Each cue with the id of the turn it goes into and the place of its text there."""

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift().over("conversation_id")

    answers = pl.col("reply_to")
    goes_on = (
        (pl.col("speaker") == before("speaker"))
        & (pl.col("role") == before("role"))
        & (pl.col("turn") - before("turn") == 1)
        & (answers.is_null() | (answers == before("id")) | answers.eq_missing(before("reply_to")))
    ).fill_null(value=False)
    if longest_pause is not None:
        goes_on &= (pl.col("start") - before("end") <= longest_pause).fill_null(value=True)
    step = pl.col("turn").diff().over("conversation_id").fill_null(pl.col("turn"))
    said = pl.col("text").str.strip_chars() != ""
    width = pl.col("text").str.len_chars().cast(pl.Int64)
    room = pl.when(said).then(width + 1).otherwise(0)
    return (
        turns.with_columns(goes_on.alias("_goes_on"))
        .with_columns(
            (~pl.col("_goes_on")).cum_sum().alias("_unit"),
            pl.when("_goes_on")
            .then(0)
            .otherwise(step)
            .cum_sum()
            .over("conversation_id")
            .alias("turn"),
        )
        .with_columns(
            pl.col("id").first().over("_unit").alias("_into"),
            said.alias("_said"),
            (room.cum_sum() - room).over("_unit").alias("_start"),
            (room.sum() - 1).clip(0).over("_unit").alias("_length"),
        )
        .with_columns(pl.min_horizontal("_start", "_length").alias("_start"))
        .with_columns(
            pl.when("_said").then(pl.col("_start") + width).otherwise("_start").alias("_end")
        )
    )


def _joined(cues: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    facts = [name for name in columns if name.startswith(META)]
    first = [n for n in columns if n not in (*facts, "text", "end")]
    words = pl.col("text").filter("_said").str.join(" ")
    known = pl.col("end").last().is_not_null()
    grouped = cues.group_by("_unit", maintain_order=True)
    turns = grouped.agg(
        pl.col(first).first(),
        pl.when(pl.col("_said").any()).then(words).otherwise(pl.col("text").first()).alias("text"),
        pl.when(known).then(pl.col("end").max()).alias("end"),
    )
    into = cues.select(pl.col("id").alias("reply_to"), pl.col("_into").alias("_answered"))
    turns = turns.join(into, on="reply_to", how="left", maintain_order="left").with_columns(
        pl.coalesce("_answered", "reply_to").alias("reply_to")
    )
    if facts:
        lists = grouped.agg(pl.col(facts))
        turns = turns.with_columns(_agreed(lists[name]) for name in facts)
    return turns.select(columns)


def _agreed(lists: pl.Series) -> pl.Series:
    """The value on which all cues of a turn agree; the JSON list where they do not."""
    values, agree = lists.list.first(), lists.list.n_unique() == 1
    if agree.all():
        return values.alias(lists.name)
    told = [
        value if same else json.dumps(each.to_list(), ensure_ascii=False, default=str)
        for value, same, each in zip(values.cast(pl.String), agree, lists, strict=True)
    ]
    return pl.Series(lists.name, told, dtype=pl.String)


def _as_spans(layer: Layer, cues: pl.DataFrame) -> Layer:
    """Codings of joined cues as spans of the turn; a layer that coded none of them stays as it is."""
    merged = cues.filter(pl.col("_unit").is_duplicated())["id"].implode()
    table = layer.table
    unit = layer.metadata.unit
    into = cues.select("id", "_into", "_start", "_end")
    answered = table.join(
        into, left_on="target_id", right_on="id", how="left", maintain_order="left"
    )
    table = table.with_columns(pl.coalesce(answered["_into"], "target_id").alias("target_id"))
    if unit not in ("utterance", "span") or not table["unit_id"].is_in(merged).any():
        return replace(layer, table=table)
    placed = table.join(into, left_on="unit_id", right_on="id", how="left", maintain_order="left")
    start = pl.col("_start") + pl.col("start_char").fill_null(0)
    end = pl.coalesce(pl.col("_start") + pl.col("end_char"), "_end")
    return replace(
        layer,
        table=placed.with_columns(
            pl.lit("span").alias("unit"),
            pl.coalesce("_into", "unit_id").alias("unit_id"),
            start.alias("start_char"),
            end.alias("end_char"),
        ).select(table.columns),
        metadata=replace(layer.metadata, unit="span"),
        probabilities=None,
    )


def _told(corpus: Corpus, lost: list[str]) -> list[Finding]:
    if not lost:
        return []
    message = f"turns were joined, and the probabilities of layers {lost} were left out."
    mend = "They belong to whole cues; code the joined turns again to have them."
    return [
        Finding("note", "probabilities left out", len(lost), corpus.metadata.name, message, mend)
    ]
