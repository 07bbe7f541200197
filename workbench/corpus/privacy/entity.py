"""What a finder finds: stretches of a text that can tell who somebody is.

Every finder has the same interface (`Finder`), and what several find is put together by `merged`:
patterns with a form of their own (an e-mail address, a date) stand above names, and of names that
overlap the surer kind takes the whole stretch, so that nothing found by either is left in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

__all__ = ["KINDS", "NAME_KINDS", "Entity", "Finder", "Kind", "merged"]

Kind = Literal[
    "person",
    "place",
    "organisation",
    "phone",
    "email",
    "url",
    "date",
    "age",
    "id",
    "address",
    "username",
]

KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
NAME_KINDS: frozenset[str] = frozenset({"person", "place", "organisation"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One stretch of a text, `text[start:end]`; `score` says how sure the finder is (0 to 1)."""

    start: int
    end: int
    kind: Kind
    score: float = 1.0

    def overlaps(self, other: Entity) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


class Finder(Protocol):
    """Anything that finds entities.

    `words` are those that the corpus itself writes small: no name, even where one has a capital.
    """

    name: str

    def find(self, texts: Sequence[str], *, words: frozenset[str]) -> list[list[Entity]]:
        """Entities of each text, in order and without overlap."""
        ...


def merged(text: str, found: Iterable[Entity]) -> list[Entity]:
    """Entities in order and without overlap, of the same cover as `found`."""
    kept: list[Entity] = []
    order = sorted(found, key=lambda e: (e.kind in NAME_KINDS, -e.score, e.start - e.end, e.start))
    for entity in order:
        if entity.kind in NAME_KINDS:
            kept = _with_name(text, kept, entity)
        elif not any(entity.overlaps(other) for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda e: e.start)


def _with_name(text: str, kept: list[Entity], entity: Entity) -> list[Entity]:
    """Add a name: what a pattern covers is cut off, an overlapping name grows to hold both."""
    for other in kept:
        if not entity.overlaps(other) or other.kind in NAME_KINDS:
            continue
        if entity.start < other.start:
            entity = replace(entity, end=other.start)
        else:
            entity = replace(entity, start=min(other.end, entity.end))
    entity = _trimmed(text, entity)
    if entity.start >= entity.end:
        return kept
    touching = [other for other in kept if entity.overlaps(other)]
    if not touching:
        return [*kept, entity]
    first, *rest = touching
    grown = replace(
        first,
        start=min(entity.start, *(other.start for other in touching)),
        end=max(entity.end, *(other.end for other in touching)),
    )
    return [other for other in kept if other is not first and other not in rest] + [grown]


def _trimmed(text: str, entity: Entity) -> Entity:
    """The entity without spaces and punctuation at its ends."""
    start, end = entity.start, entity.end
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return replace(entity, start=start, end=end)
