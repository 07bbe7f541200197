"""Score the emotions of a corpus: one Layer per tier, or a refusal that says why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.corpus.language import not_english
from workbench.corpus.refusal import Refusal
from workbench.embedding import Embeddings, aligned, embed
from workbench.emotion.shipped import CAUTION, emotion_fingerprint, shipped_head
from workbench.emotion.tiers import ontology
from workbench.heads import Head, features
from workbench.progress import track

if TYPE_CHECKING:
    from workbench.embedding import EmbeddingStore, Encoder

__all__ = ["Emotions", "score_emotions"]

_ROWS = 256  # utterances scored at once: the table of hashed n-grams is wide
_DECIMALS = 6  # of probabilities, so that they do not depend on how rows were batched
_NOT_SPOKEN = ("system", "tool")
_LANGUAGE = (
    "the text does not read as English, the language the emotion head learned; "
    "code these by hand or with a coder of their language"
)
_ENCODER = (
    "the emotion head learned with another sentence encoder than the one given; "
    "leave encoder out, or embed with the default encoder"
)


class Emotions(NamedTuple):
    """What was scored, and what was declined."""

    layers: tuple[Layer, ...]
    refusals: tuple[Refusal, ...]


def score_emotions(
    corpus: Corpus,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    embeddings: Embeddings | None = None,
) -> Emotions:
    """Score every utterance of a corpus with the GoEmotions head.

    Each utterance is scored by its own words alone, in any role but `system` and `tool`. It takes
    every label whose probability reaches the label's cut-off: several, one, or none (a row with null
    label; so has an utterance without words).

    Parameters
    ----------
    corpus
        What to score.
    encoder, store
        Sentence encoder (default: the one the head learned with) and store of embeddings.
    embeddings
        Ready embeddings of that encoder instead.

    Returns
    -------
    Emotions
        Layers `goemotions.head` (28 labels), `goemotions-ekman.head` (7) and
        `goemotions-sentiment.head` (4), each with its full table of probabilities; how the coarser
        ones are rolled up stands in `workbench.emotion.rollup`. No layers if no conversation is in
        English; conversations in another language are left out and counted in `refusals`.

    Raises
    ------
    BadInput
        If embeddings do not fit the corpus.
    """
    head, _ = shipped_head()
    if embeddings is None and encoder is not None and encoder.weights != head.encoder:
        return Emotions((), (Refusal("goemotions", _ENCODER, corpus.conversations.height),))
    foreign = not_english(corpus)
    refusals = (Refusal("goemotions", _LANGUAGE, len(foreign)),) if foreign else ()
    talk = corpus.utterances.with_row_index("_row").filter(
        ~pl.col("conversation_id").is_in(list(foreign)),
        ~pl.col("role").str.to_lowercase().is_in(_NOT_SPOKEN),
    )
    if talk.is_empty():
        return Emotions((), refusals)
    spoken = pl.col("text").fill_null("").str.strip_chars().str.len_chars() > 0
    said = talk.filter(spoken)
    vectors = _vectors(corpus, said, encoder, store, embeddings)
    return Emotions(_layers(head, talk, said, vectors), refusals)


def _vectors(
    corpus: Corpus,
    said: pl.DataFrame,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    embeddings: Embeddings | None,
) -> NDArray[np.float32]:
    """One embedding per row of `said`."""
    if embeddings is None:
        return embed(said["text"].to_list(), encoder=encoder, store=store)
    return aligned(
        embeddings,
        ids=said["id"].to_list(),
        rows=said["_row"].to_numpy(),
        total=corpus.utterances.height,
        dimension=shipped_head()[0].features.dimensions,
    )


def emotion_probabilities(
    head: Head, texts: Sequence[str], vectors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Probabilities of the 28 labels, shape (n, 28), built a few rows at a time."""
    found = np.empty((len(texts), len(head.labels)))
    starts = range(0, len(texts), _ROWS)
    for start in track(starts, doing="Scoring emotions", total=len(starts)):
        part = slice(start, start + _ROWS)
        found[part] = head.predict_proba(features(head.features, texts[part], vectors[part]))
    return found.round(_DECIMALS)


def _layers(
    head: Head, talk: pl.DataFrame, said: pl.DataFrame, vectors: NDArray[np.float32]
) -> tuple[Layer, ...]:
    fine = emotion_probabilities(head, said["text"].to_list(), vectors)
    made = [_layer("goemotions", head.labels, talk, said, fine, head.assign(fine))]
    for rollup in shipped_head()[1]:
        coarse = rollup.probabilities(fine).round(_DECIMALS)
        name = f"goemotions-{rollup.tier}"
        made.append(_layer(name, rollup.labels, talk, said, coarse, rollup.assign(coarse)))
    return tuple(made)


def _layer(
    scheme: str,
    labels: tuple[str, ...],
    talk: pl.DataFrame,
    said: pl.DataFrame,
    probability: NDArray[np.float64],
    assigned: NDArray[np.bool_],
) -> Layer:
    unit, column = np.nonzero(assigned)
    given = pl.DataFrame(
        {
            "unit_id": said["id"].gather(unit),
            "label": [labels[j] for j in column],
            "probability": probability[unit, column],
        },
        schema={"unit_id": pl.String, "label": pl.String, "probability": pl.Float64},
    )
    rows = talk.select(unit_id="id").join(
        given, on="unit_id", how="left", maintain_order="left_right"
    )
    metadata = LayerMetadata(
        scheme=scheme,
        coder="goemotions head",
        coder_kind="model",
        labels=labels,
        exclusive=False,
        codebook=ontology().checksum,
        model=emotion_fingerprint(),
        context_turns=0,
        blind=True,
        caution=CAUTION,
    )
    shares = pl.DataFrame(probability, schema=list(labels), orient="row")
    shares = shares.insert_column(0, said["id"].alias("unit_id"))
    return Layer.build(f"{scheme}.head", rows, metadata, probabilities=shares)
