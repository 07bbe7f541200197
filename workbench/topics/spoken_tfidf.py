"""c-TF-IDF for a vocabulary that leaves most of what is said out. Imports bertopic: load it late."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from bertopic.vectorizers import ClassTfidfTransformer

__all__ = ["SpokenTfidf"]


class SpokenTfidf(ClassTfidfTransformer):
    """BERTopic's c-TF-IDF, log(A / f + 1), with A counted over all words that are said.

    A is the mean number of words per topic. BERTopic takes it from the words in the vocabulary; where
    that holds a tenth of what is said, A shrinks and words said twice or thrice come out on top.

    Parameters
    ----------
    words_said : int
        All words of the texts, those included that may not describe a topic.
    """

    def __init__(self, words_said: int) -> None:
        super().__init__()
        self.words_said = words_said

    def fit(self, X: Any, multiplier: Any = None) -> SpokenTfidf:
        """Learn the weights of words from their counts per topic (topics, words).

        A word of the vocabulary that is never said has no count to be weighed; it counts as said once.
        """
        said = np.maximum(np.asarray(X.sum(axis=0)).ravel(), 1)
        weights = np.log(self.words_said / X.shape[0] / said + 1)
        self._idf_diag = sp.diags(weights if multiplier is None else weights * multiplier)
        return self
