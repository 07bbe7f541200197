"""Rewrite the tables, layers and metadata of a corpus with surrogates."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.privacy.columns import NOT_TEXT, holds_ages, kind_of_column, text_columns
from workbench.corpus.privacy.contexts import (
    NOWHERE,
    Context,
    contexts_of,
    day_orders,
    speaker_contexts,
)
from workbench.corpus.privacy.entity import Entity, Finder, Kind
from workbench.corpus.privacy.ids import entities_of_speaker, mention_in_id, spaced
from workbench.corpus.privacy.known import KnownNames
from workbench.corpus.privacy.people import Mention, mention_of
from workbench.corpus.privacy.reading import Reading, mapped, small_words, strings_of
from workbench.corpus.privacy.renaming import Renaming, renamed, told_apart
from workbench.corpus.privacy.replacing import Replaced, Replacing
from workbench.corpus.privacy.surrogates import Surrogates
from workbench.corpus.privacy.tokens import words_of
from workbench.corpus.privacy.vault import Vault

__all__ = ["SPANS", "Rewriting"]

SPANS = {
    "utterance_id": pl.String,
    "start_char": pl.Int64,
    "end_char": pl.Int64,
    "kind": pl.String,
}
_TABLES = ("utterances", "conversations", "speakers")
_EPOCH = 5e8
"""Seconds from which `start` and `end` are a date, not a place in a recording."""
_HIGHEST_AGE = 90


class Rewriting:
    """One run over one corpus.

    Parameters
    ----------
    corpus
        Stays as it is.
    vault
        Gets everybody and everything that is replaced.
    finder
        Looks for names in the texts.
    """

    def __init__(self, corpus: Corpus, *, vault: Vault, finder: Finder) -> None:
        self.corpus = corpus
        self.vocabulary = _vocabulary(corpus)
        self._contexts = contexts_of(corpus, vault)
        self._speakers = speaker_contexts(corpus, self._contexts)
        self._talk_of = dict(corpus.utterances.select("id", "conversation_id").iter_rows())
        self._text_of = dict(corpus.utterances.select("id", "text").iter_rows())
        said = zip(corpus.utterances["conversation_id"], corpus.utterances["text"], strict=True)
        self._words = small_words((talk, text) for talk, text in said if text)
        self._vault = vault
        self._known = KnownNames()
        self._reading = Reading(finder, self._known, self._words)
        orders = day_orders(corpus, self._contexts)
        self.replacing = Replacing(
            Surrogates(vault, forbidden=self.vocabulary),
            lambda source: orders.get(source, orders.get("", False)),
        )
        self.renaming = Renaming(self.replacing, self._known)

    def run(self) -> tuple[Corpus, pl.DataFrame]:
        """The new corpus, and where surrogates stand in its utterances."""
        passages = self._read()
        self._learn_people(passages)
        self.renaming.rename(
            speakers=self._speakers, talks=self._contexts, utterances=self._talk_of
        )
        made = replace(
            self.corpus,
            utterances=self._utterances(),
            conversations=self._conversations(),
            speakers=self._speaker_table(),
            layers=tuple(self._layer(layer) for layer in self.corpus.layers),
            metadata=self._metadata(),
        )
        return made, self._spans()

    def entities(self) -> pl.DataFrame:
        """Where entities stand in the utterances of the corpus as it is."""
        self._read()
        rows = [
            (unit, entity.start, entity.end, entity.kind)
            for unit, text in self._text_of.items()
            for entity in self._reading.entities(self._context_of(unit), text or "")
        ]
        return pl.DataFrame(rows, schema=SPANS, orient="row")

    # -- what is there ---------------------------------------------------------------------------

    def _owners(self, table: str) -> list[Context]:
        """Context of each row of a table."""
        if table == "utterances":
            return [self._contexts[talk] for talk in self.corpus.utterances["conversation_id"]]
        if table == "conversations":
            return [self._contexts[talk] for talk in self.corpus.conversations["id"]]
        return [self._speakers[who] for who in self.corpus.speakers["id"]]

    def _read(self) -> list[tuple[Context, str]]:
        """Find everything; the passages come back in the order in which they count."""
        self._learn_speakers()
        passages = list(self._passages())
        self._reading.read(passages, self._own_names())
        return passages

    def _passages(self) -> Iterator[tuple[Context, str]]:
        """Every text with its context, in an order that does not depend on the order of rows."""
        found: set[tuple[str, str]] = set()
        contexts: dict[str, Context] = {}
        for context, value in self._values():
            contexts[context.key] = context
            found.update((context.key, text) for text in strings_of(value))
        for key, text in sorted(found):
            yield contexts[key], text

    def _values(self) -> Iterator[tuple[Context, str]]:
        for table in _TABLES:
            frame: pl.DataFrame = getattr(self.corpus, table)
            owners = self._owners(table)
            for column in text_columns(table, frame):
                for owner, value in zip(owners, frame[column], strict=True):
                    if value:
                        yield owner, value
        for layer in self.corpus.layers:
            for unit, note in layer.table.select("unit_id", "note").iter_rows():
                if note:
                    yield self._context_of(unit), note
            yield from ((NOWHERE, text) for text in _strings(layer.metadata.facts))
        yield from ((NOWHERE, text) for text in _strings(self.corpus.metadata.facts))

    def _context_of(self, unit: str) -> Context:
        return self._contexts.get(self._talk_of.get(unit, unit), NOWHERE)

    # -- who is who --------------------------------------------------------------------------------

    def _learn_speakers(self) -> None:
        """Speakers are people; a name that is a word is looked for only where its bearer speaks."""
        for name in sorted(self._speakers):
            for entity in entities_of_speaker(name, self._known):
                part = name[entity.start : entity.end]
                if entity.kind == "person":
                    own = KnownNames()
                    own.add_person(spaced(part), words=self._words)
                    self._known.parts |= own.parts
                elif entity.kind == "username" and len(part) > 3:
                    self._known.others[part.casefold()] = "username"

    def _own_names(self) -> dict[str, KnownNames]:
        """Names of those who speak in a conversation, by conversation."""
        own: dict[str, KnownNames] = {}
        pairs = self.corpus.utterances.select("conversation_id", "speaker").unique()
        for talk, speaker in pairs.iter_rows():
            for entity in entities_of_speaker(speaker, self._known):
                if entity.kind == "person":
                    part = spaced(speaker[entity.start : entity.end])
                    own.setdefault(talk, KnownNames()).add_person(part, words=self._words)
        return own

    def _learn_people(self, passages: list[tuple[Context, str]]) -> None:
        """Register everybody: full names, then family names, then names alone, that may mean those."""
        mentions: dict[tuple[tuple[str, ...], Mention], None] = {}
        for name, context in sorted(self._speakers.items()):
            for entity in entities_of_speaker(name, self._known):
                if entity.kind == "person":
                    part, before = name[entity.start : entity.end], name[: entity.start]
                    mentions[context.scopes, mention_in_id(part, before=before)] = None
        for context, text in passages:
            for entity in self._reading.entities(context, text):
                if entity.kind == "person":
                    name = text[entity.start : entity.end]
                    mentions[context.scopes, mention_of(name, before=text[: entity.start])] = None
        for rank in range(3):
            for scopes, mention in mentions:
                if _rank(mention) == rank:
                    self.replacing.surrogates.register(mention, scopes)

    # -- tables ------------------------------------------------------------------------------------

    def _utterances(self) -> pl.DataFrame:
        frame, owners = self._rewritten("utterances"), self._owners("utterances")
        stamps = [
            value and self.replacing.timestamp(value, owner)
            for value, owner in zip(frame["timestamp"], owners, strict=True)
        ]
        return frame.with_columns(
            pl.Series("timestamp", stamps, dtype=pl.String),
            self._moved_seconds(frame["start"], owners),
            self._moved_seconds(frame["end"], owners),
            renamed(frame["id"], self.renaming.utterances),
            renamed(frame["conversation_id"], self.renaming.talks),
            renamed(frame["speaker"], self.renaming.speakers),
            renamed(frame["reply_to"], self.renaming.utterances),
            self._roles(frame["role"]),
        )

    def _moved_seconds(self, column: pl.Series, owners: list[Context]) -> pl.Series:
        """Seconds since 1970 moved with the dates; seconds of a recording stay."""
        latest = column.max()
        if not isinstance(latest, float) or latest < _EPOCH:
            return column
        days = self.replacing.surrogates.days
        moved = [
            value if value is None or value < _EPOCH else value + days(owner.source) * 86_400
            for value, owner in zip(column, owners, strict=True)
        ]
        return pl.Series(column.name, moved, dtype=column.dtype)

    def _roles(self, roles: pl.Series) -> pl.Series:
        return renamed(roles, {r: self.renaming.id(r) for r in roles.drop_nulls().unique().sort()})

    def _conversations(self) -> pl.DataFrame:
        frame = self._rewritten("conversations")
        sources = {}
        for source in sorted(frame["source"].unique()):
            there = Context(source, source, (self._vault.scope("source", source),))
            sources[source] = self.renaming.talks.get(source) or self.renaming.id(source, there)
        return frame.with_columns(
            renamed(frame["id"], self.renaming.talks),
            renamed(frame["source"], told_apart(sources)),
        )

    def _speaker_table(self) -> pl.DataFrame:
        frame = self._rewritten("speakers")
        return frame.with_columns(
            renamed(frame["id"], self.renaming.speakers), self._roles(frame["role"])
        )

    def _rewritten(self, table: str) -> pl.DataFrame:
        """A table with everything but its ids changed."""
        frame: pl.DataFrame = getattr(self.corpus, table)
        owners = self._owners(table)
        made = []
        for column, dtype in frame.schema.items():
            change = None if column in NOT_TEXT[table] else self._change_for(column, dtype)
            if change is not None:
                values = [
                    None if value is None else change(owner, value)
                    for owner, value in zip(owners, frame[column], strict=True)
                ]
                made.append(pl.Series(column, values, dtype=dtype))
        return frame.with_columns(made)

    def _change_for(self, column: str, dtype: pl.DataType) -> Callable[[Context, Any], Any] | None:
        """What is done to the values of a column; None where they stay."""
        kind = kind_of_column(column)
        if dtype == pl.String:
            return self._value if kind is None else lambda c, v: self._cell(c, v, kind)
        if kind is not None and dtype.is_integer():
            return lambda c, v: int(self._cell(c, str(v), "id"))
        if dtype in (pl.Date, pl.Datetime):
            days = self.replacing.surrogates.days
            return lambda c, v: v + datetime.timedelta(days=days(c.source))
        if dtype.is_numeric() and holds_ages(column):
            return lambda _, v: min(v, _HIGHEST_AGE)
        return None

    def _value(self, context: Context, value: str) -> str:
        return mapped(value, lambda text: self._counted(self._text(context, text)))

    def _cell(self, context: Context, value: str, kind: Kind) -> str:
        """A value whose column says what it is."""
        if not value.strip():
            return value
        whole = Entity(0, len(value), kind)
        return self._counted(self.replacing.replaced(context, value, [whole]))

    def _text(self, context: Context, text: str) -> Replaced:
        return self.replacing.replaced(context, text, self._reading.entities(context, text))

    def _counted(self, done: Replaced) -> str:
        self.replacing.counts.update(done.kinds)
        return done.text

    # -- layers and metadata -------------------------------------------------------------------------

    def _layer(self, layer: Layer) -> Layer:
        rename = self.renaming.id
        table = self._with_moved_spans(layer.table)
        table = table.with_columns(
            self._units(table["unit_id"]),
            self._units(table["target_id"]),
            renamed(table["coder"], {c: rename(c) for c in table["coder"].drop_nulls().unique()}),
        )
        shares = layer.probabilities
        about = layer.metadata
        return replace(
            layer,
            name=rename(layer.name),
            table=table,
            metadata=replace(about, coder=rename(about.coder), facts=self._facts(about.facts)),
            probabilities=None
            if shares is None
            else shares.with_columns(self._units(shares["unit_id"])),
        )

    def _units(self, column: pl.Series) -> pl.Series:
        return renamed(column, {u: self.renaming.unit(u) for u in column.drop_nulls().unique()})

    def _with_moved_spans(self, table: pl.DataFrame) -> pl.DataFrame:
        """Spans moved with their text, and notes with surrogates."""
        rows = table.select("unit_id", "start_char", "end_char", "note")
        made = [self._moved(*row) for row in rows.iter_rows()]
        schema = {"start_char": pl.Int64, "end_char": pl.Int64, "note": pl.String}
        return table.with_columns(pl.DataFrame(made, schema=schema, orient="row").get_columns())

    def _moved(
        self, unit: str, start: int | None, end: int | None, note: str | None
    ) -> tuple[int | None, int | None, str | None]:
        context = self._context_of(unit)
        text = self._text_of.get(unit)
        if text:
            done = self._text(context, text)
            start = start if start is None else done.start(start)
            end = end if end is None else done.end(end)
        return start, end, note and self._value(context, note)

    def _metadata(self) -> CorpusMetadata:
        about = self.corpus.metadata
        return replace(about, name=self.renaming.id(about.name), facts=self._facts(about.facts))

    def _facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._fact(value) for key, value in facts.items()}

    def _fact(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._value(NOWHERE, value)
        if isinstance(value, Mapping):
            return self._facts(value)
        if isinstance(value, (list, tuple)):
            return [self._fact(item) for item in value]
        return value

    def _spans(self) -> pl.DataFrame:
        rows = []
        for unit, text in self._text_of.items():
            done = self._text(self._context_of(unit), text or "")
            new = self.renaming.utterances[unit]
            rows += [
                (new, e[2], e[3], kind) for e, kind in zip(done.edits, done.kinds, strict=True)
            ]
        return pl.DataFrame(rows, schema=SPANS, orient="row")


def _vocabulary(corpus: Corpus) -> frozenset[str]:
    """Every word of the corpus, folded: no invented name may be one of them."""
    found: set[str] = set()
    for name in _TABLES:
        table: pl.DataFrame = getattr(corpus, name)
        for column, dtype in table.schema.items():
            if dtype == pl.String:
                for value in table[column].drop_nulls().unique():
                    found.update(words_of(value))
    return frozenset(found)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def _rank(mention: Mention) -> int:
    """0 for a full name, 1 for a family name, 2 for a given name: what says least comes last."""
    if mention.full:
        return 0
    return 1 if mention.family and not mention.given else 2
