"""Run a coder of utterances as a step of a study; only conversations that changed are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.corpus.layer import join_layers
from workbench.corpus.refusal import Refusal
from workbench.embedding import EmbeddingStore, Encoder
from workbench.embedding.fan_out import one_at_a_time, spread
from workbench.errors import WorkbenchError
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

__all__ = ["Scored", "label_step", "refuse_another_coder", "stored_layers"]

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


def refuse_another_coder(own: Callable[[], str], identity: str) -> None:
    """Load the coder, one thread at a time, and refuse if it is another than the caller's.

    Raises
    ------
    WorkbenchError
        On a worker with another version of the workbench.
    """
    with one_at_a_time:
        here = own()
    if here != identity:
        raise WorkbenchError(
            "the coder here is another than that of the calling machine: install the same "
            "dialogue-workbench, with the same heads, on every worker."
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
    embedded: bool = True,
    finish: Callable[[Layer], Layer] | None = None,
) -> bool:
    """Run a coder of utterances as a step of the study; return False if there was nothing to do.

    Parameters
    ----------
    identity
        Fingerprint of the coder.
    score
        Takes a part of the corpus, its embeddings (rows as its utterances; not where `embedded` is
        False) and `arguments`, gives layers and refusals. With an executor, a function that its workers
        can import.
    arguments
        Small settings that go with each part.
    executor
        Whose workers score; default: this process.
    embedded
        Whether the coder reads embeddings.
    finish
        Called on each whole layer before it is written.
    """

    def compute() -> Outcome:
        vectors = (
            study_embeddings(study, encoder, store, executor=executor, in_memory=False)
            if embedded
            else None
        )
        part, digests = changed_conversations(study, step, identity)
        talks = part.conversations["id"]
        telling_of(study, step, executor, conversations=talks)(part.utterances.height)
        at = study.corpus.utterances["conversation_id"].is_in(part.conversations["id"].implode())
        layers, refusals = _score_by_parts(
            part, vectors, at.arg_true().to_numpy(), score, arguments, executor=executor, step=step
        )
        outputs = keep_layers(study, step, layers, part, digests, finish=finish)
        cautions = {layer.metadata.caution for layer in layers if layer.metadata.caution}
        refused = [f"{r.scheme}: {r.reason} ({r.conversations} conversations)" for r in refusals]
        before = study.step(step)
        kept = before.notes if before and len(talks) < len(digests) else ()
        return Outcome(
            outputs=outputs, notes=tuple(dict.fromkeys((*kept, *sorted(cautions), *refused)))
        )

    depends = {"corpus": study.corpus.checksum(), "coder": identity}
    if embedded:
        depends["encoder"] = (encoder or Encoder()).signature
    return run_step(
        study,
        step,
        depends=depends,
        parameters={},
        compute=compute,
    )


def _score_by_parts(
    corpus: Corpus,
    vectors: np.ndarray | None,
    at: np.ndarray,
    score: Callable[..., Scored],
    arguments: tuple[Any, ...],
    *,
    executor: Executor | None,
    step: str,
) -> tuple[tuple[Layer, ...], list[Refusal]]:
    """Score part by part, so that features are never held for the whole corpus.

    The parts are the same with and without executor: so are the layers. `at` says which rows of
    `vectors` are the corpus' own; a coder that reads none gets none.
    """
    parts = list(_bare(corpus).partitions(rows=PART_ROWS))
    ends = np.cumsum([part.utterances.height for part in parts])
    jobs: Iterator[tuple[Any, ...]] = (
        (part, *arguments)
        if vectors is None
        else (part, vectors[at[end - part.utterances.height : end]], *arguments)
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
