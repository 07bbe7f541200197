"""What a tagger learns from: turns as a language model's lower layers see them, goals, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.files import checksum_of
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.language_models import TurnReader, Turns
from workbench.progress import track

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.language_models.reading import Run

__all__ = ["Lesson", "batch_of", "read_lesson"]


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Conversations with what there is to learn of them; n turns.

    Attributes
    ----------
    reader
        The model to adapt.
    runs
        The turns, cut into runs.
    states
        What the layers that stay as they are make of each run, shape (tokens, size), on the CPU.
    goals
        By task.
    sources : ndarray of str, shape (n,)
        What must not be cut, per turn.
    """

    reader: TurnReader
    runs: Sequence[Run]
    states: Sequence[Tensor]
    goals: Mapping[str, Goal]
    sources: NDArray[np.str_]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that a training can depend on."""
        goals = {
            name: [goal.labels, goal.exclusive, goal.weight, goal.targets.tolist()]
            for name, goal in self.goals.items()
        }
        runs = [[run.ids, run.rows, run.words] for run in self.runs]
        return checksum_of([self.reader.weights, runs, self.sources.tolist(), goals])

    def among(self, rows: NDArray[np.bool_]) -> list[int]:
        """Numbers of the runs whose turns are among these, shape (n,)."""
        return [number for number, run in enumerate(self.runs) if rows[run.rows[0]]]


def read_lesson(
    turns: Turns,
    *,
    sources: Sequence[str],
    tasks: Mapping[str, Goal],
    recipe: TaggerRecipe,
    model: str | None = None,
    device: str = "auto",
) -> Lesson:
    """Read the turns of some conversations, once for every training.

    Parameters
    ----------
    sources
        What must not be cut, one per turn.
    tasks
        What there is to learn.
    model, device
        As for `workbench.language_models.TurnReader`.
    """
    reader = TurnReader([recipe.below, recipe.through], model=model, device=device)
    runs = reader.runs(turns)
    states = [
        reader.states([run], [recipe.below])[0, 0].cpu()
        for run in track(runs, doing="Reading turns", total=len(runs))
    ]
    return Lesson(reader, runs, states, tasks, np.asarray(sources))


def batch_of(states: Sequence[Tensor], device: str) -> Tensor:
    """Lay runs side by side, padded at the end; shape (runs, tokens, size)."""
    from torch.nn.utils.rnn import pad_sequence

    return pad_sequence(list(states), batch_first=True).to(device)
