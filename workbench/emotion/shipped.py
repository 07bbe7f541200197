"""The emotion head that comes with the workbench: where it lies, and what identifies it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from workbench.emotion.rollup import Rollup, read_rollups
from workbench.emotion.tiers import ontology
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.heads import Head

__all__ = ["CAUTION", "HEADS", "emotion_fingerprint", "head_folder", "shipped_head"]

CAUTION = "Learned on Reddit comments; accuracy on counselling is unknown."
"""What a reader of any figure made from these layers has to see."""

HEADS = ("goemotions",)
"""Names of the emotion heads."""


def head_folder(name: str = "goemotions") -> Path:
    """Folder of a shipped emotion head."""
    if name not in HEADS:
        raise BadInput.unknown("emotion head", name, HEADS)
    return Path(__file__).resolve().parent / "trained" / name


@lru_cache(maxsize=2)
def shipped_head(folder: Path | None = None) -> tuple[Head, tuple[Rollup, Rollup]]:
    """Read the head and the calibrations of its two coarser tiers.

    Raises
    ------
    MissingModel
        If the head is not there.
    BadInput
        If its files are damaged.
    """
    folder = folder or head_folder()
    return Head.load(folder), read_rollups(folder)


def emotion_fingerprint() -> str:
    """SHA-256 over head, roll-up and ontology: equal means equal layers for equal input."""
    head, rollups = shipped_head()
    content = [head.fingerprint, ontology().checksum, *(r.to_dict() for r in rollups)]
    return checksum_of(content)
