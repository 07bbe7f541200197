"""Train the full-size head of AnnoMI, `train_full()`, or score its recipe once more, `score_full()`.

Helper codes, helper flags and client codes are learned together by one tagger, from whole
conversations, with the annotators' shares as soft targets; then blended with heads that read the
states of the same language model. Settings were chosen on folds of seed 11 (see `recipes`); the card
reports on folds of other seeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.annomi import ABOUT, NOT_FOR, annomi_talk, corpus_folder
from workbench.coding.full import FullHead, titled
from workbench.coding.full_scoring import blend_of, scored_alone
from workbench.coding.full_subjects import FULL, Subject, subjects_of
from workbench.coding.further import goals_of, turns_of
from workbench.coding.marks import against_marks
from workbench.coding.scoring import REPORT_SEEDS, Table
from workbench.corpus import Corpus
from workbench.errors import BadInput
from workbench.heads import grouped_folds
from workbench.heads.tagger import TaggerRecipe

if TYPE_CHECKING:
    from workbench.heads.tagger.lesson import Lesson

__all__ = ["FULL", "score_full", "train_full"]

_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class _School:
    """AnnoMI as a tagger and, by scheme, the heads that it is blended with read it."""

    folder: Path
    corpus: Corpus
    talk: pl.DataFrame
    subjects: Mapping[str, Subject]
    lesson: Lesson

    def folds(self, seeds: Sequence[int]) -> dict[int, NDArray[np.intp]]:
        """Fold of each turn of the talk, sources whole, by seed."""
        sources = self.lesson.sources.tolist()
        return {seed: grouped_folds(sources, folds=_FOLDS, random_state=seed) for seed in seeds}

    def tagged(
        self, folds: Mapping[int, NDArray[np.intp]], how: TaggerRecipe, kept: Path | None
    ) -> dict[str, dict[int, NDArray[np.float64]]]:
        """Scores by taggers that never saw the source, by scheme and seed."""
        from workbench.heads.tagger.fit import scores_out_of_fold

        found = {
            seed: scores_out_of_fold(
                self.lesson, fold, recipe=how, random_state=seed, checkpoints=kept
            )
            for seed, fold in folds.items()
        }
        return {
            name: {seed: scores[name][subject.rows] for seed, scores in found.items()}
            for name, subject in self.subjects.items()
        }


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
    from workbench.heads.tagger.fit import fit_tagger

    if not report_seeds:
        raise BadInput("Training takes at least one seed of folds to calibrate on.")
    begun, how = time.monotonic(), recipe or TaggerRecipe()
    school = _school(data, how, model=model, device=device)
    kept = None if checkpoints is None else Path(checkpoints)
    folds = school.folds(report_seeds)
    tagged = school.tagged(folds, how, kept)
    tagger = fit_tagger(
        school.lesson, name=FULL, recipe=how, random_state=random_state, checkpoints=kept
    )
    alone = subjects_of(school.folder, school.talk, context=False)
    blends, tables = {}, {}
    for name, subject in school.subjects.items():
        blends[name], own = blend_of(subject, tagged[name], folds)
        tables[name, True] = {**own, **against_marks(name, "full", own)}
        tables[name, False] = scored_alone(alone[name], folds)
    card = _card(school, how, begun, tables)
    full = FullHead(
        tagger.with_card(card),
        {name: subject.head(random_state) for name, subject in school.subjects.items()},
        {name: subject.head(random_state) for name, subject in alone.items()},
        blends,
    )
    if out is not None:
        full.save(out)
    return full


def score_full(
    data: str | Path | None = None,
    *,
    model: str | None = None,
    recipe: TaggerRecipe | None = None,
    seed: int,
    device: str = "auto",
    checkpoints: str | Path | None = None,
) -> dict[str, dict[str, Table]]:
    """Score the recipe of the full-size head on folds of one more seed, without training the head.

    Parameters
    ----------
    seed
        Of the folds, and of the networks trained on them; other parameters as for `train_full`.

    Returns
    -------
    dict of str to dict of str to list of dict
        By scheme, what the card of the head says of it with previous turns.

    Raises
    ------
    NotComputed
        If the data are not there.
    """
    how = recipe or TaggerRecipe()
    school = _school(data, how, model=model, device=device)
    folds = school.folds([seed])
    tagged = school.tagged(folds, how, None if checkpoints is None else Path(checkpoints))
    return {
        name: blend_of(subject, tagged[name], folds)[1] for name, subject in school.subjects.items()
    }


def _school(
    data: str | Path | None, how: TaggerRecipe, *, model: str | None, device: str
) -> _School:
    from workbench.heads.tagger.lesson import read_lesson

    folder = corpus_folder(data)
    corpus = annomi_talk(folder)
    talk = corpus.utterances.filter(pl.col("side") != "other")
    source_of = dict(corpus.conversations.select("id", "source").iter_rows())
    subjects = subjects_of(folder, talk, context=True)
    lesson = read_lesson(
        turns_of(talk, goals=goals_of(corpus)),
        sources=[source_of[one] for one in talk["conversation_id"]],
        tasks={name: subject.goal(talk.height) for name, subject in subjects.items()},
        recipe=how,
        model=model,
        device=device,
    )
    return _School(folder, corpus, talk, subjects, lesson)


def _card(
    school: _School,
    recipe: TaggerRecipe,
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
            "turns": school.talk.height,
            "transcripts": school.corpus.conversations.height,
            "videos (kept whole in every fold)": (school.corpus.conversations["source"].n_unique()),
        },
        "Training": {
            **asdict(recipe),
            "device": str(school.lesson.reader.model.device),
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
