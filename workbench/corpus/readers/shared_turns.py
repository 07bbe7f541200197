"""Which dialogues of a corpus are the same dialogue again, in other words or under another id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

__all__ = ["sharing_turns"]

LONG = 30
"""Letters and digits from which a turn tells one dialogue from another."""

SHARED = 3
"""Long turns that two dialogues have in common when they are taken for one."""


def sharing_turns(turns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Dialogue -> the first dialogue of its group; a group is linked by three shared long turns.

    >>> long = ["It has been a long day at the office, I tell you."]
    >>> long += ["Then why not stay at home for once, Sam?"]
    >>> long += ["Because somebody has to feed the old cat upstairs."]
    >>> sharing_turns({"a": long, "b": ["Hello."], "c": [turn.upper() for turn in long]})
    {'a': 'a', 'b': 'b', 'c': 'a'}
    """
    saying: dict[str, list[str]] = defaultdict(list)
    for name, said in turns.items():
        for turn in {_plain(text) for text in said}:
            if len(turn) >= LONG:
                saying[turn].append(name)
    shared = Counter(pair for names in saying.values() for pair in combinations(names, 2))
    order = {name: place for place, name in enumerate(turns)}
    first = {name: name for name in turns}

    def root(name: str) -> str:
        while first[name] != name:
            name = first[name] = first[first[name]]
        return name

    for (one, other), count in shared.items():
        if count >= SHARED:
            earlier, later = sorted((root(one), root(other)), key=order.__getitem__)
            first[later] = earlier
    return {name: root(name) for name in turns}


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
