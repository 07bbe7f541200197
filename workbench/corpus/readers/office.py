"""Office files: which kind a file is, and a word on those that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from workbench.corpus.readers.archives import is_zip, open_archive
from workbench.errors import BadInput

__all__ = ["confidence", "refuse_older_form"]

_OLDER_FORM = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def confidence(path: Path, *, part: str, endings: Sequence[str]) -> float:
    """Confidence from 0 to 1 that a file is an Office document with a part of a certain name.

    A damaged one, and one in the older form, count by their ending, so that reading can say what
    is wrong.
    """
    if not path.is_file():
        return 0.0
    named = 0.4 if path.name.lower().endswith(tuple(endings)) else 0.0
    if not is_zip(path):
        return named if _is_older_form(path) else 0.0
    try:
        with open_archive(path) as archive:
            return 0.8 if any(re.fullmatch(part, name) for name in archive.names) else 0.0
    except BadInput:
        return named


def _is_older_form(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(_OLDER_FORM)) == _OLDER_FORM


def refuse_older_form(path: Path, *, save_as: str) -> None:
    """Raise `BadInput` for the older binary form, in which files with a password come, too."""
    if path.is_file() and _is_older_form(path):
        raise BadInput.in_file(
            path,
            "this is an Office file of the older form, or one with a password.",
            remedy=f"Open it and save it as {save_as} without a password.",
        )
