"""Units on which coders disagree, with what each of them said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Codebook, Corpus, Scheme
from workbench.reliability.intake import Coded, Codes, read_coded
from workbench.reliability.ratings import MISSING, Ratings

__all__ = ["CODER_COLUMN", "NOTHING", "code_text", "contested_of", "contested_units"]

CODER_COLUMN = "coder: "
"""Prefix of the columns that say what each coder gave."""

NOTHING = "(none)"
"""How it is written that a coder saw a unit and gave it no label."""


def contested_units(
    data: Codes,
    *,
    corpus: Corpus | None = None,
    codebook: Codebook | Scheme | Sequence[str] | None = None,
    merge: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Units by how far coders disagree on them, the most contested first (by entropy, then coders).

    Parameters
    ----------
    data, corpus, codebook, merge
        As in `workbench.agreement`.

    Returns
    -------
    polars.DataFrame
        `unit_id`, `conversation_id` and `turn` (null where not known), `n_coders`, `disagreement` (share
        of pairs of coders that gave something else), `entropy` (of what was given, in bits), `majority`
        (what most coders gave; null in a tie), and a column `coder: <name>` for each coder. Units on which
        all agree, or that fewer than two coded, are not in it.

    Raises
    ------
    BadInput
        As `workbench.agreement`.
    """
    return contested_of(read_coded(data, corpus=corpus, codebook=codebook, merge=merge), corpus)


def contested_of(coded: Coded, corpus: Corpus | None = None) -> pl.DataFrame:
    """As `contested_units`, of codings that were read before."""
    ratings = coded.ratings
    counts = _counts(ratings)
    n = counts.sum(axis=1)
    pairs = n * (n - 1) / 2
    agreeing = (counts * (counts - 1) / 2).sum(axis=1)
    share = np.divide(
        counts, n[:, None], out=np.zeros(counts.shape, dtype=float), where=n[:, None] > 0
    )
    logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
    texts = np.array([code_text(one, ratings) for one in ratings.categories] + [""], dtype=object)
    said = {
        f"{CODER_COLUMN}{name}": [
            None if code == MISSING else texts[code] for code in ratings.codes[:, column]
        ]
        for column, name in enumerate(ratings.coders)
    }
    table = pl.DataFrame(
        {
            "unit_id": [str(unit) for unit in ratings.units],
            "conversation_id": None
            if coded.conversations is None
            else coded.conversations.tolist(),
            "n_coders": n,
            "disagreement": np.divide(
                pairs - agreeing, pairs, out=np.zeros(len(n), dtype=float), where=pairs > 0
            ),
            "entropy": -(share * logs).sum(axis=1),
            "majority": _majority(counts, texts),
            **said,
        },
        schema_overrides={
            "conversation_id": pl.String,
            "majority": pl.String,
            **dict.fromkeys(said, pl.String),
        },
    )
    contested = table.filter(pl.col("disagreement") > 0)
    return _with_turns(contested, corpus).sort(
        "entropy", "n_coders", "disagreement", descending=True, maintain_order=True
    )


def code_text(category: Any, ratings: Ratings) -> str:
    """A category in words: labels of a set in the book's order, joined by `+`."""
    if not isinstance(category, frozenset):
        return str(category)
    return " + ".join(str(label) for label in ratings.labels if label in category) or NOTHING


def _counts(ratings: Ratings) -> NDArray[np.intp]:
    """How many coders gave each category, shape (n_units, n_categories)."""
    found = np.zeros((ratings.n_units, len(ratings.categories)), dtype=np.intp)
    units, coders = np.nonzero(ratings.codes != MISSING)
    np.add.at(found, (units, ratings.codes[units, coders]), 1)
    return found


def _majority(counts: NDArray[np.intp], texts: NDArray[Any]) -> list[str | None]:
    most = counts.max(axis=1, initial=0)
    alone = (counts == most[:, None]).sum(axis=1) == 1
    first = counts.argmax(axis=1)
    return [texts[place] if one else None for place, one in zip(first, alone, strict=True)]


def _with_turns(table: pl.DataFrame, corpus: Corpus | None) -> pl.DataFrame:
    if corpus is None:
        return table.insert_column(2, pl.lit(None, pl.Int64).alias("turn"))
    turns = corpus.utterances.select("turn", unit_id="id")
    joined = table.join(turns, on="unit_id", how="left", maintain_order="left")
    first = ("unit_id", "conversation_id", "turn")
    return joined.select(*first, *(name for name in table.columns if name not in first))
