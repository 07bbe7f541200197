"""Forms of surrogates: the digits, letters and words that take the place of others."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.corpus.privacy.entity import Kind
from workbench.corpus.privacy.lists import cue_list, folded

__all__ = [
    "cased",
    "invented_word",
    "is_postcode",
    "normal",
    "phone_number",
    "place_name",
    "scrambled",
]

_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_POSTCODE = re.compile(
    r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{5}(?:-\d{4})?"
)


def normal(kind: Kind, original: str) -> str:
    """Spelling under which an original is known: the same number is the same in any grouping."""
    if kind == "phone":
        return re.sub(r"\D", "", original)[-9:] or folded(original)
    if kind == "id":
        return re.sub(r"\W", "", folded(original))
    return " ".join(folded(original).split())


def cased(made: str, *, like: str) -> str:
    """`made` in small or capital letters where the original is so throughout."""
    if like.islower():
        return made.lower()
    letters = [letter for letter in like if letter.isalpha()]
    return made.upper() if len(letters) > 1 and like.isupper() else made


def place_name(number: int) -> str:
    """An invented name of a town: `Ashford`, `Wendholm`."""
    fronts, backs = cue_list("invented fronts"), cue_list("invented backs")
    return fronts[number % len(fronts)] + backs[(number >> 32) % len(backs)]


def invented_word(number: int) -> str:
    """A word that could be a name in no language in particular, for when the lists are used up."""
    syllables = cue_list("syllables")
    count = 3 + (number >> 64) % 2
    return "".join(syllables[(number >> (8 * i)) % len(syllables)] for i in range(count)).title()


def is_postcode(text: str) -> bool:
    """Whether an address is a postcode alone."""
    return bool(_POSTCODE.fullmatch(text))


def scrambled(turn: Callable[[int], int], original: str) -> str:
    """Other letters for letters and other digits for digits; `turn` gives a number for each place."""
    made, place = [], 0
    for letter in original:
        if letter.isdigit():
            made.append(str(turn(place) % 10))
        elif letter.isalpha():
            new = _LETTERS[turn(place) % len(_LETTERS)]
            made.append(new.lower() if letter.islower() else new)
        else:
            made.append(letter)
        place += letter.isalnum()
    return "".join(made)


def phone_number(number: int, original: str) -> str:
    """Other digits in the same places, 555 among them, so that no subscriber is meant.

    They are counted from the end, so that `07...` and `+44 7...` of one number stay one number.
    """
    stream = [*(int(d) for d in f"{number % 10**4:04d}"), 5, 5, 5]
    stream += [1 + (number >> (64 + 8 * i)) % 9 for i in range(16)]
    if not any(letter.isdigit() for letter in original):
        return " ".join(_DIGIT_WORDS[d] for d in stream[: len(re.findall(r"\w+", original))])
    places = [i for i, letter in enumerate(original) if letter.isdigit()]
    kept = _country_digits(original)
    made = list(original)
    for i, digit in zip(reversed(places[kept:]), stream, strict=False):
        made[i] = str(digit)
    return "".join(made)


def _country_digits(original: str) -> int:
    """How many leading digits stay: the country's or the trunk's, which place nobody."""
    match = re.match(r"\s*\(?(?:\+|00)\s*(\d{1,2})", original)
    if match:
        return len(match.group(1)) + (2 if original.lstrip(" (").startswith("00") else 0)
    return 1 if re.match(r"\s*\(?0", original) else 0
