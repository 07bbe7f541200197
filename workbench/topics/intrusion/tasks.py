"""Intrusion tasks: five of a topic and one that is not, with the key kept apart from what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.errors import BadInput, InsufficientData
from workbench.files import checksum_of
from workbench.topics.result import Topics

__all__ = ["OPTIONS", "IntrusionTasks", "Kind", "intrusion_tasks"]

#: What a task shows.
Kind: TypeAlias = Literal["words", "turns"]

OPTIONS = 6
"""Choices of a task: five of the topic, one intruder."""

LOW_RANK = 50
"""A word may intrude where it is not among so many heaviest words of the topic."""

_ITEMS = {
    "item": pl.String(),
    "kind": pl.String(),
    "side": pl.String(),
    "options": pl.List(pl.String()),
}
_KEY = {
    "item": pl.String(),
    "topic": pl.Int64(),
    "intruder": pl.Int64(),
    "intruder_topic": pl.Int64(),
}

_Draw: TypeAlias = Callable[[int, np.random.Generator], "tuple[list[str], str, int] | None"]
"""Topic and generator in; five members, the intruder and its topic out, or None."""


@dataclass(frozen=True, slots=True)
class IntrusionTasks:
    """Tasks and their key.

    Attributes
    ----------
    items : polars.DataFrame
        `item` (id, made of the content), `kind`, `side`, `options` (six words, or ids of six
        utterances, in the order in which they are shown). All that a rater may see, and nothing
        that tells the topic.
    key : polars.DataFrame
        `item`, `topic` (what five options belong to), `intruder` (position of the sixth, from 0),
        `intruder_topic`. For scoring only.
    """

    items: pl.DataFrame
    key: pl.DataFrame

    def __repr__(self) -> str:
        return f"IntrusionTasks({self.items.height} items, {self.key['topic'].n_unique()} topics)"


def intrusion_tasks(
    topics: Topics,
    corpus: Corpus,
    *,
    kind: Kind = "words",
    n: int | None = None,
    random_state: int = 0,
) -> IntrusionTasks:
    """Make tasks from fitted topics.

    The same topics, seed and `n` give the same tasks, whatever the order of rows.

    Parameters
    ----------
    topics : Topics
        Of one side; outliers give no tasks.
    corpus : Corpus
        What they were fitted on.
    kind : {"words", "turns"}, default "words"
        "words": the five first words of a topic, and one of the five first of another topic that is not
        among the `LOW_RANK` heaviest here. "turns": five turns of a topic and one of another topic, all
        different and from six conversations, drawn at random: a task tests all members of a
        topic, not its most typical ones.
    n : int, optional
        Number of tasks, by default one per topic; fewer take topics at random, more give each
        topic further intruders.
    random_state : int, default 0
        Seed.

    Returns
    -------
    IntrusionTasks
        In random order.

    Raises
    ------
    BadInput
        If `kind` is unknown or `n` is below 1.
    InsufficientData
        If no topic can give a task.
    """
    if kind not in ("words", "turns"):
        raise BadInput.unknown("kind of intrusion task", kind, ["turns", "words"])
    if n is not None and n < 1:
        raise BadInput(f"n: at least one task; got {n}.")
    numbers = sorted(topics.info.filter(pl.col("Topic") >= 0)["Topic"].to_list())
    draw = _words(topics) if kind == "words" else _turns(topics, corpus)
    wanted = len(numbers) if n is None else n
    found = list(_tasks(numbers, draw, kind, topics.side, wanted, random_state))
    if not found:
        raise InsufficientData(
            f"None of the {len(numbers)} topics of the {topics.side} side can give a task of {kind}: it "
            "takes two topics, and five words or turns of different conversations in one of them."
        )
    items = [(item, kind, topics.side, options) for item, options, *_ in found]
    key = [(item, *told) for item, _, *told in found]
    return IntrusionTasks(
        pl.DataFrame(items, schema=_ITEMS, orient="row"),
        pl.DataFrame(key, schema=_KEY, orient="row"),
    )


def _tasks(
    numbers: list[int], draw: _Draw, kind: str, side: str, wanted: int, random_state: int
) -> Iterator[tuple[str, list[str], int, int, int]]:
    """Item, options, topic, place of the intruder and its topic, until there are enough."""
    seen: set[str] = set()
    for turn in range(3 * max(1, -(-wanted // max(1, len(numbers))))):
        rng = np.random.default_rng([random_state, turn])
        for topic in rng.permutation(numbers).tolist():
            drawn = draw(topic, rng)
            if len(seen) == wanted or drawn is None:
                continue
            members, intruder, other = drawn
            options = [str(x) for x in rng.permutation([*members, intruder])]
            content = [kind, side, topic, sorted(members), intruder]
            item = checksum_of(content)[:16]
            if item not in seen:
                seen.add(item)
                yield item, options, topic, options.index(intruder), other


def _words(topics: Topics) -> _Draw:
    shown = topics.info.filter(pl.col("Topic") >= 0).select(
        "Topic", pl.col("Representation").list.head(OPTIONS - 1)
    )
    heads: dict[int, list[str]] = dict(shown.iter_rows())
    heavy = _heaviest(topics.ctfidf)

    def draw(topic: int, rng: np.random.Generator) -> tuple[list[str], str, int] | None:
        own = heads.get(topic, [])
        here = heavy.get(topic, set()) | set(own)
        strangers = [
            (word, other)
            for other, words in sorted(heads.items())
            for word in words
            if other != topic and word not in here
        ]
        if len(own) < OPTIONS - 1 or not strangers:
            return None
        word, other = strangers[rng.integers(len(strangers))]
        return own, word, other

    return draw


def _heaviest(ctfidf: pl.DataFrame) -> dict[int, set[str]]:
    """The `LOW_RANK` heaviest words of each topic."""
    ranked = ctfidf.sort(["topic", "weight", "word"], descending=[False, True, False])
    words = ranked.group_by("topic").agg(pl.col("word").head(LOW_RANK))
    return {topic: set(found) for topic, found in words.iter_rows()}


def _turns(topics: Topics, corpus: Corpus) -> _Draw:
    turns = corpus.utterances.select(
        "conversation_id", unit_id="id", said=pl.col("text").str.to_lowercase().str.strip_chars()
    )
    placed = (
        topics.layer.table.drop_nulls("label")
        .select("unit_id", topic=pl.col("label").cast(pl.Int64))
        .filter(pl.col("topic") >= 0)
        .join(turns, on="unit_id")
        .sort("unit_id")
    )
    parts = {number: part for (number,), part in placed.group_by("topic", maintain_order=True)}

    def draw(topic: int, rng: np.random.Generator) -> tuple[list[str], str, int] | None:
        own = _of_different_conversations(parts[topic], rng) if topic in parts else pl.DataFrame()
        if own.height < OPTIONS - 1:
            return None
        strangers = placed.filter(
            (pl.col("topic") != topic)
            & ~pl.col("conversation_id").is_in(own["conversation_id"].implode())
            & ~pl.col("said").is_in(own["said"].implode())
        )
        others = strangers["topic"].unique().sort()
        if others.is_empty():
            return None
        other = int(others[int(rng.integers(len(others)))])
        units = strangers.filter(pl.col("topic") == other)["unit_id"]
        return own["unit_id"].to_list(), units[int(rng.integers(len(units)))], other

    return draw


def _of_different_conversations(part: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Five turns at random, no two of one conversation or with one text; fewer where there are none."""
    mixed = part[rng.permutation(part.height).tolist()]
    one_each = mixed.unique("said", keep="first", maintain_order=True).unique(
        "conversation_id", keep="first", maintain_order=True
    )
    return one_each.head(OPTIONS - 1)
