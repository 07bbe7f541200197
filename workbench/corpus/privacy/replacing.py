"""Put surrogates in the place of entities, and say where every character of the old text went."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.corpus.privacy.contexts import Context
from workbench.corpus.privacy.dates import find_dates
from workbench.corpus.privacy.entity import Entity
from workbench.corpus.privacy.ids import COMPACT_DATE
from workbench.corpus.privacy.people import mention_of
from workbench.corpus.privacy.surrogates import Surrogates

__all__ = ["Replaced", "Replacing"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text with surrogates; `edits` are (start, end) in the old text and (start, end) in the new."""

    text: str
    edits: tuple[tuple[int, int, int, int], ...] = ()
    kinds: tuple[str, ...] = ()

    def start(self, position: int) -> int:
        """Where a span that began at `position` begins now; inside a name, where the surrogate begins."""
        return self._moved(position, inside=2)

    def end(self, position: int) -> int:
        """Where a span that ended at `position` ends now; inside a name, where the surrogate ends."""
        return self._moved(position, inside=3)

    def _moved(self, position: int, *, inside: int) -> int:
        shift = 0
        for edit in self.edits:
            if position >= edit[1]:
                shift = edit[3] - edit[1]
            elif position > edit[0]:
                return edit[inside]
        return position + shift


class Replacing:
    """Replaces entities, each by the surrogate of its kind, and counts."""

    def __init__(self, surrogates: Surrogates, day_first: Callable[[str], bool]) -> None:
        self.surrogates = surrogates
        self.counts: Counter[str] = Counter()
        self.originals: dict[str, set[str]] = {}
        self._day_first = day_first
        self._done: dict[tuple[str, str], Replaced] = {}

    def replaced(self, context: Context, text: str, entities: Sequence[Entity]) -> Replaced:
        """The text with surrogates for its entities."""
        if not entities:
            return Replaced(text)
        key = (context.key, text)
        if key not in self._done:
            self._done[key] = self._replace(context, text, entities)
        return self._done[key]

    def _replace(self, context: Context, text: str, entities: Sequence[Entity]) -> Replaced:
        made: list[str] = []
        edits: list[tuple[int, int, int, int]] = []
        last = length = 0
        for entity in entities:
            surrogate = self.surrogate(context, text, entity)
            between = text[last : entity.start]
            length += len(between)
            made += (between, surrogate)
            edits.append((entity.start, entity.end, length, length + len(surrogate)))
            length += len(surrogate)
            last = entity.end
        made.append(text[last:])
        return Replaced("".join(made), tuple(edits), tuple(entity.kind for entity in entities))

    def surrogate(self, context: Context, text: str, entity: Entity) -> str:
        """What stands in the place of one entity."""
        original = text[entity.start : entity.end]
        self.originals.setdefault(entity.kind, set()).add(original.casefold())
        if entity.kind == "person":
            mention = mention_of(original, before=text[: entity.start])
            return self.surrogates.person(original, mention, context.scopes)
        if entity.kind == "date":
            return self._date(original, context)
        if entity.kind == "email":
            return self.surrogates.email(original, context.scopes)
        return self.surrogates.other(entity.kind, original)

    def _date(self, original: str, context: Context) -> str:
        day_first = self._day_first(context.source)
        if COMPACT_DATE.fullmatch(original):
            dashed = f"{original[:4]}-{original[4:6]}-{original[6:]}"
            moved = self.surrogates.date(dashed, context.source, day_first=day_first)
            return moved.replace("-", "")
        return self.surrogates.date(original, context.source, day_first=day_first)

    def timestamp(self, value: str, context: Context) -> str:
        """A time as a source gives it, moved with the dates: ISO, or seconds since 1970."""
        days = self.surrogates.days(context.source)
        if re.fullmatch(r"\d{9,10}(?:\.\d+)?", value):
            whole, dot, rest = value.partition(".")
            return f"{int(whole) + days * 86_400}{dot}{rest}"
        if re.fullmatch(r"\d{13}", value):
            return str(int(value) + days * 86_400_000)
        made = value
        for written in reversed(list(find_dates(value))):
            moved = written.moved(days, day_first=self._day_first(context.source))
            made = made[: written.start] + moved + made[written.end :]
        return made
