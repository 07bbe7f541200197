"""Training material of any scheme: coded utterances with features, soft targets, votes, sources.

What is learned is the share of coders that gave each label; what is scored against is the gold layer
where there is one, else what most coders gave. Context is read from the whole conversation, coded or
not, as the coder reads it later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.further import further_inputs, goals_of
from workbench.coding.votes import SIDES, gold_of, votes_of
from workbench.embedding import Embeddings, Encoder, aligned, embed
from workbench.errors import InsufficientData
from workbench.heads import FeatureSpec, features

if TYPE_CHECKING:
    from workbench.corpus import Corpus, Layer, Scheme
    from workbench.embedding import EmbeddingStore

__all__ = ["Check", "Material", "build_material"]

Check: TypeAlias = Callable[[NDArray[np.bool_], NDArray[np.str_]], None]
"""Takes codes, shape (n, k), and sources, shape (n,), and raises if a head cannot be learned from them."""

_FACETS = ("topic", "quality")


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Coded utterances of one scheme; n utterances, k labels, f features.

    Attributes
    ----------
    units : ndarray of str, shape (n,)
        Ids of the utterances, in the corpus' order.
    texts : the n utterances
    table : ndarray of float32, shape (n, f)
    targets : ndarray, shape (n, k)
        Share of coders that gave each label; the gold code where no other coder saw the utterance.
    gold : ndarray of bool, shape (n, k)
        The gold code where there is one, else the most frequent label (exclusive schemes) or what at
        least half of the coders gave.
    sources : ndarray of str, shape (n,)
        What must not be cut (video, client, thread) of each utterance.
    conversations : ndarray of str, shape (n,)
    facets : name -> ndarray of str, shape (n,)
        Kinds of conversation by which figures are split and parts are left out whole, `topic` and
        `quality`; empty string where it is not known.
    votes : coder -> ndarray of shape (n, k), nan where that coder did not code
        Human coders; the gold coder alone where there is no other.
    encoder : identity of the encoder's weights
    """

    units: NDArray[np.str_]
    texts: list[str]
    table: NDArray[np.float32]
    targets: NDArray[np.float64]
    gold: NDArray[np.bool_]
    sources: NDArray[np.str_]
    conversations: NDArray[np.str_]
    facets: Mapping[str, NDArray[np.str_]]
    votes: Mapping[str, NDArray[np.float64]]
    encoder: str

    @property
    def videos(self) -> int:
        """Number of sources."""
        return len(np.unique(self.sources))

    @property
    def transcripts(self) -> int:
        """Number of conversations with a coded utterance."""
        return len(np.unique(self.conversations))

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Which utterances more than two coders coded, shape (n,)."""
        return np.asarray(np.sum([~np.isnan(v[:, 0]) for v in self.votes.values()], axis=0) > 2)


def build_material(
    corpus: Corpus,
    layers: Sequence[Layer],
    scheme: Scheme,
    spec: FeatureSpec,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    embeddings: Embeddings | None = None,
    check: Check | None = None,
) -> Material:
    """Collect what coders said of a corpus' utterances in one scheme, with the features of a head.

    Utterances without text are left out, and so are those of an exclusive scheme that no coder gave
    a label.

    Parameters
    ----------
    corpus
        The conversations as a whole.
    layers
        Codings of `scheme` on utterances, one per coder, labels as in the scheme; at most one gold.
    scheme, spec
        What was coded and what the head is to read.
    encoder, store
        Default: `Encoder()` and the user's store.
    embeddings
        Ready embeddings of that encoder, by utterance id or one row per row of `corpus.utterances`.
    check
        Called with codes and sources, as `gold` and `sources` of the material, before anything is
        embedded; it may raise.

    Raises
    ------
    BadInput
        If a layer codes other units or labels, or units that are not of this corpus or side.
    InsufficientData
        If nothing is left.
    """
    encoder = encoder or Encoder()
    whole = corpus.utterances.with_row_index("_row")
    talk = whole.filter(pl.col("side").is_in(SIDES))
    votes, gold = votes_of(layers, scheme, talk, whole)
    at = np.flatnonzero(_usable(talk, votes, gold))
    if not len(at):
        raise InsufficientData(f"No utterance with text is coded in {scheme.name!r}.")
    votes = {coder: vote[at] for coder, vote in votes.items()}
    targets, truth = _targets(votes, None if gold is None else gold[at], scheme)
    facts = _facts(corpus, talk[at])
    if check is not None:
        check(truth, facts["source"])
    ready = None
    if embeddings is not None:
        ready = aligned(
            embeddings,
            ids=talk["id"].to_list(),
            rows=talk["_row"].to_numpy(),
            total=whole.height,
            dimension=spec.dimensions,
        )
    table = _table(
        spec, talk, at, goals=goals_of(corpus), encoder=encoder, store=store, vectors=ready
    )
    return Material(
        units=talk["id"][at].to_numpy().astype(np.str_),
        texts=talk["text"][at].to_list(),
        table=table,
        targets=targets,
        gold=truth,
        sources=facts["source"],
        conversations=facts["conversation_id"],
        facets={name: facts[name] for name in _FACETS},
        votes=votes or {gold_of(layers)[0].metadata.coder: targets},
        encoder=encoder.weights,
    )


def _table(
    spec: FeatureSpec,
    talk: pl.DataFrame,
    at: NDArray[np.intp],
    *,
    goals: Mapping[str, str | None],
    encoder: Encoder,
    store: EmbeddingStore | None,
    vectors: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Features of the rows `at` of `talk`, whose embeddings may be ready."""
    texts = talk["text"].fill_null("").to_list()
    if vectors is None:
        vectors = embed(texts, encoder=encoder, store=store, progress=True)
    return features(
        spec,
        texts,
        vectors,
        conversations=talk["conversation_id"].to_list(),
        sides=talk["side"].to_list(),
        rows=at,
        **further_inputs(spec, talk, goals=goals, encoder=encoder, store=store, progress=True),
    )


def _usable(
    talk: pl.DataFrame,
    votes: Mapping[str, NDArray[np.float64]],
    gold: NDArray[np.float64] | None,
) -> NDArray[np.bool_]:
    every = [*votes.values(), *([] if gold is None else [gold])]
    coded = np.any([~np.isnan(vote[:, 0]) for vote in every], axis=0)
    spoken = talk["text"].fill_null("").str.strip_chars().str.len_chars().to_numpy() > 0
    return np.asarray(coded & spoken)


def _targets(
    votes: Mapping[str, NDArray[np.float64]], gold: NDArray[np.float64] | None, scheme: Scheme
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Soft targets and the truth to score against; votes and gold of the usable rows only."""
    if votes:
        stacked = np.stack(list(votes.values()))
        seen = (~np.isnan(stacked[:, :, 0])).sum(axis=0)[:, None]
        shares = np.nansum(stacked, axis=0) / np.maximum(seen, 1)
        targets = shares if gold is None else np.where(seen > 0, shares, gold)
    else:
        assert gold is not None
        targets = gold
    common = (
        np.arange(targets.shape[1]) == targets.argmax(axis=1)[:, None]
        if scheme.exclusive
        else targets >= 0.5
    )
    if gold is None:
        return targets, common
    return targets, np.where(np.isnan(gold), common, gold == 1)


def _facts(corpus: Corpus, coded: pl.DataFrame) -> dict[str, NDArray[np.str_]]:
    """Facts of the conversation of each coded utterance; empty where not known."""
    wanted = ("source", *_FACETS)
    known = [name for name in wanted if name in corpus.conversations.columns]
    talks = corpus.conversations.select("id", *(pl.col(name).cast(pl.String) for name in known))
    joined = coded.select("conversation_id").join(
        talks, left_on="conversation_id", right_on="id", how="left", maintain_order="left"
    )
    joined = joined.with_columns(pl.lit("").alias(n) for n in wanted if n not in known)
    return {name: joined[name].fill_null("").to_numpy().astype(np.str_) for name in joined.columns}
