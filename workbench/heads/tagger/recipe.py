"""How a tagger is trained, and what each of its tasks has to learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Goal", "TaggerRecipe"]


@dataclass(frozen=True, slots=True)
class TaggerRecipe:
    """How a tagger is trained.

    Parameters
    ----------
    epochs
        Passes over the conversations, each cut into other windows.
    learning_rate
        Highest rate, reached after a tenth of the steps, then falling to 0.
    weight_decay
        On matrices.
    average_from
        The weights kept are the mean over the steps after this share of them.
    dropout
        Inside the encoder, between its layers.
    window
        Most tokens of a training window.
    budget
        Tokens of a batch, about.
    alone
        Share of turns shown once more without context in each pass, so that the same network can
        also tag a turn by itself.
    context_turns, tagged_turns
        When tagging: previous turns before a window's first tagged turn, and most tagged turns.
    folds
        Grouped folds for calibration and cut-offs.
    """

    epochs: int = 5
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    average_from: float = 0.6
    dropout: float = 0.1
    window: int = 256
    budget: int = 2048
    alone: float = 0.15
    context_turns: int = 10
    tagged_turns: int = 6
    folds: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What a task has to learn: shares of coders per label.

    Attributes
    ----------
    targets : ndarray of shape (n, k)
        One row per turn, nan where the task does not apply.
    exclusive : bool
        Whether rows are distributions over labels, or each label is a question of its own.
    weight : float
        Of this task's loss.
    """

    targets: NDArray[np.float64]
    exclusive: bool
    weight: float = 1.0
