"""Words that describe topics, from texts and any labelling of them.

BERTopic's class-based TF-IDF, without its model: what an expert has merged or split is described
by the same formula as what was fitted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

__all__ = ["ctfidf_words", "words_said"]

_SCHEMA = {"topic": pl.Int64(), "word": pl.String(), "weight": pl.Float64()}


def ctfidf_words(
    texts: Sequence[str],
    topics: ArrayLike,
    *,
    vocabulary: Sequence[str],
    token_pattern: str,
    n_words: int,
) -> pl.DataFrame:
    """Weigh words per topic by c-TF-IDF.

    The texts of a topic are joined to one document. With tf the share of a word in its document,
    f its count over all documents and A the mean number of words per document, the weight is
    tf * log(A / f + 1) (Grootendorst 2022, arXiv 2203.05794, eq. 2). tf counts words of the
    vocabulary, A all words that are said (`SpokenTfidf`).

    Parameters
    ----------
    texts : sequence of str
    topics : array-like of int, shape (n_texts,)
        Topic of each text; -1 counts as a document of its own, as in BERTopic.
    vocabulary : sequence of str
        Words, or phrases of several words, that may describe a topic.
    token_pattern : str
        What a word is, as scikit-learn's CountVectorizer takes it.
    n_words : int
        At most so many words per topic.

    Returns
    -------
    polars.DataFrame
        `topic`, `word`, `weight`; topics upwards, heaviest word first, equal weights by the alphabet.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    from workbench.topics.spoken_tfidf import SpokenTfidf

    labels = np.asarray(topics, dtype=np.int64)
    numbers = np.unique(labels)
    documents = [
        " ".join(text for text, label in zip(texts, labels, strict=True) if label == number)
        for number in numbers
    ]
    words = sorted(set(vocabulary))
    longest = max(len(word.split()) for word in words)
    counts = CountVectorizer(
        vocabulary=words, token_pattern=token_pattern, ngram_range=(1, longest)
    ).fit_transform(documents)
    said = words_said(texts, token_pattern=token_pattern)
    weights = SpokenTfidf(said).fit(counts).transform(counts).tocoo()
    table = pl.DataFrame(
        {
            "topic": numbers[weights.row],
            "word": [words[column] for column in weights.col],
            "weight": weights.data,
        },
        schema=_SCHEMA,
    )
    return (
        table.filter(pl.col("weight") > 0)
        .sort("topic", "weight", "word", descending=[False, True, False])
        .group_by("topic", maintain_order=True)
        .head(n_words)
    )


def words_said(texts: Sequence[str], *, token_pattern: str) -> int:
    """Count all words of some texts."""
    word = re.compile(token_pattern)
    return sum(len(word.findall(text)) for text in texts)
