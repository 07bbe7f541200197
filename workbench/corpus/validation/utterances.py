"""Checks of every utterance table, when a corpus is built and again when it is validated."""

from __future__ import annotations

import polars as pl

from workbench.corpus.ordering import in_turn_order, repeats, replied_conversation
from workbench.corpus.schema import ROW
from workbench.corpus.validation.finding import Finding, located

__all__ = ["validate_utterances"]

LONG_TEXT = 20_000
"""Characters from which a single turn is pointed out."""


def validate_utterances(frame: pl.DataFrame, *, where: str) -> list[Finding]:
    """Check a conformed utterance table.

    Parameters
    ----------
    frame
        Utterances with `id`, `conversation_id`, `turn`, `speaker`, `text` and `reply_to`. With the
        scratch column of source rows it is the table of a corpus being built, before its turns are
        numbered anew; without one, that of a built corpus.
    where
        File, folder or corpus the rows come from, for the messages.
    """
    checks = (
        _empty(frame, where),
        _absent_values(frame, where),
        _duplicate_ids(frame, where),
        _turn_order(frame, where),
        _replies(frame, where),
        _texts(frame, where),
    )
    return [finding for found in checks for finding in found]


def _empty(frame: pl.DataFrame, where: str) -> list[Finding]:
    if frame.height:
        return []
    return [
        Finding(
            "error", "empty", 0, where, "there is no utterance in it.", "Expected at least one."
        )
    ]


def _absent_values(frame: pl.DataFrame, where: str) -> list[Finding]:
    found = []
    for column in ("conversation_id", "speaker", "text"):
        found += located(
            frame,
            frame[column].is_null(),
            "error",
            f"null {column}",
            where,
            f"row(s) have no {column}.",
            "Fill the column or leave the rows out.",
        )
    return found


def _duplicate_ids(frame: pl.DataFrame, where: str) -> list[Finding]:
    return located(
        frame,
        repeats(frame["id"]),
        "error",
        "duplicate id",
        where,
        "utterance(s) carry an id that stands earlier.",
        "Ids must be unique in the corpus: rename them, or drop the id column to have ids made.",
    )


def _turn_order(frame: pl.DataFrame, where: str) -> list[Finding]:
    ordered = in_turn_order(frame)
    step = ordered["turn"].diff()
    same = ordered["conversation_id"] == ordered["conversation_id"].shift()
    being_built = ROW in frame.columns
    numbered = "Turns were numbered anew, 0, 1, 2, ...; " if being_built else ""
    return located(
        ordered,
        same & (step > 1),
        "warning",
        "turn gap",
        where,
        "place(s) where the turn numbers skip.",
        f"{numbered}Analyses of neighbours treat them as adjacent.",
    ) + located(
        ordered,
        same & (step == 0),
        "warning",
        "turn repeated",
        where,
        "turn number(s) stand twice in one conversation.",
        "The order of the file was kept." if being_built else "Number them 0, 1, 2, ...",
    )


def _replies(frame: pl.DataFrame, where: str) -> list[Finding]:
    talk = replied_conversation(frame)
    given = frame["reply_to"].is_not_null()
    cut = "They were set to null." if ROW in frame.columns else "Set them to null."
    return located(
        frame,
        given & talk.is_null(),
        "warning",
        "reply to nowhere",
        where,
        "reply link(s) point to an id that is not there.",
        cut,
    ) + located(
        frame,
        given & (talk != frame["conversation_id"]),
        "warning",
        "reply to another conversation",
        where,
        "reply link(s) leave their conversation.",
        "They were kept; check the ids.",
    )


def _texts(frame: pl.DataFrame, where: str) -> list[Finding]:
    return located(
        frame,
        ~frame["text"].str.contains(r"\S"),
        "warning",
        "empty text",
        where,
        "utterance(s) have no words.",
        "They stay in the order and take no code.",
    ) + located(
        frame,
        frame["text"].str.len_chars() > LONG_TEXT,
        "warning",
        "long text",
        where,
        f"utterance(s) are longer than {LONG_TEXT:,} characters.",
        "They are encoded by windows; check that a turn is one turn.",
    )
