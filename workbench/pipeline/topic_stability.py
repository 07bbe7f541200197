"""Certify the stability of a study's topics: a step of its own, because it costs many fits.

Every refit is kept under ``topics/<side>-refits/`` as soon as it is done, so a run that was killed
goes on, and topics edited by an expert are certified again without a new refit.
"""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

import polars as pl

from workbench.errors import NotComputed
from workbench.files import read_json, write_json
from workbench.pipeline.run import Outcome, run_step
from workbench.pipeline.topics import stored_topics
from workbench.study import Study
from workbench.topics import (
    StabilityCertificate,
    topics_checksum,
)
from workbench.topics import (
    topic_stability as certify,
)

__all__ = ["stability_of", "topic_stability"]


def topic_stability(
    study: Study,
    *,
    side: str = "helper",
    refits: int = 20,
    random_state: int = 7,
    executor: Executor | None = None,
) -> StabilityCertificate:
    """Certify which of a study's topics come back over refits, and return the certificate.

    The study keeps it: tables ``topics/<side>-stability``, ``-stability-summary`` and
    ``-stability-refits``, and the layer ``topics-<side>-core``.

    Parameters
    ----------
    side
        `helper` or `client`; its topics must have been fitted.
    refits
        Refits of the embeddings; half as many of shuffled ones are added. One costs about half a fit.
    executor
        Where the refits run, as `workbench.topics.warm_workers`; default this process.

    Raises
    ------
    NotComputed
        If the study holds no topics of the side.
    InsufficientData
        If there are too few sources to leave any out.
    """
    topics = stored_topics(study, side)
    fitted = study.step(f"topics-{side}")

    def compute() -> Outcome:
        found = certify(
            study.corpus,
            study.embeddings(),
            topics,
            refits=refits,
            random_state=random_state,
            executor=executor,
            folder=study.folder / "topics" / f"{side}-refits",
        )
        return Outcome(outputs=_keep(study, found))

    run_step(
        study,
        f"topics-{side}-stability",
        depends={
            "topics": topics_checksum(topics),
            "fit": fitted.fingerprint if fitted else None,
        },
        parameters={"refits": refits, "random_state": random_state},
        compute=compute,
    )
    return stability_of(study, side)


def stability_of(study: Study, side: str = "helper") -> StabilityCertificate:
    """Return the certificate of the topics as they are now.

    Raises
    ------
    NotComputed
        If there is none, or topics were fitted anew, merged, split, dropped or moved since.
    """
    topics = stored_topics(study, side)
    name = _name(side)
    if not (_facts(study, side).is_file() and study.has_table(name)):
        raise _missing(study, side)
    found = StabilityCertificate(
        side=side,
        table=study.table(name, step="topics"),
        summary=study.table(f"{name}-summary", step="topics"),
        refits=study.table(f"{name}-refits", step="topics"),
        layer=study.layer(f"topics-{side}-core"),
        settings=read_json(_facts(study, side)),
    )
    if not found.belongs_to(topics):
        raise _missing(study, side)
    return found


def _keep(study: Study, found: StabilityCertificate) -> tuple[str, ...]:
    """Write a certificate; the file that says whose it is comes last."""
    name = _name(found.side)
    tables: dict[str, pl.DataFrame] = {
        name: found.table,
        f"{name}-summary": found.summary,
        f"{name}-refits": found.refits,
    }
    _facts(study, found.side).unlink(missing_ok=True)
    for table, rows in tables.items():
        study.write_table(table, rows)
    study.write_layer(found.layer)
    write_json(_facts(study, found.side), dict(found.settings))
    layer = f"layers/{found.layer.name}.parquet"
    return (*(f"{table}.parquet" for table in tables), layer, f"{name}.json")


def _missing(study: Study, side: str) -> NotComputed:
    return NotComputed(
        f"{study.folder} has no stability of the {side} side's topics as they are now. "
        f"Run `workbench topics {study.folder} --side {side} --stability`."
    )


def _name(side: str) -> str:
    return f"topics/{side}-stability"


def _facts(study: Study, side: str) -> Path:
    return study.folder / f"{_name(side)}.json"
