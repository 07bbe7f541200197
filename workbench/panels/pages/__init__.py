"""Templates and style sheets of the site, one file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["page_path", "read_page"]

_FOLDER = Path(__file__).resolve().parent


def page_path(name: str) -> Path:
    """Path of a template or style sheet."""
    return _FOLDER / name


@cache
def read_page(name: str) -> str:
    """Text of a template or style sheet."""
    return page_path(name).read_text("utf-8")
