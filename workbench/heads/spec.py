"""What a head looks at: a few numbers that fix the columns of its feature table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.heads.surface import SURFACE_FEATURES

__all__ = ["CONTEXT_RELATIONS", "ColumnKind", "FeatureSpec"]

CONTEXT_RELATIONS = (
    "there is such a turn",
    "same side",
    "cosine of the two embeddings",
    "share of the turn's words that stand in it",
    "log of 1 + shared words",
)

ColumnKind: TypeAlias = Literal[
    "embedding",
    "surface",
    "context embedding",
    "context surface",
    "relation",
    "early embedding",
    "rendered embedding",
    "hashed",
]


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Features of an utterance, in this column order: the turn itself, earlier turns, its words.

    Parameters
    ----------
    dimensions
        Length of the sentence embedding.
    context_turns
        How many previous turns of the conversation are read. Each adds its embedding, its surface
        features and its relation to the turn (`CONTEXT_RELATIONS`).
    surface
        Whether surface features (question mark, length, first word, ...) are used.
    hashed
        Number of columns for hashed word n-grams; 0 for none. No vocabulary is kept.
    ngrams
        Longest n-gram, in words.
    characters
        Longest n-gram of characters inside a word, hashed into the same columns; 0 for none.
    rendered_turns
        How many previous turns stand in the text whose embedding is a block of its own
        (`workbench.embedding.with_context`); 0 for no such block.
    early_layer
        Layer of the encoder whose mean token vector is a block of its own (`Encoder(layer=...)`): how
        something is said rather than what about; 0 for no such block.
    """

    dimensions: int = 384
    context_turns: int = 0
    surface: bool = True
    hashed: int = 0
    ngrams: int = 2
    characters: int = 0
    rendered_turns: int = 0
    early_layer: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that make no table."""
        if (
            self.dimensions < 1
            or min(self.context_turns, self.hashed, self.characters) < 0
            or min(self.rendered_turns, self.early_layer) < 0
            or self.ngrams < 1
        ):
            raise BadInput(f"These feature sizes make no table: {asdict(self)}.")

    @property
    def turn_width(self) -> int:
        """Columns of the turn itself."""
        return self.dimensions + self.surface * len(SURFACE_FEATURES)

    @property
    def context_width(self) -> int:
        """Columns of one previous turn: as for the turn itself, plus its relation to the turn."""
        return self.turn_width + len(CONTEXT_RELATIONS)

    @property
    def width(self) -> int:
        """Number of columns of the feature table."""
        return (
            self.turn_width
            + self.context_turns * self.context_width
            + self.early_width
            + self.rendered_width
            + self.hashed
        )

    @property
    def early_width(self) -> int:
        """Columns of the mean token vector after an earlier layer."""
        return self.dimensions if self.early_layer else 0

    @property
    def rendered_width(self) -> int:
        """Columns of the embedding of the turn together with its previous turns."""
        return self.dimensions if self.rendered_turns else 0

    @property
    def reach(self) -> int:
        """Previous turns that a prediction can depend on, in whichever way they are read."""
        return max(self.context_turns, self.rendered_turns)

    def columns(self, kind: ColumnKind) -> NDArray[np.intp]:
        """Positions of the columns of one kind, in order."""
        turn, dense = self.turn_width, self.width - self.hashed
        if kind == "embedding":
            return np.arange(self.dimensions)
        if kind == "surface":
            return np.arange(self.dimensions, turn)
        if kind == "hashed":
            return np.arange(dense, self.width)
        rendered = dense - self.rendered_width
        if kind == "rendered embedding":
            return np.arange(rendered, dense)
        begun = rendered - self.early_width
        if kind == "early embedding":
            return np.arange(begun, rendered)
        within = (np.arange(begun - turn)) % self.context_width
        bounds = {
            "context embedding": (0, self.dimensions),
            "context surface": (self.dimensions, turn),
            "relation": (turn, self.context_width),
        }
        low, high = bounds[kind]
        return turn + np.flatnonzero((within >= low) & (within < high))

    def to_dict(self) -> dict[str, Any]:
        """Fields as JSON-able values; those that older heads lack only where they are used."""
        content = asdict(self)
        for name in ("characters", "rendered_turns", "early_layer"):
            if not content[name]:
                del content[name]
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> FeatureSpec:
        """Read what `to_dict` gave."""
        unknown = set(content) - {f.name for f in fields(cls)}
        if unknown:
            raise BadInput(f"This head needs features that are unknown here: {sorted(unknown)}.")
        return cls(**content)
