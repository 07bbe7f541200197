"""How well clusters of conversations agree with labels that people gave them, beside plain baselines.

Every method gets the same conversations and the same number of clusters, that of the labels, and ends
in k-means. Agreement is adjusted mutual information (AMI), for plain normalised mutual information
favours many small clusters: at random it is 0.50 for 20 clusters on AnnoMI's 35 topics.
Labels that fewer than five conversations have, and labels of several topics in one, are left out.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import adjusted_mutual_info_score

from workbench.statistics import cluster_interval, paired_difference
from workbench.topics import fit_topics, topic_mixtures

FEWEST = 5
SIDES = ("client", "helper")


@dataclass(frozen=True)
class Labelled:
    """Conversations with one label each."""

    ids: list
    labels: np.ndarray
    sources: np.ndarray
    texts: list
    embeddings: np.ndarray

    @property
    def k(self):
        return len(set(self.labels))


def labelled(corpus, embeddings):
    """Conversations whose `topic` is one topic that at least five of them have."""
    talks = corpus.conversations.filter(
        pl.col("topic").is_not_null()
        & ~pl.col("topic").str.contains(";", literal=True)
        & (pl.col("topic") != "unidentifiable")
    )
    talks = talks.filter(pl.len().over("topic") >= FEWEST).sort("id")
    number = {talk: place for place, talk in enumerate(talks["id"])}
    said, vectors = [[] for _ in number], np.zeros((len(number), embeddings.shape[1]))
    turns = corpus.utterances["conversation_id", "text"].iter_rows()
    for (talk, text), vector in zip(turns, embeddings, strict=True):
        if talk in number:
            said[number[talk]].append(text)
            vectors[number[talk]] += vector
    return Labelled(
        talks["id"].to_list(),
        talks["topic"].to_numpy(),
        talks["source"].to_numpy(),
        [" ".join(texts) for texts in said],
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
    )


def shares(corpus, embeddings, found, *, random_state, sides=SIDES):
    """Topic mixtures of each side, rows as the labelled conversations; a side without topics is 0."""
    layers = [
        fit_topics(corpus, embeddings, side=side, random_state=random_state).layer for side in sides
    ]
    order = pl.DataFrame({"conversation_id": found.ids})
    return {
        side: order.join(
            topic_mixtures(corpus, layer), on="conversation_id", how="left", maintain_order="left"
        )
        .drop("conversation_id")
        .fill_null(0.0)
        .to_numpy()
        for side, layer in zip(sides, layers, strict=True)
    }


def hellinger(mixtures):
    """Points whose Euclidean distance is Hellinger's distance of the shares, both sides together."""
    return np.sqrt(np.hstack(list(mixtures.values())))


def clusters(points, k, random_state):
    return KMeans(k, n_init=10, random_state=random_state).fit_predict(points)


def tfidf(texts, **options):
    return TfidfVectorizer(stop_words="english", min_df=2, **options).fit_transform(texts)


def lda(texts, k, random_state):
    """Mixtures of scikit-learn's latent Dirichlet allocation with `k` topics."""
    counts = CountVectorizer(stop_words="english", min_df=2, max_df=0.5).fit_transform(texts)
    model = LatentDirichletAllocation(k, max_iter=30, random_state=random_state)
    return model.fit_transform(counts)


def agreement(labels, labelings):
    """Mean AMI of some labelings (one per seed), as a statistic over rows."""

    def statistic(rows):
        return float(
            np.mean([adjusted_mutual_info_score(labels[rows], x[rows]) for x in labelings])
        )

    return statistic


def interval(found, labelings):
    """Mean AMI with its interval; delete-one jackknife, for a bootstrap's repeats raise AMI."""
    return cluster_interval(agreement(found.labels, labelings), found.sources, method="jackknife")


def difference(found, ours, theirs):
    """AMI of ours minus AMI of theirs, paired over conversations (whole sources)."""
    one, other = agreement(found.labels, ours), agreement(found.labels, theirs)
    return paired_difference(one, other, found.sources, method="jackknife")
