"""Which columns hold texts, which hold ids, and which say by their name what their values are."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from workbench.corpus.privacy.entity import Kind
from workbench.corpus.schema import META

__all__ = ["NOT_TEXT", "holds_ages", "kind_of_column", "text_columns"]

NOT_TEXT: Mapping[str, frozenset[str]] = {
    "utterances": frozenset(
        {"id", "conversation_id", "speaker", "role", "side", "reply_to", "timestamp"}
    ),
    "conversations": frozenset({"id", "source", "consent_scope", "retention_until"}),
    "speakers": frozenset({"id", "role"}),
}
"""Columns of the schema that are no text: ids are renamed, the others stay."""

_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"(?:full_?|first_?|last_?|sur|nick|client_?|patient_?|speaker_?)?name", "person"),
    (r"(?:tele)?phone(?:_?number)?|mobile|cell|tel|fax", "phone"),
    (r"e-?mail(?:_?address)?", "email"),
    (r"url|website|homepage|link", "url"),
    (
        r"ssn|nhs(?:_?number)?|mrn|iban|passport|insurance_?(?:number|id)|medical_?record\w*"
        r"|(?:patient|case|client|file)_?number",
        "id",
    ),
    (r"address|street|post_?code|zip(?:_?code)?", "address"),
    (r"city|town|birth_?place|place_of_birth|county|village", "place"),
    (r"employer|school|organi[sz]ation|company|clinic", "organisation"),
    (r"user_?name|handle|screen_?name", "username"),
)


def _bare(column: str) -> str:
    return re.sub(r"[ -]", "_", column.removeprefix(META).casefold())


def kind_of_column(column: str) -> Kind | None:
    """What the values of a column are, where its name says so."""
    return next((kind for name, kind in _KINDS if re.fullmatch(name, _bare(column))), None)


def holds_ages(column: str) -> bool:
    """Whether a column of numbers holds ages."""
    return bool(re.fullmatch(r"age(?:_?(?:in_?)?years)?", _bare(column)))


def text_columns(table: str, frame: pl.DataFrame) -> list[str]:
    """Columns of running text or short values."""
    return [
        column
        for column, dtype in frame.schema.items()
        if dtype == pl.String and column not in NOT_TEXT[table] and kind_of_column(column) is None
    ]
