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
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.embedding.recipe import Recipe, resolve_encoder_path, weights_checksum
from workbench.embedding.tokens import load_tokenizer
from workbench.files import atomic_path, checksum_of
from workbench.heads.calibrate import fit_calibration, fit_thresholds
from workbench.heads.folds import grouped_folds
from workbench.heads.head import probabilities
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.tagger import READINGS, Calibrated, Reading, Tagger, Task, tag
from workbench.heads.tagger.training import train_network
from workbench.heads.tagger.turns import Turns

__all__ = ["ByTask", "FoldRun", "Lesson", "calibrated_on", "fit_tagger", "read_lesson", "run_folds"]

ByTask: TypeAlias = dict[Reading, dict[str, NDArray[np.float64]]]
"""A table (turns, labels) for each way of reading and task."""

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

    def of_turns(self, conversations: NDArray) -> NDArray:
        """One value per turn of one value per conversation."""
        return np.repeat(conversations, np.diff(self.turns.bounds))


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


@dataclass(frozen=True, slots=True, eq=False)
class FoldRun:
    """What a tagger says that learned from a part of the turns; masks are over turns, shape (n,).

    Attributes
    ----------
    train, aside, test
        What it learned from, was calibrated on, and never saw.
    probability
        Calibrated; nan where the turn was learned from.
    """

    train: NDArray[np.bool_]
    aside: NDArray[np.bool_]
    test: NDArray[np.bool_]
    probability: ByTask


def run_folds(
    lesson: Lesson,
    *,
    recipe: TaggerRecipe,
    folds: int = 5,
    random_state: int,
    device: str = "cpu",
    checkpoints: Path | None = None,
) -> list[FoldRun]:
    """Train and calibrate without each fold in turn; folds keep sources whole.

    Parameters
    ----------
    checkpoints
        Folder for the state of unfinished and the scores of finished folds: a call with the same
        lesson and settings goes on where another one was stopped.
    """
    fold = _folds_of_conversations(lesson, folds, random_state)
    runs = []
    for left_out in range(folds):
        kept = np.flatnonzero(fold != left_out)
        own = lesson.sources[kept].tolist()
        inner = grouped_folds(own, folds=min(_SET_ASIDE, len(set(own))), random_state=random_state)
        aside = np.zeros(len(fold), bool)
        aside[kept[inner == 0]] = True
        test = fold == left_out
        scores = _scores(
            lesson,
            ~(test | aside),
            recipe=recipe,
            random_state=random_state,
            device=device,
            checkpoints=checkpoints,
            part=f"fold {left_out} of {folds}, seed {random_state}",
        )
        among = lesson.of_turns(aside)
        probability: ByTask = {
            reading: {
                name: _task(lesson, name, {reading: own[name]}, among).probabilities(
                    own[name], reading
                )
                for name in lesson.goals
            }
            for reading, own in scores.items()
        }
        runs.append(
            FoldRun(
                lesson.of_turns(~(test | aside)),
                among,
                lesson.of_turns(test),
                probability,
            )
        )
    return runs


def fit_tagger(
    lesson: Lesson,
    *,
    name: str,
    recipe: TaggerRecipe,
    random_state: int = 7,
    device: str = "cpu",
    checkpoints: Path | None = None,
) -> tuple[Tagger, ByTask]:
    """Train on everything, with calibration on scores out of grouped folds.

    Parameters
    ----------
    checkpoints
        As in `run_folds`.

    Returns
    -------
    tagger : Tagger
        With empty cards.
    held_out
        Calibrated probabilities of every turn by a network that had not seen its source.
    """
    fold = _folds_of_conversations(lesson, recipe.folds, random_state)
    scores: ByTask = {
        reading: {task: np.full(g.targets.shape, np.nan) for task, g in lesson.goals.items()}
        for reading in READINGS
    }
    for left_out in range(recipe.folds):
        found = _scores(
            lesson,
            fold != left_out,
            recipe=recipe,
            random_state=random_state,
            device=device,
            checkpoints=checkpoints,
            part=f"calibration {left_out} of {recipe.folds}",
        )
        rows = lesson.of_turns(fold == left_out)
        for reading, by_task in found.items():
            for task, own in by_task.items():
                scores[reading][task][rows] = own[rows]
    whole = f"{name}, all sources"
    network = train_network(
        lesson.turns,
        lesson.goals,
        range(len(lesson.sources)),
        folder=lesson.folder,
        recipe=recipe,
        random_state=random_state,
        device=device,
        checkpoint=_file(checkpoints, checksum_of([whole, random_state, repr(recipe)])[:16]),
        doing=f"Training {whole}",
    )
    everywhere = np.ones(len(lesson.turns), bool)
    tasks = {
        task: _task(lesson, task, {r: scores[r][task] for r in READINGS}, everywhere)
        for task in lesson.goals
    }
    tagger = Tagger(
        name=name,
        tasks=tasks,
        arrays={
            key: value.detach().cpu().numpy().astype(np.float16)
            for key, value in network.trained().items()
        },
        encoder=weights_checksum(lesson.folder),
        reads_turns=recipe.context_turns,
        tags_turns=recipe.tagged_turns,
        folder=lesson.folder,
    )
    held_out: ByTask = {
        r: {task: own.probabilities(scores[r][task], r) for task, own in tasks.items()}
        for r in READINGS
    }
    return tagger, held_out


def calibrated_on(
    scores: NDArray[np.float64], targets: NDArray[np.float64], *, exclusive: bool
) -> Calibrated:
    """Calibration and cut-offs fitted on scores (n, k) that nothing learned from; nan rows left out."""
    rows = ~np.isnan(targets[:, 0]) & ~np.isnan(scores[:, 0])
    given, wanted = scores[rows], targets[rows]
    scale, offset = fit_calibration(given, wanted, exclusive=exclusive)
    held_out = probabilities(given, scale, offset, exclusive=exclusive)
    return Calibrated(scale, offset, fit_thresholds(held_out, wanted, exclusive=exclusive))


def _task(
    lesson: Lesson,
    name: str,
    scores: Mapping[Reading, NDArray[np.float64]],
    among: NDArray[np.bool_],
) -> Task:
    """A task with its ways of reading calibrated on the turns `among`."""
    goal = lesson.goals[name]
    wanted = np.where(among[:, None], goal.targets, np.nan)
    return Task(
        name,
        lesson.labels[name],
        goal.exclusive,
        {
            reading: calibrated_on(own, wanted, exclusive=goal.exclusive)
            for reading, own in scores.items()
        },
    )


def _scores(
    lesson: Lesson,
    train: NDArray[np.bool_],
    *,
    recipe: TaggerRecipe,
    random_state: int,
    device: str,
    checkpoints: Path | None,
    part: str,
) -> ByTask:
    """Scores of the conversations outside `train` by a network trained on those in it."""
    mark = checksum_of([part, random_state, repr(recipe), train.tolist(), list(lesson.goals)])[:16]
    done = _file(checkpoints, f"{mark}-scores")
    if done is not None and done.is_file():
        return _read_scores(done, lesson)
    network = train_network(
        lesson.turns,
        lesson.goals,
        np.flatnonzero(train).tolist(),
        folder=lesson.folder,
        recipe=recipe,
        random_state=random_state,
        device=device,
        checkpoint=_file(checkpoints, mark),
        doing=f"Training {part}",
    )
    found: ByTask = {
        reading: tag(
            network,
            lesson.turns,
            context=recipe.context_turns if reading == "context" else 0,
            tagged=recipe.tagged_turns,
            device=device,
            conversations=np.flatnonzero(~train).tolist(),
        )
        for reading in READINGS
    }
    if done is not None:
        _write_scores(done, found)
    return found


def _write_scores(file: Path, found: ByTask) -> None:
    from safetensors.numpy import save_file

    arrays = {f"{r}:{task}": scores for r, by in found.items() for task, scores in by.items()}
    with atomic_path(file) as temporary:
        save_file(arrays, str(temporary))


def _read_scores(file: Path, lesson: Lesson) -> ByTask:
    from safetensors.numpy import load_file

    arrays = load_file(str(file))
    return {r: {task: arrays[f"{r}:{task}"] for task in lesson.goals} for r in READINGS}


def _folds_of_conversations(lesson: Lesson, folds: int, random_state: int) -> NDArray[np.intp]:
    """Fold of each conversation, by turns of its source, as `grouped_folds` deals rows."""
    of_turns = grouped_folds(
        lesson.of_turns(lesson.sources).tolist(), folds=folds, random_state=random_state
    )
    return of_turns[lesson.turns.bounds[:-1]]


def _file(folder: Path | None, name: str) -> Path | None:
    return None if folder is None else folder / f"{name}.safetensors"
