"""Whose words a line `Name: text` holds, decided by the whole file and never by one line.

A *candidate* is what a line starts with before its first colon that is followed by a space, the
line's end or, for one word, a letter (`:` or `：`), or inside `[...]`: at most six words and 60
characters (one word: 80), a letter or six digits among them, no sign that ends a sentence or a clause except
the point of an abbreviation (`Dr.`), and no word that heads a page (`Date`, `Subject`, `Note`).
So times and addresses (`10:30`, `https://`) hold none. A candidate is a speaker where

1. it is a word for a role or a recogniser's name, numbered or not (`Therapist`, `C`, `Speaker 2`),
2. it stands before two lines and looks like a name: one word, or every word begins with a capital,
   a digit, a letter of a script without capitals, or is a particle (`van`, `de`),
3. it stands before three lines and at least one line in twenty, however it is written
   (`peer supporter`), or
4. every cue or paragraph of the file begins with a candidate, so that one who speaks once counts.

Names in brackets without a colon (`[Ann] Hello`) may be sounds (`[laughs] Hello`): besides words
for roles they count only where half of the cues or paragraphs begin so. Everything else before a
colon is said, as in `I told him: stop`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from workbench.corpus.readers.cues import is_speaker_word
from workbench.corpus.readers.guessing import plain

__all__ = ["Opening", "Speakers", "opening", "speakers_among", "writable_name"]

_NO_NAME = r":：\t\r\n?!;<>{}\"=\[\]"
_NAME = rf"(?:\+(?=\d))?[^\W_][^{_NO_NAME}]{{0,79}}?"
_COLON = re.compile(
    rf"(?:\[(?P<inner>{_NAME})\]|(?P<name>{_NAME}))\s{{0,3}}(?::(?=\s|$)|：)\s*(?P<text>.*)",
    re.DOTALL,
)
_TIGHT = re.compile(r"([^\W\d_][\w.]{0,19}):(?=[^\W\d_]|[\"'„“«¿¡(\[])(.*)", re.DOTALL)
_BRACKETS = re.compile(rf"\[({_NAME})\]\s+(\S.*)", re.DOTALL)
_PARTICLES = "van von zu zur de da di du del della der den la le el al bin ibn y"
_HEADINGS = (
    "date time duration title subject topic session recording file location place transcriber "
    "transcript note notes nb ps from to cc sent re http https datum zeit dauer titel betreff thema "
    "sitzung ort hinweis fecha hora tema lugar nota heure sujet lieu remarque"
)
_PARTICLE_WORDS, _HEADING_WORDS = frozenset(_PARTICLES.split()), frozenset(_HEADINGS.split())
_PHONE = 6
"""Digits from which a number is that of a phone, by which meetings name those who call in."""
_MOST_WORDS, _LONGEST, _LONGEST_WORD = 6, 60, 80


class Opening(NamedTuple):
    """How a line opens: the name it may start with, what follows, whether brackets alone mark it."""

    name: str
    text: str
    bracketed: bool = False


def opening(line: str) -> Opening | None:
    """Candidate at the start of a line, None where there is none."""
    line = line.lstrip()
    if found := _COLON.match(line):
        read = Opening((found["name"] or found["inner"]).strip(), found["text"])
    elif found := _TIGHT.match(line):
        read = Opening(found[1], found[2])
    elif found := _BRACKETS.match(line):
        read = Opening(found[1].strip(), found[2], bracketed=True)
    else:
        return None
    return read if _possible(read.name) else None


def _possible(name: str) -> bool:
    words = [word for word in name.split() if any(map(str.isalnum, word))]
    fits = len(name) <= (_LONGEST_WORD if len(words) == 1 else _LONGEST)
    lettered = any(sign.isalpha() for sign in name) or sum(map(str.isdigit, name)) >= _PHONE
    ended = any(word.endswith((".", ",")) and not _may_go_on(word) for word in words)
    return (
        fits
        and lettered
        and len(words) <= _MOST_WORDS
        and not ended
        and plain(name) not in _HEADING_WORDS
    )


def _may_go_on(word: str) -> bool:
    """Whether a word with a point or comma is an abbreviation (`Prof.`) or a last name (`Lee,`)."""
    return not word[0].islower() and (word.endswith(",") or len(word) <= 6)


def _looks_like_name(name: str) -> bool:
    words = name.split()
    return len(words) == 1 or all(
        not word.lstrip("(\"'")[:1].islower() or word in _PARTICLE_WORDS for word in words
    )


@dataclass(frozen=True, slots=True)
class Speakers:
    """Names that count as speakers in one file."""

    names: frozenset[str] = frozenset()
    bracketed: frozenset[str] = frozenset()

    def split(self, line: str) -> tuple[str | None, str]:
        """Name and text of a line; (None, the line itself) where no speaker stands before it."""
        found = opening(line)
        if found is None or found.name not in (self.bracketed if found.bracketed else self.names):
            return None, line
        return found.name, found.text


def speakers_among(
    openings: Sequence[str], following: Sequence[str] = (), *, paragraphs: bool = True
) -> Speakers:
    """Find the speakers of a file by the rule above.

    Parameters
    ----------
    openings
        First lines of its cues or paragraphs.
    following
        All other lines.
    paragraphs
        Whether `openings` really are first lines; False where lines are not set apart, then one who
        speaks once must also look like a name, unless nobody speaks twice.
    """
    first = [opening(line) for line in openings]
    found = [each for each in (*first, *map(opening, following)) if each is not None]
    counts = Counter(each.name for each in found if not each.bracketed)
    often = max(3, 0.05 * (len(openings) + len(following)))
    names = {
        name
        for name, count in counts.items()
        if is_speaker_word(name) or (count >= 2 and _looks_like_name(name)) or count >= often
    }
    if all(each is not None and not each.bracketed for each in first):
        once = {each.name for each in first if each is not None}
        names |= {name for name in once if paragraphs or not names or _looks_like_name(name)}
    in_brackets = [each.name for each in first if each is not None and each.bracketed]
    many = 2 * len(in_brackets) >= len(first)
    bracketed = {e.name for e in found if e.bracketed and (many or is_speaker_word(e.name))}
    return Speakers(frozenset(names), frozenset(bracketed))


def writable_name(name: str) -> str:
    """Return a name that stays one before a colon: the name itself wherever that is possible."""
    made = re.sub(r"\s+", " ", re.sub(rf"[{_NO_NAME}]", "_", name)).strip()
    bare = made.strip(" _-.'#@*")
    joined = re.sub(r"\W+", "_", bare)[:_LONGEST_WORD]
    choices = (made, bare, joined, f"Speaker {bare}"[:_LONGEST].strip())
    return next((each for each in choices if opening(f"{each}: ") == (each, "", False)), "Speaker")
