"""Names of a study's topics, proposed by a language model and kept with the prompt and the answer.

``topics/<side>-names.parquet`` holds them beside the topics. An expert's name comes first, then the
model's, then the words; where a name comes from is always told.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Protocol

import polars as pl

from workbench.files import checksum_of
from workbench.language_models import LocalLM, Message, local
from workbench.pipeline.run import Outcome, run_step
from workbench.pipeline.topic_edits import topic_edit_log
from workbench.pipeline.topics import stored_topics
from workbench.study import Study
from workbench.study.ledger import remote_calls
from workbench.topics import Rename, Topics
from workbench.topics.naming import propose_names

__all__ = ["WritingModel", "name_topics", "topic_names"]

MAX_TOKENS = 24
"""Tokens of an answer: more than any name of a few words."""


class WritingModel(Protocol):
    """A language model that writes: `LocalLM`, `OpenAICompatibleLM`."""

    @property
    def fingerprint(self) -> str:
        """Name that changes whenever answers could."""

    def complete(self, conversation: Sequence[Message], *, max_tokens: int = ...) -> str:
        """Write an answer."""


def name_topics(
    study: Study, *, side: str = "helper", model: WritingModel | None = None
) -> pl.DataFrame:
    """Let a language model propose names for a side's topics; the study keeps and returns them.

    The model reads the ten words and up to three turns of each topic. A model on another machine needs
    the consent of their conversations, and each call stands in the study's ledger.

    Parameters
    ----------
    side
        `helper` or `client`; its topics must have been fitted.
    model
        Default: the local model (`workbench.language_models.local()`). A small one names poorly.

    Returns
    -------
    polars.DataFrame
        `topic`, `name`, `reason` (why there is none), `prompt`, `answer`, `model` (fingerprint),
        `deterministic` (whether the model answers the same again), `when` (UTC), `members` (checksum of
        the utterances that were named).

    Raises
    ------
    NotComputed
        If the study holds no topics of the side.
    NetworkRefused
        If the model is on another machine, and offline was asked for or consent is missing.
    """
    topics = stored_topics(study, side)
    asked = local() if model is None else model

    def compute() -> Outcome:
        units = topics.info.filter(pl.col("Topic") >= 0)["representative_ids"].explode()
        turns = study.corpus.utterances.filter(pl.col("id").is_in(units.implode()))
        with remote_calls(study, turns["conversation_id"]):
            found = propose_names(
                topics,
                dict(turns.select("id", "text").iter_rows()),
                lambda prompt: asked.complete(
                    [{"role": "user", "content": prompt}], max_tokens=MAX_TOKENS
                ),
            )
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        table = found.with_columns(
            model=pl.lit(asked.fingerprint),
            deterministic=pl.lit(isinstance(asked, LocalLM)),
            when=pl.lit(now),
        ).join(_members(topics), on="topic", how="left", maintain_order="left")
        study.write_table(_table(side), table)
        return Outcome(outputs=(f"{_table(side)}.parquet",))

    run_step(
        study,
        f"topics-{side}-names",
        depends={"topics": _members(topics).rows(), "model": asked.fingerprint},
        parameters={"side": side, "max_tokens": MAX_TOKENS},
        compute=compute,
    )
    return study.table(_table(side), step="topics")


def topic_names(study: Study, *, side: str = "helper") -> pl.DataFrame:
    """Name of each topic as it is now, and whose name it is.

    Returns
    -------
    polars.DataFrame
        `Topic`, `Name`, `name_source` (``expert``, ``words``, or the model's fingerprint),
        `Representation`. A name that a model gave counts as long as the topic has the same utterances.

    Raises
    ------
    NotComputed
        If the study holds no topics of the side.
    """
    topics = stored_topics(study, side)
    info = topics.info.select("Topic", "Name", "Representation")
    edits = topic_edit_log(study, side=side).edits
    by_expert = {edit.name for edit in edits if isinstance(edit, Rename)}
    proposed = pl.DataFrame(schema={"topic": pl.Int64, "name": pl.String, "model": pl.String})
    if study.has_table(_table(side)):
        proposed = (
            study.table(_table(side), step="topics")
            .join(_members(topics), on=["topic", "members"], how="semi")
            .filter(pl.col("name").is_not_null())
            .select("topic", "name", "model")
        )
    expert = pl.col("Name").is_in(list(by_expert))
    return (
        info.join(proposed, left_on="Topic", right_on="topic", how="left", maintain_order="left")
        .with_columns(
            name_source=pl.when(expert)
            .then(pl.lit("expert"))
            .otherwise(pl.coalesce("model", pl.lit("words"))),
            Name=pl.when(expert).then("Name").otherwise(pl.coalesce("name", "Name")),
        )
        .select("Topic", "Name", "name_source", "Representation")
    )


def _members(topics: Topics) -> pl.DataFrame:
    """`topic`, `members`: checksum of the utterances that a name stands for; edits elsewhere keep it."""
    rows = topics.layer.table.filter(pl.col("label").is_not_null())
    grouped = rows.group_by(topic=pl.col("label").cast(pl.Int64)).agg(pl.col("unit_id").sort())
    return grouped.sort("topic").select(
        "topic", members=pl.col("unit_id").map_elements(_checksum, return_dtype=pl.String)
    )


def _checksum(units: pl.Series) -> str:
    return checksum_of(units.to_list())


def _table(side: str) -> str:
    return f"topics/{side}-names"
