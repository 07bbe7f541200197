"""Sequence search: one thing, then another, in the same conversation.

A pattern is a line of steps, as `complex reflection, then sustain talk within two turns`; its language is
told in `workbench.embedding.search.patterns`.

What counts as a match:

- Steps are met by utterances of one conversation in the order of its turns; a match never goes on in
  another conversation. One utterance meets one step of a match at most.
- `within N turns`: at most N utterances later, so `within 1 turn` and `next turn` mean the very next
  utterance, whoever speaks. Without a distance any later turn counts.
- Every utterance that meets the first step and can be followed by the others starts one match, the one
  that ends earliest; among those that end there, each step is met as early as can be. Matches of
  different starts may overlap.
- `not change` holds where a coder who could say `change` saw the utterance and did not. Of an utterance
  that nobody coded neither `change` nor `not change` holds (Kleene's strong logic of three values).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from workbench.corpus import Corpus, Layer
from workbench.embedding.search.labels import Coded, LabelNames
from workbench.embedding.search.patterns import (
    All,
    AnyOf,
    HasLabel,
    Not,
    OnSide,
    Step,
    Term,
    parse,
)

__all__ = ["SEQUENCE_COLUMNS", "Sequences", "find_sequences"]

SEQUENCE_COLUMNS = {
    "match": pl.Int64(),
    "conversation_id": pl.String(),
    "start_turn": pl.Int64(),
    "end_turn": pl.Int64(),
    "unit_ids": pl.List(pl.String()),
}
_UNCODED = "no utterance was coded in the layers of the pattern"


@dataclass(frozen=True, slots=True)
class Sequences:
    """What a sequence search found.

    Parameters
    ----------
    table
        A row per match: `match` (from 1), `conversation_id`, `start_turn`, `end_turn`, `unit_ids` (one
        utterance per step), in the order of the corpus.
    counts
        A row per conversation: `conversation_id`, `matches`, `reason`; a conversation of which nothing
        was coded has null matches and the reason.
    note
        Which layers were used, and what has to be kept in mind of them.
    """

    table: pl.DataFrame
    counts: pl.DataFrame
    note: str

    def __len__(self) -> int:
        return self.table.height

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def find_sequences(
    corpus: Corpus, layers: Sequence[Layer], pattern: str, *, rows: ArrayLike | None = None
) -> Sequences:
    """Find every place where one thing is followed by another.

    Parameters
    ----------
    layers
        Layers whose labels the pattern may name.
    pattern
        As `complex reflection, then sustain talk within two turns`.
    rows
        Boolean mask of the utterances that may begin a match, as `Filters.mask` gives; default all.

    Raises
    ------
    BadInput
        If the pattern cannot be read, with the place; if it names a label there is not, with those near.
    """
    names = LabelNames(layers)
    steps = parse(pattern, names)
    places = pl.DataFrame(
        {
            "_talk": corpus.utterances["conversation_id"].rank("dense").cast(pl.Int64),
            "_turn": corpus.utterances["turn"],
        }
    )
    first_seen = places.with_row_index("_row").with_columns(
        pl.col("_row").min().over("_talk").alias("_first")
    )
    order = first_seen.sort("_first", "_turn")["_row"].to_numpy()
    talk, turn = (places[name].to_numpy()[order] for name in ("_talk", "_turn"))
    met = [_holds(step.term, corpus, names).given[order] for step in steps]
    if rows is not None:
        met[0] &= np.asarray(rows, bool)[order]
    found = _earliest(steps, met, talk, turn)
    used = list({layer.name: layer for step in steps for layer in _layers(step.term)}.values())
    table = _table(corpus, order[found])
    return Sequences(table, _counts(corpus, used, table), _note(used))


# -- what holds of an utterance ----------------------------------------------------------------------


def _holds(term: Term, corpus: Corpus, names: LabelNames) -> Coded:
    """Where a term holds and where it does not; elsewhere it is not known."""
    if isinstance(term, HasLabel):
        return names.coded(corpus, term.found)
    if isinstance(term, OnSide):
        on = (corpus.utterances["side"] == term.side).fill_null(False).to_numpy()
        return Coded(on, ~on)
    if isinstance(term, Not):
        inner = _holds(term.term, corpus, names)
        return Coded(inner.withheld, inner.given)
    parts = [_holds(part, corpus, names) for part in term.terms]
    given, withheld = [x.given for x in parts], [x.withheld for x in parts]
    if isinstance(term, All):
        return Coded(reduce(np.logical_and, given), reduce(np.logical_or, withheld))
    return Coded(reduce(np.logical_or, given), reduce(np.logical_and, withheld))


def _layers(term: Term) -> Iterator[Layer]:
    if isinstance(term, HasLabel):
        yield from (layer for layer, _ in term.found)
    elif isinstance(term, Not):
        yield from _layers(term.term)
    elif isinstance(term, All | AnyOf):
        for part in term.terms:
            yield from _layers(part)


# -- matches -----------------------------------------------------------------------------------------


def _earliest(
    steps: Sequence[Step],
    met: Sequence[NDArray[np.bool_]],
    talk: NDArray[np.int64],
    turn: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Places of the earliest completion from each start, (matches, steps).

    From the last step backwards: a place counts for a step if the first place after it that counts for
    the next step is near enough. That first place is enough to look at, for completions that begin
    later never end earlier.
    """
    total = len(talk)
    counts, following = met[-1], []
    for place in range(len(steps) - 1, 0, -1):
        after = _next_place(counts)
        there = np.minimum(after, total - 1)
        reached = (after < total) & (talk[there] == talk)
        within = steps[place].within
        if within is not None:
            reached &= turn[there] - turn <= within
        following.append(there)
        counts = met[place - 1] & reached
    path = [np.flatnonzero(counts)]
    for after in reversed(following):
        path.append(after[path[-1]])
    return np.stack(path, axis=1)


def _next_place(counts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each place the next one after it that counts; the number of places where none does."""
    total = len(counts)
    own = np.where(counts, np.arange(total), total)
    onward = np.minimum.accumulate(own[::-1])[::-1]
    return np.append(onward[1:], total)[:total]


# -- results -----------------------------------------------------------------------------------------


def _table(corpus: Corpus, rows: NDArray[np.int64]) -> pl.DataFrame:
    turns = corpus.utterances
    ids = turns["id"].to_numpy()
    return pl.DataFrame(
        {
            "match": np.arange(1, len(rows) + 1),
            "conversation_id": turns["conversation_id"].gather(rows[:, 0]),
            "start_turn": turns["turn"].gather(rows[:, 0]),
            "end_turn": turns["turn"].gather(rows[:, -1]),
            "unit_ids": [ids[row].tolist() for row in rows],
        },
        schema=SEQUENCE_COLUMNS,
    )


def _counts(corpus: Corpus, used: Sequence[Layer], table: pl.DataFrame) -> pl.DataFrame:
    """Matches per conversation; null where nothing of it was coded."""
    coded = np.full(corpus.utterances.height, not used)
    for layer in used:
        column = "conversation_id" if layer.metadata.unit == "conversation" else "id"
        coded |= corpus.utterances[column].is_in(layer.table["unit_id"].implode()).to_numpy()
    talks = corpus.utterances.filter(pl.Series(coded))["conversation_id"]
    known = pl.col("conversation_id").is_in(talks.implode())
    matches = table.group_by("conversation_id").agg(pl.len().cast(pl.Int64).alias("matches"))
    return (
        corpus.conversations.select(conversation_id="id")
        .join(matches, on="conversation_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(known).then(pl.col("matches").fill_null(0)).alias("matches"),
            pl.when(~known).then(pl.lit(_UNCODED)).alias("reason"),
        )
    )


def _note(used: Sequence[Layer]) -> str:
    told = [f"Layers of the pattern: {', '.join(layer.name for layer in used) or 'none'}."]
    readers = [layer.name for layer in used if layer.metadata.context_turns]
    if readers:
        told.append(
            f"{', '.join(readers)} read previous turns while coding, which makes sequences of its own."
        )
    told += dict.fromkeys(x.metadata.caution for x in used if x.metadata.caution)
    return " ".join(told)
