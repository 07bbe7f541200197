"""Names that are known already: of the corpus' speakers, and of whoever a conversation has named.

Somebody named once with good evidence (`my husband Bill`) is then found everywhere in the conversation:
written small, at the beginning of a sentence, with one letter wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workbench.corpus.privacy.entity import Entity, Kind
from workbench.corpus.privacy.lists import cues, listed_names, word_list
from workbench.corpus.privacy.people import one_letter_apart
from workbench.corpus.privacy.tokens import Token, is_title, is_word, tokens

__all__ = ["KnownNames"]

_SURE = 0.65
"""Score from which a name is known however it is written; below, only with a capital."""
_LONG_NAME = 6


@dataclass(slots=True)
class KnownNames:
    """Parts of people's names, and whole names of places and organisations."""

    parts: set[str] = field(default_factory=set)
    worded: set[str] = field(default_factory=set)
    others: dict[str, Kind] = field(default_factory=dict)

    def add(self, text: str, entities: Iterable[Entity], *, words: frozenset[str]) -> None:
        """Learn the names among the entities of a text."""
        for entity in entities:
            name = text[entity.start : entity.end]
            if entity.kind == "person":
                self.add_person(name, words=words, sure=entity.score >= _SURE)
            elif entity.kind in ("place", "organisation", "username") and len(name) > 3:
                plain = [token.plain for token in tokens(name)]
                if not all(is_word(word) or word in words for word in plain):
                    self.others[name.casefold()] = entity.kind

    def add_person(self, name: str, *, words: frozenset[str], sure: bool = True) -> None:
        """Learn the parts of a person's name; those that could be a word count with a capital only."""
        for token in tokens(name):
            plain = token.plain
            if len(plain) < 3 or is_word(plain) or plain in cues("particles") or is_title(plain):
                continue
            listed = plain in listed_names()
            doubtful = not listed and (plain in words or not sure)
            worded = plain in word_list("name_words") or doubtful
            (self.worded if worded else self.parts).add(plain)

    def find(self, text: str, *, words: frozenset[str]) -> Iterator[Entity]:
        """Known names in a text."""
        if self.parts or self.worded:
            yield from self._people(text, words)
        if self.others:
            low = text.casefold()
            for name, kind in self.others.items():
                if name in low:
                    for match in re.finditer(rf"\b{re.escape(name)}\b", text, re.IGNORECASE):
                        yield Entity(*match.span(), kind, 0.8)

    def _people(self, text: str, words: frozenset[str]) -> Iterator[Entity]:
        row = tokens(text)
        start = end = -1
        for i, token in enumerate(row):
            if not self._is_known(row, i, words):
                continue
            if end >= 0 and text[end : token.start] == " ":
                end = token.end
                continue
            if end >= 0:
                yield Entity(start, end, "person", 0.8)
            start, end = token.start, token.end
        if end >= 0:
            yield Entity(start, end, "person", 0.8)

    def _is_known(self, row: list[Token], i: int, words: frozenset[str]) -> bool:
        token = row[i]
        if token.plain in self.parts or any(part in self.parts for part in token.plain.split("-")):
            return True
        if token.plain in self.worded:
            return token.text[0].isupper() and self._is_meant(row, i)
        return self._is_misspelt(token, words)

    @staticmethod
    def _is_meant(row: list[Token], i: int) -> bool:
        """Whether a word with a capital is the name here: inside a sentence, or nothing else follows."""
        following = row[i + 1].plain if i + 1 < len(row) else ""
        if row[i].inner:
            return row[i - 1].plain not in cues("before a word")
        return following not in cues("after a word")

    def _is_misspelt(self, token: Token, words: frozenset[str]) -> bool:
        plain = token.plain
        if len(plain) < _LONG_NAME or plain in words or is_word(plain):
            return False
        if plain in listed_names() or plain in word_list("name_words"):
            return False
        return any(len(part) >= _LONG_NAME and one_letter_apart(plain, part) for part in self.parts)
