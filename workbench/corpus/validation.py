"""Checks on a corpus, collected in a report a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from workbench.corpus.schema import ROW
from workbench.errors import BadInput

__all__ = ["Finding", "findings_table", "raise_errors", "validate_utterances"]

Level = Literal["error", "warning", "note"]
LONG_TEXT = 20_000
"""Characters from which a single turn is pointed out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing, with the first places and the mend."""

    level: Level
    check: str
    count: int
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} {self.remedy}".strip()


def findings_table(findings: Sequence[Finding]) -> pl.DataFrame:
    """Findings as a table: `level`, `check`, `count`, `where`, `message`, `remedy`."""
    columns = ("level", "check", "count", "where", "message", "remedy")
    return pl.DataFrame(
        [[getattr(f, c) for c in columns] for f in findings],
        schema={c: pl.Int64 if c == "count" else pl.String for c in columns},
        orient="row",
    )


def raise_errors(findings: Sequence[Finding]) -> None:
    """Raise `BadInput` with every finding of level `error`, if there are any."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise BadInput("\n".join(str(finding) for finding in errors))


def validate_utterances(frame: pl.DataFrame, *, where: str) -> list[Finding]:
    """Check a conformed utterance table before its turns are made dense.

    Parameters
    ----------
    frame
        Utterances with `id`, `conversation_id`, `turn`, `speaker`, `text`, `reply_to` and the
        scratch column of source rows.
    where
        File or folder the rows come from, for the messages.
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


def _rows(frame: pl.DataFrame, chosen: pl.Series) -> str:
    rows = frame.filter(chosen)[ROW].head(3).to_list()
    return ", ".join(f"row {row}" for row in rows)


def _finding(
    frame: pl.DataFrame,
    chosen: pl.Series,
    level: Level,
    check: str,
    where: str,
    text: str,
    mend: str,
) -> list[Finding]:
    count = int(chosen.sum())
    if count == 0:
        return []
    return [
        Finding(level, check, count, f"{where}, {_rows(frame, chosen)}", f"{count} {text}", mend)
    ]


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
        found += _finding(
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
    again = ~frame["id"].is_first_distinct()
    return _finding(
        frame,
        again,
        "error",
        "duplicate id",
        where,
        "utterance(s) carry an id that stands earlier.",
        "Ids must be unique in the corpus: rename them, or drop the id column to have ids made.",
    )


def _turn_order(frame: pl.DataFrame, where: str) -> list[Finding]:
    ordered = frame.sort("conversation_id", "turn", maintain_order=True)
    step = ordered["turn"].diff()
    same = ordered["conversation_id"] == ordered["conversation_id"].shift()
    gaps = (same & (step > 1)).fill_null(value=False)
    repeated = (same & (step == 0)).fill_null(value=False)
    return _finding(
        ordered,
        gaps,
        "warning",
        "turn gap",
        where,
        "place(s) where the turn numbers skip.",
        "Turns were numbered anew, 0, 1, 2, ...; analyses of neighbours treat them as adjacent.",
    ) + _finding(
        ordered,
        repeated,
        "warning",
        "turn repeated",
        where,
        "turn number(s) stand twice in one conversation.",
        "The order of the file was kept.",
    )


def _replies(frame: pl.DataFrame, where: str) -> list[Finding]:
    known = frame.select("id", "conversation_id").unique("id").rename({"conversation_id": "_in"})
    joined = frame.join(known, left_on="reply_to", right_on="id", how="left", maintain_order="left")
    given = joined["reply_to"].is_not_null()
    nowhere = given & joined["_in"].is_null()
    elsewhere = given & (joined["_in"] != joined["conversation_id"]).fill_null(value=False)
    return _finding(
        joined,
        nowhere,
        "warning",
        "reply to nowhere",
        where,
        "reply link(s) point to an id that is not there.",
        "They were set to null.",
    ) + _finding(
        joined,
        elsewhere,
        "warning",
        "reply to another conversation",
        where,
        "reply link(s) leave their conversation.",
        "They were kept; check the ids.",
    )


def _texts(frame: pl.DataFrame, where: str) -> list[Finding]:
    blank = frame["text"].str.strip_chars().str.len_chars() == 0
    long = frame["text"].str.len_chars() > LONG_TEXT
    return _finding(
        frame,
        blank.fill_null(value=False),
        "warning",
        "empty text",
        where,
        "utterance(s) have no words.",
        "They stay in the order and take no code.",
    ) + _finding(
        frame,
        long.fill_null(value=False),
        "warning",
        "long text",
        where,
        f"utterance(s) are longer than {LONG_TEXT:,} characters.",
        "They are encoded by windows; check that a turn is one turn.",
    )
