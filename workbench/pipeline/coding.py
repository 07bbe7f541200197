"""Code the utterances of a study and score their emotions; only conversations that changed are scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from workbench.coding import code_corpus, coder_fingerprint
from workbench.corpus import Corpus, Layer
from workbench.corpus.refusal import Refusal
from workbench.embedding import EmbeddingStore, Encoder
from workbench.pipeline.embedding import study_embeddings
from workbench.pipeline.run import Outcome, changed_conversations, keep_layers, run_step
from workbench.study import Study

__all__ = ["code", "label_step"]


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
        identity=coder_fingerprint(codebook),
        encoder=encoder,
        store=store,
        score=lambda corpus, vectors: code_corpus(corpus, codebook, embeddings=vectors),
    )
    return stored_layers(study, step)


def label_step(
    study: Study,
    step: str,
    *,
    identity: str,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    score: Callable[[Corpus, np.ndarray], tuple[Sequence[Layer], Sequence[Refusal]]],
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
        layers, refusals = score(part, vectors[rows.to_numpy()])
        outputs = keep_layers(study, step, list(layers), part, digests)
        cautions = {layer.metadata.caution for layer in layers if layer.metadata.caution}
        refused = [f"{r.scheme}: {r.reason} ({r.conversations} conversations)" for r in refusals]
        return Outcome(outputs=outputs, notes=(*sorted(cautions), *refused))

    embedded = study_identity(study, encoder)
    return run_step(
        study,
        step,
        depends={"corpus": study.corpus.checksum(), "encoder": embedded, "coder": identity},
        parameters={},
        compute=compute,
    )


def study_identity(study: Study, encoder: Encoder | None) -> str:
    """Fingerprint of the encoder this study is embedded with."""
    record = study.step("embed")
    if encoder is None and record is not None:
        return str(record.parameters["depends"]["encoder"])
    return (encoder or Encoder()).fingerprint


def stored_layers(study: Study, step: str) -> list[Layer]:
    """Layers a finished step left in the study."""
    record = study.step(step)
    outputs = record.outputs if record else ()
    return [
        study.layer(output.removeprefix("layers/").removesuffix(".parquet")) for output in outputs
    ]
