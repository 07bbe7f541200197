"""TopicModel: BERTopic over one side of a corpus, made for talk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput, InsufficientData
from workbench.topics.assembly import SHOWN_WORDS, Fitted, assemble
from workbench.topics.backchannels import backchannel_layer, stop_words
from workbench.topics.clustering import (
    NEIGHBOURS,
    check_neighbours,
    exact_neighbours,
    expected_warnings,
    hdbscan_model,
    nearest,
    on_gpu,
    one_thread,
    umap_model,
)
from workbench.topics.description import words_said
from workbench.topics.groups import check_groups, group_table
from workbench.topics.keywords import NearestWords
from workbench.topics.names import first_names
from workbench.topics.reassignment import bars_of, reassign, similarities
from workbench.topics.result import Topics
from workbench.topics.texts import Texts, texts_of

__all__ = ["TopicModel", "default_min_topic_size", "fit_topics"]

SIZE_PER_ROOT, SMALLEST_TOPIC = 0.23, 10
"""Smallest topic: this times the square root of the number of texts, and never fewer."""

FREQUENT_WORD_SHARE = 0.1
"""Words in more than this share of the texts are not used as topic words, in any language."""

RARE_TEXTS = 3
"""A topic word stands in at least this many distinct texts."""

TOKENS = r"(?u)\b[^\W\d_](?:[^\W_]|'(?=\w))+\b"
"""Topic words: two letters or more, with inner apostrophes. Hyphens part words, because transcripts
write cut-off repeats (``we-we``) with them."""


def default_min_topic_size(n: int) -> int:
    """Smallest number of distinct texts that make a topic, for `n` texts.

    >>> [default_min_topic_size(n) for n in (100, 2500, 10_000)]
    [10, 12, 23]
    """
    return max(SMALLEST_TOPIC, round(SIZE_PER_ROOT * n**0.5))


def topic_vocabulary(texts: list[str], names: Collection[str]) -> list[str]:
    """Words a topic may be described by, sorted.

    Left out are English function words, words of talk, `names`, words in more than a tenth of the
    texts, and words in fewer than `RARE_TEXTS` texts (where that leaves any).

    Raises
    ------
    InsufficientData
        If no word is left.
    """
    word = re.compile(TOKENS)
    found = Counter(token for text in texts for token in set(word.findall(text.lower())))
    unwanted = stop_words() | set(names) | {f"{name}'s" for name in names}
    fit = {
        word: count
        for word, count in found.items()
        if word not in unwanted and count <= FREQUENT_WORD_SHARE * len(texts)
    }
    if not fit:
        raise InsufficientData(
            f"The {len(texts)} texts hold no word that could describe a topic: all are function words, "
            "names, numbers or said in more than a tenth of the texts. Give `vectorizer` options."
        )
    return sorted(word for word in fit if fit[word] >= RARE_TEXTS) or sorted(fit)


class TopicModel:
    """Topics of one side's utterances, from precomputed embeddings.

    Before fitting, utterances without a subject (`backchannel_layer`) are set apart, and each
    distinct text is taken once. UMAP, HDBSCAN and c-TF-IDF are BERTopic's; outliers near enough to
    a topic are then given to it (`workbench.topics.reassignment`). The words of a topic come
    from its core, the members before reassignment; fillers and first names are never among them.
    The result depends on texts, embeddings, seed and options alone: not on row order, process or
    number of threads (on a GPU, cuML's own limits hold).

    Parameters
    ----------
    side : {"helper", "client", "other"}, default "helper"
        Whose utterances.
    min_topic_size : int, optional
        Distinct texts a topic needs; by default grows with the square root of their number.
    random_state : int, default 7
        Seed of UMAP.
    umap, hdbscan : mapping or estimator, optional
        A mapping overrides single options of our defaults; an estimator replaces ours.
    vectorizer : mapping or estimator, optional
        The same for scikit-learn's CountVectorizer; options that change what a word is
        (`ngram_range`, `analyzer`, `tokenizer`, `token_pattern`) lift our vocabulary.
    representation : optional
        Which words stand for a topic: `NearestWords`, or a representation model of BERTopic;
        default c-TF-IDF.
    group : str, optional
        Conversation column whose groups are compared.

    Attributes
    ----------
    result_ : Topics
        Everything found, frozen.
    topics_ : list of int
        Topic per utterance of the corpus after reassignment, -1 for outliers, None for what was
        set apart or is not of the side.
    info_ : polars.DataFrame
        `result_.info`.
    groups_ : polars.DataFrame or None
        Share of each topic per group (`group_table`), where a `group` was given.
    bertopic_ : bertopic.BERTopic
        The fitted model over distinct texts, before reassignment.
    """

    def __init__(
        self,
        *,
        side: str = "helper",
        group: str | None = None,
        min_topic_size: int | None = None,
        random_state: int = 7,
        umap: Any = None,
        hdbscan: Any = None,
        vectorizer: Any = None,
        representation: Any = None,
    ) -> None:
        self.side = side
        self.group = group
        self.min_topic_size = min_topic_size
        self.random_state = random_state
        self.umap = umap
        self.hdbscan = hdbscan
        self.vectorizer = vectorizer
        self.representation = representation

    def fit(
        self,
        corpus: Corpus,
        embeddings: NDArray[np.float32],
        *,
        set_apart: Layer | None = None,
    ) -> TopicModel:
        """Fit topics.

        Parameters
        ----------
        corpus : Corpus
            Row order does not matter.
        embeddings : ndarray of float, shape (n_utterances, d)
            One row per row of `corpus.utterances`.
        set_apart : Layer, optional
            Utterances with a label are not fitted; default `backchannel_layer(corpus)`. A
            corrected layer goes here.

        Raises
        ------
        BadInput
            If the embeddings do not fit the corpus, an option is out of range, or there is no such
            column to group by.
        InsufficientData
            If too few distinct texts are left, or there is only one group.
        """
        if self.group is not None:
            check_groups(corpus, self.group)
        if self.min_topic_size is not None and self.min_topic_size < 2:
            raise BadInput(f"min_topic_size must be at least 2; got {self.min_topic_size}.")
        flags = backchannel_layer(corpus) if set_apart is None else set_apart
        texts = texts_of(corpus, np.asarray(embeddings), side=self.side, set_apart=flags)
        with one_thread(), expected_warnings():
            fitted = self._fit_texts(texts, corpus)
        self.result_ = assemble(
            corpus,
            texts,
            fitted,
            side=self.side,
            settings=self._settings(texts),
            nearest_words=self._nearest_words(),
        )
        found = dict(self.result_.layer.table.select("unit_id", "label").iter_rows())
        labels = (found.get(unit) for unit in corpus.utterances["id"])
        self.topics_ = [None if label is None else int(label) for label in labels]
        self.info_ = self.result_.info
        self.groups_ = (
            None if self.group is None else group_table(corpus, self.result_.layer, by=self.group)
        )
        self.bertopic_ = fitted.bertopic
        return self

    def _fit_texts(self, texts: Texts, corpus: Corpus) -> Fitted:
        from bertopic import BERTopic

        from workbench.topics.spoken_tfidf import SpokenTfidf

        points = texts.embeddings
        asked = self.umap if isinstance(self.umap, Mapping) else None
        check_neighbours(len(points), asked)
        exact = exact_neighbours(len(points), asked)
        neighbours = nearest(points, NEIGHBOURS) if exact else None
        bertopic = BERTopic(
            language="multilingual",
            top_n_words=SHOWN_WORDS,
            umap_model=self._umap(5, neighbours),
            hdbscan_model=self._hdbscan(len(points)),
            vectorizer_model=self._vectorizer(texts, first_names(corpus)),
            ctfidf_model=SpokenTfidf(words_said(texts.texts, token_pattern=TOKENS)),
            representation_model=None if self._nearest_words() else self.representation,
        )
        labels, strength = bertopic.fit_transform(texts.texts, points)
        core = np.asarray(labels, dtype=np.intp)
        topics, centres = reassign(points, core)
        flat = umap_model(2, random_state=self.random_state, neighbours=neighbours, overrides={})
        return Fitted(
            bertopic=bertopic,
            core=core,
            topics=topics,
            strength=np.full(len(core), np.nan) if strength is None else np.asarray(strength),
            similarity=similarities(points, centres, topics),
            places=np.asarray(flat.fit_transform(points), dtype=float),
            centres=centres,
            bars=bars_of(points, centres, core),
        )

    def _nearest_words(self) -> NearestWords | None:
        return self.representation if isinstance(self.representation, NearestWords) else None

    def _umap(self, n_components: int, neighbours: tuple[NDArray, NDArray] | None) -> Any:
        if self.umap is not None and not isinstance(self.umap, Mapping):
            return self.umap
        return umap_model(
            n_components,
            random_state=self.random_state,
            neighbours=neighbours,
            overrides=self.umap or {},
        )

    def _hdbscan(self, n: int) -> Any:
        if self.hdbscan is not None and not isinstance(self.hdbscan, Mapping):
            return self.hdbscan
        size = self.min_topic_size or default_min_topic_size(n)
        return hdbscan_model(n, min_cluster_size=size, overrides=self.hdbscan or {})

    def _vectorizer(self, texts: Texts, names: frozenset[str]) -> Any:
        if self.vectorizer is not None and not isinstance(self.vectorizer, Mapping):
            return self.vectorizer
        from sklearn.feature_extraction.text import CountVectorizer

        options: dict[str, Any] = {"token_pattern": TOKENS}
        if not {"ngram_range", "analyzer", "tokenizer", "token_pattern"} & set(
            self.vectorizer or {}
        ):
            options["vocabulary"] = topic_vocabulary(texts.texts, names)
        return CountVectorizer(**{**options, **(self.vectorizer or {})})

    def _settings(self, texts: Texts) -> dict[str, Any]:
        return {
            "random_state": self.random_state,
            "group": self.group,
            "min_topic_size": self.min_topic_size or default_min_topic_size(len(texts.texts)),
            "utterances": texts.turns.height,
            "fitted": texts.turns["at"].count(),
            "distinct_texts": len(texts.texts),
            "engine": "cuml" if on_gpu() else "umap-learn, hdbscan",
            "overrides": {
                name: dict(given) if isinstance(given, Mapping) else type(given).__name__
                for name in ("umap", "hdbscan", "vectorizer", "representation")
                if (given := getattr(self, name)) is not None
            },
            "versions": {
                name: version(name)
                for name in ("bertopic", "umap-learn", "hdbscan", "scikit-learn")
            },
        }

    def __repr__(self) -> str:
        return f"TopicModel(side={self.side!r}, random_state={self.random_state})"


def fit_topics(
    corpus: Corpus,
    embeddings: NDArray[np.float32],
    *,
    side: str = "helper",
    random_state: int = 7,
    set_apart: Layer | None = None,
    **options: Any,
) -> Topics:
    """Fit topics of one side and return the frozen result; options as in `TopicModel`."""
    model = TopicModel(side=side, random_state=random_state, **options)
    return model.fit(corpus, embeddings, set_apart=set_apart).result_
