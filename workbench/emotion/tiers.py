"""GoEmotions in three tiers: 27 emotions and neutral, their Ekman groups, their sentiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.files import checksum_of

__all__ = ["EKMAN", "EMOTIONS", "SENTIMENT", "Ontology", "Tier", "ontology"]

Tier = Literal["emotion", "ekman", "sentiment"]

_FILE = Path(__file__).resolve().parent / "goemotions.yaml"

EMOTIONS = (
    *("admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion"),
    *("curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment"),
    *("excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism"),
    *("pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral"),
)
"""The 27 emotions and neutral, in the data's own numbering."""

EKMAN = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
"""Ekman's six groups and neutral."""

SENTIMENT = ("positive", "negative", "ambiguous", "neutral")
"""The four kinds of sentiment."""


@dataclass(frozen=True, slots=True)
class Ontology:
    """Names of three tiers and which finer name belongs to which coarser one.

    Attributes
    ----------
    table
        One row per emotion: `emotion`, `ekman`, `sentiment`.
    citation
        Where the mapping was published.
    checksum
        SHA-256 of the content.
    """

    table: pl.DataFrame
    citation: str
    checksum: str
    _order: Mapping[str, tuple[str, ...]]

    def labels(self, tier: Tier) -> tuple[str, ...]:
        """Names of a tier, in their fixed order."""
        if tier not in self._order:
            raise BadInput.unknown("tier", tier, list(self._order))
        return self._order[tier]

    def group_of(self, emotion: str, tier: Tier) -> str:
        """Name that `emotion` has on a tier.

        Examples
        --------
        >>> ontology().group_of("remorse", "ekman")
        'sadness'
        """
        if emotion not in self._order["emotion"]:
            raise BadInput.unknown("emotion", emotion, self._order["emotion"])
        self.labels(tier)
        return str(self.table.filter(pl.col("emotion") == emotion)[tier][0])

    def membership(self, tier: Tier) -> NDArray[np.bool_]:
        """Which emotions (rows) belong to which names of a tier (columns)."""
        return np.array([[own == name for name in self.labels(tier)] for own in self.table[tier]])

    def relabel(self, labels: Sequence[str], tier: Tier) -> list[str]:
        """Names of several emotions on a tier, each once, in the tier's order."""
        groups = {self.group_of(label, tier) for label in labels}
        return [name for name in self.labels(tier) if name in groups]


@lru_cache(maxsize=1)
def ontology() -> Ontology:
    """Return the mapping of Demszky et al. (2020), read from `goemotions.yaml`."""
    import yaml

    content = yaml.safe_load(_FILE.read_text("utf-8"))
    table = pl.DataFrame(content["emotions"], schema=["emotion", "ekman", "sentiment"])
    order = {"emotion": EMOTIONS, "ekman": tuple(content["ekman"])}
    return Ontology(
        table=table,
        citation=content["citation"],
        checksum=checksum_of(content),
        _order={**order, "sentiment": tuple(content["sentiment"])},
    )
