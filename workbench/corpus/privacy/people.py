"""Who is who: the same person is the same surrogate, across spellings of the name.

A full name is the same person everywhere. A name alone (`Sam`, `Mr Ortiz`) is somebody already known in
the same scope, if exactly one fits; scopes of a conversation are its source and the speakers on the
client's side. In another scope a family name is whoever alone bears it in the whole corpus, and a given
name is somebody else: two clients may both have a brother Sam. Spellings
fit when they are equal, when both are forms of one given name (Samuel, Sam), or when they differ in one
letter, have six letters or more and are not both names of the lists (Daniel, Daniela).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.corpus.privacy.lists import (
    cues,
    first_names,
    folded,
    gender_of,
    listed_names,
    same_given_name,
    word_list,
)
from workbench.corpus.privacy.tokens import is_title
from workbench.corpus.privacy.vault import Person, Vault

__all__ = ["Mention", "People", "mention_of", "one_letter_apart", "part_of"]

_LONG_NAME = 6


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as somebody said it, taken apart; `given` or `family` is empty where not said."""

    given: str
    family: str
    gender: str | None
    formal: bool = False

    @property
    def full(self) -> bool:
        """Whether both parts are there, more than an initial each."""
        return len(self.given) > 1 and len(self.family) > 1


def mention_of(name: str, *, before: str = "") -> Mention:
    """Take a name apart; `before` is the text in front of it, for a title or a relation."""
    parts = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name)
    while len(parts) > 1 and is_title(folded(parts[0])):
        before = parts.pop(0)
    said = next((folded(word) for word in re.findall(r"[^\W\d_]+", before[-24:])[-1:]), "")
    formal = said in cues("formal titles", "offices before family names")
    told = "female" if said in cues("said of women") else None
    told = "male" if said in cues("said of men") else told
    particles = cues("particles")
    plain = [folded(part) for part in parts if folded(part) not in particles] or [folded(name)]
    if len(plain) > 1:
        return Mention(plain[0], plain[-1], gender_of(plain[0]) or told)
    alone = plain[0]
    if formal or (alone in word_list("surnames") and alone not in first_names()):
        return Mention("", alone, told, formal)
    return Mention(alone, "", gender_of(alone) or told)


def one_letter_apart(one: str, other: str) -> bool:
    """Whether one added, left out, changed or swapped letter makes one word of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(places) == 2 and places[1] == places[0] + 1
        return len(places) == 1 or (
            swapped and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]
        )
    short, long = sorted((one, other), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


class People:
    """The people of a vault, found by their names and the scopes in which they are known."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._number: dict[int, int] = {}
        self._by_scope: dict[str, dict[int, None]] = defaultdict(dict)
        self._by_family: dict[str, dict[int, None]] = defaultdict(dict)
        for number, person in enumerate(vault.people):
            self._index(number, person)

    def find(self, mention: Mention, scopes: Sequence[str]) -> Person | None:
        """The person whom a mention means, or None if nobody fits.

        Where several fit, the closest spelling counts, then who came first.
        """
        near = {number for scope in scopes for number in self._by_scope[scope]}
        if mention.full:
            known = {n: self._fits(n, mention) for n in self._by_family[mention.family]}
            fits = {n: (fit, n in near) for n, fit in known.items() if fit and self._is_full(n)}
        else:
            fits = {}
        fits = fits or {n: (fit, True) for n in near if (fit := self._fits(n, mention))}
        if not fits and mention.family and not mention.given:
            bearers = {n: (2, True) for n in self._by_family[mention.family] if self._is_full(n)}
            fits = {n: fit for n, fit in bearers.items() if self._fits(n, mention)}
            fits = fits if len(fits) == 1 else {}
        if not fits:
            return None
        best = max(fits.values())
        return self.vault.people[min(n for n, fit in fits.items() if fit == best)]

    def near(self, scopes: Sequence[str]) -> list[Person]:
        """Those known in one of the scopes, in the order in which they came."""
        numbers = sorted({n for scope in scopes for n in self._by_scope[scope]})
        return [self.vault.people[number] for number in numbers]

    def add(self, mention: Mention, scopes: Sequence[str]) -> Person:
        """Make somebody new of a mention."""
        person = Person(gender=mention.gender)
        self.vault.people.append(person)
        self._number[id(person)] = len(self.vault.people) - 1
        self.learn(person, mention, scopes)
        return person

    def learn(self, person: Person, mention: Mention, scopes: Iterable[str]) -> None:
        """Add a spelling and scopes to somebody."""
        given, family = mention.given, mention.family
        if given and not family and part_of(given, person) == "family":
            given, family = "", given
        elif family and not given and part_of(family, person) == "given":
            given, family = family, ""
        for names, name in ((person.given, given), (person.family, family)):
            if len(name) > 1 and name not in names:
                names.append(name)
        person.gender = person.gender or mention.gender
        person.scopes.extend(scope for scope in scopes if scope not in person.scopes)
        self._index(self._number[id(person)], person)

    def relative(self, family: str, scopes: Sequence[str]) -> Person | None:
        """Somebody of the same family name in the same scope, whose surrogate's is then shared."""
        for person in self.near(scopes):
            if person.surrogate_family and any(_same(family, name) for name in person.family):
                return person
        return None

    def _index(self, number: int, person: Person) -> None:
        self._number[id(person)] = number
        for scope in person.scopes:
            self._by_scope[scope][number] = None
        for name in person.family:
            self._by_family[name][number] = None

    def _is_full(self, number: int) -> bool:
        person = self.vault.people[number]
        return bool(person.given and person.family)

    def _fits(self, number: int, mention: Mention) -> int:
        """2: the same spelling; 1: another spelling of the same; 0: somebody else."""
        person = self.vault.people[number]
        given, family = mention.given, mention.family
        clash = mention.gender and person.gender and mention.gender != person.gender
        if clash and not (given and person.given):
            return 0
        if given and family:
            return min(_fit_given(given, person.given), _fit_family(family, person.family))
        if given:
            direct = _fit_given(given, person.given) if person.given else 0
            return direct or (_fit_family(given, person.family) if person.family else 0)
        direct = _fit_family(family, person.family) if person.family else 0
        return direct or (2 if family in person.given and not mention.formal else 0)


def part_of(name: str, person: Person) -> str | None:
    """Whether a folded name is somebody's `given` or `family` name, or neither."""
    if person.given and _fit_given(name, person.given):
        return "given"
    if person.family and _fit_family(name, person.family):
        return "family"
    return None


def _fit_given(name: str, known: Sequence[str]) -> int:
    """As `People._fits`; a part that is not known yet fits."""
    if name in known:
        return 2
    if len(name) == 1:
        return int(not known or any(other[0] == name for other in known))
    alike = any(same_given_name(name, other) or _same(name, other) for other in known)
    return int(not known or alike)


def _fit_family(name: str, known: Sequence[str]) -> int:
    if name in known:
        return 2
    return int(not known or any(_same(name, other) for other in known))


def _same(name: str, other: str) -> bool:
    if name == other:
        return True
    listed = listed_names()
    return (
        min(len(name), len(other)) >= _LONG_NAME
        and one_letter_apart(name, other)
        and not (name in listed and other in listed)
    )
