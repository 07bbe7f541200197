"""Search: by meaning, by words, by sequences of codes, and all of it within filters."""

from workbench.embedding.search.combined import Hits, search
from workbench.embedding.search.concordance import concordance
from workbench.embedding.search.filters import Filters, is_emotion, is_topics
from workbench.embedding.search.ranking import bm25, ranks, reciprocal_rank_fusion
from workbench.embedding.search.semantic import Neighbours, SemanticIndex
from workbench.embedding.search.sequences import Sequences, find_sequences
from workbench.embedding.search.wording import expression, split_keywords

__all__ = [
    "Filters",
    "Hits",
    "Neighbours",
    "SemanticIndex",
    "Sequences",
    "bm25",
    "concordance",
    "expression",
    "find_sequences",
    "is_emotion",
    "is_topics",
    "ranks",
    "reciprocal_rank_fusion",
    "search",
    "split_keywords",
]
