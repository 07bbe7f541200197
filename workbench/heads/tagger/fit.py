"""Train a tagger and calibrate it on conversations it did not learn from.

Scores that calibration and cut-offs are fitted on come from networks that had not seen their source:
for the tagger that is kept, from one network per grouped fold, then the weights are trained anew on
everything; for figures, from a part of each training fold that is set aside, so that nothing of the
fold that is scored is ever used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.embedding.recipe import Recipe, resolve_encoder_path, weights_checksum
from workbench.embedding.tokens import load_tokenizer
from workbench.heads.calibrate import fit_calibration, fit_thresholds
from workbench.heads.fit import OutOfFold
from workbench.heads.folds import grouped_folds
from workbench.heads.head import probabilities
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.tagger import Calibrated, Reading, Tagger, Task, tag
from workbench.heads.tagger.training import train_network
from workbench.heads.tagger.turns import Turns

__all__ = ["Lesson", "fit_tagger", "read_lesson", "tagger_out_of_fold"]

READINGS: tuple[Reading, ...] = ("context", "alone")

_SET_ASIDE = 8
"""One in so many sources of a training part is kept for calibration."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a tagger learns from: turns, what each task wants of them, and their sources.

    Attributes
    ----------
    turns
        n turns of some conversations.
    labels, goals
        By task.
    sources : ndarray of str, shape (conversations,)
        What must not be cut, per conversation.
    folder
        Of the encoder to begin with.
    """

    turns: Turns
    labels: Mapping[str, tuple[str, ...]]
    goals: Mapping[str, Goal]
    sources: NDArray[np.str_]
    folder: Path

    @property
    def conversation_of(self) -> NDArray[np.intp]:
        """Number of each turn's conversation, shape (n,)."""
        return np.repeat(np.arange(len(self.sources)), np.diff(self.turns.bounds))


def read_lesson(
    texts: Sequence[str],
    *,
    sides: Sequence[str],
    conversations: Sequence[str],
    goals: Sequence[str | None],
    sources: Sequence[str],
    labels: Mapping[str, tuple[str, ...]],
    tasks: Mapping[str, Goal],
    encoder: str | Path | None = None,
) -> Lesson:
    """Tokenise the turns of some conversations for an encoder (default: the installed one).

    Parameters
    ----------
    texts, sides, conversations, goals, sources
        One entry per turn; turns of a conversation stand together, in their order.
    labels, tasks
        What there is to learn.
    """
    folder = resolve_encoder_path(encoder)
    turns = Turns.read(
        texts,
        sides=sides,
        conversations=conversations,
        goals=goals,
        tokenizer=load_tokenizer(folder, Recipe.read(folder)),
    )
    return Lesson(turns, labels, tasks, np.asarray(sources)[turns.bounds[:-1]], folder)


def fit_tagger(
    lesson: Lesson,
    *,
    name: str,
    recipe: TaggerRecipe | None = None,
    random_state: int = 7,
    device: str = "cpu",
    checkpoints: Path | None = None,
) -> Tagger:
    """Train on everything, with calibration on scores out of grouped folds.

    Parameters
    ----------
    checkpoints
        Folder for the state of unfinished and the scores of finished folds: a call with the same
        lesson and settings goes on where another one was stopped.

    Returns
    -------
    Tagger
        With empty cards.
    """
    how = recipe or TaggerRecipe()
    fold = _folds_of_conversations(lesson, how.folds, random_state)
    scores: dict[Reading, dict[str, NDArray[np.float64]]] = {r: _blank(lesson) for r in READINGS}
    for left_out in range(how.folds):
        part = f"calibration-{left_out}"
        found = _trained_scores(
            lesson, fold != left_out, fold == left_out, how, random_state, device, checkpoints, part
        )
        _fill(scores, found, lesson, fold == left_out)
    network = train_network(
        lesson.turns,
        lesson.goals,
        range(len(lesson.sources)),
        folder=lesson.folder,
        recipe=how,
        random_state=random_state,
        device=device,
        checkpoint=_file(checkpoints, "whole"),
        doing=f"Training {name}",
    )
    everywhere = np.ones(len(lesson.turns), bool)
    return Tagger(
        name=name,
        tasks={
            task: Task(
                task,
                lesson.labels[task],
                goal.exclusive,
                {r: _calibrated(scores[r][task], goal, everywhere) for r in READINGS},
            )
            for task, goal in lesson.goals.items()
        },
        arrays={
            key: value.detach().cpu().numpy().astype(np.float16)
            for key, value in network.trained().items()
        },
        encoder=weights_checksum(lesson.folder),
        reads_turns=how.context_turns,
        tags_turns=how.tagged_turns,
        folder=lesson.folder,
    )


def tagger_out_of_fold(
    lesson: Lesson,
    *,
    recipe: TaggerRecipe | None = None,
    folds: int = 5,
    random_state: int,
    device: str = "cpu",
    checkpoints: Path | None = None,
) -> dict[Reading, dict[str, OutOfFold]]:
    """Predict every turn by a network trained, calibrated and cut without its source.

    Returns
    -------
    dict of dict of OutOfFold
        By way of reading and task; one row per turn, nan and False where the task does not apply.
    """
    how = recipe or TaggerRecipe()
    fold = _folds_of_conversations(lesson, folds, random_state)
    turn_fold = fold[lesson.conversation_of]
    runs = {
        reading: {
            task: OutOfFold(
                np.full(goal.targets.shape, np.nan), np.zeros(goal.targets.shape, bool), turn_fold
            )
            for task, goal in lesson.goals.items()
        }
        for reading in READINGS
    }
    for left_out in range(folds):
        kept = np.flatnonzero(fold != left_out)
        inner = grouped_folds(
            lesson.sources[kept].tolist(), folds=_SET_ASIDE, random_state=random_state
        )
        aside = np.zeros(len(fold), bool)
        aside[kept[inner == 0]] = True
        scored = (fold == left_out) | aside
        found = _trained_scores(
            lesson, ~scored, scored, how, random_state, device, checkpoints, f"fold-{left_out}"
        )
        _predict(runs, found, lesson, turn_fold == left_out, aside[lesson.conversation_of])
    return runs


def _predict(
    runs: Mapping[Reading, Mapping[str, OutOfFold]],
    found: Mapping[Reading, Mapping[str, NDArray[np.float64]]],
    lesson: Lesson,
    test: NDArray[np.bool_],
    aside: NDArray[np.bool_],
) -> None:
    """Calibrate on the turns `aside` and predict the turns `test`."""
    for reading, by_task in runs.items():
        for name, run in by_task.items():
            goal, scores = lesson.goals[name], found[reading][name]
            own = _calibrated(scores, goal, aside)
            task = Task(name, lesson.labels[name], goal.exclusive, {reading: own})
            rows = np.flatnonzero(test & ~np.isnan(goal.targets[:, 0]))
            run.probability[rows] = task.probabilities(scores[rows], reading)
            run.assigned[rows] = task.assign(run.probability[rows], reading)


def _calibrated(scores: NDArray[np.float64], goal: Goal, among: NDArray[np.bool_]) -> Calibrated:
    rows = among & ~np.isnan(goal.targets[:, 0]) & ~np.isnan(scores[:, 0])
    given, wanted = scores[rows], goal.targets[rows]
    scale, offset = fit_calibration(given, wanted, exclusive=goal.exclusive)
    held_out = probabilities(given, scale, offset, exclusive=goal.exclusive)
    cuts = fit_thresholds(held_out, wanted, exclusive=goal.exclusive)
    return Calibrated(scale, offset, cuts)


def _trained_scores(
    lesson: Lesson,
    train: NDArray[np.bool_],
    scored: NDArray[np.bool_],
    how: TaggerRecipe,
    random_state: int,
    device: str,
    checkpoints: Path | None,
    part: str,
) -> dict[Reading, dict[str, NDArray[np.float64]]]:
    """Scores of some conversations by a network trained on others; masks are over conversations."""
    from workbench.files import checksum_of

    mark = checksum_of([part, random_state, repr(how), train.tolist(), scored.tolist()])[:16]
    done = _file(checkpoints, f"{part}-{mark}-scores")
    if done is not None and done.is_file():
        return _read_scores(done, lesson)
    network = train_network(
        lesson.turns,
        lesson.goals,
        np.flatnonzero(train).tolist(),
        folder=lesson.folder,
        recipe=how,
        random_state=random_state,
        device=device,
        checkpoint=_file(checkpoints, part),
        doing=f"Training {part}",
    )
    found: dict[Reading, dict[str, NDArray[np.float64]]] = {
        reading: tag(
            network,
            lesson.turns,
            context=how.context_turns if reading == "context" else 0,
            tagged=how.tagged_turns,
            device=device,
            conversations=np.flatnonzero(scored).tolist(),
        )
        for reading in READINGS
    }
    if done is not None:
        _write_scores(done, found)
    return found


def _write_scores(file: Path, found: Mapping[Reading, Mapping[str, NDArray[np.float64]]]) -> None:
    from safetensors.numpy import save_file

    from workbench.files import atomic_path

    arrays = {f"{r}:{task}": scores for r, by in found.items() for task, scores in by.items()}
    with atomic_path(file) as temporary:
        save_file(arrays, str(temporary))


def _read_scores(file: Path, lesson: Lesson) -> dict[Reading, dict[str, NDArray[np.float64]]]:
    from safetensors.numpy import load_file

    arrays = load_file(str(file))
    return {r: {task: arrays[f"{r}:{task}"] for task in lesson.goals} for r in READINGS}


def _fill(
    scores: Mapping[Reading, dict[str, NDArray[np.float64]]],
    found: Mapping[Reading, Mapping[str, NDArray[np.float64]]],
    lesson: Lesson,
    conversations: NDArray[np.bool_],
) -> None:
    rows = conversations[lesson.conversation_of]
    for reading, by_task in found.items():
        for task, own in by_task.items():
            scores[reading][task][rows] = own[rows]


def _blank(lesson: Lesson) -> dict[str, NDArray[np.float64]]:
    return {task: np.full(goal.targets.shape, np.nan) for task, goal in lesson.goals.items()}


def _folds_of_conversations(lesson: Lesson, folds: int, random_state: int) -> NDArray[np.intp]:
    """Fold of each conversation, by turns of its source, as `grouped_folds` deals rows."""
    of_turns = grouped_folds(
        lesson.sources[lesson.conversation_of].tolist(), folds=folds, random_state=random_state
    )
    return of_turns[lesson.turns.bounds[:-1]]


def _file(folder: Path | None, part: str) -> Path | None:
    return None if folder is None else folder / f"{part}.safetensors"
