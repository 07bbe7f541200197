"""What is taken out when somebody is forgotten, and how tables and JSON look without it.

A `Removal` is worked out from the tables of one corpus. Everything here is idempotent: what was cleaned
before is left as it is, so that a run that was cut off is finished by running it again.

Ids that carry the person's id as a word of their own (a conversation `C01-session-2`, a source `C01`) get a
pseudonym in its place, so that turns of others stay together and splits stay whole. An id of one or two
characters (`A`, `T1`) says little about where it stands: only what equals it is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from workbench.corpus.consent import expired

__all__ = ["LONG", "Removal", "of_expired", "of_person"]

LONG = 20
"""Characters from which a text is looked for in other places; shorter ones are everybody's."""

_SHORT_ID = 2
_GONE = "[removed]"
_KEPT = frozenset({"text", "role", "side", "label", "scheme", "unit", "coder_kind", "timestamp"})
"""Text columns that hold nobody's id: the words of others, and terms of the field."""


@dataclass(frozen=True)
class Removal:
    """Ids of what goes, and the texts that go with it.

    Attributes
    ----------
    person
        Id of the speaker; None where conversations go for their age.
    pseudonym
        What stands in its place in ids of others.
    utterances, conversations, speakers
        Ids of the rows that go.
    touched
        Conversations that change: results that depend on them are out of date.
    texts
        Distinct texts that go.
    """

    person: str | None
    pseudonym: str
    utterances: frozenset[str]
    conversations: frozenset[str]
    speakers: frozenset[str]
    touched: frozenset[str]
    texts: tuple[str, ...]

    @cached_property
    def long_texts(self) -> list[str]:
        """Texts that are looked for in other places."""
        return [text for text in self.texts if len(text.strip()) >= LONG]

    # -- tables ------------------------------------------------------------------------------------

    def utterance_rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """Utterances without those that go: turns are dense again, links to what went are cut."""
        kept = self.rows(table, "id", self.utterances)
        gone = pl.col("reply_to").is_in(list(self.utterances))
        if "reply_to" in kept.columns:
            kept = kept.with_columns(pl.when(~gone).then("reply_to").alias("reply_to"))
        if "turn" in kept.columns and kept.height < table.height:
            turn = pl.int_range(pl.len()).over("conversation_id").cast(table.schema["turn"])
            kept = kept.with_columns(turn.alias("turn"))
        return kept

    def rows(self, table: pl.DataFrame, key: str, gone: Collection[str]) -> pl.DataFrame:
        """Rows whose `key` is not among `gone`, their other cells cleaned."""
        kept = table.filter(~pl.col(key).is_in(list(gone)).fill_null(value=False))
        if "target_id" in kept.columns:
            kept = kept.filter(~pl.col("target_id").is_in(list(self.utterances)).fill_null(False))
        return self.cells(kept)

    def cells(self, table: pl.DataFrame, *, kept: Collection[str] = _KEPT) -> pl.DataFrame:
        """All rows, with the pseudonym in the place of the person's id and without quoted texts.

        Parameters
        ----------
        kept
            Columns that stay as they are.
        """
        return table.with_columns(
            self._cleaned(name)
            for name, dtype in table.schema.items()
            if dtype == pl.String and name not in kept
        )

    def _cleaned(self, name: str) -> pl.Expr:
        cell = pl.col(name)
        if self.person is not None and len(self.person) <= _SHORT_ID:
            cell = cell.replace(self.person, self.pseudonym)
        elif self.person is not None:
            word = rf"(^|[^\pL\pN]){pl.escape_regex(self.person)}($|[^\pL\pN])"
            for _ in range(2):  # neighbours share the mark between them
                cell = cell.str.replace_all(word, f"${{1}}{self.pseudonym}${{2}}")
        if self.long_texts:
            quotes = cell.str.contains_any(self.long_texts)
            cell = pl.when(~quotes.fill_null(value=False)).then(cell)
        return cell.alias(name)

    # -- JSON ---------------------------------------------------------------------------------------

    def cleaned_json(self, content: Any) -> Any:
        """JSON content without ids that go, with the pseudonym, and without quoted texts."""
        if isinstance(content, dict):
            return {self.cleaned_text(k): self.cleaned_json(v) for k, v in content.items()}
        if isinstance(content, list):
            gone = self.utterances | self.conversations
            return [self.cleaned_json(x) for x in content if not (isinstance(x, str) and x in gone)]
        return self.cleaned_text(content) if isinstance(content, str) else content

    def cleaned_text(self, text: str) -> str:
        """One text of a JSON file or a name."""
        if any(said in text for said in self.long_texts):
            return _GONE
        return self._word.sub(self.pseudonym, text) if self._word else text

    @cached_property
    def _word(self) -> re.Pattern[str] | None:
        if self.person is None:
            return None
        if len(self.person) <= _SHORT_ID:
            return re.compile(rf"\A{re.escape(self.person)}\Z")
        return re.compile(rf"(?<![^\W_]){re.escape(self.person)}(?![^\W_])")

    def names(self, text: str) -> bool:
        """Whether an id holds the person's as a word of its own."""
        return self._word is not None and self._word.search(text) is not None


def of_person(
    person: str,
    utterances: pl.DataFrame,
    conversations: pl.DataFrame,
    *,
    pseudonym: str,
    whole: bool,
) -> Removal:
    """What goes with a speaker.

    Parameters
    ----------
    whole
        Whether the turns of others in the speaker's conversations go too.
    """
    theirs = utterances.filter(pl.col("speaker") == person)
    talks = frozenset(theirs["conversation_id"])
    gone = utterances.filter(pl.col("conversation_id").is_in(list(talks))) if whole else theirs
    removal = _removal(person, pseudonym, utterances, gone, talks)
    # a source or id that names the person is a changed fact of its conversation
    named = conversations.filter(
        pl.any_horizontal(
            pl.col(x).map_elements(removal.names, return_dtype=pl.Boolean)
            for x in ("id", "source")
            if x in conversations.columns
        ).fill_null(value=False)
    )["id"]
    return _removal(person, pseudonym, utterances, gone, talks | set(named))


def of_expired(utterances: pl.DataFrame, conversations: pl.DataFrame, *, pseudonym: str) -> Removal:
    """What goes with the conversations whose last day of retention is past."""
    past = frozenset(expired(conversations) if "retention_until" in conversations.columns else ())
    gone = utterances.filter(pl.col("conversation_id").is_in(list(past)))
    return _removal(None, pseudonym, utterances, gone, past)


def _removal(
    person: str | None,
    pseudonym: str,
    utterances: pl.DataFrame,
    gone: pl.DataFrame,
    touched: frozenset[str] | set[str],
) -> Removal:
    kept = utterances.join(gone.select("id"), on="id", how="anti")
    emptied = set(gone["conversation_id"]) - set(kept["conversation_id"])
    silent = set(gone["speaker"]) - set(kept["speaker"])
    return Removal(
        person=person,
        pseudonym=pseudonym,
        utterances=frozenset(gone["id"]),
        conversations=frozenset(emptied),
        speakers=frozenset(silent | ({person} if person is not None else set())),
        touched=frozenset(touched),
        texts=tuple(gone["text"].drop_nulls().unique(maintain_order=True)),
    )
