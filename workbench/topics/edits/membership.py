"""Who belongs to which topic, before and after each edit.

Numbers hold across edits: a merged topic keeps the smallest number, a part that is split off takes
a number never used before, and a number that is gone is not given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.topics.edits.edit import Drop, Edit, Merge, Move, Rename, Split

__all__ = ["Membership"]

SPLIT_SEED = 0
"""Seed of the k-means that parts a topic; a log replays to the same parts."""


@dataclass(frozen=True)
class Membership:
    """State between two edits.

    Attributes
    ----------
    units : polars.DataFrame
        Fitted utterances, sorted by id: `unit_id`, `at` (position among the distinct texts), `topic`,
        `core` (whether the topic is described by it: not an outlier given to it), `probability`, `note`.
    names : mapping
        Names given by hand, by topic.
    gone : mapping
        Numbers that are no longer there -> why.
    next_number : int
        Number of the next part that is split off.
    """

    units: pl.DataFrame
    names: Mapping[int, str]
    gone: Mapping[int, str]
    next_number: int

    @property
    def topics(self) -> list[int]:
        """Numbers that are there, without the outliers."""
        return sorted(number for number in self.units["topic"].unique() if number >= 0)

    def after(self, edit: Edit, embeddings: NDArray[np.float32]) -> Membership:
        """The state after one more edit.

        Parameters
        ----------
        edit
            What to do.
        embeddings
            Of the distinct texts, rows of length one.

        Raises
        ------
        BadInput
            If a topic or the utterance is not there, or a topic has too few texts to be split.
        """
        match edit:
            case Rename(topic, name):
                self._check(topic)
                return replace(self, names={**self.names, topic: name})
            case Merge(topics):
                return self._merged(topics)
            case Split(topic, parts):
                return self._split(topic, parts, embeddings)
            case Drop(topic):
                return self._dropped(topic)
            case Move(unit_id, topic):
                return self._moved(unit_id, topic)

    def _check(self, *topics: int) -> None:
        for topic in topics:
            if topic in self.gone:
                raise BadInput(f"Topic {topic} is no longer there: {self.gone[topic]}.")
            if topic not in self.topics:
                raise BadInput.unknown("topic", str(topic), [str(x) for x in self.topics])

    def _merged(self, topics: tuple[int, ...]) -> Membership:
        self._check(*topics)
        kept, *merged = topics
        inside = pl.col("topic").is_in(merged)
        names = {topic: name for topic, name in self.names.items() if topic not in merged}
        return replace(
            self._with(inside, topic=kept, note=f"merged into topic {kept}"),
            names=names,
            gone={**self.gone, **dict.fromkeys(merged, f"merged into topic {kept}")},
        )

    def _dropped(self, topic: int) -> Membership:
        self._check(topic)
        if self.topics == [topic]:
            raise BadInput(f"Topic {topic} is the last one and cannot be dropped.")
        inside = pl.col("topic") == topic
        return replace(
            self._with(inside, topic=-1, core=False, note=f"topic {topic} was dropped"),
            names={number: name for number, name in self.names.items() if number != topic},
            gone={**self.gone, topic: "it was dropped"},
        )

    def _moved(self, unit_id: str, topic: int) -> Membership:
        if topic != -1:
            self._check(topic)
        inside = pl.col("unit_id") == unit_id
        row = self.units.filter(inside)
        if row.is_empty():
            raise BadInput(
                f"Utterance {unit_id!r} has no topic that could be changed: it was not fitted (another "
                "side, set apart, or not in this corpus)."
            )
        left = int(row["topic"].item())
        if left >= 0 and left != topic and (self.units["topic"] == left).sum() == 1:
            raise BadInput(
                f"Utterance {unit_id!r} is the last of topic {left}; drop or merge the topic instead."
            )
        return self._with(inside, topic=topic, core=topic >= 0, note="moved by hand")

    def _split(self, topic: int, parts: int, embeddings: NDArray[np.float32]) -> Membership:
        self._check(topic)
        inside = pl.col("topic") == topic
        texts = np.sort(self.units.filter(inside)["at"].unique().to_numpy())
        if len(texts) < parts:
            raise BadInput(
                f"Topic {topic} has {len(texts)} different texts; {parts} parts cannot be made of it."
            )
        labels = _parted(embeddings[texts], parts)
        number_of = np.array([topic, *range(self.next_number, self.next_number + parts - 1)])
        where = pl.DataFrame(
            {"at": texts, "part": number_of[labels]},
            schema={"at": self.units.schema["at"], "part": pl.Int64},
        )
        units = (
            self.units.join(where, on="at", how="left", maintain_order="left")
            .with_columns(_moves=inside & (pl.col("part") != topic))
            .with_columns(
                topic=pl.when(inside).then("part").otherwise("topic"),
                probability=pl.when(~pl.col("_moves")).then("probability"),
                note=pl.when("_moves").then(pl.lit(f"split off topic {topic}")).otherwise("note"),
            )
            .drop("part", "_moves")
        )
        return replace(self, units=units, next_number=self.next_number + parts - 1)

    def _with(
        self, inside: pl.Expr, *, topic: int, note: str, core: bool | None = None
    ) -> Membership:
        """Give the utterances `inside` another topic; how sure the fit was is then unknown."""
        changes = {"topic": pl.lit(topic, pl.Int64), "note": pl.lit(note)}
        if core is not None:
            changes["core"] = pl.lit(core)
        changed = [
            pl.when(inside).then(value).otherwise(name).alias(name)
            for name, value in changes.items()
        ]
        unsure = pl.when(~inside).then("probability").alias("probability")
        return replace(self, units=self.units.with_columns(*changed, unsure))


def _parted(points: NDArray[np.float32], parts: int) -> NDArray[np.intp]:
    """Parts of the points by k-means, the largest first."""
    from sklearn.cluster import KMeans

    found = KMeans(parts, n_init=10, random_state=SPLIT_SEED).fit_predict(points)
    sizes = np.bincount(found, minlength=parts)
    first = np.array([np.argmax(found == part) for part in range(parts)])
    order = np.lexsort((first, -sizes))
    return np.argsort(order)[found]
