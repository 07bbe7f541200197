"""Fit the topics of one side of a study, with a table per group."""

from __future__ import annotations

from typing import Literal

from workbench.corpus import Layer
from workbench.embedding import EmbeddingStore, Encoder
from workbench.errors import BadInput, InsufficientData, NotComputed
from workbench.pipeline.embedding import study_embeddings
from workbench.pipeline.run import Outcome, run_step
from workbench.pipeline.topic_edits import catch_up, keep_fit
from workbench.pipeline.topic_groups import Comparison
from workbench.pipeline.topic_set_apart import SetApart
from workbench.pipeline.topic_tables import write_topic_tables
from workbench.study import Study
from workbench.topics import NearestWords, Topics, fit_topics
from workbench.topics.groups import Estimand
from workbench.topics.result import TOPICS_FORMAT

__all__ = ["REPRESENTATIONS", "Representation", "fit_topics_step", "stored_topics", "topics"]

Representation = Literal["ctfidf", "keybert"]
REPRESENTATIONS: tuple[Representation, ...] = ("ctfidf", "keybert")
"""Ways to choose the words of a topic."""


def topics(
    study: Study,
    *,
    side: str = "helper",
    random_state: int = 7,
    group: str | None = None,
    estimand: Estimand = "pooled",
    strata: str | None = None,
    set_apart: Layer | None = None,
    representation: Representation = "ctfidf",
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
) -> Topics:
    """Fit topics over the turns of one side and return them; the study keeps them.

    Parameters
    ----------
    side
        `helper` or `client`.
    group
        Conversation column whose groups are compared; default `quality` where it has two values.
    estimand
        Share of a group's `pooled` turns, or `mean` of the shares of its conversations.
    strata
        Conversation column within whose values groups are compared.
    set_apart
        Layer of scheme ``backchannel`` that corrects which turns are left out; the study keeps it.
        By default the layer of this scheme that the study holds, if somebody made one.
    representation
        Words of a topic by `ctfidf`, or the nearest of them to its centroid (`keybert`).

    Raises
    ------
    BadInput
        If there is no such column or estimand; nothing is changed.
    InsufficientData
        If there are too few turns with content, or a column without two groups was asked for.
    """
    step = fit_topics_step(
        study,
        side=side,
        random_state=random_state,
        group=group,
        estimand=estimand,
        strata=strata,
        set_apart=set_apart,
        representation=representation,
        encoder=encoder,
        store=store,
    )
    record = study.step(step)
    if record is not None and not record.outputs:
        raise InsufficientData(" ".join(record.notes))
    catch_up(study, side=side)
    return stored_topics(study, side)


def stored_topics(study: Study, side: str) -> Topics:
    """Return the fitted topics of a side, as they are now.

    Raises
    ------
    NotComputed
        If there are none; the message names the command.
    """
    folder = study.folder / "topics" / side
    if not (folder / "topics.json").is_file():
        raise NotComputed(
            f"{study.folder} has no topics of the {side} side yet. "
            f"Run `workbench topics {study.folder} --side {side}`."
        )
    return Topics.read(folder)


def fit_topics_step(
    study: Study,
    *,
    side: str,
    random_state: int,
    group: str | None = None,
    estimand: Estimand = "pooled",
    strata: str | None = None,
    set_apart: Layer | None = None,
    representation: Representation = "ctfidf",
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
) -> str:
    """Run the step and return its name; too few turns are its note, not an error."""
    step = f"topics-{side}"
    if representation not in REPRESENTATIONS:
        raise BadInput.unknown("representation", representation, REPRESENTATIONS)
    apart = SetApart.of(study, set_apart)
    comparison = Comparison.of(study.corpus, group=group, estimand=estimand, strata=strata)

    def compute() -> Outcome:
        vectors = study_embeddings(study, encoder, store)
        try:
            found = fit_topics(
                study.corpus,
                vectors,
                side=side,
                random_state=random_state,
                set_apart=apart.flags(study),
                representation=(
                    NearestWords(encoder or Encoder()) if representation == "keybert" else None
                ),
            )
        except InsufficientData as error:
            return Outcome(outputs=(), notes=(str(error),))
        current, notes = keep_fit(study, found)
        current.write(study.folder / "topics" / side)
        study.write_layer(current.layer)
        tables, told = write_topic_tables(study, current, comparison)
        outputs = (f"topics/{side}", f"layers/{current.layer.name}.parquet", *tables)
        return Outcome(outputs=outputs, notes=(*apart.note, *notes, *told))

    run_step(
        study,
        step,
        depends={
            "corpus": study.corpus.checksum(),
            "encoder": (encoder or Encoder()).fingerprint,
            "format": TOPICS_FORMAT,
            "set_apart": apart.checksum,
        },
        parameters={
            "side": side,
            "random_state": random_state,
            "representation": representation,
            **comparison.as_parameters(),
        },
        compute=compute,
    )
    return step
