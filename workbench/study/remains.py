"""Find files that still hold somebody's words or name: reports, notebooks, notes, whatever lies there.

Texts are compared by their letters and digits alone, so that markup, escapes and line breaks do not hide
them. A file holds somebody's words if 20 letters or digits in a row are theirs and nobody else's.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from workbench.study.removal import LONG

__all__ = ["Needles", "files_holding"]

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\n|\\t|\\r")
_TAG = re.compile(r"<[^<>]{0,200}>")
_NOT_WORDS = re.compile(r"[\W_]+")
_ARCHIVES = {".zip", ".xlsx", ".docx", ".pptx", ".odt", ".gz", ".7z", ".rar", ".pdf"}
_NUMBERS = {".npy", ".safetensors"}
_FEWEST_IN_NAME = 3


class Needles:
    """What to look for.

    Parameters
    ----------
    texts
        Somebody's texts.
    others
        Texts of others; what they say as well is not looked for.
    name
        Somebody's id, looked for as a word of its own if it has at least three characters.
    """

    def __init__(self, texts: Iterable[str], *, others: Iterable[str], name: str | None) -> None:
        self._pieces = {piece for text in texts for piece in _pieces(text)}
        if self._pieces:
            for text in others:
                self._pieces.difference_update(_pieces(text))
        named = name is not None and len(name) >= _FEWEST_IN_NAME
        self._name = re.compile(rf"(?<![^\W_]){re.escape(name or '')}(?![^\W_])") if named else None

    def found_in(self, content: str) -> str:
        """What of it stands in a text: `words`, `name`, or nothing."""
        told = _plain(content)
        if not self._pieces.isdisjoint(_pieces(told)):
            return "words"
        return "name" if self._name is not None and self._name.search(told) else ""


def files_holding(paths: Iterable[Path], needles: Needles) -> list[tuple[Path, str]]:
    """Files that hold what is looked for: `words`, `name`, or `not searched` for what cannot be read."""
    found = []
    for path in paths:
        if path.suffix in _NUMBERS:
            continue
        told = "not searched" if path.suffix in _ARCHIVES else needles.found_in(_content(path))
        if told:
            found.append((path, told))
    return found


def _content(path: Path) -> str:
    if path.suffix == ".parquet":
        table = pl.read_parquet(path)
        return "\n".join(map(str, pl.read_parquet_metadata(path).values())) + table.write_ndjson()
    return path.read_bytes().decode("utf-8", errors="ignore")


def _plain(content: str) -> str:
    unescaped = _ESCAPE.sub(lambda x: chr(int(x[1], 16)) if x[1] else " ", content)
    return _TAG.sub(" ", html.unescape(unescaped))


def _pieces(text: str) -> Iterator[str]:
    """All runs of 20 letters and digits, over spaces and marks."""
    words = _NOT_WORDS.sub("", text).casefold()
    return (words[at : at + LONG] for at in range(len(words) - LONG + 1))
