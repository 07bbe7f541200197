"""How a tagger is trained, and what each of its tasks has to learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Goal", "TaggerRecipe"]


@dataclass(frozen=True, slots=True)
class TaggerRecipe:
    """How a tagger is trained; defaults suit SmolLM2-135M and some hundred conversations.

    Parameters
    ----------
    below, through
        Layers up to `below` stay as they are; those after it up to `through` are adapted, later
        ones are not read.
    rank
        Of the adaptation of each weight matrix.
    epochs
        Passes over the conversations.
    batch
        Runs of turns in a step.
    learning_rate, weight_decay
        Of the adaptations; the rate rises over `warm_up` of the steps and falls to 0.
    output_rate, output_decay
        The same of the linear outputs.
    warm_up
        Share of the steps.
    dropout
        Before the outputs.
    average_from
        The parameters kept are the mean over the steps after this share of them.
    """

    below: int = 16
    through: int = 24
    rank: int = 16
    epochs: int = 3
    batch: int = 4
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    output_rate: float = 1e-3
    output_decay: float = 0.1
    warm_up: float = 0.06
    dropout: float = 0.2
    average_from: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What a task has to learn: shares of coders per label.

    Attributes
    ----------
    labels
        k labels.
    targets : ndarray of shape (n, k)
        One row per turn, nan where the task does not apply.
    exclusive : bool
        Whether rows are distributions over labels, or each label is a question of its own.
    weight : float
        Of this task's loss.
    """

    labels: tuple[str, ...]
    targets: NDArray[np.float64]
    exclusive: bool
    weight: float = 1.0
