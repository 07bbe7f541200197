"""Public corpora: a language model may have read them, codes included, when it was trained."""

from __future__ import annotations

import re

from workbench.corpus import Corpus
from workbench.corpus.catalogue import ENTRIES

__all__ = ["POSSIBLY_SEEN", "possibly_seen"]

POSSIBLY_SEEN = "possibly seen in training"
"""Mark of scores on public corpora."""


def possibly_seen(corpus: Corpus) -> str:
    """Say that a corpus is public, so that a model may know it; "" for one that is not known here.

    A corpus is known by its name, which may go on (`annomi-subset`), or by the paper that its citation
    names.

    Examples
    --------
    >>> import polars as pl
    >>> own = Corpus.build(pl.DataFrame({"conversation_id": ["a"], "speaker": ["x"], "text": ["Hm."]}))
    >>> possibly_seen(own)
    ''
    """
    name, citation = corpus.metadata.name.casefold(), corpus.metadata.citation.casefold()
    for entry in ENTRIES.values():
        identifiers = [word for word in entry.paper.casefold().split() if ":" in word]
        known = re.match(rf"{re.escape(entry.name)}(?![a-z0-9])", name)
        if known or any(word in citation for word in identifiers):
            return (
                f"{entry.title} is a public corpus, {POSSIBLY_SEEN}: scores of a language model on it say "
                "little about conversations that it never saw."
            )
    return ""
