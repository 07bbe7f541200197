"""The tables of a card, from facts of the material and predictions out of fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.coding.scoring.baselines import baselines
from workbench.coding.scoring.calibration import calibration_table
from workbench.coding.scoring.coverage import COVERAGE, coverage_table
from workbench.coding.scoring.facts import (
    CodedMaterial,
    Table,
    label_names,
    macro_f1_of,
    mean_of,
)
from workbench.coding.scoring.humans import human_reference
from workbench.coding.scoring.left_out import Split, left_out_table
from workbench.heads import OutOfFold
from workbench.statistics import (
    Statistic,
    brier,
    classwise_ece,
    cluster_interval,
    confusion,
    multilabel_macro_f1,
    paired_difference,
)

if TYPE_CHECKING:
    from workbench.corpus import Scheme

__all__ = ["MEAN_F1", "REPORT_SEEDS", "SCORES", "CodedMaterial", "Table", "score_predictions"]

REPORT_SEEDS = (101, 102)
"""Seeds of the folds that figures are reported on; features and penalties were chosen on others."""

SCORES = "Scores on videos it never saw"
"""Title of the table of a card with its scores and those of plain baselines."""

MEAN_F1 = "macro-F1, mean over folds"
"""The measure of that table by which coders are compared."""


def score_predictions(
    material: CodedMaterial,
    scheme: Scheme,
    runs: Sequence[OutOfFold],
    *,
    report_seeds: Sequence[int] = REPORT_SEEDS,
    left_out: Sequence[tuple[Split, OutOfFold]] = (),
) -> dict[str, Table]:
    """Make every table of a card from predictions, however they were made.

    Parameters
    ----------
    material
        The coded utterances, n of them; `Material` or anything with the same facts.
    scheme
        What was coded.
    runs
        Predictions for all n utterances, one run per seed of the folds. No prediction may come from
        a head that learned from, or was calibrated or cut on, the source it is for.
    report_seeds
        Seed of each run.
    left_out
        Predictions by the splits of `left_out_splits`; default none.

    Returns
    -------
    dict of str to list of dict
        Tables by title, rows of a table with equal keys.

    Raises
    ------
    ValueError
        If there is not one seed per run.
    """
    seeds = dict(zip(report_seeds, runs, strict=True))
    tables = {
        SCORES: _scores(material, scheme, seeds),
        "Scores of each fold": _each_fold(material, scheme, seeds),
        "By label": _by_label(material, scheme, runs),
        "Calibration": calibration_table(material, scheme, runs[0]),
        COVERAGE: coverage_table(material, scheme, runs[0]),
    }
    qualities = _by_quality(material, scheme, runs)
    if qualities:
        tables["By quality of the conversation"] = qualities
    for split, found in left_out:
        tables[split.title] = left_out_table(material, scheme, split, found, runs)
    humans = human_reference(material, scheme, runs)
    if humans:
        tables["Human reference"] = humans
    if scheme.exclusive:
        tables["Confusion (rows: published code)"] = _confusion(material, scheme, runs[0])
    return tables


def _scores(material: CodedMaterial, scheme: Scheme, seeds: dict[int, OutOfFold]) -> Table:
    gold, sources = material.gold, material.sources
    runs = list(seeds.values())
    each = [macro_f1_of(gold, run.assigned, scheme) for run in runs]
    ours = mean_of(each)
    measures: list[tuple[str, Statistic]] = [
        (f"macro-F1, folds {seed}", one) for seed, one in zip(seeds, each, strict=True)
    ]
    measures.append((MEAN_F1, ours))
    plain = baselines(material, scheme, [run.fold for run in runs])
    theirs = {
        name: mean_of([macro_f1_of(gold, one, scheme) for one in tables])
        for name, tables in plain.items()
    }
    measures += [(f"macro-F1, {name}", one) for name, one in theirs.items()]
    rows = [
        {"measure": name, **cluster_interval(one, sources, bounds=(0, 1)).as_row()}
        for name, one in measures
    ]
    rows += [
        {
            "measure": f"difference to {name}, paired",
            **paired_difference(ours, one, sources).as_row(),
        }
        for name, one in theirs.items()
    ]
    score = cluster_interval(_brier_of(gold, [run.probability for run in runs]), sources)
    rows.append({"measure": "Brier score, mean over folds", **score.as_row()})
    return rows


def _brier_of(gold: NDArray[np.bool_], tables: Sequence[NDArray[np.float64]]) -> Statistic:
    def of(table: NDArray[np.float64]) -> Statistic:
        return lambda rows: brier(table[rows], gold[rows])

    return mean_of([of(table) for table in tables])


def _each_fold(material: CodedMaterial, scheme: Scheme, seeds: dict[int, OutOfFold]) -> Table:
    rows: Table = []
    for seed, run in seeds.items():
        score = macro_f1_of(material.gold, run.assigned, scheme)
        for number in np.unique(run.fold):
            at = np.flatnonzero(run.fold == number)
            rows.append(
                {
                    "seed": seed,
                    "fold": int(number),
                    "utterances": len(at),
                    "sources": len(np.unique(material.sources[at])),
                    "macro-F1": score(at),
                    "Brier score": brier(run.probability[at], material.gold[at]),
                }
            )
    return rows


def _by_label(material: CodedMaterial, scheme: Scheme, runs: Sequence[OutOfFold]) -> Table:
    """Counts and precision of the first run; F1 as a mean over runs, with its interval."""
    run, rows = runs[0], []
    for column, label in enumerate(scheme.labels):
        truth, guess = material.gold[:, column], run.assigned[:, column]
        hits = int((truth & guess).sum())
        f1 = cluster_interval(
            mean_of([_f1_of(truth, one.assigned[:, column]) for one in runs]),
            material.sources,
            bounds=(0, 1),
        )
        rows.append(
            {
                "label": label,
                "utterances": int(truth.sum()),
                "assigned": int(guess.sum()),
                "expected (sum of probabilities)": float(run.probability[:, column].sum()),
                "precision": hits / int(guess.sum()) if guess.any() else None,
                "recall": hits / int(truth.sum()) if truth.any() else None,
                "F1": f1.estimate,
                "F1, low": f1.low,
                "F1, high": f1.high,
            }
        )
    return rows


def _f1_of(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> Statistic:
    return lambda at: multilabel_macro_f1(truth[at, None], guess[at, None])


def _by_quality(material: CodedMaterial, scheme: Scheme, runs: Sequence[OutOfFold]) -> Table:
    quality = np.asarray(material.facets.get("quality", [""] * len(material.texts)), np.str_)
    rows: Table = []
    for name in [name for name in np.unique(quality) if name]:
        at = np.flatnonzero(quality == name)
        gold, sources = material.gold[at], material.sources[at]
        f1 = mean_of([macro_f1_of(gold, run.assigned[at], scheme) for run in runs])
        score = cluster_interval(f1, sources, bounds=(0, 1))
        error = cluster_interval(
            _brier_of(gold, [run.probability[at] for run in runs]), sources, bounds=(0, 2)
        )
        gap = classwise_ece(runs[0].probability[at], gold, exclusive=scheme.exclusive)
        rows.append(
            {
                "quality": name,
                "utterances": len(at),
                "sources": score.n_clusters,
                "macro-F1": score.estimate,
                "low": score.low,
                "high": score.high,
                "Brier score": error.estimate,
                "Brier, low": error.low,
                "Brier, high": error.high,
                "calibration error": float(gap.mean_ece),
                "noise floor": float(gap.mean_floor),
                "reason": score.reason,
            }
        )
    return rows


def _confusion(material: CodedMaterial, scheme: Scheme, run: OutOfFold) -> Table:
    truth, guess = label_names(material.gold, scheme), label_names(run.assigned, scheme)
    counts = confusion(truth, guess, scheme.labels)
    return [
        {
            "code": label,
            **{f"head: {other}": int(n) for other, n in zip(scheme.labels, row, strict=True)},
        }
        for label, row in zip(scheme.labels, counts, strict=True)
    ]
