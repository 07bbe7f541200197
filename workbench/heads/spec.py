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
    "reader",
    "hashed",
]


_NEWER = (
    "characters",
    "early_layer",
    "reader",
    "reader_width",
    "reader_layers",
    "reader_turns",
)


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
    early_layer
        Layer of the encoder whose mean token vector is a block of its own (`Encoder(layer=...)`): how
        something is said rather than what about; 0 for no such block.
    reader, reader_width, reader_layers, reader_turns
        Identity of a language model that reads the conversation, how many numbers it gives of a turn,
        after which of its layers, and most previous turns it reads for them
        (`workbench.language_models.TurnReader`); empty and 0 for no such block.
    """

    dimensions: int = 384
    context_turns: int = 0
    surface: bool = True
    hashed: int = 0
    ngrams: int = 2
    characters: int = 0
    early_layer: int = 0
    reader: str = ""
    reader_width: int = 0
    reader_layers: tuple[int, ...] = ()
    reader_turns: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that make no table."""
        if (
            self.dimensions < 1
            or min(self.context_turns, self.hashed, self.characters) < 0
            or min(self.early_layer, self.reader_width, self.reader_turns) < 0
            or len({bool(self.reader), bool(self.reader_width), bool(self.reader_layers)}) > 1
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
            + self.reader_width
            + self.hashed
        )

    @property
    def early_width(self) -> int:
        """Columns of the mean token vector after an earlier layer."""
        return self.dimensions if self.early_layer else 0

    @property
    def reach(self) -> int:
        """Previous turns that a prediction can depend on, in whichever way they are read."""
        return max(self.context_turns, self.reader_turns)

    def columns(self, kind: ColumnKind) -> NDArray[np.intp]:
        """Positions of the columns of one kind, in order."""
        turn, dense = self.turn_width, self.width - self.hashed
        if kind == "embedding":
            return np.arange(self.dimensions)
        if kind == "surface":
            return np.arange(self.dimensions, turn)
        if kind == "hashed":
            return np.arange(dense, self.width)
        read = dense - self.reader_width
        if kind == "reader":
            return np.arange(read, dense)
        begun = read - self.early_width
        if kind == "early embedding":
            return np.arange(begun, read)
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
        content["reader_layers"] = list(self.reader_layers)
        for name in _NEWER:
            if not content[name]:
                del content[name]
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> FeatureSpec:
        """Read what `to_dict` gave."""
        unknown = set(content) - {f.name for f in fields(cls)}
        if unknown:
            raise BadInput(f"This head needs features that are unknown here: {sorted(unknown)}.")
        return cls(**{**content, "reader_layers": tuple(content.get("reader_layers", ()))})
