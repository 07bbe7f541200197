"""Codebooks that come with the workbench, by name; any other by the path of its YAML file."""

from __future__ import annotations

from pathlib import Path

from workbench.corpus import Codebook
from workbench.errors import BadInput

__all__ = ["codebooks", "is_shipped", "load_codebook"]

_FOLDER = Path(__file__).resolve().parent / "codebooks"


def codebooks() -> tuple[str, ...]:
    """Names of the shipped codebooks, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def load_codebook(name_or_path: str | Path) -> Codebook:
    """Read a shipped codebook by name, or one of your own by the path of its YAML file.

    Raises
    ------
    BadInput
        If there is no such codebook, or its file is not one.

    Examples
    --------
    >>> load_codebook("annomi").scheme("annomi-client").labels
    ('change', 'neutral', 'sustain')
    """
    if str(name_or_path) in codebooks():
        return Codebook.read(_FOLDER / f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        return Codebook.read(path)
    raise BadInput.unknown("codebook", str(name_or_path), codebooks())


def is_shipped(book: Codebook) -> bool:
    """Whether a codebook is, in its present wording, one that comes with the workbench."""
    return book.name in codebooks() and load_codebook(book.name).checksum == book.checksum
