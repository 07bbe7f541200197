"""Crosswalks between codebooks: those that come with the workbench, and carrying a layer over.

Only a mapping that somebody wrote down is used. Two mappings are never put behind one another: what the
first cannot tell, the second would have to guess.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import polars as pl

from workbench.coding.books import codebooks, load_codebook
from workbench.corpus import Codebook, Layer
from workbench.corpus.crosswalk import Crosswalk, carry
from workbench.corpus.crosswalk_reading import read_crosswalk
from workbench.errors import BadInput

__all__ = ["book_of", "crosswalk", "crosswalks"]

_FOLDER = Path(__file__).resolve().parent / "codebooks" / "crosswalks"


@lru_cache(maxsize=1)
def crosswalks() -> tuple[Crosswalk, ...]:
    """Crosswalks that come with the workbench, sorted by source and target.

    Examples
    --------
    >>> [walk.name for walk in crosswalks()][:2]
    ['annomi -> misc', 'annomi -> miti']
    """
    found = []
    for file in _FOLDER.glob("*.yaml"):
        source, target = file.stem.split("-to-")
        books = {"source": load_codebook(source), "target": load_codebook(target)}
        found.append(read_crosswalk(file, **books))
    return tuple(sorted(found, key=lambda walk: (walk.source, walk.target)))


def book_of(scheme: str) -> Codebook:
    """Return the shipped book that has a scheme.

    Raises
    ------
    BadInput
        If none has; names the schemes there are.
    """
    books = [load_codebook(name) for name in codebooks()]
    for book in books:
        if any(each.name == scheme for each in book.schemes):
            return book
    present = [each.name for book in books for each in book.schemes]
    raise BadInput.unknown("scheme in a shipped codebook", scheme, present)


def crosswalk(
    layer: Layer,
    to: str | Codebook,
    *,
    source: Codebook | None = None,
    walk: Crosswalk | str | Path | None = None,
) -> tuple[Layer, pl.DataFrame]:
    """Carry a layer over to another codebook, and say what was carried and lost on this layer.

    Parameters
    ----------
    layer
        Codings in a scheme of a shipped book, or of `source`.
    to
        The book to go to: the name of a shipped one, or a book of your own.
    source
        A book of your own that the layer's scheme is from; its `crosswalks` are used as well.
    walk
        A crosswalk of your own, or its file; default: that between the two books.

    Returns
    -------
    layer, table
        As `workbench.corpus.crosswalk.carry` returns them.

    Raises
    ------
    BadInput
        If nobody has the layer's scheme, there is no crosswalk for the pair of books, or it does not
        map this scheme.

    Examples
    --------
    >>> from workbench.corpus import LayerMetadata
    >>> rows = pl.DataFrame({"unit_id": ["a", "b"], "label": ["open", "advice"]})
    >>> facts = LayerMetadata("annomi-helper-flags", "gold", "gold")
    >>> flags = Layer.build("annomi-helper-flags.gold", rows, facts)
    >>> carried, table = crosswalk(flags, to="miti")
    >>> carried.name, carried.table["label"].to_list()
    ('miti-behaviour.gold-from-annomi', ['Q'])
    >>> table.filter(pl.col("count") > 0)["label", "target", "share"].rows()
    [('open', 'Q', 0.5), ('advice', None, 0.5)]
    """
    target = load_codebook(to) if isinstance(to, str) else to
    book = book_of(layer.metadata.scheme) if source is None else source
    book.scheme(layer.metadata.scheme)
    if isinstance(walk, str | Path):
        walk = read_crosswalk(walk, source=book, target=target)
    return carry(layer, walk or _between(book, target), target, source=book)


def _between(source: Codebook, target: Codebook) -> Crosswalk:
    known = (*source.crosswalks, *target.crosswalks, *crosswalks())
    for walk in known:
        if (walk.source, walk.target) == (source.name, target.name):
            return walk
    pairs = ", ".join(walk.name for walk in known)
    raise BadInput(
        f"There is no crosswalk {source.name} -> {target.name}. There are: {pairs}. Crosswalks are not put "
        "behind one another; write one for this pair if it can be done."
    )
