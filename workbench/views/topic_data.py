"""What the study holds on the topics of one side, read once while it stays the same."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import polars as pl

from workbench.errors import NotComputed
from workbench.figures.topics import OUTLIER
from workbench.study import Study
from workbench.topics import Topics, topics_checksum
from workbench.views import public_tables
from workbench.views.public import Crowd

__all__ = ["PAIR", "TopicData", "topics_folder", "topics_state"]

PAIR = " - "
"""Stands between the two groups of a pair."""


def topics_folder(study: Study, side: str) -> Path:
    """Folder of a side's topics."""
    return study.folder / "topics" / side


def topics_state(study: Study, side: str) -> tuple[str, int]:
    """What changes with every fit and every edit."""
    file = topics_folder(study, side) / "topics.json"
    return side, file.stat().st_mtime_ns if file.is_file() else 0


class TopicData:
    """Topics of a side and the tables beside them.

    Parameters
    ----------
    crowd
        Of a public view: tables have null and a reason where few people are behind.
    """

    def __init__(self, study: Study, side: str, *, crowd: Crowd | None = None) -> None:
        if not topics_folder(study, side).is_dir():
            raise study.not_computed(f"topics of side {side}", "topics")
        self._study, self.side, self._crowd = study, side, crowd
        self.topics = Topics.read(topics_folder(study, side))

    @cached_property
    def info(self) -> pl.DataFrame:
        """Topics as a table."""
        if self._crowd is None:
            return self.topics.info
        return public_tables.topic_info(self.topics, self._crowd)

    @cached_property
    def names(self) -> dict[int, str]:
        """Number of a topic -> what a person or a model called it; not there where its words name it."""
        return {
            number: name
            for number, name in self.info["Topic", "Name"].iter_rows()
            if name is not None and not name.startswith(f"{number}_") and name != str(number)
        }

    @cached_property
    def titles(self) -> dict[int, str]:
        """Number and name, or leading words, of every topic; an unstable one is called so."""
        said: dict[int, str] = {}
        for number, words in self.info["Topic", "Representation"].iter_rows():
            if number == OUTLIER:
                said[number] = "no topic (outliers)"
                continue
            told = "words withheld" if words is None else ", ".join(words[:4])
            grey = " (unstable)" if number in self.unstable else ""
            said[number] = f"{number}: {self.names.get(number, told)}{grey}"
        return said

    @cached_property
    def stability(self) -> pl.DataFrame | None:
        """Recurrence of each topic over refits; None where it was not computed for topics as they are."""
        name, summary = (f"topics/{self.side}-{x}" for x in ("stability", "stability-summary"))
        if not (self._study.has_table(name) and self._study.has_table(summary)):
            return None
        certified = self._study.table(summary, step="topics")["topics_checksum"]
        if topics_checksum(self.topics) not in certified:
            return None
        return self._study.table(name, step="topics")

    @cached_property
    def unstable(self) -> frozenset[int]:
        """Topics that did not come again in the refits."""
        if self.stability is None:
            return frozenset()
        return frozenset(self.stability.filter(pl.col("stable") == False)["topic"])  # noqa: E712

    @property
    def said_stability(self) -> str:
        """Sentence for a caption: what is greyed, or that stability is not known."""
        if self.stability is None:
            return "Stability was not computed, so no topic is greyed."
        judged = self.stability.drop_nulls("stable").height
        if not judged:
            return "Too few refits to call a topic stable or unstable."
        return (
            f"Light grey: unstable, {len(self.unstable)} of {judged} topics did not come again when the "
            "fit was repeated on parts of the conversations."
        )

    @property
    def stability_command(self) -> str:
        """Sentence that names the command which computes stability, where it was not; else empty."""
        if self.stability is not None:
            return ""
        return (
            f"`workbench topics {self._study.folder} --side {self.side} --stability` computes it."
        )

    @property
    def said_shares(self) -> str:
        """Sentence on outliers before and after, doubtful members, and what was set apart."""
        if self._crowd is not None:
            return ""
        share = self.topics.outlier_share
        doubted = (
            ""
            if share.low_confidence is None
            else f" Low-confidence members: {share.low_confidence:.1%}."
        )
        return (
            f"Outliers: {share.after:.1%} ({share.before:.1%} before reassignment).{doubted} Set apart "
            f"before fitting: {self.topics.set_apart_share:.1%} of the side's turns."
        )

    @cached_property
    def places(self) -> pl.DataFrame:
        """Every fitted turn on the map: `unit_id`, `x`, `y`, `topic`."""
        labels = self.topics.layer.table.select("unit_id", topic=pl.col("label").cast(pl.Int64))
        return self.topics.map.join(labels, on="unit_id", how="left", maintain_order="left")

    # -- tables beside the topics --------------------------------------------------------------------

    @property
    def grouped_by(self) -> str:
        """Column of conversations whose groups are compared."""
        record = self._study.step(f"topics-{self.side}")
        return str(record.parameters.get("group") or "group") if record else "group"

    @property
    def pairs(self) -> list[str]:
        """Pairs of groups that were compared."""
        if not self._study.has_table(f"topics/{self.side}-groups"):
            return []
        return [x for x in self.groups["group"].unique(maintain_order=True) if PAIR in x]

    @cached_property
    def groups(self) -> pl.DataFrame:
        """Shares per group, and differences of pairs."""
        table = self._study.table(f"topics/{self.side}-groups", step="topics")
        if self._crowd is None:
            return table
        corpus, layer = self._study.corpus, self.topics.layer
        return public_tables.topic_groups(table, layer, corpus, self._crowd, by=self.grouped_by)

    def table(self, name: str, what: str) -> pl.DataFrame:
        """A further table of the side.

        Raises
        ------
        NotComputed
            If the study does not hold it; `what` it would show stands in the message.
        """
        full = f"topics/{self.side}-{name}"
        if not self._study.has_table(full):
            folder = self._study.folder
            raise NotComputed(f"{folder} has no {what} yet. Run `workbench topics {folder}`.")
        return self._study.table(full, step="topics")
