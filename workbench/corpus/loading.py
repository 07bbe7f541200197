"""`load`: any supported file or folder into a Corpus, chosen by what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers import Reader, likeliest, reader, readers
from workbench.errors import BadInput
from workbench.files import checksum

__all__ = ["load"]


def load(
    path: str | Path,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    """Load a corpus from a file or folder.

    Parameters
    ----------
    path
        A file (plain or gzip), a corpus folder, or a folder of files of one format.
    format
        Name of a registered reader; by default the content decides.
    columns
        Column names of the source -> names here, as `{"Sprecher": "speaker"}`.
    roles
        Roles or speaker names of the source -> roles here, as `{"assistant": "therapist"}`.

    Raises
    ------
    BadInput
        If there is nothing there, no reader knows it, or its reader finds it broken.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput.in_file(path, "there is no such file or folder.")
    chosen = reader(format) if format else likeliest(path)
    if chosen is None:
        raise _unknown(path)
    corpus = _checked(chosen, path, columns, roles)
    return replace(corpus, metadata=replace(corpus.metadata, source_checksum=checksum(path)))


def _checked(
    chosen: Reader, path: Path, columns: Mapping[str, str] | None, roles: Mapping[str, str] | None
) -> Corpus:
    return chosen.read(path, columns=columns, roles=roles)


def _unknown(path: Path) -> BadInput:
    supported = "; ".join(f"{each.name}: {each.description}" for each in readers().values())
    return BadInput.in_file(
        path, "no reader knows this format.", remedy=f"Supported are {supported}."
    )
