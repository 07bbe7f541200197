"""Heads that come with the workbench: which scheme has one, and where its folder lies."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from workbench.errors import BadInput
from workbench.heads import Head

__all__ = ["TRAINED", "shipped_head", "trained_schemes"]

TRAINED = Path(__file__).resolve().parent / "trained"
"""Folder of the shipped heads, one folder per scheme."""


def trained_schemes() -> tuple[str, ...]:
    """Schemes that have a shipped head, sorted."""
    return tuple(sorted(folder.parent.name for folder in TRAINED.glob("*/head.json")))


@lru_cache(maxsize=8)
def shipped_head(scheme: str) -> Head:
    """Return the shipped head of a scheme.

    Raises
    ------
    BadInput
        If the scheme has none.
    """
    if scheme not in trained_schemes():
        raise BadInput.unknown("shipped head", scheme, trained_schemes())
    return Head.load(TRAINED / scheme)
