"""Public corpora by name, reached as `wb.corpora`: what there is, and `fetch`.

The catalogue holds facts about corpora (licence, published counts, original addresses), never the
corpora: what is fetched comes from its publishers or from the user's own files.
"""

from __future__ import annotations

import polars as pl

from workbench.corpus.catalogue.entries import ENTRIES
from workbench.corpus.catalogue.entry import Counts, Entry, RemoteFile
from workbench.corpus.catalogue.fetching import compare, entry, fetch

__all__ = ["ENTRIES", "Counts", "Entry", "RemoteFile", "compare", "entry", "fetch", "list"]


def list() -> pl.DataFrame:  # named as users call it: `wb.corpora.list()`
    """Public corpora, one a row: what they hold, published counts, licence, terms, source, paper.

    Counts are null where none could be confirmed; `counts_note` says why. `checksum` says whether a
    download can be verified, `download` whether there is one.
    """
    columns = (
        *("name", "title", "holds", "conversations", "utterances", "speakers", "counts_note"),
        *("licence", "terms", "source", "paper", "language", "format", "checksum", "download"),
    )
    numbers = dict.fromkeys(("conversations", "utterances", "speakers"), pl.Int64)
    schema = {c: numbers.get(c, pl.String()) for c in columns} | {"download": pl.Boolean()}
    rows = [
        (
            *(one.name, one.title, one.holds),
            *(
                one.counts.conversations,
                one.counts.utterances,
                one.counts.speakers,
                one.counts.note,
            ),
            *(one.licence, one.terms, one.source, one.paper, one.language, one.format),
            *(one.checksums, bool(one.files)),
        )
        for one in ENTRIES.values()
    ]
    return pl.DataFrame(rows, schema, orient="row")
