"""Search by meaning and by words at once, among the utterances that filters leave.

Both ways rank the utterances: by the cosine with the query, and by BM25 for the keywords. One score
comes of the two ranks (reciprocal rank fusion), for cosines and BM25 have no common scale. A regular
expression ranks nothing: it is a condition like the filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from workbench.corpus import Corpus, Layer
from workbench.embedding.search.filters import Filters
from workbench.embedding.search.ranking import RANK_CONSTANT, bm25, ranks, reciprocal_rank_fusion
from workbench.embedding.search.semantic import SemanticIndex
from workbench.embedding.search.wording import expression, split_keywords
from workbench.errors import BadInput

__all__ = ["HIT_COLUMNS", "Hits", "search"]

HIT_COLUMNS = {
    "unit_id": pl.String(),
    "conversation_id": pl.String(),
    "turn": pl.Int64(),
    "side": pl.String(),
    "role": pl.String(),
    "score": pl.Float64(),
    "similarity": pl.Float64(),
    "keyword_rank": pl.Int64(),
    "text": pl.String(),
}

_DEPTH = 1_000
"""Nearest utterances that take part in a combined ranking at least."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found.

    Parameters
    ----------
    table
        `unit_id`, `conversation_id`, `turn`, `side`, `role`, `score`, `similarity` (cosine with the
        query; null without one), `keyword_rank` (null without a hit of a keyword), `text`; the best
        first, equal scores in the order of the corpus.
    note
        Which terms were at work and how the score is made.
    among
        Utterances that the filters and the regular expression left.
    """

    table: pl.DataFrame
    note: str
    among: int

    def __len__(self) -> int:
        return self.table.height

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def search(
    corpus: Corpus,
    *,
    index: SemanticIndex | None = None,
    query: ArrayLike | None = None,
    keywords: str | Sequence[str] = (),
    regex: str | None = None,
    where: Filters | None = None,
    layers: Sequence[Layer] = (),
    whole_word: bool | None = None,
    ignore_case: bool = True,
    k: int = 20,
) -> Hits:
    """Find the k utterances that answer best.

    Parameters
    ----------
    index
        Embeddings of all utterances, rows as `corpus.utterances`; needed with `query`.
    query
        Embedding of what is sought, (d,).
    keywords
        Words and phrases; a text is cut at blanks, but for what stands in double quotes.
    regex
        Regular expression that an utterance has to match (Rust's syntax, linear in time).
    where
        Conditions.
    layers
        Layers that the conditions may name labels of.
    whole_word, ignore_case
        How keywords and the expression are read; by default keywords are whole words, an expression
        finds parts of words too.
    k
        How many at most.

    Raises
    ------
    BadInput
        If nothing is sought, a query comes without an index of these utterances, or a condition names
        what is not there.

    Notes
    -----
    score = 1/(60 + semantic rank) + 1/(60 + keyword rank), each term only where it was asked for and the
    utterance is in that ranking (Cormack et al. 2009, doi 10.1145/1571941.1572114). The semantic
    ranking holds the max(1000, 10 k) nearest utterances, the keyword ranking all with a keyword.
    Without query and keywords the score is null and the order that of the corpus.
    """
    words, where = split_keywords(keywords), where or Filters()
    if query is None and not words and regex is None and not where:
        raise BadInput("Nothing is sought. Give a query, keywords, a regex, or a filter.")
    if k < 1:
        raise BadInput(f"k={k}; ask for at least one hit.")
    how: dict[str, Any] = {"whole_word": whole_word, "ignore_case": ignore_case}
    keep = where.mask(corpus, layers)
    if regex is not None:
        sought = expression(regex, regex=True, **how)
        keep &= corpus.utterances["text"].str.contains(sought).to_numpy()
    found = _Found(np.flatnonzero(keep))
    if words:
        found = found.by_keywords(corpus, words, how)
    if query is not None:
        found = found.by_meaning(_index_of(corpus, index), query, keep, depth=max(_DEPTH, 10 * k))
    return Hits(
        table=found.table(corpus, k),
        note=_note(query is not None, words, regex, where, int(keep.sum()), corpus),
        among=int(keep.sum()),
    )


def _index_of(corpus: Corpus, index: SemanticIndex | None) -> SemanticIndex:
    if index is None:
        raise BadInput("A query by meaning needs the embeddings: give `index=SemanticIndex(...)`.")
    if len(index) != corpus.utterances.height:
        raise BadInput(
            f"There are {len(index)} embeddings for {corpus.utterances.height} utterances; expected "
            "one per row of corpus.utterances, in its order."
        )
    return index


@dataclass(frozen=True)
class _Found:
    """Rows that were found and their ranks; a rank of 0 means that a ranking does not hold the row."""

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32] | None = None
    semantic: NDArray[np.int64] | None = None
    keyword: NDArray[np.int64] | None = None

    def by_keywords(self, corpus: Corpus, words: list[str], how: dict[str, Any]) -> _Found:
        """Keep the rows with a keyword, ranked."""
        texts = corpus.utterances["text"].gather(self.rows)
        scores = bm25(texts, words, **how)
        hit = scores > 0
        return _Found(self.rows[hit], keyword=ranks(scores[hit]))

    def by_meaning(
        self, index: SemanticIndex, query: ArrayLike, keep: NDArray[np.bool_], *, depth: int
    ) -> _Found:
        """Add the nearest rows; all rows get their similarity."""
        near = index.search(query, depth, rows=keep)
        nearest, order = near.rows[0], ranks(near.cosines[0])
        rows = nearest if self.keyword is None else np.union1d(self.rows, nearest)
        return _Found(
            rows=rows,
            similarity=index.cosines(query, rows),
            semantic=_placed(rows, nearest, order),
            keyword=None if self.keyword is None else _placed(rows, self.rows, self.keyword),
        )

    def table(self, corpus: Corpus, k: int) -> pl.DataFrame:
        """Return the best k with what is known of them."""
        rankings = [x for x in (self.semantic, self.keyword) if x is not None]
        score = None
        rows = np.arange(len(self.rows))
        if rankings:
            score = reciprocal_rank_fusion(*([r or None for r in x.tolist()] for x in rankings))
            rows = np.lexsort((self.rows, -score))
        best = rows[:k]
        own = {
            "score": None if score is None else score[best],
            "similarity": None if self.similarity is None else self.similarity[best],
            "keyword_rank": None if self.keyword is None else self.keyword[best],
        }
        facts = corpus.utterances[self.rows[best]].rename({"id": "unit_id"})
        columns: dict[str, Any] = {
            name: [None] * len(best) if values is None else values for name, values in own.items()
        }
        ranked = facts.with_columns(
            pl.Series(name, values, dtype=HIT_COLUMNS[name]) for name, values in columns.items()
        ).with_columns(pl.col("keyword_rank").replace(0, None))
        return ranked.select(pl.col(name).cast(dtype) for name, dtype in HIT_COLUMNS.items())


def _placed(
    rows: NDArray[np.int64], held: NDArray[np.int64], order: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rank of every row in the ranking that holds some of them; 0 for the others."""
    sorting = np.argsort(held)
    place = np.searchsorted(held[sorting], rows).clip(max=max(len(held) - 1, 0))
    inside = np.isin(rows, held)
    placed = np.zeros(len(rows), np.int64)
    placed[inside] = order[sorting][place[inside]]
    return placed


def _note(
    semantic: bool, words: list[str], regex: str | None, where: Filters, among: int, corpus: Corpus
) -> str:
    """Which terms are at work, in one or two sentences; nothing of what was said."""
    terms = ["similarity of meaning"] * semantic
    if words:
        terms.append(f"{len(words)} keyword{'s'[: len(words) != 1]} (BM25)")
    total = corpus.utterances.height
    told = f"Searched {among:,} of {total:,} utterances"
    limits = ([f"where {where}"] if where else []) + (["matching the regex"] if regex else [])
    told += f" ({', '.join(limits)})." if limits else "."
    if not terms:
        return f"{told} In the order of the corpus: neither a query nor keywords rank them."
    ways = " + ".join(f"1/({RANK_CONSTANT} + rank by {term})" for term in terms)
    return f"{told} score = {ways}."
