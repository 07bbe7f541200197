"""The five things an expert may do to fitted topics, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from workbench.errors import BadInput

__all__ = ["Drop", "Edit", "Merge", "Move", "Rename", "Split"]


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a topic a name of one's own; its words stay."""

    topic: int
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that nobody could read."""
        if not self.name.strip() or len(self.name) > 120 or not self.name.isprintable():
            raise BadInput("A topic's name is one line of 1 to 120 characters.")

    def __str__(self) -> str:
        return f"rename topic {self.topic}"


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one topic of several; it keeps the smallest of their numbers and that one's name."""

    topics: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse anything but two or more different topics."""
        object.__setattr__(self, "topics", tuple(sorted(self.topics)))
        if len(set(self.topics)) < 2 or len(set(self.topics)) < len(self.topics):
            raise BadInput(f"A merge needs two or more different topics; got {list(self.topics)}.")

    def __str__(self) -> str:
        return f"merge topics {', '.join(map(str, self.topics))}"


@dataclass(frozen=True, slots=True)
class Split:
    """Part a topic by k-means of its texts; the largest part keeps the number, others get new ones."""

    topic: int
    parts: int = 2

    def __post_init__(self) -> None:
        """Refuse fewer than two parts."""
        if self.parts < 2:
            raise BadInput(f"A split needs at least 2 parts; got {self.parts}.")

    def __str__(self) -> str:
        return f"split topic {self.topic} into {self.parts}"


@dataclass(frozen=True, slots=True)
class Drop:
    """Dissolve a topic; its utterances become outliers."""

    topic: int

    def __str__(self) -> str:
        return f"drop topic {self.topic}"


@dataclass(frozen=True, slots=True)
class Move:
    """Put one utterance into another topic, or among the outliers (-1)."""

    unit_id: str
    topic: int

    def __str__(self) -> str:
        return f"move utterance {self.unit_id} to topic {self.topic}"


Edit: TypeAlias = Rename | Merge | Split | Drop | Move
"""Anything an expert may do."""
