"""Find everything in a corpus: each distinct text once, then again with what its conversation named."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from workbench.corpus.privacy.contexts import Context
from workbench.corpus.privacy.entity import Entity, Finder, merged
from workbench.corpus.privacy.known import KnownNames
from workbench.corpus.privacy.rules import Rules
from workbench.corpus.privacy.tokens import tokens
from workbench.progress import track

__all__ = ["Reading", "mapped", "small_words", "strings_of"]

_BATCH = 2000
_SHORT = 5
"""Values of fewer words (a topic, a rating) are no sentence that a language model could read."""


class Reading:
    """Entities of the texts of a corpus.

    Parameters
    ----------
    finder
        Reads each distinct text once.
    speakers
        Names of the corpus' speakers, known everywhere.
    words
        What the corpus writes small.
    """

    def __init__(self, finder: Finder, speakers: KnownNames, words: frozenset[str]) -> None:
        self._finder = finder
        self._speakers = speakers
        self.words = words
        self._base: dict[str, list[Entity]] = {}
        self._known: dict[str, KnownNames] = defaultdict(KnownNames)
        self._found: dict[tuple[str, str], list[Entity]] = {}

    def read(self, passages: Iterable[tuple[Context, str]], own: dict[str, KnownNames]) -> None:
        """Read all passages; `own` are names known beforehand in a context (those who speak there)."""
        passages = list(passages)
        distinct = list(dict.fromkeys(text for _, text in passages if text))
        long = [text for text in distinct if text.count(" ") >= _SHORT - 1]
        short = [text for text in distinct if text.count(" ") < _SHORT - 1]
        self._read_distinct(long, self._finder)
        self._read_distinct(short, Rules())
        for key, known in own.items():
            self._known[key].parts |= known.parts
            self._known[key].worded |= known.worded
        for context, text in passages:
            self._known[context.key].add(text, self._base.get(text, ()), words=self.words)

    def _read_distinct(self, texts: Sequence[str], finder: Finder) -> None:
        starts = range(0, len(texts), _BATCH)
        for start in track(starts, doing="finding names", total=len(starts)):
            batch = texts[start : start + _BATCH]
            for text, found in zip(batch, finder.find(batch, words=self.words), strict=True):
                known = list(self._speakers.find(text, words=self.words))
                self._base[text] = merged(text, [*found, *known]) if known else found

    def entities(self, context: Context, text: str) -> list[Entity]:
        """Entities of a text that `read` has seen, with what its context has named."""
        key = (context.key, text)
        if key not in self._found:
            known = list(self._known[context.key].find(text, words=self.words))
            base = self._base.get(text, [])
            self._found[key] = merged(text, [*base, *known]) if known else base
        return self._found[key]


def small_words(passages: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Words that are written small in two conversations or more, and at least twice as often as large.

    Two conversations, because in a chat where all is small so are the names, but these seldom come
    again in the next one. `passages` are pairs of conversation and text.
    """
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    first: dict[str, str] = {}
    shared: set[str] = set()
    for conversation, text in passages:
        for token in tokens(text):
            if token.text.islower():
                small[token.plain] += 1
                if first.setdefault(token.plain, conversation) != conversation:
                    shared.add(token.plain)
            elif token.inner:
                capital[token.plain] += 1
    return frozenset(word for word in shared if small[word] >= 2 * capital[word])


def strings_of(value: str) -> Iterator[str]:
    """The strings inside a JSON text, or the text itself."""
    content = _content(value)
    if content is None:
        yield value
    else:
        yield from _leaves(content)


def mapped(value: str, change: Callable[[str], str]) -> str:
    """A text with `change` done to it, or to the strings inside it where it is JSON."""
    content = _content(value)
    if content is None:
        return change(value)
    after = _changed(content, change)
    return value if after == content else json.dumps(after, ensure_ascii=False)


def _content(value: str) -> Any:
    if not value.startswith(("{", "[")):
        return None
    try:
        content = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, (dict, list)) else None


def _leaves(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield str(key)
            yield from _leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value)


def _changed(content: Any, change: Callable[[str], str]) -> Any:
    if isinstance(content, str):
        return change(content)
    if isinstance(content, dict):
        return {change(str(key)): _changed(value, change) for key, value in content.items()}
    if isinstance(content, list):
        return [_changed(value, change) for value in content]
    return content
