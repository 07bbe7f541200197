"""Score the emotions of a study's utterances."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import partial

from workbench.corpus import Corpus, Layer
from workbench.embedding import EmbeddingStore, Encoder
from workbench.emotion import emotion_fingerprint, score_emotions
from workbench.emotion.shipped import shipped_head
from workbench.pipeline.labelling import Labeller, Scored, label_step, refuse_another_coder
from workbench.pipeline.parts import Vectors
from workbench.study import Study

__all__ = ["emotion"]


def emotion(
    study: Study,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
) -> list[Layer]:
    """Score emotions (GoEmotions, Ekman, sentiment) and return the layers, which the study keeps.

    With an `executor` its workers embed and score parts of the study, with the same result.
    """
    fits = encoder is None or (
        not encoder.context_turns and encoder.weights == shipped_head()[0].encoder
    )
    identity = emotion_fingerprint()
    labeller = Labeller(
        identity,
        _scored if fits else partial(_scored_by, encoder, store),
        (identity,) if fits else (),
        travels=fits,
    )
    return label_step(study, "emotion", labeller, encoder=encoder, store=store, executor=executor)


def _scored(corpus: Corpus, vectors: Vectors, identity: str) -> Scored:
    """Score a part, in this process or a worker's, if the head here is the one meant."""
    refuse_another_coder(emotion_fingerprint, identity)
    return score_emotions(corpus, embeddings=vectors.embeddings)


def _scored_by(
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    corpus: Corpus,
    vectors: Vectors,
) -> Scored:
    """Let the scorer itself say whether its head fits the encoder."""
    return score_emotions(corpus, encoder=encoder, store=store)
