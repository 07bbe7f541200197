"""Run one step of the main job, unless its result is already there and still true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.corpus.consent import refuse_remote
from workbench.embedding.fan_out import place_of
from workbench.files import checksum_of
from workbench.study import StepRecord, Study
from workbench.study.ledger import write_to_ledger

__all__ = [
    "Outcome",
    "changed_conversations",
    "is_current",
    "keep_layers",
    "run_step",
    "telling_of",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step leaves behind: files (relative to the study), what a reader has to see, the device."""

    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()
    device: str = ""


def _fingerprint(step: str, depends: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    return checksum_of({"step": step, "depends": depends, "parameters": parameters})


def is_current(study: Study, step: str, fingerprint: str) -> bool:
    """Whether the study holds this step's results for exactly these inputs."""
    record = study.step(step)
    return (
        record is not None
        and record.fingerprint == fingerprint
        and all((study.folder / output).exists() for output in record.outputs)
    )


def run_step(
    study: Study,
    step: str,
    *,
    depends: Mapping[str, Any],
    parameters: Mapping[str, Any],
    compute: Callable[[], Outcome],
) -> bool:
    """Compute a step and record it; return False if there was nothing to do.

    The record is written after the results. A run killed in between leaves the step without a valid
    record, and the next run computes it again.

    Parameters
    ----------
    depends
        Checksums and fingerprints of everything the result depends on.
    parameters
        What the user chose, seeds included.
    """
    fingerprint = _fingerprint(step, depends, parameters)
    if is_current(study, step, fingerprint):
        return False
    with study.locked():
        begun = time.perf_counter()
        outcome = compute()
        study.record_step(
            StepRecord(
                name=step,
                fingerprint=fingerprint,
                parameters={**parameters, "depends": dict(depends)},
                seconds=round(time.perf_counter() - begun, 3),
                device=outcome.device,
                notes=outcome.notes,
                outputs=outcome.outputs,
            )
        )
    return True


def telling_of(
    study: Study, step: str, executor: Executor | None, *, conversations: pl.Series
) -> Callable[[int], None]:
    """Return what is called with the number of texts just before they are sent to an executor.

    Where the executor's workers are not on this machine, it writes that into the study's ledger. It raises
    `NetworkRefused` if one of the conversations (ids) states a consent that does not cover other machines;
    those that state none go with whoever names the cluster.
    """
    place = place_of(executor)

    def tell(texts: int) -> None:
        if place is not None:
            stated = study.corpus.conversations.filter(pl.col("consent_scope").is_not_null())
            refuse_remote(stated, conversations, endpoint=place)
            write_to_ledger(
                study.folder,
                "sent to workers",
                endpoint=place,
                step=step,
                texts=texts,
                conversations=len(conversations),
            )

    return tell


def changed_conversations(study: Study, step: str, identity: str) -> tuple[Corpus, pl.DataFrame]:
    """Return the conversations a per-utterance step has not seen as they are now, and all digests.

    Parameters
    ----------
    identity
        Fingerprint of the coder; a step done by another coder counts as not done.
    """
    digests = study.corpus.conversation_digests().with_columns(pl.lit(identity).alias("coder"))
    name = _digests_name(step)
    if study.step(step) is None or not study.has_table(name):
        return study.corpus, digests
    seen = study.table(name, step=step)
    changed = digests.join(seen, on=digests.columns, how="anti")
    return study.corpus.filter(conversations=changed["id"].to_list()), digests


def keep_layers(
    study: Study,
    step: str,
    layers: Sequence[Layer],
    part: Corpus,
    digests: pl.DataFrame,
    *,
    finish: Callable[[Layer], Layer] | None = None,
) -> tuple[str, ...]:
    """Write layers of `part`, together with the rows of the other conversations already there.

    Rows stand in corpus order whatever the history of the study, so that two ways to the same corpus
    give equal files; `finish` is then called on the whole layer. Returns the outputs of the step.
    """
    turns = study.corpus.utterances
    done = turns.join(part.conversations, left_on="conversation_id", right_on="id", how="anti")[
        "id"
    ]
    order = turns.select(unit_id="id").with_row_index("_at")
    outputs = []
    for layer in layers:
        merged = layer
        if len(done) and study.has_layer(layer.name):
            merged = study.layer(layer.name).restricted_to(done).followed_by(layer)
        whole = Layer(
            layer.name,
            _sorted(merged.table, order),
            layer.metadata,
            None if merged.probabilities is None else _sorted(merged.probabilities, order),
        )
        study.write_layer(whole if finish is None else finish(whole))
        outputs.append(f"layers/{layer.name}.parquet")
    study.write_table(_digests_name(step), digests)
    return tuple(outputs)


def _sorted(table: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    joined = table.join(order, on="unit_id", how="left", maintain_order="left")
    return joined.sort("_at", maintain_order=True).drop("_at")


def _digests_name(step: str) -> str:
    return f"steps/{step}.conversations"
