"""What the heads of AnnoMI were meant to reach, by how much they miss it, and what was tried.

Everything was tried on folds of the seeds 11 and 12; the cards report on folds of other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from workbench.coding.scoring import Table
from workbench.coding.scoring.predictions import MEAN_F1, SCORES

__all__ = ["MARKS", "Size", "against_marks"]

Size: TypeAlias = Literal["small", "full"]
"""Sizes of heads."""

MARKS: Mapping[tuple[str, Size], Mapping[str, float]] = {
    ("annomi-helper", "small"): {"mark": 0.76},
    ("annomi-client", "small"): {"mark": 0.52},
    ("annomi-helper", "full"): {"mark": 0.80},
    ("annomi-client", "full"): {"mark": 0.55, "further mark": 0.62},
}
"""Macro-F1 to reach, by scheme and size, with the turns before. A coder who always agreed with most
annotators would score about 0.85 (helper) and 0.72 (client) against these gold codes."""

_TRIED: Mapping[Size, Mapping[str, str]] = {
    "small": {
        "figures": "change of macro-F1 of the helper's head, calibration and cut-offs left aside",
        "mean token vector after layer 3 of the encoder, centred and on one scale (in this head)": (
            "+0.010, client +0.010; after layers 1 and 5 -0.001 and +0.003; each column standardised by "
            "itself +0.006; token maxima and the first token's vector: nothing"
        ),
        "embeddings of the last, the first, the mean of all sentences": (
            "+0.003 at best, and nothing on top of layer 3"
        ),
        "more surface features (some thirty), overlap with what the client said, position, n-grams of "
        "the previous turn, n-grams of three words, four or six turns of context, means of earlier turns": (
            "-0.011 to +0.000"
        ),
        "one hidden layer in place of the linear map": "-0.034; averaged with it -0.005",
        "one embedding of a turn with the turns before it": (
            "less than 0.003, intervals of the paired difference on both sides of 0"
        ),
    },
    "full": {
        "figures": "macro-F1 on folds of seed 11, calibrated",
        "sentence encoder fine-tuned to tag whole conversations, five passes, fold 0": (
            "helper 0.768 to 0.782, client 0.467 to 0.490 (small head there 0.772, 0.538)"
        ),
        "small head that also reads the states of SmolLM2-135M after layers 16 and 24, all folds (a part "
        "of this head)": (
            "helper 0.783, client 0.563 (small head 0.761, 0.527); with layers 12, 16, 20, 24 and 30 0.781"
        ),
        "layers 17 to 24 adapted to three tasks at once, fold 0 (a part of this head)": (
            "helper 0.786, client 0.568"
        ),
        "the mean of the last two, fold 0": "helper 0.798, client 0.579",
        "not tried": (
            "a larger language model (none is at hand; `train_full` takes one by its `model`), many passes "
            "on a GPU, self-training on other talk"
        ),
    },
}


def against_marks(scheme: str, size: Size, tables: Mapping[str, Table]) -> dict[str, Any]:
    """Sections of a card: how far the head is from its marks, and, where one is missed, what was tried.

    Parameters
    ----------
    tables
        Those of `score_predictions`, for the head that reads the turns before.
    """
    marks = MARKS.get((scheme, size))
    if marks is None:
        return {}
    (reached,) = (row for row in tables[SCORES] if row["measure"] == MEAN_F1)
    rows = [
        {
            "what": name,
            "macro-F1 to reach": goal,
            "reached": reached["estimate"],
            "low": reached["low"],
            "high": reached["high"],
            "short by": max(goal - reached["estimate"], 0.0) or None,
        }
        for name, goal in marks.items()
    ]
    missed = any(row["short by"] for row in rows)
    return {"Marks": rows, **({"What was tried for them": _TRIED[size]} if missed else {})}
