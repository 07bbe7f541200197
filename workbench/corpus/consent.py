"""What the people in a conversation agreed to, and until when their words may be kept.

Two columns of the conversations say it. `consent_scope` holds one or several of `CONSENT_SCOPES`,
separated by commas. Where nothing is stated, or something that is no scope, only `local` holds: nobody
is asked for more than they gave. `retention_until` is the last day on which the conversation may be kept.

Published corpora state no scope. Whoever knows their licence says so once, by an outcome table with the
column `consent_scope` (`Corpus.join_outcomes`, `Study.join_outcomes`, `workbench analyse --outcomes`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import polars as pl

from workbench.corpus.validation import Finding
from workbench.errors import NetworkRefused

__all__ = [
    "CONSENT_SCOPES",
    "allows",
    "consent_findings",
    "consenting",
    "expired",
    "refuse_remote",
]

LOCAL, SHARING, REMOTE = "local", "research-sharing", "remote-model"

CONSENT_SCOPES: Mapping[str, str] = {
    LOCAL: "analysis on the machines of those who hold the corpus; always included",
    SHARING: "codings and tables, without a word of the text, may be handed to other researchers",
    REMOTE: "the text may be sent to a language model on another machine, which the user names",
}
"""Scopes of consent and what each allows beyond the one before."""


def _scopes() -> pl.Expr:
    words = pl.col("consent_scope").str.to_lowercase().str.split(",")
    return words.list.eval(pl.element().str.strip_chars())


def allows(use: str) -> pl.Expr:
    """Condition on a table of conversations: whether the consent given covers `use`.

    >>> table = pl.DataFrame({"consent_scope": ["local", "remote-model, research-sharing", None]})
    >>> table.select(allows("remote-model")).to_series().to_list()
    [False, True, False]
    """
    return _scopes().list.contains(use).fill_null(value=False)


def consenting(conversations: pl.DataFrame, use: str) -> pl.Series:
    """Ids of the conversations whose consent covers `use`."""
    return conversations.filter(allows(use))["id"]


def expired(conversations: pl.DataFrame, *, today: datetime.date | None = None) -> pl.Series:
    """Ids of the conversations whose last day of retention is past.

    Parameters
    ----------
    today
        Default: the day it is where this machine stands.
    """
    day = today or datetime.date.today()
    return conversations.filter(pl.col("retention_until") < day)["id"]


def consent_findings(
    conversations: pl.DataFrame, *, where: str, today: datetime.date | None = None
) -> list[Finding]:
    """Warn of conversations past their retention, and of scopes that mean nothing here."""
    found = []
    past = expired(conversations, today=today)
    if len(past):
        found.append(
            Finding(
                "warning",
                "past retention",
                len(past),
                where,
                f"{len(past)} conversation(s) are past their `retention_until`, the first is {past[0]!r}.",
                "Remove them and everything made of them with `workbench forget --expired`.",
            )
        )
    strange = conversations.filter(
        _scopes().list.eval(~pl.element().is_in(list(CONSENT_SCOPES))).list.any()
    )["id"]
    if len(strange):
        found.append(
            Finding(
                "warning",
                "unknown consent scope",
                len(strange),
                where,
                f"{len(strange)} conversation(s) state a `consent_scope` that is none, the first is "
                f"{strange[0]!r}.",
                f"They count as {LOCAL!r}; write {', '.join(CONSENT_SCOPES)}, separated by commas.",
            )
        )
    return found


def refuse_remote(
    conversations: pl.DataFrame, ids: Sequence[str] | pl.Series, *, endpoint: str
) -> None:
    """Refuse to send words of these conversations to another machine where one has not agreed to it.

    Raises
    ------
    NetworkRefused
        With the number of conversations and what to do.
    """
    asked = conversations.filter(pl.col("id").is_in(pl.Series(ids, dtype=pl.String).implode()))
    refused = asked.filter(~allows(REMOTE))
    if refused.height:
        silent = refused["consent_scope"].null_count()
        raise NetworkRefused(
            f"Nothing was sent to {endpoint}: the consent of {refused.height} of {asked.height} "
            f"conversations does not cover it ({silent} state none). Use a model of this machine, leave "
            f"these conversations out, or, where people agreed, write {REMOTE!r} into their "
            "`consent_scope`."
        )
