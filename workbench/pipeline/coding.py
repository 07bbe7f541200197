"""Code the utterances of a study and score their emotions; only conversations that changed are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import polars as pl

from workbench.coding import code_corpus, load_codebook, shipped_head, trained_schemes
from workbench.corpus import Corpus, Layer
from workbench.corpus.layer import join_layers
from workbench.corpus.refusal import Refusal
from workbench.embedding import EmbeddingStore, Encoder
from workbench.embedding.fan_out import one_at_a_time, spread
from workbench.errors import WorkbenchError
from workbench.files import checksum_of
from workbench.heads import Head
from workbench.pipeline.embedding import study_embeddings
from workbench.pipeline.run import (
    Outcome,
    changed_conversations,
    keep_layers,
    run_step,
    telling_of,
)
from workbench.progress import track
from workbench.study import Study

__all__ = ["Scored", "code", "label_step", "refuse_another_coder", "stored_layers"]

PART_ROWS = 1_024
"""Utterances of a part that is scored at once, unless a single conversation is longer."""

_READ_OF_UTTERANCES = ("id", "conversation_id", "turn", "role", "side", "text")
_READ_OF_CONVERSATIONS = ("id", "target_behaviour")


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
    executor: Executor | None = None,
) -> list[Layer]:
    """Code a study with the heads of a codebook and return the layers, which the study keeps.

    Conversations that do not fit the heads (language, roles) are refused; the step's notes say why.
    With an `executor` its workers embed and code parts of the study, with the same result.
    """
    step, identity = f"code-{codebook}", _coder_identity(codebook)
    fits = encoder is None or (
        not encoder.context_turns and all(h.encoder == encoder.weights for h in _heads(codebook))
    )
    label_step(
        study,
        step,
        identity=identity,
        encoder=encoder,
        store=store,
        score=_coded if fits else partial(_coded_by, codebook, encoder, store),
        arguments=(codebook, identity) if fits else (),
        executor=executor if fits else None,
    )
    return stored_layers(study, step)


def _heads(codebook: str) -> list[Head]:
    book = load_codebook(codebook)
    return [shipped_head(s.name) for s in book.schemes if s.name in trained_schemes()]


def _coder_identity(codebook: str) -> str:
    heads = [head.fingerprint for head in _heads(codebook)]
    return checksum_of([load_codebook(codebook).checksum, heads])


def _coded(corpus: Corpus, vectors: np.ndarray, codebook: str, identity: str) -> Scored:
    """Code a part, in this process or a worker's, if the heads here are the ones meant."""
    refuse_another_coder(lambda: _coder_identity(codebook), identity)
    return code_corpus(corpus, codebook, embeddings=vectors)


def _coded_by(
    codebook: str,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    corpus: Corpus,
    vectors: np.ndarray,
) -> Scored:
    """Let the coder itself say which heads do not fit the encoder."""
    return code_corpus(corpus, codebook, encoder=encoder, store=store)


def refuse_another_coder(own: Callable[[], str], identity: str) -> None:
    """Load the heads, one thread at a time, and refuse if they are others than the caller's.

    Raises
    ------
    WorkbenchError
        On a worker with another version of the workbench.
    """
    with one_at_a_time:
        here = own()
    if here != identity:
        raise WorkbenchError(
            "the heads here are others than those of the calling machine: install the same "
            "dialogue-workbench on every worker."
        )


def label_step(
    study: Study,
    step: str,
    *,
    identity: str,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    score: Callable[..., Scored],
    arguments: tuple[Any, ...] = (),
    executor: Executor | None = None,
) -> bool:
    """Run a coder of utterances as a step of the study; return False if there was nothing to do.

    Parameters
    ----------
    identity
        Fingerprint of the coder.
    score
        Takes a part of the corpus, its embeddings (rows as its utterances) and `arguments`, gives layers
        and refusals. With an executor, a function that its workers can import.
    arguments
        Small settings that go with each part.
    executor
        Whose workers score; default: this process.
    """

    def compute() -> Outcome:
        vectors = study_embeddings(study, encoder, store, executor=executor, in_memory=False)
        part, digests = changed_conversations(study, step, identity)
        talks = part.conversations["id"]
        telling_of(study, step, executor, conversations=talks)(part.utterances.height)
        at = study.corpus.utterances["conversation_id"].is_in(part.conversations["id"].implode())
        layers, refusals = _score_by_parts(
            part, vectors, at.arg_true().to_numpy(), score, arguments, executor=executor, step=step
        )
        outputs = keep_layers(study, step, layers, part, digests)
        cautions = {layer.metadata.caution for layer in layers if layer.metadata.caution}
        refused = [f"{r.scheme}: {r.reason} ({r.conversations} conversations)" for r in refusals]
        before = study.step(step)
        kept = before.notes if before and len(talks) < len(digests) else ()
        return Outcome(
            outputs=outputs, notes=tuple(dict.fromkeys((*kept, *sorted(cautions), *refused)))
        )

    embedded = (encoder or Encoder()).signature
    return run_step(
        study,
        step,
        depends={"corpus": study.corpus.checksum(), "encoder": embedded, "coder": identity},
        parameters={},
        compute=compute,
    )


def _score_by_parts(
    corpus: Corpus,
    vectors: np.ndarray,
    at: np.ndarray,
    score: Callable[..., Scored],
    arguments: tuple[Any, ...],
    *,
    executor: Executor | None,
    step: str,
) -> tuple[tuple[Layer, ...], list[Refusal]]:
    """Score part by part, so that features are never held for the whole corpus.

    The parts are the same with and without executor: so are the layers. `at` says which rows of
    `vectors` are the corpus' own.
    """
    parts = list(_bare(corpus).partitions(rows=PART_ROWS))
    ends = np.cumsum([part.utterances.height for part in parts])
    jobs = (
        (part, vectors[at[end - part.utterances.height : end]], *arguments)
        for part, end in zip(parts, ends, strict=True)
    )
    scored: dict[int, Scored] = {}
    with closing(spread(score, jobs, executor=executor)) as answers:
        for number, answer in track(answers, doing=step, total=len(parts)):
            scored[number] = answer
    layers: list[Layer] = []
    declined: Counter[tuple[str, str]] = Counter()
    for _, answer in sorted(scored.items()):
        layers += answer.layers
        for refusal in answer.refusals:
            declined[refusal.scheme, refusal.reason] += refusal.conversations
    refusals = [Refusal(scheme, reason, count) for (scheme, reason), count in declined.items()]
    return join_layers(layers), refusals


def _bare(corpus: Corpus) -> Corpus:
    """The corpus with what coders of utterances read; the rest, names first of all, need not travel."""
    return replace(
        corpus,
        utterances=corpus.utterances.select(*_READ_OF_UTTERANCES, pl.lit("").alias("speaker")),
        conversations=corpus.conversations.select(_READ_OF_CONVERSATIONS),
        speakers=corpus.speakers.clear(),
        layers=(),
        findings=(),
    )


def stored_layers(study: Study, step: str) -> list[Layer]:
    """Layers a finished step left in the study."""
    record = study.step(step)
    outputs = record.outputs if record else ()
    return [
        study.layer(output.removeprefix("layers/").removesuffix(".parquet")) for output in outputs
    ]
