"""Rules for names of people: what stands around a word, and short lists.

The evidence, from sure to weak: a title (`Dr. ...`), an introduction (`my name is ...`), a relation (`my
husband ...`), a given name of the lists, a family name after a given one. Names that are words (Will,
Hope, May) count only where the sentence says so. Written small, as in chats, only names of the lists
count and what follows a sure introduction.
"""

from __future__ import annotations

import re

from workbench.corpus.privacy.entity import Entity
from workbench.corpus.privacy.lists import cues, first_names, small_names, word_list
from workbench.corpus.privacy.surroundings import (
    DETERMINER_BEFORE,
    FAITH_AFTER,
    FAITH_BEFORE,
    INTRODUCTION_BEFORE,
    MONTH_BEFORE,
    PLACE_BEFORE,
    SURE_INTRODUCTION_BEFORE,
    SURE_VERB_AFTER,
    VERB_AFTER,
    WORK_BEFORE,
)
from workbench.corpus.privacy.tokens import MONTH_NAMES, Token, is_loud, is_title, is_word

__all__ = ["last_of_name", "person_at"]


def person_at(text: str, row: list[Token], i: int, words: frozenset[str]) -> Entity | None:
    """The name of a person that begins with token `i` of `row`, if one does.

    `words` are those that the corpus writes small.
    """
    score = _score(text, row, i, words)
    if score == 0:
        return None
    return Entity(row[i].start, row[last_of_name(text, row, i)].end, "person", score)


def _score(text: str, row: list[Token], i: int, words: frozenset[str]) -> float:
    """How surely a name begins here; 0 where none does."""
    token = row[i]
    if titled := _after_title(text, row, i, words):
        return titled
    if len(token.text) == 1 and token.text.isupper():
        return _initials_score(text, row, i)
    if is_word(token.plain) or is_title(token.plain):
        return 0.0
    listed = token.plain in first_names() or _is_double_name(token.plain)
    worded = token.plain in word_list("name_words") or (token.plain in words and not listed)
    if introduced := _introduced(text, row, i, listed=listed, worded=worded):
        return introduced
    if listed:
        return _listed(text, row, i, worded=worded)
    return 0.0 if worded else _family(text, row, i)


def _family(text: str, row: list[Token], i: int) -> float:
    """A family name of the lists alone: with a capital, inside a sentence or before a verb."""
    token, before = row[i], text[: row[i].start]
    if token.plain not in word_list("surnames") or not _has_capital(token, row):
        return 0.0
    elsewhere = PLACE_BEFORE.search(before) or WORK_BEFORE.search(before)
    acts = token.inner or VERB_AFTER.match(text, token.end)
    return 0.8 if acts and not elsewhere else 0.0


def _has_capital(token: Token, row: list[Token]) -> bool:
    return token.text[0].isupper() and not (token.text.isupper() and is_loud(row))


def _after_title(text: str, row: list[Token], i: int, words: frozenset[str]) -> float:
    """`Dr. Nowak`, `aunt rose`; after an office (`the officer`) an ordinary word is no name."""
    if i == 0 or not is_title(row[i - 1].plain):
        return 0.0
    if text[row[i - 1].end : row[i].start] not in (" ", ". ", "."):
        return 0.0
    token, title = row[i], row[i - 1].plain
    if _has_capital(token, row):
        sure = title in cues("formal titles", "familiar titles") or not is_word(token.plain)
        return 0.95 if sure else 0.0
    if is_word(token.plain) or token.plain in words or token.plain.endswith("ing"):
        return 0.0
    listed = token.plain in first_names()
    if title in cues("offices"):
        listed = listed and token.plain not in word_list("name_words")
    return 0.9 if listed or title in cues("formal titles") else 0.0


def _introduced(text: str, row: list[Token], i: int, *, listed: bool, worded: bool) -> float:
    """`my name is ...`, `my husband ...`, `I'm ...`."""
    token, before = row[i], text[: row[i].start]
    capital = _has_capital(token, row)
    if SURE_INTRODUCTION_BEFORE.search(before) and (capital or len(token.text) > 2):
        return 0.92
    if not (capital and token.inner) or PLACE_BEFORE.search(before):
        return 0.0
    if token.plain in MONTH_NAMES and MONTH_BEFORE.search(before):
        return 0.0
    related = row[i - 1].plain in cues("relations")
    related = related and text[row[i - 1].end : token.start].strip() in ("", ",")
    if related:
        return 0.9
    if INTRODUCTION_BEFORE.search(before) and (listed or not worded):
        return 0.9 if listed else 0.6
    return 0.0


def _listed(text: str, row: list[Token], i: int, *, worded: bool) -> float:
    """A given name of the lists: anywhere if it is nothing else, with care if it is a word."""
    token = row[i]
    capital = _has_capital(token, row)
    if not worded:
        return 0.88 if capital else 0.8 * (token.plain in small_names())
    if capital and i + 1 < len(row) and _is_family_name(text, row, i):
        return 0.9
    if not token.capital or _is_month_or_belief(text, token):
        return 0.0
    acts = SURE_VERB_AFTER.match(text, token.end)
    if token.inner and not acts:
        return 0.0 if DETERMINER_BEFORE.search(text[: token.start]) else 0.75
    return 0.7 if acts else 0.0


def _is_month_or_belief(text: str, token: Token) -> bool:
    """`in May`, `April 4`, `Christian faith`."""
    before, after = text[: token.start], text[token.end :]
    if token.plain in MONTH_NAMES:
        return bool(MONTH_BEFORE.search(before) or re.match(r"[ ,.]*\d", after))
    if token.plain in {"christian", "jesus"}:
        return bool(FAITH_AFTER.match(after) or FAITH_BEFORE.search(before))
    return False


def _is_family_name(text: str, row: list[Token], i: int) -> bool:
    """Whether a family name follows token `i`."""
    name = row[i + 1]
    if text[row[i].end : name.start] != " " or not name.capital or is_word(name.plain):
        return False
    return name.plain in word_list("surnames") or name.plain not in word_list("name_words")


def _is_double_name(plain: str) -> bool:
    """`Jun-ho`, `Anna-Lena`: hyphenated, and the first part is a given name."""
    first, hyphen, second = plain.partition("-")
    listed = first in first_names() and first not in word_list("name_words")
    return bool(hyphen) and listed and not is_word(second)


def _initials_score(text: str, row: list[Token], i: int) -> float:
    """`F. X. Obermeier`, `J Smith`: initials count where a name follows them."""
    if len(row[i].text) != 1 or row[i].text in "AIO":
        return 0.0
    j = i + 1
    while j < len(row) and len(row[j].text) == 1 and row[j].text.isupper():
        j += 1
    if j == len(row) or not re.fullmatch(r"\.? ?", text[row[j - 1].end : row[j].start]):
        return 0.0
    last = row[j]
    return 0.8 if last.capital and not is_word(last.plain) and len(last.text) > 2 else 0.0


def last_of_name(text: str, row: list[Token], i: int) -> int:
    """Index of the last token of the name that begins with token `i`."""
    end = i
    while end + 1 < len(row) and end - i < 4:
        between = text[row[end].end : row[end + 1].start]
        after_initial = len(row[end].text) == 1 and between in (". ", ".")
        if between != " " and not after_initial:
            break
        if not _goes_on(row, i, end + 1):
            break
        end += 1
    while end > i and row[end].plain in cues("particles"):
        end -= 1
    return end


def _goes_on(row: list[Token], first: int, i: int) -> bool:
    """Whether token `i` belongs to the name that began with token `first`."""
    token = row[i]
    if row[first].text.islower():
        named = token.plain in word_list("surnames") and token.plain not in word_list("name_words")
        return named and token.text.islower() and not is_word(token.plain)
    if token.plain in cues("particles") and i + 1 < len(row) and row[i + 1].capital:
        return True
    if len(token.text) == 1 and token.text.isupper():
        return token.text != "I"
    return token.capital and not is_word(token.plain)
