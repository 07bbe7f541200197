"""Train the full-size head of AnnoMI: `train_full()`.

Helper codes, helper flags and client codes are learned together by one tagger, from whole
conversations, with the annotators' shares as soft targets; then blended with heads that read the
states of the same language model. Settings were chosen on folds of seed 11 (see `recipes`); the card
reports on folds of other seeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.annomi import ABOUT, NOT_FOR, annomi_talk, corpus_folder, read_material
from workbench.coding.books import load_codebook
from workbench.coding.full import FullHead, blended, titled
from workbench.coding.further import goals_of, turns_of
from workbench.coding.labelled import capped, parents_hold
from workbench.coding.marks import against_marks
from workbench.coding.material import Material
from workbench.coding.recipes import full_features_of, full_recipe_of
from workbench.coding.scoring import REPORT_SEEDS, Table, score_predictions
from workbench.coding.teaching import head_name, taught
from workbench.coding.trained_heads import Origin, TrainedHead
from workbench.corpus import Corpus, Scheme
from workbench.errors import BadInput
from workbench.heads import Calibration, FeatureSpec, OutOfFold, Recipe, grouped_folds, out_of_fold
from workbench.heads.tagger import Goal, TaggerRecipe

__all__ = ["FULL", "train_full"]

FULL = "annomi-full"
"""Name of the full-size head of the AnnoMI codebook."""

_WEIGHTS: Mapping[str, float] = {"annomi-helper-flags": 0.1}
_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """One scheme's coded utterances as one kind of head reads them, and their rows in the talk."""

    scheme: Scheme
    material: Material
    rows: NDArray[np.intp]
    spec: FeatureSpec
    recipe: Recipe

    @property
    def context(self) -> bool:
        """Whether the head reads the turns before."""
        return self.spec.reach > 0

    def head(self, random_state: int) -> TrainedHead:
        """The head, trained on everything; its card points to that of the whole."""
        book = load_codebook("annomi")
        name = head_name(self.scheme, context=self.context)
        trained = taught(
            self.material,
            self.scheme,
            self.spec,
            self.recipe,
            name=name,
            origin=Origin(self.scheme.name, self.scheme.side, book.name, book.version),
            random_state=random_state,
        )
        card = {"What it is": f"A part of the full-size head {FULL}, whose card has all figures."}
        return TrainedHead(trained.head.with_card(card), trained.origin, trained.domain)

    def out_of_fold(self, fold: NDArray[np.intp], seed: int) -> OutOfFold:
        """What heads say of the folds of the talk that they did not learn from."""
        found = out_of_fold(
            self.material.table,
            self.material.targets,
            self.material.sources.tolist(),
            labels=self.scheme.labels,
            exclusive=self.scheme.exclusive,
            features=self.spec,
            recipe=self.recipe,
            random_state=seed,
            fold=fold[self.rows],
            adjust=partial(capped, self.scheme, self.scheme.labels),
        )
        return replace(
            found, assigned=parents_hold(self.scheme, self.scheme.labels, found.assigned)
        )


def train_full(
    data: str | Path | None = None,
    out: str | Path | None = None,
    *,
    model: str | None = None,
    recipe: TaggerRecipe | None = None,
    report_seeds: Sequence[int] = REPORT_SEEDS,
    random_state: int = 7,
    device: str = "auto",
    checkpoints: str | Path | None = None,
) -> FullHead:
    """Train, score and describe the full-size head on AnnoMI.

    Parameters
    ----------
    data
        Folder with AnnoMI's two files; default `annomi` under `WORKBENCH_DATA_HOME`.
    out
        Folder to write the head into (replaced as a whole); default: nothing is written.
    model
        Folder or hub name of the language model that the tagger adapts; default: the installed one.
    recipe
        How the tagger is trained.
    report_seeds
        Seeds of the folds that the blend is calibrated and the card's figures are made on.
    checkpoints
        Folder that keeps unfinished work: the same call goes on where it was stopped.

    Raises
    ------
    NotComputed
        If the data are not there.
    BadInput
        If no seed is given.
    """
    from workbench.heads.tagger.fit import fit_tagger, scores_out_of_fold
    from workbench.heads.tagger.lesson import read_lesson

    if not report_seeds:
        raise BadInput("Training takes at least one seed of folds to calibrate on.")
    begun, how = time.monotonic(), recipe or TaggerRecipe()
    folder = corpus_folder(data)
    corpus = annomi_talk(folder)
    talk = corpus.utterances.filter(pl.col("side") != "other")
    source_of = dict(corpus.conversations.select("id", "source").iter_rows())
    reading, alone = (_subjects(folder, talk, context=context) for context in (True, False))
    lesson = read_lesson(
        turns_of(talk, goals=goals_of(corpus)),
        sources=[source_of[one] for one in talk["conversation_id"]],
        tasks={name: _goal(subject, talk.height) for name, subject in reading.items()},
        recipe=how,
        model=model,
        device=device,
    )
    kept = None if checkpoints is None else Path(checkpoints)
    tagged, folds = {}, {}
    for seed in report_seeds:
        folds[seed] = grouped_folds(lesson.sources.tolist(), folds=_FOLDS, random_state=seed)
        tagged[seed] = scores_out_of_fold(
            lesson, folds[seed], recipe=how, random_state=seed, checkpoints=kept
        )
    tagger = fit_tagger(lesson, name=FULL, recipe=how, random_state=random_state, checkpoints=kept)
    blends, tables = {}, {}
    for name, subject in reading.items():
        own = {seed: scores[name][subject.rows] for seed, scores in tagged.items()}
        blends[name], context_tables = _blend(subject, own, folds)
        tables[name, True] = {
            **context_tables,
            **against_marks(name, "full", context_tables),
        }
        tables[name, False] = _scored_alone(alone[name], folds)
    card = _card(corpus, talk, how, str(lesson.reader.model.device), begun, tables)
    full = FullHead(
        tagger.with_card(card),
        {name: subject.head(random_state) for name, subject in reading.items()},
        {name: subject.head(random_state) for name, subject in alone.items()},
        blends,
    )
    if out is not None:
        full.save(out)
    return full


def _subjects(folder: Path, talk: pl.DataFrame, *, context: bool) -> dict[str, _Subject]:
    row_of = {unit: row for row, unit in enumerate(talk["id"])}
    found = {}
    for scheme in load_codebook("annomi").schemes:
        spec = full_features_of(scheme, context=context)
        material = read_material(folder, scheme, spec)
        rows = np.array([row_of[unit] for unit in material.units])
        found[scheme.name] = _Subject(scheme, material, rows, spec, full_recipe_of(scheme))
    return found


def _goal(subject: _Subject, turns: int) -> Goal:
    scheme = subject.scheme
    targets = np.full((turns, len(scheme.labels)), np.nan)
    targets[subject.rows] = subject.material.targets
    return Goal(scheme.labels, targets, scheme.exclusive, _WEIGHTS.get(scheme.name, 1.0))


def _blend(
    subject: _Subject,
    tagged: Mapping[int, NDArray[np.float64]],
    folds: Mapping[int, NDArray[np.intp]],
) -> tuple[Calibration, dict[str, Table]]:
    """The calibration of a blend, and its figures on folds that no part learned from."""
    runs, scores, parts = [], [], []
    for seed, scored in tagged.items():
        heads = subject.out_of_fold(folds[seed], seed)
        own = blended(scored, heads.probability, exclusive=subject.scheme.exclusive)
        runs.append(_calibrated_by_others(subject, own, heads.fold))
        scores.append(own)
        parts.append((scored, heads))
    targets = np.tile(subject.material.targets, (len(scores), 1))
    calibration = _calibration(subject, np.vstack(scores), targets)
    tables = score_predictions(subject.material, subject.scheme, runs, report_seeds=list(tagged))
    return calibration, {**tables, "Parts of the blend": _parts(subject, parts, runs)}


def _calibration(
    subject: _Subject, scores: NDArray[np.float64], targets: NDArray[np.float64]
) -> Calibration:
    exclusive, aim = subject.scheme.exclusive, subject.recipe.aim
    return Calibration.fit(scores, targets, exclusive=exclusive, aim=aim)


def _calibrated_by_others(
    subject: _Subject, scores: NDArray[np.float64], fold: NDArray[np.intp]
) -> OutOfFold:
    """Probabilities and labels of each fold with the calibration of the other folds."""
    probability, assigned = np.empty(scores.shape), np.empty(scores.shape, bool)
    for left_out in np.unique(fold):
        test = fold == left_out
        own = _calibration(subject, scores[~test], subject.material.targets[~test])
        scheme = subject.scheme
        probability[test] = capped(scheme, scheme.labels, own.probabilities(scores[test]))
        assigned[test] = parents_hold(scheme, scheme.labels, own.assign(probability[test]))
    return OutOfFold(probability, assigned, fold)


def _parts(
    subject: _Subject,
    parts: Sequence[tuple[NDArray[np.float64], OutOfFold]],
    blends: Sequence[OutOfFold],
) -> Table:
    """Log loss against the coders' shares of each part by itself, mean over seeds."""
    tagged = [_calibrated_by_others(subject, scores, heads.fold) for scores, heads in parts]
    kinds = {
        "adapted language model": tagged,
        "head on its states": [heads for _, heads in parts],
        "both": blends,
    }
    return [
        {"part": kind, "log loss": float(np.mean([_log_loss(subject, run) for run in runs]))}
        for kind, runs in kinds.items()
    ]


def _log_loss(subject: _Subject, run: OutOfFold) -> float:
    p, target = np.clip(run.probability, 1e-9, 1 - 1e-9), subject.material.targets
    loss = target * np.log(p)
    if not subject.scheme.exclusive:
        loss = loss + (1 - target) * np.log1p(-p)
    return float(-loss.sum(axis=1).mean())


def _scored_alone(subject: _Subject, folds: Mapping[int, NDArray[np.intp]]) -> dict[str, Table]:
    runs = [subject.out_of_fold(fold, seed) for seed, fold in folds.items()]
    return score_predictions(subject.material, subject.scheme, runs, report_seeds=list(folds))


def _card(
    corpus: Corpus,
    talk: pl.DataFrame,
    recipe: TaggerRecipe,
    device: str,
    begun: float,
    tables: Mapping[tuple[str, bool], Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "What it is": (
            "With previous turns: the mean of two parts, calibrated together. One is a language model "
            "whose upper layers were adapted (low-rank) to all tasks at once; the other a linear "
            "classifier that reads what the small head reads and the states of the language model as "
            "it was before. A turn is read after those before it, never with later ones. Each turn by "
            "itself: a classifier of the second kind. Nothing here holds a text of the training data."
        ),
        "Data": {
            **ABOUT,
            "turns": talk.height,
            "transcripts": corpus.conversations.height,
            "videos (kept whole in every fold)": corpus.conversations["source"].n_unique(),
        },
        "Training": {
            **asdict(recipe),
            "device": device,
            "minutes, figures and finished parts of earlier calls included": (
                (time.monotonic() - begun) / 60
            ),
        },
        **{
            titled(name, title, context=context): table
            for (name, context), own in tables.items()
            for title, table in own.items()
        },
        "How to read the scores": (
            "Folds keep all transcripts of a video together; both parts learned without the fold they "
            "are scored on. The calibration and cut-offs of the blend, a dozen numbers, are fitted on "
            "the scores of the four other folds. The head in this folder learned from all videos and "
            "is calibrated on all scores out of fold. Intervals resample videos. The human reference "
            "rests on five transcripts and is a range, not a ceiling."
        ),
        "Not for": NOT_FOR,
    }
