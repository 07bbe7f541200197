"""Names inside ids: of speakers, of conversations that were named after a file, of utterances.

`Sam Ortiz`, `ortiz_sam_session3`, `SamOrtiz-2019-03-04` hold a person; `P013`, `client-7` and `a41f09`
are codes and stay. A speaker's id that is neither is taken for a name people go by on a site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from workbench.corpus.privacy.entity import Entity, merged
from workbench.corpus.privacy.known import KnownNames
from workbench.corpus.privacy.lists import cues, first_names, folded, word_list
from workbench.corpus.privacy.patterns import find_patterns
from workbench.corpus.privacy.people import Mention, mention_of
from workbench.corpus.privacy.tokens import is_title, is_word
from workbench.corpus.schema import SIDE_OF_ROLE

__all__ = [
    "COMPACT_DATE",
    "entities_of_id",
    "entities_of_speaker",
    "is_personal",
    "mention_in_id",
    "pieces_of_id",
    "spaced",
]

_PART = re.compile(r"[A-ZÀ-Þ]?[a-zß-ÿĀ-ž]+(?:['’][^\W\d_]+)*|[A-ZÀ-Þ]+(?![a-zß-ÿ])|[^\W\d_]")
COMPACT_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)")
_CODE = re.compile(r"[A-Za-z]{0,4}[ _.-]?\d+[A-Za-z]?|[A-Za-z]|[A-Z]{2,3}|[0-9a-fA-F-]{8,}|\W*")


_WRITTEN_NAME = re.compile(r"[^\W\d_]+(?:[ ,.]+[^\W\d_]+){0,3}\.?")


@cache
def _role_words() -> frozenset[str]:
    return frozenset(SIDE_OF_ROLE) | cues("roles and file words")


def entities_of_speaker(name: str, known: KnownNames) -> list[Entity]:
    """What a speaker's id or name gives away."""
    found = entities_of_id(name, known)
    written = name[:1].isupper() and _WRITTEN_NAME.fullmatch(name)
    if written and any(entity.kind == "person" for entity in found):
        return _whole_name(name) or found
    if found or _CODE.fullmatch(name) or not any(letter.isalpha() for letter in name):
        return found
    words = [match.group() for match in _PART.finditer(name)]
    plain = [folded(word) for word in words]
    if plain[0] in SIDE_OF_ROLE or all(map(_is_generic, plain)):
        return []
    return (_whole_name(name) if written else []) or [Entity(0, len(name), "username", 0.7)]


def _whole_name(name: str) -> list[Entity]:
    """All of a written name but titles and roles: a part that no list knows is a name beside one."""
    parts = [match for match in _PART.finditer(name) if not _is_title_or_role(match.group())]
    if not parts or not all(part.group()[0].isupper() for part in (parts[0], parts[-1])):
        return []
    return [Entity(parts[0].start(), parts[-1].end(), "person", 0.85)]


def _is_title_or_role(part: str) -> bool:
    plain = folded(part)
    return is_title(plain) or plain in _role_words()


def _is_generic(plain: str) -> bool:
    return plain in _role_words() or is_title(plain) or is_word(plain) or len(plain) < 3


def entities_of_id(name: str, known: KnownNames) -> list[Entity]:
    """Names, dates and numbers inside any id; what only looks like a code stays."""
    spaced = name.replace("_", " ")
    found = [e for e in find_patterns(spaced) if _counts_in_id(e, name[e.start : e.end])]
    found += [Entity(*match.span(), "date") for match in COMPACT_DATE.finditer(name)]
    for handle, kind in known.others.items():
        at = name.casefold().find(handle)
        if at >= 0 and kind == "username":
            found.append(Entity(at, at + len(handle), "username", 0.9))
    found += _people(name, known)
    return merged(name, found)


def _counts_in_id(entity: Entity, part: str) -> bool:
    """Whether a form means in an id what it means in a text: `123-4567` there is no telephone."""
    if entity.kind == "phone":
        return sum(letter.isdigit() for letter in part) >= 10
    return entity.kind in ("email", "url", "date")


def is_personal(speaker: str) -> bool:
    """Whether a speaker's id means one person in every conversation (`P013`), not a part (`client`, `S1`)."""
    words = [folded(match.group()) for match in _PART.finditer(speaker)]
    named = any(len(word) > 2 and word not in _role_words() for word in words)
    return named or (
        bool(words)
        and not any(w in _role_words() for w in words)
        and len(re.findall(r"\d", speaker)) > 1
    )


def _people(name: str, known: KnownNames) -> Iterator[Entity]:
    """Runs of parts that are names: `SamOrtiz`, `ortiz_sam`, `Ortiz, Sam`."""
    start = end = -1
    for match in _PART.finditer(name):
        plain = folded(match.group())
        joins = (
            end >= 0
            and match.start() - end <= 2
            and not any(c.isdigit() for c in name[end : match.start()])
        )
        named = _is_name(plain, known)
        if joins and not named:
            named = match.group()[0].isupper() and (
                plain in word_list("surnames") or plain in cues("particles")
            )
        if named and joins:
            end = match.end()
        elif named:
            if end >= 0:
                yield Entity(start, end, "person", 0.85)
            start, end = match.span()
    if end >= 0:
        yield Entity(start, end, "person", 0.85)


def _is_name(plain: str, known: KnownNames) -> bool:
    if plain in known.parts or plain in known.worded:
        return True
    if (
        len(plain) < 3
        or plain in _role_words()
        or is_word(plain)
        or plain in word_list("name_words")
    ):
        return False
    return plain in first_names() or plain in word_list("surnames")


def spaced(part: str) -> str:
    """`SamOrtiz`, `sam_ortiz` and `Ortiz, Sam` as a name is said."""
    parted = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|_|(?<=\w)\.(?=\w)", " ", part)
    last, comma, first = parted.partition(",")
    return f"{first.strip()} {last.strip()}" if comma else parted.strip()


def mention_in_id(part: str, *, before: str = "") -> Mention:
    """The person whom a part of an id names; `before` is what stands in front of it, as a title."""
    return mention_of(spaced(part), before=before)


def pieces_of_id(part: str) -> list[str]:
    """Names and what stands between them: `SamOrtiz` is two names, `sam_ortiz` two and a sign."""
    pieces = re.split(r"([\W_]+|(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ]))", part)
    return [piece for piece in pieces if piece]
