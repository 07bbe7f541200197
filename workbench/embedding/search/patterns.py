"""The pattern language of sequence search, read into values.

::

    pattern  =  step { ["," | ";"] "then" [gap] step [gap] }
    gap      =  ["in" | "on"] ["the"] "next turn"  |  "within" ["the" "next"] NUMBER ("turn" | "turns")
    step     =  both { "or" both }
    both     =  single { "and" single }
    single   =  "not" single  |  "(" step ")"  |  phrase
    phrase   =  name { name }                          all of them on the same utterance
    name     =  label  |  layer:label  |  "quoted label"  |  "helper"  |  "client"

Names are labels of the layers, of one word or several, without regard to case; `_` and `-` read as
blanks. The longest label that fits is taken, and names side by side mean one utterance with all of
them: `complex reflection` is an utterance with `complex` and `reflection`, `client change` a `change` of
the client's. A plural s, `a`, `an`, `the` and the noun `talk` after a label (`sustain talk`) may stand
where no label is called so. NUMBER is in digits or in words up to twelve. A label called like a word of
the language, or one that holds brackets or commas, stands in quotes.

    complex reflection, then sustain talk within two turns
    helper question then next turn client and not (change or sustain)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from workbench.corpus import Layer
from workbench.embedding.search.labels import LabelNames, spelled
from workbench.errors import BadInput

__all__ = ["All", "AnyOf", "HasLabel", "Not", "OnSide", "Step", "Term", "parse"]


@dataclass(frozen=True, slots=True)
class HasLabel:
    """The utterance has the label, in any of these layers."""

    label: str
    found: tuple[tuple[Layer, str], ...]


@dataclass(frozen=True, slots=True)
class OnSide:
    """The utterance is of this side."""

    side: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite, for an utterance of which it is known."""

    term: Term


@dataclass(frozen=True, slots=True)
class All:
    """All of these on the same utterance."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these on the same utterance."""

    terms: tuple[Term, ...]


Term: TypeAlias = HasLabel | OnSide | Not | All | AnyOf
"""What has to hold of one utterance."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what has to hold, and how many turns after the step before at most (None: any number)."""

    term: Term
    within: int | None = None


_SIDES = ("helper", "client")
_NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_ARTICLES = ("a", "an", "the")
_WORDS = {"then", "within", "next", "in", "on", "turn", "turns", "not", "or", "and", *_SIDES}
_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<mark>[(),;])|(?P<word>[^\s(),;"]+))')


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(pattern: str, names: LabelNames) -> tuple[Step, ...]:
    """Read a pattern.

    Raises
    ------
    BadInput
        If it cannot be read, with the place, or names a label there is not, with those near.
    """
    return _Parser(pattern, names).pattern()


class _Parser:
    """Reads from left to right; each method takes what its line of the grammar says."""

    def __init__(self, text: str, names: LabelNames) -> None:
        self._text, self._names, self._at = text, names, 0
        self._tokens: list[_Token] = []
        self._tokens = self._cut(text)

    def _cut(self, text: str) -> list[_Token]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                self._fail("a quotation mark is not closed", len(text[:at].rstrip()))
            kind = str(found.lastgroup)
            word = found[kind] if kind == "quoted" else found[kind].casefold()
            tokens.append(_Token(kind, word, found.start(kind)))
            at = found.end()
        return tokens

    # -- the grammar -----------------------------------------------------------------------------------

    def pattern(self) -> tuple[Step, ...]:
        if not self._tokens:
            raise BadInput(
                "The sequence pattern is empty. Write steps, as `question, then change within two turns`."
            )
        steps = [Step(self._step())]
        while self._rest():
            self._skip(",", ";")
            if not self._take("then"):
                self._fail("expected `then` between two steps")
            before = self._gap()
            term = self._step()
            self._skip(",", ";")
            at = self._at
            after = self._gap()
            if before is not None and after is not None:
                self._fail("a step has two distances to the one before; one is enough", at=at)
            steps.append(Step(term, after if before is None else before))
        return tuple(steps)

    def _gap(self) -> int | None:
        start = self._at
        self._skip("in", "on")
        self._skip("the")
        if self._take("next"):
            if self._take("turn"):
                return 1
            self._fail("expected `next turn`")
        if self._at != start:
            self._at = start
            return None
        if not self._take("within"):
            return None
        self._skip("the")
        self._skip("next")
        token = self._peek()
        number = _number(token.text) if token else None
        if number is None:
            self._fail("expected a number of turns from 1, as `within two turns`")
        self._at += 1
        if not (self._take("turns") or self._take("turn")):
            self._fail("expected `turns` after the number")
        return number

    def _step(self) -> Term:
        terms = [self._both()]
        while self._take("or"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else AnyOf(tuple(terms))

    def _both(self) -> Term:
        terms = [self._single()]
        while self._take("and"):
            terms.append(self._single())
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _single(self) -> Term:
        if self._take("not"):
            return Not(self._single())
        if self._take("("):
            inner = self._step()
            if not self._take(")"):
                self._fail("expected `)`")
            return inner
        terms: list[Term] = []
        while (term := self._name()) is not None:
            terms.append(term)
        if not terms:
            self._fail("expected a label, `helper`, `client`, `not` or `(`")
        return terms[0] if len(terms) == 1 else All(tuple(terms))

    def _name(self) -> Term | None:
        while (token := self._word()) and token.text in _ARTICLES and not self._label_here():
            self._at += 1
        token = self._peek()
        if token is not None and token.kind == "quoted":
            self._at += 1
            return self._has(token.text, token)
        for side in _SIDES:
            if self._take(side):
                return OnSide(side)
        if token is not None and token.kind == "word" and token.text not in _WORDS:
            return self._label(token)
        return None

    # -- labels ----------------------------------------------------------------------------------------

    def _label(self, token: _Token) -> Term:
        length = self._label_here()
        if not length:
            self._unknown(token)
        words = [x.text for x in self._tokens[self._at : self._at + length]]
        self._at += length
        return self._has(" ".join(words), token)

    def _label_here(self) -> int:
        """How many words from here are the longest label; 0 where none begins here."""
        words = []
        for token in self._tokens[self._at :]:
            if token.kind != "word":
                break
            words.append(token.text)
        for length in range(len(words), 0, -1):
            if self._resolved(" ".join(words[:length])) is not None:
                return length
        return 0

    def _resolved(self, name: str) -> tuple[str, str | None] | None:
        """Label and layer that a name means, without a plural s or the noun where need be."""
        plain = spelled(name)
        for form in (plain, plain.removesuffix("s"), plain.removesuffix(" talk")):
            if form in self._names.spellings:
                return form, None
            layer, colon, _ = name.partition(":")
            label = form.partition(":")[2]
            if colon and self._is_label_of(layer, label):
                return label, layer
        return None

    def _is_label_of(self, layer: str, label: str) -> bool:
        try:
            return bool(self._names.find(label, within=layer))
        except BadInput:
            return False

    def _has(self, name: str, token: _Token) -> HasLabel:
        resolved = self._resolved(name)
        if resolved is None:
            self._unknown(token)
        label, layer = resolved
        return HasLabel(label, tuple(self._names.find(label, within=layer)))

    def _unknown(self, token: _Token) -> NoReturn:
        try:
            self._names.find(token.text)
        except BadInput as error:
            self._fail(str(error), token.at)
        raise AssertionError(token)  # pragma: no cover - a known name was called unknown

    # -- tokens ----------------------------------------------------------------------------------------

    def _rest(self) -> Sequence[_Token]:
        return self._tokens[self._at :]

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _word(self) -> _Token | None:
        token = self._peek()
        return token if token is not None and token.kind == "word" else None

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind == "quoted" or token.text != text:
            return False
        self._at += 1
        return True

    def _skip(self, *texts: str) -> None:
        for text in texts:
            if self._take(text):
                return

    def _fail(self, problem: str, place: int | None = None, *, at: int | None = None) -> NoReturn:
        number = self._at if at is None else at
        if place is None:
            tokens = self._tokens
            place = tokens[number].at if number < len(tokens) else len(self._text)
        here = self._text[place : place + 30]
        where = f"character {place + 1}, at {here!r}" if here else "its end"
        raise BadInput(f"The sequence pattern cannot be read at {where}: {problem}")


def _number(text: str) -> int | None:
    if text in _NUMBERS:
        return _NUMBERS.index(text) + 1
    return int(text) if text.isdecimal() and int(text) >= 1 else None
