"""Words for topics by meaning: of the words that mark a topic, those nearest to its centroid.

After KeyBERT (Grootendorst 2020, doi 10.5281/zenodo.4461265) and BERTopic's KeyBERTInspired, with our
encoder: c-TF-IDF proposes, the cosine between word and centroid decides. So no word comes in that
c-TF-IDF leaves out, such as fillers and names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.topics.texts import unit_length

__all__ = ["NearestWords", "WordEncoder"]


class WordEncoder(Protocol):
    """What turns words into points beside the utterances: the encoder of their embeddings."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row per text."""


@dataclass(frozen=True)
class NearestWords:
    """Representation for `TopicModel`: words near the centroid lead, their weight is the cosine.

    Parameters
    ----------
    encoder
        The one that made the utterances' embeddings.
    candidates : int, default 30
        Words per topic that c-TF-IDF proposes.
    diversity : float in [0, 1), default 0
        Above 0, words that say the same make room for others (maximal marginal relevance, Carbonell
        and Goldstein 1998, doi 10.1145/290941.291025): each next word has the largest
        ``(1 - diversity) * cosine with the centroid - diversity * largest cosine with a chosen word``.
    """

    encoder: WordEncoder
    candidates: int = 30
    diversity: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a diversity that leaves the topic out of account."""
        if not 0 <= self.diversity < 1 or self.candidates < 1:
            raise BadInput(
                f"NearestWords needs 0 <= diversity < 1 and at least one candidate; got "
                f"diversity={self.diversity}, candidates={self.candidates}."
            )

    def words(
        self, ctfidf: pl.DataFrame, centroids: NDArray[np.float32], *, n_words: int
    ) -> pl.DataFrame:
        """Choose words per topic.

        Parameters
        ----------
        ctfidf : polars.DataFrame
            `topic`, `word`, `weight`, heaviest first; -1, which has no centroid, keeps its words.
        centroids : ndarray of float32, shape (n_topics, d)
            Of topics 0, 1, ...
        n_words : int
            Words per topic.

        Raises
        ------
        BadInput
            If the encoder gives another dimension than the centroids have.
        """
        proposed = ctfidf.group_by("topic", maintain_order=True).head(self.candidates)
        spoken = sorted(set(proposed.filter(pl.col("topic") >= 0)["word"]))
        points = dict(zip(spoken, self._points(spoken, centroids), strict=True))
        parts = []
        for (topic,), rows in proposed.group_by("topic", maintain_order=True):
            if topic < 0:
                parts.append(rows.head(n_words))
                continue
            words = rows["word"].to_list()
            near = np.array([points[word] for word in words])
            cosines = near @ centroids[topic]
            chosen = _marginal(cosines, near @ near.T, n_words, self.diversity)
            parts.append(
                pl.DataFrame(
                    {
                        "topic": [topic] * len(chosen),
                        "word": [words[at] for at in chosen],
                        "weight": cosines[chosen],
                    },
                    schema=ctfidf.schema,
                )
            )
        return pl.concat(parts)

    def _points(self, words: list[str], centroids: NDArray[np.float32]) -> NDArray[np.float32]:
        points = np.asarray(self.encoder.encode(words)) if words else centroids[:0]
        if points.ndim != 2 or points.shape[1] != centroids.shape[1]:
            raise BadInput(
                f"The encoder of NearestWords gives points of shape {points.shape}; expected "
                f"(n, {centroids.shape[1]}). Give the encoder that made the embeddings."
            )
        return unit_length(points)


def _marginal(
    cosines: NDArray[np.float32], alike: NDArray[np.float32], n: int, diversity: float
) -> list[int]:
    """Positions of the chosen words, in order; of equal ones, the first."""
    chosen: list[int] = []
    left = list(range(len(cosines)))
    while left and len(chosen) < n:
        taken = alike[np.ix_(left, chosen)].max(axis=1) if chosen else np.zeros(len(left))
        at = left[int(np.argmax((1 - diversity) * cosines[left] - diversity * taken))]
        chosen.append(at)
        left.remove(at)
    return chosen
