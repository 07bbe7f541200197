"""Train a tagger on everything, and score every turn by networks that had not seen its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.files import atomic_path, checksum_of
from workbench.heads.tagger.lesson import Lesson
from workbench.heads.tagger.recipe import TaggerRecipe
from workbench.heads.tagger.tagger import Tagger, Task, tag
from workbench.heads.tagger.training import train_network

__all__ = ["fit_tagger", "scores_out_of_fold"]


def scores_out_of_fold(
    lesson: Lesson,
    fold: NDArray[np.intp],
    *,
    recipe: TaggerRecipe,
    random_state: int,
    checkpoints: Path | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Score every turn by a network trained without its fold, shape (n, k) for each task.

    Parameters
    ----------
    fold
        Fold of each turn, which keeps sources whole.
    checkpoints
        Folder for the state of unfinished and the scores of finished folds: a call with the same
        lesson and settings goes on where another one was stopped.
    """
    found = {
        name: np.full((len(fold), len(goal.labels)), np.nan) for name, goal in lesson.goals.items()
    }
    for left_out in np.unique(fold):
        test = fold == left_out
        own = _scores(
            lesson,
            test,
            recipe=recipe,
            random_state=random_state,
            checkpoints=checkpoints,
            doing=f"Training without fold {left_out + 1} of {fold.max() + 1}, seed {random_state}",
        )
        for name, scores in own.items():
            found[name][test] = scores[test]
    return found


def fit_tagger(
    lesson: Lesson,
    *,
    name: str,
    recipe: TaggerRecipe,
    random_state: int = 7,
    checkpoints: Path | None = None,
) -> Tagger:
    """Train on everything; the card is empty.

    Parameters
    ----------
    checkpoints
        As in `scores_out_of_fold`.
    """
    mark = checksum_of([lesson.fingerprint, name, asdict(recipe), random_state])[:16]

    def make() -> dict[str, NDArray[np.float16]]:
        network = train_network(
            lesson,
            range(len(lesson.runs)),
            recipe=recipe,
            random_state=random_state,
            checkpoint=_file(checkpoints, mark),
            doing=f"Training {name}",
        )
        return {
            key: value.detach().cpu().numpy().astype(np.float16)
            for key, value in network.trained().items()
        }

    return Tagger(
        name=name,
        tasks={
            task: Task(task, goal.labels, goal.exclusive) for task, goal in lesson.goals.items()
        },
        recipe=recipe,
        arrays=_once(checkpoints, mark, "parameters", make),
        weights=lesson.reader.weights,
        model=lesson.reader.named,
    )


def _scores(
    lesson: Lesson,
    test: NDArray[np.bool_],
    *,
    recipe: TaggerRecipe,
    random_state: int,
    checkpoints: Path | None,
    doing: str,
) -> dict[str, NDArray[np.float64]]:
    """Scores of the turns `test` by a network trained on all others."""
    mark = checksum_of([lesson.fingerprint, asdict(recipe), random_state, test.tolist()])[:16]

    def make() -> dict[str, NDArray[np.float64]]:
        network = train_network(
            lesson,
            lesson.among(~test),
            recipe=recipe,
            random_state=random_state,
            checkpoint=_file(checkpoints, mark),
            doing=doing,
        )
        numbers = lesson.among(test)
        states = (lesson.states[n] for n in numbers)
        return tag(network, [lesson.runs[n] for n in numbers], states, len(test))

    return _once(checkpoints, mark, "scores", make)


def _once(
    folder: Path | None, mark: str, kind: str, make: Callable[[], dict[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Arrays as they were made the first time, where a file keeps them.

    The state of the training they come from is removed when they are on disk, not before.
    """
    from safetensors.numpy import load_file, save_file

    file, state = _file(folder, f"{mark}-{kind}"), _file(folder, mark)
    if file is not None and file.is_file():
        return load_file(str(file))
    arrays = make()
    if file is not None and state is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as temporary:
            save_file(arrays, str(temporary))
        state.unlink(missing_ok=True)
    return arrays


def _file(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else folder / f"{name}.safetensors"
