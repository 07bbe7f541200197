"""Fit the topics of one side of a study, with a table per group."""

from __future__ import annotations

import polars as pl

from workbench.corpus import Corpus
from workbench.embedding import EmbeddingStore, Encoder
from workbench.errors import InsufficientData
from workbench.pipeline.embedding import study_embeddings
from workbench.pipeline.run import Outcome, run_step
from workbench.pipeline.topic_edits import catch_up, keep_fit
from workbench.pipeline.topic_tables import write_topic_tables
from workbench.study import Study
from workbench.topics import Topics, backchannel_layer, fit_topics
from workbench.topics.result import TOPICS_FORMAT

__all__ = ["fit_topics_step", "group_column", "topics"]


def topics(
    study: Study,
    *,
    side: str = "helper",
    random_state: int = 7,
    group: str | None = None,
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

    Raises
    ------
    InsufficientData
        If there are too few turns with content.
    """
    step = fit_topics_step(
        study, side=side, random_state=random_state, group=group, encoder=encoder, store=store
    )
    record = study.step(step)
    if record is not None and not record.outputs:
        raise InsufficientData(" ".join(record.notes))
    catch_up(study, side=side)
    return Topics.read(study.folder / "topics" / side)


def fit_topics_step(
    study: Study,
    *,
    side: str,
    random_state: int,
    group: str | None = None,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
) -> str:
    """Run the step and return its name; too few turns are its note, not an error."""
    step = f"topics-{side}"
    chosen = group or group_column(study.corpus)

    def compute() -> Outcome:
        vectors = study_embeddings(study, encoder, store)
        study.write_layer(backchannel_layer(study.corpus))
        try:
            found = fit_topics(study.corpus, vectors, side=side, random_state=random_state)
        except InsufficientData as error:
            return Outcome(outputs=(), notes=(str(error),))
        current, notes = keep_fit(study, found)
        current.write(study.folder / "topics" / side)
        study.write_layer(current.layer)
        tables = write_topic_tables(study, current, group=chosen)
        outputs = (f"topics/{side}", f"layers/{current.layer.name}.parquet", *tables)
        return Outcome(outputs=outputs, notes=notes)

    run_step(
        study,
        step,
        depends={
            "corpus": study.corpus.checksum(),
            "encoder": (encoder or Encoder()).fingerprint,
            "format": TOPICS_FORMAT,
        },
        parameters={"side": side, "random_state": random_state, "group": chosen},
        compute=compute,
    )
    return step


def group_column(corpus: Corpus) -> str | None:
    """Conversation column to compare topics by: `quality` if at least two values of it occur."""
    values = corpus.conversations.select(pl.col("quality").drop_nulls().n_unique()).item()
    return "quality" if values >= 2 else None
