"""New ids for speakers, conversations and utterances whose ids tell who somebody is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from workbench.corpus.privacy.contexts import NOWHERE, Context
from workbench.corpus.privacy.entity import Entity
from workbench.corpus.privacy.ids import (
    entities_of_id,
    entities_of_speaker,
    mention_in_id,
    pieces_of_id,
)
from workbench.corpus.privacy.known import KnownNames
from workbench.corpus.privacy.replacing import Replacing

__all__ = ["Renaming", "renamed", "told_apart"]

_WORTH_READING = re.compile(r"[^\W\d_]{3}|\d{8}|\d[-_./]\d|\+\d|@")


class Renaming:
    """Renames ids; afterwards `speakers`, `talks` and `utterances` lead from old ids to new ones.

    Parameters
    ----------
    replacing
        Makes surrogates and counts them.
    known
        Names of the corpus' speakers.
    """

    def __init__(self, replacing: Replacing, known: KnownNames) -> None:
        self._replacing = replacing
        self._known = known
        self.speakers: dict[str, str] = {}
        self.talks: dict[str, str] = {}
        self.utterances: dict[str, str] = {}

    def rename(
        self,
        *,
        speakers: Mapping[str, Context],
        talks: Mapping[str, Context],
        utterances: Mapping[str, str],
    ) -> None:
        """Make new ids; `utterances` leads from an utterance to its conversation."""
        self.speakers = told_apart(
            {name: self.speaker(name, speakers[name]) for name in sorted(speakers)}
        )
        self.talks = told_apart({talk: self.id(talk, talks[talk]) for talk in sorted(talks)})
        self.utterances = told_apart(
            {
                unit: self._utterance(unit, talk, talks[talk])
                for unit, talk in sorted(utterances.items())
            }
        )

    def id(self, name: str, context: Context = NOWHERE) -> str:
        """Any id, with surrogates for the names in it."""
        if not _WORTH_READING.search(name):
            return name
        return self._with_surrogates(name, entities_of_id(name, self._known), context)

    def speaker(self, name: str, context: Context) -> str:
        """The id of a speaker: a name, a name on a site, or a code that stays."""
        if not _WORTH_READING.search(name):
            return name
        return self._with_surrogates(name, entities_of_speaker(name, self._known), context)

    def unit(self, unit: str) -> str:
        """The new id of whatever a layer's row is about."""
        return self.utterances.get(unit) or self.talks.get(unit) or self.id(unit)

    def _utterance(self, unit: str, talk: str, context: Context) -> str:
        if unit.startswith(talk):
            return self.talks[talk] + self.id(unit[len(talk) :], context)
        return self.id(unit, context)

    def _with_surrogates(self, name: str, entities: list[Entity], context: Context) -> str:
        made = name
        for entity in sorted(entities, key=lambda e: -e.start):
            if entity.kind == "person":
                part, before = name[entity.start : entity.end], name[: entity.start]
                new = self._person(part, context, before=before)
            else:
                new = self._replacing.surrogate(context, name, entity)
            self._replacing.counts[entity.kind] += 1
            made = made[: entity.start] + new + made[entity.end :]
        return made

    def _person(self, part: str, context: Context, *, before: str) -> str:
        """Each part of a name keeps its place and its spelling: `ortiz_sam` stays two small words."""
        whole = mention_in_id(part, before=before)
        surrogates = self._replacing.surrogates
        surrogates.register(whole, context.scopes)
        self._replacing.originals.setdefault("person", set()).add(part.casefold())
        pieces = pieces_of_id(part)
        names = [piece for piece in pieces if piece[0].isalpha()]
        if len(names) == 1:
            return surrogates.person(part, whole, context.scopes)
        given, family = (names[-1], names[0]) if "," in part else (names[0], names[-1])
        alone = {given: replace(whole, family=""), family: replace(whole, given="")}
        made = []
        for piece in pieces:
            if piece in alone:
                made.append(surrogates.person(piece, alone[piece], context.scopes))
            elif not piece[0].isalpha():
                made.append(piece)
        return "".join(made)


def renamed(column: pl.Series, names: Mapping[str, str]) -> pl.Series:
    """A column of ids under their new names."""
    return column.replace_strict(names, default=column, return_dtype=pl.String) if names else column


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """New names, with a number behind where two became one or one became another's old name."""
    taken: set[str] = set()
    made = {}
    for old, new in names.items():
        name, number = new, 2
        while name in taken or (name != old and name in names):
            name, number = f"{new}-{number}", number + 1
        taken.add(name)
        made[old] = name
    return made
