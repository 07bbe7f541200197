"""What a head looks at: a few numbers that fix the columns of its feature table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from workbench.errors import BadInput
from workbench.heads.surface import SURFACE_FEATURES

__all__ = ["FeatureSpec"]


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Features of an utterance, in this column order: the turn itself, earlier turns, its words.

    Parameters
    ----------
    dimensions
        Length of the sentence embedding.
    context_turns
        How many previous turns of the conversation are read. Each adds its embedding, its surface
        features, whether it exists and whether the same side spoke.
    surface
        Whether surface features (question mark, length, first word, ...) are used.
    hashed
        Number of columns for hashed word n-grams; 0 for none. No vocabulary is kept.
    ngrams
        Longest n-gram, in words.
    """

    dimensions: int = 384
    context_turns: int = 0
    surface: bool = True
    hashed: int = 0
    ngrams: int = 2

    def __post_init__(self) -> None:
        """Refuse sizes that make no table."""
        if self.dimensions < 1 or min(self.context_turns, self.hashed) < 0 or self.ngrams < 1:
            raise BadInput(f"These feature sizes make no table: {asdict(self)}.")

    @property
    def turn_width(self) -> int:
        """Columns of the turn itself."""
        return self.dimensions + self.surface * len(SURFACE_FEATURES)

    @property
    def context_width(self) -> int:
        """Columns of one previous turn: as for the turn itself, plus `is there` and `same side`."""
        return self.turn_width + 2

    @property
    def width(self) -> int:
        """Number of columns of the feature table."""
        return self.turn_width + self.context_turns * self.context_width + self.hashed

    def surface_columns(self) -> list[tuple[int, int]]:
        """Column ranges (start, stop) of surface features and context marks."""
        ranges = [(self.dimensions, self.turn_width)]
        for back in range(self.context_turns):
            start = self.turn_width + back * self.context_width
            ranges.append((start + self.dimensions, start + self.context_width))
        return ranges

    def to_dict(self) -> dict[str, Any]:
        """Fields as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> FeatureSpec:
        """Read what `to_dict` gave."""
        unknown = set(content) - {f.name for f in fields(cls)}
        if unknown:
            raise BadInput(f"This head needs features that are unknown here: {sorted(unknown)}.")
        return cls(**content)
