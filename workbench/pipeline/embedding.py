"""Embed every utterance of a study once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor

import numpy as np

from workbench.embedding import EmbeddingStore, Encoder, embed_blocks
from workbench.pipeline.run import Outcome, run_step, telling_of
from workbench.study import Study

__all__ = ["embed_study", "study_embeddings", "vectors_by_part"]


def embed_study(
    study: Study,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
) -> bool:
    """Embed all utterances and keep a float16 copy in the study; False if it is there already.

    Vectors go from the encoder to the store and from the store to the study in blocks: a study of
    a million utterances needs no memory for all of them.

    Parameters
    ----------
    encoder
        Default: MiniLM from the installed package, on the best device.
    store
        Default: the user's store, so that a text met before is not encoded again.
    executor
        Whose workers encode, as of `embed`; default: this process. Texts that leave this machine
        for it are counted in the study's ledger.
    """
    chosen = encoder or Encoder()

    def compute() -> Outcome:
        blocks = embed_blocks(
            chosen.render(study.corpus),
            encoder=chosen,
            store=store,
            executor=executor,
            progress=True,
            sending=telling_of(
                study, "embed", executor, conversations=study.corpus.conversations["id"]
            ),
        )
        study.write_embeddings(blocks, encoder=chosen.signature)
        return Outcome(outputs=("embeddings/utterances.npy",), device=chosen.choice)

    return run_step(
        study,
        "embed",
        depends={"corpus": study.corpus.checksum(), "encoder": chosen.signature},
        parameters={},
        compute=compute,
    )


def study_embeddings(
    study: Study,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    *,
    executor: Executor | None = None,
    in_memory: bool = True,
) -> np.ndarray:
    """Embeddings of the study as it is now, computed where they are missing."""
    embed_study(study, encoder=encoder, store=store, executor=executor)
    return study.embeddings(in_memory=in_memory)


def vectors_by_part(
    texts: Sequence[str],
    sizes: Sequence[int],
    *,
    encoder: Encoder,
    store: EmbeddingStore | None,
    executor: Executor | None,
) -> Iterator[np.ndarray]:
    """Yield the float16 vectors of the first `sizes[0]` texts, of the next `sizes[1]`, and so on.

    All are encoded, by the executor's workers, before the first come; they lie in the store, not in memory.
    """
    blocks = embed_blocks(texts, encoder=encoder, store=store, executor=executor, progress=True)
    held = np.empty((0, encoder.dimension), np.float16)
    for size in sizes:
        while len(held) < size:
            held = np.concatenate([held, next(blocks)])
        yield held[:size]
        held = held[size:]
