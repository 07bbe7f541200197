"""Score the emotions of a study's utterances."""

from __future__ import annotations

from workbench.corpus import Layer
from workbench.embedding import EmbeddingStore, Encoder
from workbench.emotion import emotion_fingerprint, score_emotions
from workbench.pipeline.coding import label_step, stored_layers
from workbench.study import Study

__all__ = ["emotion"]


def emotion(
    study: Study, *, encoder: Encoder | None = None, store: EmbeddingStore | None = None
) -> list[Layer]:
    """Score emotions (GoEmotions, Ekman, sentiment) and return the layers, which the study keeps."""
    label_step(
        study,
        "emotion",
        identity=emotion_fingerprint(),
        encoder=encoder,
        store=store,
        score=lambda corpus, vectors: score_emotions(corpus, embeddings=vectors),
    )
    return stored_layers(study, "emotion")
