"""The word lists beside this module, read once, and the spelling under which words are compared."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

__all__ = [
    "cue_list",
    "cues",
    "first_names",
    "folded",
    "gender_of",
    "listed_names",
    "phrases",
    "same_given_name",
    "small_names",
    "word_list",
]

_FOLDER = Path(__file__).with_name("lists")
# letters that Unicode does not take apart into a plain letter and a mark
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "ı": "i", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe"})


@lru_cache(maxsize=1 << 17)
def folded(word: str) -> str:
    """A word without case, accents and typographic apostrophes: `Søren` and `soren` are one."""
    plain = unicodedata.normalize("NFKD", word.casefold().replace("’", "'").translate(_PLAIN))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _lines(name: str) -> list[str]:
    text = (_FOLDER / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def word_list(name: str) -> frozenset[str]:
    """Words of `lists/<name>.txt`, folded."""
    return frozenset(folded(word) for line in _lines(name) for word in line.split())


@cache
def phrases(name: str) -> frozenset[tuple[str, ...]]:
    """Words of a list, and its lines of few words as phrases of several words."""
    single = {(folded(word),) for line in _lines(name) if len(line) > 60 for word in line.split()}
    several = {tuple(folded(w) for w in line.split()) for line in _lines(name) if len(line) <= 60}
    return frozenset(single | several)


@cache
def cue_list(section: str) -> tuple[str, ...]:
    """Words of one section of `lists/cues.txt`, in their order and spelling."""
    words: list[str] = []
    current = ""
    for line in _lines("cues"):
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section:
            words += line.split()
    return tuple(words)


@cache
def cues(*sections: str) -> frozenset[str]:
    """Words of sections of `lists/cues.txt`, folded."""
    return frozenset(folded(word) for section in sections for word in cue_list(section))


@cache
def first_names() -> frozenset[str]:
    """Given names and their short forms."""
    return (
        word_list("first_names_female")
        | word_list("first_names_male")
        | (word_list("nicknames") - word_list("ordinary_words"))
    )


@cache
def listed_names() -> frozenset[str]:
    """Given and family names."""
    return first_names() | word_list("surnames")


@cache
def small_names() -> frozenset[str]:
    """Given names that count written small too; short forms (mat, dot) do not."""
    return word_list("first_names_female") | word_list("first_names_male")


def gender_of(name: str) -> str | None:
    """`female` or `male` where the given name tells, else None."""
    female = folded(name) in word_list("first_names_female")
    male = folded(name) in word_list("first_names_male")
    if female == male:
        return None
    return "female" if female else "male"


@cache
def _groups() -> dict[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for number, line in enumerate(_lines("nicknames")):
        for name in line.split():
            groups.setdefault(folded(name), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


def same_given_name(one: str, other: str) -> bool:
    """Whether two given names can be the same person's: equal, or in one group of short forms."""
    one, other = folded(one), folded(other)
    return one == other or bool(_groups().get(one, frozenset()) & _groups().get(other, frozenset()))
