"""The finder that needs no package: forms, contexts and short lists."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.corpus.privacy.entity import Entity, merged
from workbench.corpus.privacy.patterns import find_patterns
from workbench.corpus.privacy.places import find_names

__all__ = ["Rules"]


class Rules:
    """Patterns for what has a form of its own, contexts and name lists for the rest."""

    name = "rules and name lists"

    def find(self, texts: Sequence[str], *, words: frozenset[str]) -> list[list[Entity]]:
        """Entities of each text, in order and without overlap."""
        return [
            merged(text, [*find_patterns(text), *find_names(text, words=words)]) for text in texts
        ]
