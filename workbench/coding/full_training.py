"""Train the full-size head of AnnoMI: `train_full()`.

Helper codes, helper flags and client codes are learned together by one tagger, from whole
conversations, with the annotators' shares as soft targets; then blended with small heads that never
saw the same sources either. Settings and shares of the blend were chosen on folds of seed 11; the
card reports on folds of other seeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.coding.annomi import ABOUT, annomi_talk, corpus_folder, read_material
from workbench.coding.books import load_codebook
from workbench.coding.full import Blend, FullHead, blended
from workbench.coding.material import Material
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.scoring import REPORT_SEEDS, Table, score_predictions
from workbench.coding.teaching import head_name
from workbench.coding.trained_heads import find_head
from workbench.corpus import Corpus, Scheme
from workbench.files import atomic_folder
from workbench.heads import FeatureSpec, OutOfFold, Recipe, fit_head, out_of_fold
from workbench.heads.head import probabilities
from workbench.heads.tagger import Reading, save_tagger
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.tagger import READINGS, Calibrated, Task

if TYPE_CHECKING:
    from workbench.heads.tagger.fit import ByTask, FoldRun, Lesson

__all__ = ["FULL", "FULL_RECIPE", "train_full"]

FULL = "annomi-full"
"""Name of the full-size head of the AnnoMI codebook."""

FULL_RECIPE = TaggerRecipe()
"""How it is trained."""

_WEIGHTS: Mapping[str, float] = {"annomi-helper-flags": 0.1}
_READS: Mapping[Reading, str] = {"context": "with previous turns", "alone": "each turn by itself"}


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """One scheme's coded utterances, as the small heads read them, and their rows in the corpus."""

    scheme: Scheme
    material: Mapping[Reading, Material]
    rows: NDArray[np.intp]

    def way(self, reading: Reading) -> tuple[FeatureSpec, Recipe]:
        """What the small head reads, and how it is trained."""
        context = reading == "context"
        return features_of(self.scheme, context=context), recipe_of(self.scheme, context=context)


def train_full(
    data: str | Path | None = None,
    out: str | Path | None = None,
    *,
    encoder: str | Path | None = None,
    recipe: TaggerRecipe = FULL_RECIPE,
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
    encoder
        Folder or hub name of the encoder that the tagger begins with; default: the installed one.
    report_seeds
        Seeds of the folds that the card's figures are made on; none: no figures.
    checkpoints
        Folder that keeps unfinished work: the same call goes on where it was stopped.

    Raises
    ------
    NotComputed
        If the data are not there.
    """
    from workbench.embedding import resolve_device
    from workbench.heads.tagger.fit import fit_tagger, run_folds

    begun = time.monotonic()
    folder, place = corpus_folder(data), resolve_device(device)
    corpus = annomi_talk(folder)
    subjects = _subjects(folder, corpus)
    lesson = _lesson(corpus, subjects, encoder)
    kept = None if checkpoints is None else Path(checkpoints)
    shared: dict[str, Any] = {"recipe": recipe, "device": place, "checkpoints": kept}
    runs = {seed: run_folds(lesson, random_state=seed, **shared) for seed in report_seeds}
    tagger, held_out = fit_tagger(lesson, name=FULL, random_state=random_state, **shared)
    blends, cards = {}, {}
    for name, subject in subjects.items():
        for reading in READINGS:
            blends[name, reading] = _blend(subject, held_out, reading, recipe, random_state)
        cards[name] = _task_card(subject, runs)
    minutes = (time.monotonic() - begun) / 60
    card = _card(corpus, subjects, recipe, place, minutes)
    full = FullHead(tagger.with_cards(card, cards), blends)
    if out is not None:
        with atomic_folder(out) as temporary:
            save_tagger(full.tagger, temporary / "head")
            for file in (temporary / "head").iterdir():
                file.rename(temporary / file.name)
            (temporary / "head").rmdir()
            full.write(temporary)
    return full


def _subjects(folder: Path, corpus: Corpus) -> dict[str, _Subject]:
    row_of = {unit: row for row, unit in enumerate(corpus.utterances["id"])}
    found = {}
    for scheme in load_codebook("annomi").schemes:
        material: dict[Reading, Material] = {
            reading: read_material(
                folder, scheme, features_of(scheme, context=reading == "context")
            )
            for reading in READINGS
        }
        rows = np.array([row_of[unit] for unit in material["context"].units])
        found[scheme.name] = _Subject(scheme, material, rows)
    return found


def _lesson(corpus: Corpus, subjects: Mapping[str, _Subject], encoder: str | Path | None) -> Lesson:
    from workbench.heads.tagger.fit import read_lesson

    facts = corpus.conversations.select("id", "source", "target_behaviour")
    talk = corpus.utterances.join(
        facts, left_on="conversation_id", right_on="id", how="left", maintain_order="left"
    )
    tasks = {}
    for name, subject in subjects.items():
        targets = np.full((talk.height, len(subject.scheme.labels)), np.nan)
        targets[subject.rows] = subject.material["context"].targets
        tasks[name] = Goal(targets, subject.scheme.exclusive, _WEIGHTS.get(name, 1.0))
    return read_lesson(
        talk["text"].fill_null("").to_list(),
        sides=talk["side"].to_list(),
        conversations=talk["conversation_id"].to_list(),
        goals=talk["target_behaviour"].to_list(),
        sources=talk["source"].to_list(),
        labels={name: subject.scheme.labels for name, subject in subjects.items()},
        tasks=tasks,
        encoder=encoder,
    )


def _blend(
    subject: _Subject,
    held_out: ByTask,
    reading: Reading,
    recipe: TaggerRecipe,
    random_state: int,
) -> Blend:
    """Calibrate the blend on predictions of parts that had not seen the source."""
    spec, how = subject.way(reading)
    material = subject.material[reading]
    small = out_of_fold(
        material.table,
        material.targets,
        material.sources.tolist(),
        labels=subject.scheme.labels,
        exclusive=subject.scheme.exclusive,
        features=spec,
        recipe=how,
        folds=recipe.folds,
        random_state=random_state,
    ).probability
    parts = _parts(subject, held_out, small)
    everything = np.ones(len(subject.rows), bool)
    calibrated = _calibrated(subject, parts, reading, everything)
    name = head_name(subject.scheme, context=reading == "context")
    return Blend(
        calibrated, find_head(name.removesuffix("-alone"), context=reading == "context").fingerprint
    )


def _parts(
    subject: _Subject, tagged: ByTask, small: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Probabilities of the coded utterances by each part of a blend."""
    parts: dict[str, NDArray[np.float64]] = {"small": small}
    for reading, by_task in tagged.items():
        parts[reading] = by_task[subject.scheme.name][subject.rows]
    return parts


def _calibrated(
    subject: _Subject,
    parts: Mapping[str, NDArray[np.float64]],
    reading: Reading,
    among: NDArray[np.bool_],
) -> Calibrated:
    from workbench.heads.tagger.fit import calibrated_on

    exclusive = subject.scheme.exclusive
    wanted = np.where(among[:, None], subject.material[reading].targets, np.nan)
    return calibrated_on(blended(parts, reading, exclusive=exclusive), wanted, exclusive=exclusive)


def _out_of_fold(subject: _Subject, runs: Sequence[FoldRun], reading: Reading) -> OutOfFold:
    """Predict by blends whose every part was trained, calibrated and cut without the fold."""
    material, scheme = subject.material[reading], subject.scheme
    shape = material.targets.shape
    found = OutOfFold(np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape[0], np.intp))
    for number, run in enumerate(runs):
        train, aside, test = (mask[subject.rows] for mask in (run.train, run.aside, run.test))
        parts = _parts(subject, run.probability, _small(subject, reading, train))
        own = _calibrated(subject, parts, reading, aside)
        task = Task(scheme.name, scheme.labels, scheme.exclusive, {reading: own})
        scores = blended(parts, reading, exclusive=scheme.exclusive)[test]
        probability = probabilities(scores, own.scale, own.offset, exclusive=scheme.exclusive)
        found.probability[test] = probability
        found.assigned[test] = task.assign(probability, reading)
        found.fold[test] = number
    return found


def _small(subject: _Subject, reading: Reading, train: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probabilities of all coded utterances by a small head that learned from some of them."""
    (spec, how), material = subject.way(reading), subject.material[reading]
    head = fit_head(
        material.table[train],
        material.targets[train],
        material.sources[train].tolist(),
        name="held-out",
        labels=subject.scheme.labels,
        exclusive=subject.scheme.exclusive,
        features=spec,
        encoder="",
        recipe=how,
    )
    return head.predict_proba(material.table)


def _task_card(subject: _Subject, runs: Mapping[int, Sequence[FoldRun]]) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for reading, words in _READS.items():
        if not runs:
            continue
        found = [_out_of_fold(subject, run, reading) for run in runs.values()]
        made = score_predictions(
            subject.material[reading], subject.scheme, found, report_seeds=list(runs)
        )
        tables |= {f"{title} ({words})": table for title, table in made.items()}
    return tables


def _card(
    corpus: Corpus,
    subjects: Mapping[str, _Subject],
    recipe: TaggerRecipe,
    device: str,
    minutes: float,
) -> dict[str, Any]:
    turns = np.unique(np.concatenate([subject.rows for subject in subjects.values()]))
    return {
        "What it is": (
            "A sentence encoder fine-tuned to tag every turn of a conversation for all tasks at once, "
            "blended with the small heads of the same tasks. A turn is read with the turns before it, "
            "never with later ones, or by itself. Word embeddings are those of the encoder it began "
            "with; it holds no text of its training data."
        ),
        "Data": {
            **ABOUT,
            "coded turns": len(turns),
            "transcripts": corpus.conversations.height,
            "videos (kept whole in every fold)": corpus.conversations["source"].n_unique(),
        },
        "Training": {**asdict(recipe), "device": device, "minutes, figures included": minutes},
        "How to read the scores": (
            "Folds keep all transcripts of a video together; an eighth of the sources of each training "
            "part is set aside for calibration and cut-offs, so the figures are of heads that learned "
            "from 70 % of the videos. The head in this folder learned from all of them and is "
            "calibrated on scores out of fold. Intervals resample videos. The human reference rests on "
            "five transcripts and is a range, not a ceiling."
        ),
        "Not for": (
            "Judging a person, a counsellor or a session by itself; other languages; interviews; "
            "text that is not helping talk. The recordings are demonstrations, many of them staged: "
            "scores on real sessions are unknown and probably lower. Change and sustain talk exist "
            "only relative to a change goal: where a conversation states none, the codes are flagged "
            "and should not be counted."
        ),
    }
