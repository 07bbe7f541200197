"""Probabilities of a coder's labels as rows of a layer: what is assigned, and what has to be noted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Scheme

__all__ = [
    "ASSISTANT",
    "DECIMALS",
    "GENERAL",
    "NO_GOAL",
    "WITHOUT_GOAL",
    "capped",
    "goal_notes",
    "label_rows",
    "parents_hold",
]

DECIMALS = 6
"""Of probabilities, so that they do not depend on how rows were batched."""

NO_GOAL = "no stated change goal"
"""Note on client codes of a conversation without `target_behaviour`."""

GENERAL = (
    "Coded by a model that learned from demonstrations of motivational interviewing; "
    "how well it agrees with people on these conversations is not known."
)
ASSISTANT = "The helper is an AI assistant, while the model learned from human counsellors."
WITHOUT_GOAL = (
    "Some or all conversations have no stated change goal, without which change and sustain talk "
    "are not defined; their rows carry a note."
)

_RELATIVE = frozenset({"change", "sustain"})  # codes that exist only relative to a change goal


def capped(
    scheme: Scheme, labels: Sequence[str], probability: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A code below others is at most as probable as each of those above."""
    found = probability.copy()
    for child, parent in _families(scheme, labels):
        found[:, child] = np.minimum(found[:, child], probability[:, parent])
    return found


def parents_hold(
    scheme: Scheme, labels: Sequence[str], assigned: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What is assigned, less the codes below one that is not."""
    held = assigned.copy()
    for child, parent in _families(scheme, labels):
        held[:, child] &= assigned[:, parent]
    return held


def _families(scheme: Scheme, labels: Sequence[str]) -> list[tuple[int, int]]:
    """Columns of codes with those of every code above; one that is not among the labels ends a line."""
    place = {label: column for column, label in enumerate(labels)}
    return [
        (place[label], place[higher])
        for label in labels
        for higher in takewhile(place.__contains__, scheme.above(label))
    ]


def label_rows(
    labels: Sequence[str],
    talk: pl.DataFrame,
    own: NDArray[np.intp],
    at: NDArray[np.intp],
    probability: NDArray[np.float64],
    assigned: NDArray[np.bool_],
) -> pl.DataFrame:
    """One row per assigned label; one with null label for turns without any.

    Parameters
    ----------
    talk
        Utterances with `id, conversation_id`.
    own
        Rows of `talk` that the coder saw.
    at
        Those of them that have text and were scored, in the order of `probability` and `assigned`.

    Returns
    -------
    polars.DataFrame
        `_at` (row of `talk`), `unit_id, conversation_id, label, probability`.
    """
    unit, label = np.nonzero(assigned)
    given = pl.DataFrame(
        {
            "_at": at[unit],
            "label": [labels[int(j)] for j in label],
            "probability": probability[unit, label],
        },
        schema={"_at": pl.Int64, "label": pl.String, "probability": pl.Float64},
    )
    units = pl.DataFrame({"_at": own.astype(np.int64)}).with_columns(
        talk["id"][own].alias("unit_id"), talk["conversation_id"][own].alias("conversation_id")
    )
    return units.join(given, on="_at", how="left", maintain_order="left_right")


def goal_notes(scheme: Scheme, rows: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """Rows with the note `NO_GOAL` where a code that needs a change goal has none."""
    if not set(scheme.labels) >= _RELATIVE:
        return rows.with_columns(pl.lit(None, pl.String).alias("note"))
    without = corpus.conversations.filter(pl.col("target_behaviour").is_null())["id"].implode()
    lacking = pl.col("conversation_id").is_in(without)
    return rows.with_columns(pl.when(lacking).then(pl.lit(NO_GOAL)).alias("note"))
