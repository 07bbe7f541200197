"""What is put in the place of an original: same form, same gender, never a word of the corpus.

Every choice follows from the vault's secret and the original, so it is the same whenever it is made
again; choices that are taken, or occur in the texts, are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from workbench.corpus.privacy.dates import find_dates
from workbench.corpus.privacy.entity import Kind
from workbench.corpus.privacy.forms import (
    cased,
    invented_word,
    is_postcode,
    normal,
    phone_number,
    place_name,
    scrambled,
)
from workbench.corpus.privacy.lists import (
    cue_list,
    cues,
    first_names,
    folded,
    same_given_name,
    word_list,
)
from workbench.corpus.privacy.people import Mention, People, part_of
from workbench.corpus.privacy.tokens import is_word
from workbench.corpus.privacy.vault import Person, Vault

__all__ = ["Surrogates"]

_LONGEST_SHIFT = 52
_SHORTEST_SHIFT = 8
_WORDS = ("place", "organisation", "address", "username")
_TRIES = 4000


class Surrogates:
    """Makes surrogates and writes them into the vault.

    Parameters
    ----------
    vault
        Where they are kept.
    forbidden
        Folded words of the corpus: no invented name is one of them.
    """

    def __init__(self, vault: Vault, *, forbidden: frozenset[str]) -> None:
        self.vault = vault
        self.people = People(vault)
        self._forbidden = forbidden
        known = {name for p in vault.people for name in (*p.given, *p.family)}
        self._originals = known | {
            folded(w) for was, _ in vault.replaced.values() for w in was.split()
        }
        self._used = vault.surrogate_names()
        self._used |= {folded(word) for _, now in vault.replaced.values() for word in now.split()}

    # -- people ------------------------------------------------------------------------------------

    def register(self, mention: Mention, scopes: Sequence[str]) -> Person:
        """Person of a mention, made and given a surrogate if it is nobody known."""
        person = self.people.find(mention, scopes)
        if person is None:
            person = self.people.add(mention, scopes)
        else:
            self.people.learn(person, mention, scopes)
        anchor = person.scopes[0] if person.scopes and not mention.full else ""
        if person.given and person.surrogate_given is None:
            pool = _given_pool(person.gender)
            person.surrogate_given = self._pick(
                pool, f"given|{person.given[0]}|{person.family[:1]}|{anchor}", unlike=person.given
            )
        if person.family and person.surrogate_family is None:
            relative = self.people.relative(person.family[0], scopes)
            person.surrogate_family = (
                relative.surrogate_family
                if relative and relative is not person
                else self._pick(
                    _family_pool(),
                    f"family|{person.family[0]}|{person.given[:1]}|{anchor}",
                    unlike=person.family,
                )
            )
        return person

    def person(self, original: str, mention: Mention, scopes: Sequence[str]) -> str:
        """A name in the form in which it was said: full, given, family, small, in capitals."""
        person = self.register(mention, scopes)
        if mention.given and mention.family:
            first = person.surrogate_given or ""
            said = (
                first[:1] + ("." if "." in original else "") if len(mention.given) == 1 else first
            )
            made = f"{said} {person.surrogate_family}".strip()
        else:
            part = part_of(mention.given or mention.family, person)
            made = (person.surrogate_family if part == "family" else person.surrogate_given) or ""
        return cased(made or person.label("surrogate"), like=original)

    def _pick(self, pool: Sequence[str], key: str, *, unlike: Sequence[str]) -> str:
        """An unused name of a pool that does not sound like the original, else an invented one."""
        start = self.vault.number("name", key)
        for step in range(len(pool)):
            name = pool[(start + step) % len(pool)]
            if self._is_free(name) and not any(_sounds_like(folded(name), was) for was in unlike):
                self._used.add(folded(name))
                return name.title()
        return self._invented(key, invented_word)

    def _invented(self, key: str, make: Callable[[int], str]) -> str:
        for step in range(_TRIES):
            name = make(self.vault.number("invented", key, str(step)))
            if self._is_free(name):
                break
        self._used.add(folded(name))
        return name

    def _is_free(self, name: str) -> bool:
        plain = folded(name)
        return (
            plain not in self._used
            and plain not in self._forbidden
            and plain not in self._originals
        )

    # -- everything else ---------------------------------------------------------------------------

    def other(self, kind: Kind, original: str) -> str:
        """Surrogate of anything that is neither a person nor a date; stands in the vault from then on."""
        key = (kind, normal(kind, original))
        if key in self.vault.replaced and kind not in ("phone", "id", "address"):
            return cased(self.vault.replaced[key][1], like=original)
        made = self._made(kind, key[1], original)
        self.vault.replaced.setdefault(key, (original, made))
        return cased(made, like=original) if kind in _WORDS else made

    def _made(self, kind: Kind, key: str, original: str) -> str:
        mark = f"{self.vault.number(kind, key) % (1 << 32):08x}"
        makers: dict[str, Callable[[], str]] = {
            "place": lambda: self._invented(f"place|{key}", place_name),
            "organisation": lambda: self._organisation(key, original),
            "phone": lambda: phone_number(self.vault.number("phone", key), original),
            "id": lambda: scrambled(self._turns("id", key), original),
            "address": lambda: self._address(original),
            "age": lambda: "90+" if original[0].isdigit() else "ninety-plus",
            "email": lambda: f"person-{mark}@example.org",
            "url": lambda: f"https://example.org/{mark}",
            "username": lambda: f"user-{mark}",
        }
        return makers[kind]()

    def email(self, original: str, scopes: Sequence[str]) -> str:
        """An address at example.org, with the surrogate of the person whose name it bears."""
        words = [folded(w) for w in re.findall(r"[^\W\d_]+", original.partition("@")[0])]
        for person in self.people.near(scopes):
            own = [part for word in words if len(word) > 2 and (part := part_of(word, person))]
            if own:
                names = {"given": person.surrogate_given, "family": person.surrogate_family}
                local = ".".join(folded(names[part] or "") for part in dict.fromkeys(own))
                made = f"{local}@example.org"
                self.vault.replaced.setdefault(
                    ("email", normal("email", original)), (original, made)
                )
                return made
        return self.other("email", original)

    def days(self, source: str) -> int:
        """By how many days the dates of a source are moved: whole weeks, back or forth."""
        number = self.vault.number("days", source)
        weeks = _SHORTEST_SHIFT + number % (_LONGEST_SHIFT - _SHORTEST_SHIFT)
        return 7 * weeks * (-1 if (number >> 64) % 2 else 1)

    def date(self, original: str, source: str, *, day_first: bool) -> str:
        """A date moved by the days of its source."""
        written = next(find_dates(original), None)
        if written is None:
            return self.other("id", original)
        moved = written.moved(self.days(source), day_first=day_first)
        made = original[: written.start] + moved + original[written.end :]
        key = ("date", f"{original}|{self.vault.scope('source', source)}")
        self.vault.replaced.setdefault(key, (original, made))
        return made

    def _organisation(self, key: str, original: str) -> str:
        """Keep what kind of organisation it is and put an invented name for the rest."""
        name = self._invented(f"organisation|{key}", place_name)
        generic = cues(
            "organisation endings", "generic in organisations", "small words in organisations"
        )
        made: list[str] = []
        for word in original.split():
            stays = folded(word.strip(".,")).removesuffix("'s") in generic
            if stays or name not in made:
                made.append(word if stays else name)
        return " ".join(made) if name in made else name

    def _address(self, original: str) -> str:
        """Other numbers and names of streets; what kind of street it is stays."""
        if is_postcode(original):
            return scrambled(self._turns("id", normal("id", original)), original)
        made: list[str] = []
        for word in re.findall(r"\s+|[^\W\d_][\w.'’-]*|\d\w*|[^\w\s]+", original):
            plain = folded(word.strip("."))
            if word[0].isdigit():
                made.append(str(1 + self.vault.number("house", folded(original), word) % 98))
            elif word[0].isalpha() and plain not in cues("street words"):
                made.append(self._street(plain))
            else:
                made.append(word)
        return "".join(made)

    def _street(self, plain: str) -> str:
        key = ("street", plain)
        if key not in self.vault.replaced:
            endings = (end for end in cue_list("street endings") if plain.endswith(folded(end)))
            made = self._invented(f"street|{plain}", place_name) + next(endings, "")
            self.vault.replaced[key] = (plain, made)
        return self.vault.replaced[key][1]

    def _turns(self, kind: str, key: str) -> Callable[[int], int]:
        return lambda place: self.vault.number(kind, key, str(place))


@cache
def _given_pool(gender: str | None) -> tuple[str, ...]:
    names = (
        word_list(f"first_names_{gender}")
        if gender
        else word_list("first_names_female") & word_list("first_names_male")
    )
    return _plain_names(names)


@cache
def _family_pool() -> tuple[str, ...]:
    return _plain_names(word_list("surnames") - first_names())


def _plain_names(names: frozenset[str]) -> tuple[str, ...]:
    """Names that are nothing else: no word, no town, no nickname, in a fixed order."""
    barred = word_list("name_words") | word_list("places") | word_list("capitalised")
    return tuple(sorted(n for n in names - barred if len(n) > 3 and n.isalpha() and not is_word(n)))


def _sounds_like(name: str, original: str) -> bool:
    """Whether a surrogate would give the original away: Sammy for Sam, Marianne for Marie."""
    return name[:3] == original[:3] or same_given_name(name, original)
