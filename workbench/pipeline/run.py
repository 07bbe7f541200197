"""Run one step of the main job, unless its result is already there and still true."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.corpus.consent import refuse_remote
from workbench.corpus.layer import join_layers
from workbench.embedding.fan_out import place_of
from workbench.files import checksum_of
from workbench.study import StepRecord, Study
from workbench.study.ledger import write_to_ledger

__all__ = [
    "Outcome",
    "changed_conversations",
    "is_current",
    "keep_digests",
    "keep_layers",
    "run_step",
    "stored_layers",
    "telling_of",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step leaves behind: files (relative to the study), what a reader has to see, the device.

    `settle` is called when the record is on disk: for what must not be there without it.
    """

    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()
    device: str = ""
    settle: Callable[[], None] | None = None


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
        if outcome.settle is not None:
            outcome.settle()
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


def changed_conversations(
    study: Study, step: str, coder: str, *, foreign: Collection[str]
) -> tuple[Corpus, pl.DataFrame]:
    """Return the conversations a per-utterance step has not seen as they are now, and all digests.

    Parameters
    ----------
    coder
        Fingerprint of the coder; a step done by another coder counts as not done.
    foreign
        Ids of the conversations that do not read as English in the study as it is now. A short one
        counts as changed where other sessions turned that judgement.
    """
    told = pl.when(pl.col("id").is_in(list(foreign))).then(pl.lit(" foreign")).otherwise(pl.lit(""))
    digests = study.corpus.conversation_digests().with_columns(
        pl.col("digest") + told, pl.lit(coder).alias("coder")
    )
    name = _digests_name(step)
    if study.step(step) is None or not study.has_table(name):
        return study.corpus, digests
    seen = study.table(name, step=step)
    changed = digests.join(seen, on=digests.columns, how="anti")
    return study.corpus.filter(conversations=changed["id"].to_list()), digests


def keep_digests(study: Study, step: str, digests: pl.DataFrame) -> None:
    """Keep what a recorded step has seen; without the record its layers would not be known again."""
    study.write_table(_digests_name(step), digests)


def stored_layers(study: Study, step: str) -> list[Layer]:
    """Layers that a finished step left in the study, as far as they are still there."""
    record = study.step(step)
    files = [study.folder / output for output in (record.outputs if record else ())]
    return [study.layer(file.stem) for file in files if file.is_file()]


def keep_layers(
    study: Study,
    step: str,
    layers: Sequence[Layer],
    part: Corpus,
    *,
    finish: Callable[[Layer], Layer] | None = None,
) -> tuple[Layer, ...]:
    """Write layers of `part`, together with the rows of the other conversations already there.

    Rows stand in corpus order whatever the history of the study, so that two ways to the same corpus
    give equal files; `finish` is then called on the whole layer. A layer without any row left is
    removed. Returns the layers of the step.
    """
    turns = study.corpus.utterances
    done = turns.join(part.conversations, left_on="conversation_id", right_on="id", how="anti")[
        "id"
    ]
    earlier = stored_layers(study, step)
    kept = [layer for x in earlier if (layer := x.restricted_to(done)).table.height]
    order = turns.select(unit_id="id").with_row_index("_at")
    wholes = [_in_order(layer, order) for layer in join_layers((*kept, *layers))]
    if finish is not None:
        wholes = [finish(layer) for layer in wholes]
    for layer in wholes:
        study.write_layer(layer)
    for name in {layer.name for layer in earlier} - {layer.name for layer in wholes}:
        for file in (f"{name}.parquet", f"{name}.probabilities.parquet"):
            (study.folder / "layers" / file).unlink(missing_ok=True)
    return tuple(wholes)


def _in_order(layer: Layer, order: pl.DataFrame) -> Layer:
    shares = layer.probabilities
    return replace(
        layer,
        table=_sorted(layer.table, order),
        probabilities=None if shares is None else _sorted(shares, order),
    )


def _sorted(table: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    joined = table.join(order, on="unit_id", how="left", maintain_order="left")
    return joined.sort("_at", maintain_order=True).drop("_at")


def _digests_name(step: str) -> str:
    return f"steps/{step}.conversations"
