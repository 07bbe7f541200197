"""Code the utterances of a study and score their emotions; only conversations that changed are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

import numpy as np

from workbench.coding import code_corpus, load_codebook, shipped_head, trained_schemes
from workbench.corpus import Corpus, Layer
from workbench.corpus.layer import join_layers
from workbench.corpus.refusal import Refusal
from workbench.embedding import EmbeddingStore, Encoder
from workbench.files import checksum_of
from workbench.pipeline.embedding import study_embeddings
from workbench.pipeline.run import Outcome, changed_conversations, keep_layers, run_step
from workbench.study import Study

__all__ = ["Scored", "code", "label_step", "stored_layers"]


class Scored(Protocol):
    """What a coder of utterances gives: layers of what it scored, refusals for what it declined."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Layers of what was scored."""

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What was declined, and why."""


def code(
    study: Study,
    codebook: str = "annomi",
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
) -> list[Layer]:
    """Code a study with the heads of a codebook and return the layers, which the study keeps.

    Conversations that do not fit the heads (language, roles) are refused; the step's notes say why.
    """
    step = f"code-{codebook}"
    label_step(
        study,
        step,
        identity=_coder_identity(codebook),
        encoder=encoder,
        store=store,
        score=lambda corpus, vectors: (
            code_corpus(corpus, codebook, embeddings=vectors)
            if encoder is None
            else code_corpus(corpus, codebook, encoder=encoder, store=store)
        ),
    )
    return stored_layers(study, step)


def _coder_identity(codebook: str) -> str:
    book = load_codebook(codebook)
    heads = [shipped_head(s.name).fingerprint for s in book.schemes if s.name in trained_schemes()]
    return checksum_of([book.checksum, heads])


def label_step(
    study: Study,
    step: str,
    *,
    identity: str,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    score: Callable[[Corpus, np.ndarray], Scored],
) -> bool:
    """Run a coder of utterances as a step of the study; return False if there was nothing to do.

    Parameters
    ----------
    identity
        Fingerprint of the coder.
    score
        Takes a corpus and its embeddings (rows as its utterances), gives layers and refusals.
    """

    def compute() -> Outcome:
        vectors = study_embeddings(study, encoder, store)
        part, digests = changed_conversations(study, step, identity)
        rows = study.corpus.utterances["conversation_id"].is_in(part.conversations["id"].implode())
        layers, refusals = _score_by_parts(part, vectors[rows.to_numpy()], score)
        outputs = keep_layers(study, step, layers, part, digests)
        cautions = {layer.metadata.caution for layer in layers if layer.metadata.caution}
        refused = [f"{r.scheme}: {r.reason} ({r.conversations} conversations)" for r in refusals]
        before = study.step(step)
        kept = before.notes if before and part.conversations.height < len(digests) else ()
        return Outcome(
            outputs=outputs, notes=tuple(dict.fromkeys((*kept, *sorted(cautions), *refused)))
        )

    embedded = (encoder or Encoder()).fingerprint
    return run_step(
        study,
        step,
        depends={"corpus": study.corpus.checksum(), "encoder": embedded, "coder": identity},
        parameters={},
        compute=compute,
    )


def _score_by_parts(
    corpus: Corpus, vectors: np.ndarray, score: Callable[[Corpus, np.ndarray], Scored]
) -> tuple[tuple[Layer, ...], list[Refusal]]:
    """Score partition by partition, so that features are never held for the whole corpus."""
    layers: list[Layer] = []
    declined: Counter[tuple[str, str]] = Counter()
    begun = 0
    for part in corpus.partitions():
        rows = part.utterances.height
        scored = score(part, vectors[begun : begun + rows])
        begun += rows
        layers += scored.layers
        for refusal in scored.refusals:
            declined[refusal.scheme, refusal.reason] += refusal.conversations
    refusals = [Refusal(scheme, reason, count) for (scheme, reason), count in declined.items()]
    return join_layers(layers), refusals


def stored_layers(study: Study, step: str) -> list[Layer]:
    """Layers a finished step left in the study."""
    record = study.step(step)
    outputs = record.outputs if record else ()
    return [
        study.layer(output.removeprefix("layers/").removesuffix(".parquet")) for output in outputs
    ]
