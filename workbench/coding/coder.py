"""The automatic coder: heads over a corpus, one Layer per head of a codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.books import load_codebook
from workbench.coding.choosing import GivenHead, choose_heads, layer_name
from workbench.coding.fit_for import fit_for
from workbench.coding.further import EarlyVectors, further_inputs, goals_of
from workbench.coding.labelled import (
    DECIMALS,
    GENERAL,
    NO_GOAL,
    capped,
    goal_notes,
    label_rows,
    parents_hold,
)
from workbench.coding.layer_notes import (
    OUT_OF_DOMAIN,
    abstaining,
    noted,
    with_cautions,
    with_shares,
)
from workbench.coding.votes import sides_of
from workbench.corpus import Codebook, Corpus, Layer, LayerMetadata, Scheme
from workbench.corpus.refusal import Refusal
from workbench.embedding import Embeddings, Encoder, aligned, embed
from workbench.heads import Head, features
from workbench.progress import track

if TYPE_CHECKING:
    from workbench.coding.domain import Domain
    from workbench.coding.trained_heads import TrainedHead
    from workbench.embedding import EmbeddingStore

__all__ = ["NO_GOAL", "Coding", "code_corpus"]

_ROWS = 2048  # utterances scored at once
_OWN = (
    "Coded by a model that learned from codings of one's own; how well it agrees with people on "
    "conversations unlike those is not known."
)
_CHATS = (
    "Coded by a model that learned from emotional support chats of crowd workers; how well it agrees "
    "with people on these conversations is not known."
)
_OTHER_WORDING = (
    "The wording of the codebook has changed since the model learned it; its codes mean what they "
    "meant then."
)


@dataclass(frozen=True, slots=True)
class Coding:
    """What the coder gives: layers of what it scored, and refusals for what it declined."""

    layers: tuple[Layer, ...]
    refusals: tuple[Refusal, ...]


def code_corpus(
    corpus: Corpus,
    codebook: str | Codebook = "annomi",
    *,
    context: bool = True,
    abstain: float | None = None,
    heads: Sequence[GivenHead] | None = None,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    embeddings: Embeddings | None = None,
    early: EarlyVectors | None = None,
) -> Coding:
    """Code a corpus with the heads of a codebook.

    Every scored utterance of a scheme's side gets its label (exclusive schemes), its labels, or a
    row with null label where none was assigned or the text is empty. `probabilities` of a layer
    holds calibrated probabilities of all labels for every scored utterance that has text. Utterances
    unlike those the head learned from carry the note `out of domain`; their share stands in the
    layer's facts and goes with every rate.

    Parameters
    ----------
    corpus
        What to code.
    codebook
        Name of a shipped codebook, path of one, or a codebook.
    context
        Heads that read previous turns, or those of the turn alone (for analyses of sequences).
    abstain
        Withhold labels of a lower probability (`abstaining`); default: none.
    heads
        Heads of one's own, by folder; default: those in the package and the user's folder.
    encoder, store
        Sentence encoder (default: the one the heads learned with) and store of embeddings.
    embeddings
        Ready embeddings of the heads' own encoder; `encoder` and `store` then serve what a head
        reads beside them.
    early
        Vectors after earlier layers of that encoder, ready for the rows of `corpus.utterances`.

    Returns
    -------
    Coding
        Layers `annomi-helper.head`, ..., of coder kind `model`.

    Raises
    ------
    BadInput
        If the codebook has no scheme with a head, a head learned another scheme, `abstain` is no
        probability, or embeddings do not fit the corpus.
    """
    book = load_codebook(codebook) if not isinstance(codebook, Codebook) else codebook
    pairs = choose_heads(book, context=context, heads=heads)
    fits = {
        scheme.name: fit_for(corpus, scheme=scheme.name, side=scheme.side) for scheme, _ in pairs
    }
    refusals = [refusal for fit in fits.values() for refusal in fit.refusals]
    if embeddings is None:
        encoder = encoder or Encoder()
        wrong = [scheme for scheme, own in pairs if own.head.encoder != encoder.weights]
        refusals += [_other_encoder(scheme, corpus) for scheme in wrong]
        pairs = [pair for pair in pairs if pair[0] not in wrong]
    pairs = [pair for pair in pairs if fits[pair[0].name].conversations]
    if not pairs:
        return Coding((), tuple(refusals))
    talk = corpus.utterances.with_row_index("_row").filter(pl.col("side") != "other")
    wanted = sorted({talk_id for s, _ in pairs for talk_id in fits[s.name].conversations})
    talk = talk.filter(pl.col("conversation_id").is_in(wanted))
    dimension = pairs[0][1].head.features.dimensions
    vectors = _vectors(corpus, talk, encoder, store, embeddings, dimension)
    goals = goals_of(corpus)
    layers = []
    for scheme, trained in pairs:
        fitting = pl.Series(list(fits[scheme.name].conversations)).implode()
        keep = talk["conversation_id"].is_in(fitting)
        own = talk.filter(keep)
        beside = further_inputs(
            trained.head.features,
            own,
            goals=goals,
            encoder=encoder,
            store=store,
            early=_rows_of(early, own["_row"].to_numpy()),
        )
        layer = _layer(corpus, book, scheme, trained, own, vectors[keep.to_numpy()], beside)
        layers.append(layer if abstain is None else abstaining(layer, abstain))
    return Coding(tuple(layers), tuple(refusals))


def _rows_of(early: EarlyVectors | None, rows: NDArray[np.uint32]) -> EarlyVectors | None:
    return None if early is None else {layer: block[rows] for layer, block in early.items()}


def _other_encoder(scheme: Scheme, corpus: Corpus) -> Refusal:
    reason = (
        "the head learned with another sentence encoder than the one given; "
        "leave encoder out, or train a head with yours (`workbench train`)"
    )
    return Refusal(scheme.name, reason, corpus.conversations.height)


def _vectors(
    corpus: Corpus,
    talk: pl.DataFrame,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    embeddings: Embeddings | None,
    dimension: int,
) -> NDArray[np.float32]:
    """One embedding per row of `talk`."""
    if embeddings is None:
        texts = talk["text"].fill_null("").to_list()
        return embed(texts, encoder=encoder, store=store)
    return aligned(
        embeddings,
        ids=talk["id"].to_list(),
        rows=talk["_row"].to_numpy(),
        total=corpus.utterances.height,
        dimension=dimension,
    )


def _layer(
    corpus: Corpus,
    book: Codebook,
    scheme: Scheme,
    trained: TrainedHead,
    talk: pl.DataFrame,
    vectors: NDArray[np.float32],
    beside: Mapping[str, NDArray[np.float32]],
) -> Layer:
    head = trained.head
    own = talk["side"].is_in(sides_of(scheme)).to_numpy()
    spoken = talk["text"].fill_null("").str.strip_chars().str.len_chars().to_numpy() > 0
    at = np.flatnonzero(own & spoken)
    probability = capped(scheme, head.labels, _score(head, talk, vectors, beside, at))
    assigned = parents_hold(scheme, head.labels, head.assign(probability))
    rows = label_rows(head.labels, talk, np.flatnonzero(own), at, probability, assigned)
    cautions = [_OWN if trained.origin.checksum else _CHATS if book.name == "esconv" else GENERAL]
    if trained.origin.checksum not in ("", book.checksum):
        cautions.append(_OTHER_WORDING)
    rows = goal_notes(scheme, rows, corpus)
    rows = _with_domain_notes(rows, trained.domain, vectors, at)
    shares = pl.DataFrame(probability, schema=list(head.labels), orient="row")
    layer = Layer.build(
        layer_name(scheme, trained),
        rows,
        _metadata(trained, scheme, book, cautions),
        probabilities=shares.insert_column(0, talk["id"][at].alias("unit_id")),
    )
    return with_cautions(with_shares(layer), corpus)


def _metadata(
    trained: TrainedHead, scheme: Scheme, book: Codebook, cautions: list[str]
) -> LayerMetadata:
    head, origin = trained.head, trained.origin
    facts: dict[str, Any] = {}
    if trained.domain is not None:
        facts["out_of_domain"] = {"expected": trained.domain.expected}
    if origin.merged:
        facts["merged"] = dict(origin.merged)
    if origin.dropped:
        facts["dropped"] = list(origin.dropped)
    if origin.learned_from:
        facts["trained_on"] = list(origin.learned_from)
    return LayerMetadata(
        scheme=scheme.name,
        coder=f"{head.name} head",
        coder_kind="model",
        labels=head.labels,
        exclusive=head.exclusive,
        codebook=book.checksum,
        model=head.fingerprint,
        context_turns=head.context_turns,
        blind=True,
        caution=" ".join(cautions),
        facts=facts,
    )


def _with_domain_notes(
    rows: pl.DataFrame, domain: Domain | None, vectors: NDArray[np.float32], at: NDArray[np.intp]
) -> pl.DataFrame:
    """Say so beside each of the scored rows `at` of `vectors` that is out of domain."""
    if domain is None:
        return rows
    outside = pl.Series(at[domain.outside(vectors[at])], dtype=pl.Int64)
    flag = pl.when(pl.col("_at").is_in(outside.implode())).then(pl.lit(OUT_OF_DOMAIN))
    return rows.with_columns(noted(pl.col("note"), flag).alias("note"))


def _score(
    head: Head,
    talk: pl.DataFrame,
    vectors: NDArray[np.float32],
    beside: Mapping[str, NDArray[np.float32]],
    at: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Probabilities of the rows `at` of `talk`, rounded."""
    texts = talk["text"].fill_null("").to_list()
    talks, sides = talk["conversation_id"].to_list(), talk["side"].to_list()
    found = np.empty((len(at), len(head.labels)))
    starts = range(0, len(at), _ROWS)
    for start in track(starts, doing=f"Coding {head.name}", total=len(starts)):
        rows = at[start : start + _ROWS]
        first = max(int(rows[0]) - head.context_turns, 0)
        part = slice(first, int(rows[-1]) + 1)
        table = features(
            head.features,
            texts[part],
            vectors[part],
            conversations=talks[part],
            sides=sides[part],
            rows=rows - first,
            **{name: block[part] for name, block in beside.items()},
        )
        found[start : start + _ROWS] = head.predict_proba(table)
    return found.round(DECIMALS)
