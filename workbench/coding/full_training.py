"""Train the full-size head: one tagger for all schemes of a codebook that are coded in a corpus.

Helper codes, helper flags and client codes are learned together, from whole conversations, with the
annotators' shares as soft targets. Settings were chosen on folds of seed 11; the card reports on
folds of other seeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from workbench.coding.annomi import annomi_folder, annomi_talk, read_material
from workbench.coding.books import load_codebook
from workbench.coding.material import Material
from workbench.coding.scoring import REPORT_SEEDS, Table, score_predictions
from workbench.corpus import Corpus, Scheme
from workbench.heads import FeatureSpec, OutOfFold
from workbench.heads.tagger import Reading, Tagger, save_tagger
from workbench.heads.tagger.recipe import Goal, TaggerRecipe

__all__ = ["FULL", "lesson_of", "train_full"]

FULL = "annomi-full"
"""Name of the full-size head of the AnnoMI codebook."""

_WEIGHTS: Mapping[str, float] = {"annomi-helper-flags": 0.3}
_ANNOMI = {
    "corpus": "AnnoMI, expert-coded demonstrations of motivational interviewing, English",
    "source": "https://github.com/uccollab/AnnoMI",
    "citation": "Wu et al. (2022), ICASSP, doi:10.1109/ICASSP43922.2022.9746035",
    "licence of the data": "not stated by its authors; research material",
    "targets": "share of annotators per label where ten coded, else the one annotator's code",
}
_READS: Mapping[Reading, str] = {
    "context": "with previous turns",
    "alone": "each turn by itself",
}


def lesson_of(
    corpus: Corpus,
    materials: Mapping[str, tuple[Scheme, Material]],
    *,
    encoder: str | Path | None = None,
) -> Any:
    """What a tagger learns from: the corpus' turns, and the codes of some schemes.

    Parameters
    ----------
    corpus
        Whole conversations.
    materials
        Scheme and coded utterances, by name of the scheme.

    Returns
    -------
    workbench.heads.tagger.fit.Lesson
    """
    from workbench.heads.tagger.fit import read_lesson

    talk = corpus.utterances
    facts = corpus.conversations.select("id", "source", "target_behaviour")
    talk = talk.join(
        facts, left_on="conversation_id", right_on="id", how="left", maintain_order="left"
    )
    tasks = {}
    for name, (scheme, material) in materials.items():
        targets = np.full((talk.height, len(scheme.labels)), np.nan)
        targets[_rows(corpus, material)] = material.targets
        tasks[name] = Goal(targets, scheme.exclusive, _WEIGHTS.get(name, 1.0))
    return read_lesson(
        talk["text"].fill_null("").to_list(),
        sides=talk["side"].to_list(),
        conversations=talk["conversation_id"].to_list(),
        goals=talk["target_behaviour"].to_list(),
        sources=talk["source"].to_list(),
        labels={name: scheme.labels for name, (scheme, _) in materials.items()},
        tasks=tasks,
        encoder=encoder,
    )


def train_full(
    data: str | Path | None = None,
    out: str | Path | None = None,
    *,
    encoder: str | Path | None = None,
    recipe: TaggerRecipe | None = None,
    report_seeds: Sequence[int] = REPORT_SEEDS,
    random_state: int = 7,
    device: str = "auto",
    checkpoints: str | Path | None = None,
) -> Tagger:
    """Train, score and describe the full-size head on AnnoMI.

    Parameters
    ----------
    data
        Folder with AnnoMI's two files; default `annomi` under `WORKBENCH_DATA_HOME`.
    out
        Folder to write the head into (replaced as a whole); default: nothing is written.
    encoder
        Folder or hub name of the encoder to begin with; default: the installed one.
    report_seeds
        Seeds of the folds that the card's figures are made on; none: no figures.
    checkpoints
        Folder that keeps unfinished work: the same call goes on where it was stopped. Remove it
        when done.

    Raises
    ------
    NotComputed
        If the data are not there.
    """
    from workbench.embedding import resolve_device
    from workbench.heads.tagger.fit import fit_tagger, tagger_out_of_fold

    begun = time.monotonic()
    folder, place = annomi_folder(data), resolve_device(device)
    book = load_codebook("annomi")
    bare = FeatureSpec(surface=False)
    materials = {
        scheme.name: (scheme, read_material(folder, scheme, bare)) for scheme in book.schemes
    }
    talk = annomi_talk(folder)
    lesson = lesson_of(talk, materials, encoder=encoder)
    kept = None if checkpoints is None else Path(checkpoints)
    shared: dict[str, Any] = {"recipe": recipe, "device": place, "checkpoints": kept}
    runs = [tagger_out_of_fold(lesson, random_state=seed, **shared) for seed in report_seeds]
    tagger = fit_tagger(lesson, name=FULL, random_state=random_state, **shared)
    cards = {
        name: _task_card(
            scheme, material, [_of_task(run, name, talk, material) for run in runs], report_seeds
        )
        for name, (scheme, material) in materials.items()
    }
    minutes = (time.monotonic() - begun) / 60
    card = _card(materials, recipe or TaggerRecipe(), place, minutes)
    tagger = tagger.with_cards(card, cards)
    if out is not None:
        save_tagger(tagger, out)
    return tagger


def _rows(corpus: Corpus, material: Material) -> list[int]:
    """Row in the corpus of each coded utterance."""
    row_of = {unit: row for row, unit in enumerate(corpus.utterances["id"])}
    return [row_of[unit] for unit in material.units]


def _of_task(
    run: Mapping[Reading, Mapping[str, OutOfFold]], name: str, corpus: Corpus, material: Material
) -> dict[Reading, OutOfFold]:
    """Predictions for the coded utterances of one task, by way of reading."""
    at = np.array(_rows(corpus, material))
    return {
        reading: OutOfFold(own[name].probability[at], own[name].assigned[at], own[name].fold[at])
        for reading, own in run.items()
    }


def _task_card(
    scheme: Scheme,
    material: Material,
    runs: Sequence[Mapping[Reading, OutOfFold]],
    seeds: Sequence[int],
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for reading, words in _READS.items():
        if runs:
            found = [run[reading] for run in runs]
            made = score_predictions(material, scheme, found, report_seeds=seeds)
            tables |= {f"{title} ({words})": table for title, table in made.items()}
    return tables


def _card(
    materials: Mapping[str, tuple[Scheme, Material]],
    recipe: TaggerRecipe,
    device: str,
    minutes: float,
) -> dict[str, Any]:
    helper = materials["annomi-helper"][1]
    coded = np.concatenate([own.conversations for _, own in materials.values()])
    sources = np.concatenate([own.sources for _, own in materials.values()])
    return {
        "What it is": (
            "A sentence encoder fine-tuned to tag every turn of a conversation for all tasks at once. "
            "A turn is read with the turns before it, never with later ones, or by itself. Its word "
            "embeddings are those of the encoder it began with; it holds no text of its training data."
        ),
        "Data": {
            **_ANNOMI,
            "helper turns": len(helper.texts),
            "transcripts": len(np.unique(coded)),
            "videos (kept whole in every fold)": len(np.unique(sources)),
        },
        "Training": {**asdict(recipe), "device": device, "minutes, figures included": minutes},
        "How to read the scores": (
            "Folds keep all transcripts of a video together; an eighth of each training part is set "
            "aside for calibration and cut-offs, so the figures are of networks that learned from 70 % "
            "of the videos. The network in this folder learned from all of them and is calibrated on "
            "scores out of fold. Intervals resample videos. The human reference rests on five "
            "transcripts and is a range, not a ceiling."
        ),
        "Not for": (
            "Judging a person, a counsellor or a session by itself; other languages; interviews; "
            "text that is not helping talk. The recordings are demonstrations, many of them staged: "
            "scores on real sessions are unknown and probably lower. Change and sustain talk exist "
            "only relative to a change goal: where a conversation states none, the codes are flagged "
            "and should not be counted."
        ),
    }
