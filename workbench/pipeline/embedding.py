"""Embed every utterance of a study once."""

from __future__ import annotations

import numpy as np

from workbench.embedding import EmbeddingStore, Encoder, embed
from workbench.pipeline.run import Outcome, run_step
from workbench.study import Study

__all__ = ["embed_study", "study_embeddings"]


def embed_study(
    study: Study, *, encoder: Encoder | None = None, store: EmbeddingStore | None = None
) -> bool:
    """Embed all utterances and keep a float16 copy in the study; False if it is there already.

    Parameters
    ----------
    encoder
        Default: MiniLM from the installed package, on the best device.
    store
        Default: the user's store, so that a text met before is not encoded again.
    """
    chosen = encoder or Encoder()

    def compute() -> Outcome:
        parts = [
            embed(part.utterances["text"].to_list(), encoder=chosen, store=store, progress=True)
            for part in study.corpus.partitions()
        ]
        vectors = np.concatenate(parts)
        study.write_embeddings(vectors, encoder=chosen.fingerprint)
        return Outcome(
            outputs=("embeddings/utterances.npy",), device=f"{chosen.device} {chosen.precision}"
        )

    return run_step(
        study,
        "embed",
        depends={"corpus": study.corpus.checksum(), "encoder": chosen.fingerprint},
        parameters={},
        compute=compute,
    )


def study_embeddings(
    study: Study, encoder: Encoder | None, store: EmbeddingStore | None
) -> np.ndarray:
    """Embeddings of the study as it is now, computed where they are missing."""
    embed_study(study, encoder=encoder, store=store)
    return study.embeddings()
