"""Run a coder of utterances as a step of a study; only conversations that changed are scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.corpus import Corpus, Layer
from workbench.corpus.language import not_english
from workbench.corpus.layer import join_layers
from workbench.corpus.refusal import Refusal
from workbench.embedding import EmbeddingStore, Encoder
from workbench.embedding.fan_out import one_at_a_time, spread
from workbench.errors import WorkbenchError
from workbench.pipeline.parts import Part, Reading, Vectors, parts_of
from workbench.pipeline.run import (
    Outcome,
    changed_conversations,
    keep_digests,
    keep_layers,
    run_step,
    stored_layers,
    telling_of,
)
from workbench.progress import track
from workbench.study import Study

__all__ = ["Labeller", "Scored", "label_step", "refuse_another_coder"]

PART_ROWS = 1_024
"""Utterances of a part that is scored at once, unless a single conversation is longer."""


class Scored(Protocol):
    """What a coder of utterances gives: layers of what it scored, refusals for what it declined."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Layers of what was scored."""

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What was declined, and why."""


@dataclass(frozen=True, slots=True)
class Labeller:
    """A coder of utterances as a step runs it.

    Attributes
    ----------
    identity
        Fingerprint of the coder.
    score
        Takes a part of the corpus, its `Vectors` (not where `embedded` is False) and `arguments`, gives
        layers and refusals. Where it `travels`, a function that workers can import.
    arguments
        Small settings that go with each part.
    embedded
        Whether it reads embeddings.
    early
        Earlier layers of the encoder whose vectors it reads beside them.
    finish
        Called with each whole layer and the study's corpus before the layer is written.
    travels
        Whether an executor's workers may score; else this process does.
    """

    identity: str
    score: Callable[..., Scored]
    arguments: tuple[Any, ...] = ()
    embedded: bool = True
    early: tuple[int, ...] = ()
    finish: Callable[[Layer, Corpus], Layer] | None = None
    travels: bool = True


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
    labeller: Labeller,
    *,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    executor: Executor | None = None,
) -> list[Layer]:
    """Run a coder of utterances as a step of the study and return its layers.

    Parameters
    ----------
    executor
        Whose workers embed and score; default: this process.
    """
    workers = executor if labeller.travels else None
    depends = {"corpus": study.corpus.checksum(), "coder": labeller.identity}
    reading = None
    if labeller.embedded:
        reading = Reading(encoder or Encoder(), store, workers, labeller.early)
        depends["encoder"] = reading.encoder.signature
    run_step(
        study,
        step,
        depends=depends,
        parameters={},
        compute=lambda: _label(study, step, labeller, reading, workers),
    )
    return stored_layers(study, step)


def _label(
    study: Study,
    step: str,
    labeller: Labeller,
    reading: Reading | None,
    executor: Executor | None,
) -> Outcome:
    """Score what changed and keep it with the rest."""
    coder = labeller.identity
    if reading is not None:
        reading.embed(study)
        coder += f" {reading.encoder.signature}"
    foreign = not_english(study.corpus)
    changed, digests = changed_conversations(study, step, coder, foreign=foreign)
    talks = changed.conversations["id"]
    telling_of(study, step, executor, conversations=talks)(changed.utterances.height)
    parts = list(parts_of(study.corpus, changed, foreign=foreign, rows=PART_ROWS))
    read = None if reading is None else reading.vectors(study, parts)
    scored, refusals = _scored(parts, read, labeller, executor=executor, step=step)
    told = _refusals_told(study, step) if len(talks) < len(digests) else []
    finish = labeller.finish
    layers = keep_layers(
        study,
        step,
        scored,
        changed,
        finish=None if finish is None else lambda layer: finish(layer, study.corpus),
    )
    told += [f"{r.scheme}: {r.reason} ({r.conversations} conversations)" for r in refusals]
    return Outcome(
        outputs=tuple(f"layers/{layer.name}.parquet" for layer in layers),
        notes=tuple(dict.fromkeys([*_cautions(layers), *told])),
        settle=lambda: keep_digests(study, step, digests),
    )


def _cautions(layers: Iterable[Layer]) -> list[str]:
    return sorted({layer.metadata.caution for layer in layers if layer.metadata.caution})


def _refusals_told(study: Study, step: str) -> list[str]:
    """What the notes of the step say beside the cautions of its layers."""
    record = study.step(step)
    cautions = _cautions(stored_layers(study, step))
    return [note for note in (record.notes if record else ()) if note not in cautions]


def _scored(
    parts: Sequence[Part],
    read: Iterator[Vectors] | None,
    labeller: Labeller,
    *,
    executor: Executor | None,
    step: str,
) -> tuple[tuple[Layer, ...], list[Refusal]]:
    """Score part by part, so that features are never held for the whole corpus.

    The parts are the same with and without executor: so are the layers.
    """
    jobs = (
        (part.corpus, *([] if read is None else [next(read)]), *labeller.arguments)
        for part in parts
    )
    scored: dict[int, Scored] = {}
    with closing(spread(labeller.score, jobs, executor=executor)) as answers:
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
