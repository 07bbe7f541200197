"""Rules for places and organisations, and for capitals that no list explains.

A listed town is a place unless it is somebody's name or an ordinary word here (Charlotte, reading). An
organisation shows by its last word (`... High School`) or by who works there. A capital inside a
sentence, on a word that no list knows and the corpus never writes small, is a place after `in`, an
employer after `work at`, and else a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from workbench.corpus.privacy.entity import Entity, Kind
from workbench.corpus.privacy.lists import (
    cue_list,
    cues,
    first_names,
    folded,
    listed_names,
    phrases,
    word_list,
)
from workbench.corpus.privacy.names import last_of_name, person_at
from workbench.corpus.privacy.surroundings import (
    ANY_VERB_AFTER,
    ARTICLE_BEFORE,
    AT_BEFORE,
    PLACE_BEFORE,
    SURE_VERB_AFTER,
    WORK_BEFORE,
)
from workbench.corpus.privacy.tokens import Token, is_loud, is_title, is_word, tokens

__all__ = ["find_names"]

_ENDINGS = "|".join(word.capitalize() for word in cue_list("organisation endings"))
_PLACE_ENDINGS = "|".join(cue_list("place endings"))
_SURE_ENDINGS = (
    "hospital|clinic|university|college|academy|elementary|high school|middle school|primary school|"
    "secondary school|(?:medical|health|community|counsell?ing) cent(?:er|re)|"
    "bakery|pharmacy|supermarket|church|mosque|synagogue|gym|library|hospice|housing trust|logistics"
)
_CAP = r"[A-ZÀ-ÖØ-ÞŁŚŠŽ][\w'’-]*\.?"
_ORGANISATION = re.compile(
    rf"\b(?:{_CAP}\s+)(?:(?:{_CAP}|of|and|&|the|for|on|'s)\s+){{0,5}}?"
    r"(?:(?:High|Middle|Primary|Secondary|Elementary|Medical|Health|Community|Counsell?ing|Treatment|"
    r"Recovery|Shopping|Leisure|Sports?|Police|Fire|Sheriff['’]s)\s+)?"
    rf"(?:{_ENDINGS}|GmbH|AG|PLC|LLC|NHS Trust)\b"
    rf"(?:\s+(?:of|in)\s+{_CAP}(?:\s+{_CAP})*"
    r"|\s+(?:School|Center|Centre|Department|Office|Trust|Union|Club))?"
)
_ORGANISATION_OF = re.compile(
    r"\b(?:University|College|Bank|Church|School|Academy|Institute|Ministry|Department|Society"
    r"|Meals on Wheels)"
    rf"\s+(?:of|for|on)\s+(?:the\s+)?{_CAP}(?:\s+(?:{_CAP}|of|and))*(?<!\sand)(?<!\sof)"
)
_ORGANISATION_SMALL = re.compile(
    rf"(?P<name>(?:(?:st\.|[^\W\d_][\w'’-]*)\s+){{1,3}})(?:{_SURE_ENDINGS})\b(?!['’-])",
    re.IGNORECASE,
)
_PLACE = re.compile(
    rf"\b(?:{_CAP}\s+){{1,2}}(?:{_PLACE_ENDINGS})\b"
    r"|\b(?:Lake|Mount|Mt\.|Fort|Port|San|Santa|Saint|New|North|South|East|West|Upper|Lower|Bad|El|Los"
    rf"|Las|La|Le)\s+{_CAP}"
)
_NUMBERED = re.compile(r" (?:\d|one|two)\b")


def find_names(text: str, *, words: frozenset[str] = frozenset()) -> Iterator[Entity]:
    """Names of a text, as entities that may overlap; `words` are what the corpus writes small."""
    yield from _organisations(text, words)
    row = tokens(text)
    taken = 0
    for i, token in enumerate(row):
        if token.start < taken:
            continue
        entity = _listed_place(text, row, i) or person_at(text, row, i, words)
        entity = entity or _employer(text, row, i) or _unknown(text, row, i, words)
        if entity is not None:
            yield entity
            taken = entity.end
    if not is_loud(row):
        for match in _PLACE.finditer(text):
            first = folded(match.group().split()[0])
            if first not in word_list("ordinary_words") and first not in first_names():
                yield Entity(*match.span(), "place", 0.75)


# -- places ----------------------------------------------------------------------------------------


def _listed_place(text: str, row: list[Token], i: int) -> Entity | None:
    """The longest listed place that begins with token `i`."""
    places = phrases("places")
    for length in (4, 3, 2, 1):
        part = tuple(token.plain for token in row[i : i + length])
        if len(part) < length or not (part in places or "-".join(part) in _hyphenated()):
            continue
        if length == 1 and not _is_meant(text, row[i]):
            return None
        return Entity(row[i].start, row[i + length - 1].end, "place", 0.85)
    return None


@cache
def _hyphenated() -> frozenset[str]:
    return frozenset(place[0] for place in phrases("places") if len(place) == 1 and "-" in place[0])


def _is_meant(text: str, token: Token) -> bool:
    """Whether the place is meant, not somebody's name (Charlotte) nor an ordinary word (reading)."""
    before = text[: token.start]
    words = word_list("name_words"), cues("places that are words")
    wordy = any(token.plain in each for each in words)
    if PLACE_BEFORE.search(before) or AT_BEFORE.search(before):
        return not wordy or token.text[0].isupper()
    return not wordy and token.plain not in listed_names()


# -- organisations ---------------------------------------------------------------------------------


def _organisations(text: str, words: frozenset[str]) -> Iterator[Entity]:
    for match in _ORGANISATION.finditer(text):
        start = _name_start(text, match.start(), match.end())
        if start is not None:
            yield Entity(start, match.end(), "organisation", 0.93)
    for match in _ORGANISATION_OF.finditer(text):
        yield Entity(*match.span(), "organisation", 0.93)
    for match in _ORGANISATION_SMALL.finditer(text):
        start = _small_name_start(match, words)
        if start is not None:
            yield Entity(start, match.end(), "organisation", 0.9)
    for match in _known_firms().finditer(text):
        yield Entity(*match.span(), "organisation", 0.9)


def _name_start(text: str, start: int, end: int) -> int | None:
    """Where an organisation's name begins behind `The`, `So` and other ordinary words."""
    name = list(re.finditer(r"\S+", text[start:end]))
    while len(name) > 1 and is_word(folded(name[0].group().strip("."))):
        name.pop(0)
    return start + name[0].start() if len(name) > 1 else None


def _small_name_start(match: re.Match[str], words: frozenset[str]) -> int | None:
    """Where the name before `high school`, `hospital` and the like begins; None if there is none."""
    start = None
    for word in reversed(list(re.finditer(r"\S+", match.group("name")))):
        plain = folded(word.group())
        if plain in cues("before a kind of organisation") or plain in words or is_word(plain):
            break
        start = match.start("name") + word.start()
    return start


@cache
def _known_firms() -> re.Pattern[str]:
    """Well-known firms of several words; those of one word need somebody who works there."""
    several = sorted(" ".join(name) for name in phrases("organisations") if len(name) > 1)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, several))})\b", re.IGNORECASE)


def _employer(text: str, row: list[Token], i: int) -> Entity | None:
    """A well-known firm, an organisation where somebody says they work there."""
    before = text[: row[i].start]
    known = (row[i].plain,) in phrases("organisations")
    if not known or not (WORK_BEFORE.search(before) or AT_BEFORE.search(before)):
        return None
    return Entity(row[i].start, row[i].end, "organisation", 0.9)


# -- capitals that no list explains ------------------------------------------------------------------


def _unknown(text: str, row: list[Token], i: int, words: frozenset[str]) -> Entity | None:
    """A capital inside a sentence; at its beginning only where a verb follows that people take."""
    token, before = row[i], text[: row[i].start]
    if not _is_strange(text, token, words) or is_loud(row):
        return None
    end = row[last_of_name(text, row, i)].end
    if not token.inner:
        single = not token.plain.endswith(("s", "ing", "ly", "ed"))
        acts = SURE_VERB_AFTER.match(text, token.end) or ANY_VERB_AFTER.match(text, token.end)
        return Entity(token.start, end, "person", 0.5) if single and acts else None
    kind: Kind = "person"
    if WORK_BEFORE.search(before) or AT_BEFORE.search(before):
        kind = "organisation"
    elif PLACE_BEFORE.search(before):
        kind = "place"
    elif ARTICLE_BEFORE.search(before):
        return None
    return Entity(token.start, end, kind, 0.55)


def _is_strange(text: str, token: Token, words: frozenset[str]) -> bool:
    """Whether a word has a capital that nothing but a name explains."""
    if not token.capital or len(token.text) < 3 or token.text[1:-1].isupper():
        return False
    if is_word(token.plain) or token.plain in words or is_title(token.plain):
        return False
    return token.plain not in word_list("name_words") and not _NUMBERED.match(text, token.end)
