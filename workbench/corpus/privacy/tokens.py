"""Words of a text with what the rules ask of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from workbench.corpus.privacy.lists import cues, folded, word_list

__all__ = ["MONTH_NAMES", "Token", "is_loud", "is_title", "is_word", "tokens", "words_of"]

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$|(?<=s)['’]$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:;\n\"“”‘(\[*–—…]|--|- $|^-")
MONTH_NAMES = frozenset({"may", "april", "june", "august"})
"""Months that are given names as well."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text; `plain` is its folded spelling, `inner` says that no sentence begins with it."""

    start: int
    end: int
    text: str
    plain: str
    inner: bool

    @property
    def capital(self) -> bool:
        """Whether it is written `Like`, not `like` and not `LIKE`."""
        return self.text[0].isupper() and (len(self.text) == 1 or not self.text.isupper())


def tokens(text: str) -> list[Token]:
    """Words of a text without their possessive `'s`."""
    found: list[Token] = []
    last = 0
    for match in _TOKEN.finditer(text):
        word = _POSSESSIVE.sub("", match.group())
        between = text[last : match.start()]
        abbreviated = bool(found) and between.startswith(".") and _is_abbreviation(found[-1])
        inner = bool(found) and (abbreviated or not _SENTENCE_END.search(between))
        found.append(Token(match.start(), match.start() + len(word), word, folded(word), inner))
        last = match.end()
    return found


def _is_abbreviation(token: Token) -> bool:
    return is_title(token.plain) or token.plain in {"st", "mt"} or len(token.text) == 1


def is_title(plain: str) -> bool:
    """Whether a name follows this word: `Dr`, `Aunt`, `Officer`."""
    return plain in cues("formal titles", "familiar titles", "offices")


def is_loud(row: list[Token]) -> bool:
    """Whether a text is written in capitals, or Each Word With One, so that a capital says nothing."""
    long = [token for token in row if len(token.text) > 3]
    upper = sum(token.text[0].isupper() for token in long)
    return len(long) >= 4 and upper > 0.7 * len(long)


@cache
def _ordinary() -> frozenset[str]:
    # these of the capitalised words are given names as well, and have rules of their own
    names = MONTH_NAMES | {
        "christian",
        "jesus",
        "crystal",
        "molly",
        "stella",
        "beck",
        "ellis",
        "alexa",
    }
    return word_list("ordinary_words") | (word_list("capitalised") - names)


def is_word(plain: str) -> bool:
    """Whether a folded word is an ordinary word or an ordinary capitalised one, never alone a name."""
    if plain in _ordinary():
        return True
    parts = [part for part in plain.split("-") if part]
    if len(parts) > 1:
        return all(part in _ordinary() or len(part) < 2 for part in parts)
    return plain.partition("'")[2] in {"ve", "re", "ll", "d", "m", "t"}


def words_of(text: str) -> set[str]:
    """Folded runs of letters of any text or id."""
    return {folded(word) for word in re.split(r"[\W\d_]+", text) if word}
