"""What the card of the emotion head says: data, scores with intervals, cut-offs, limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.emotion.comments import Comments
from workbench.emotion.rollup import Rollup, grouped_labels
from workbench.emotion.shipped import CAUTION
from workbench.heads import Head
from workbench.statistics import Estimate, classwise_ece, cluster_interval, paired_difference

__all__ = ["f1_by_column", "macro_f1", "make_card"]

_RESAMPLES = 1000


def f1_by_column(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> NDArray[np.float64]:
    """2 TP / (2 TP + FP + FN) of each column; nan where a label stands in neither table."""
    total = (truth.sum(axis=0) + guess.sum(axis=0)).astype(float)
    hits = 2.0 * (truth & guess).sum(axis=0)
    return np.divide(hits, total, out=np.full(len(total), np.nan), where=total > 0)


def macro_f1(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    """Mean of `f1_by_column` over the labels that have one."""
    return float(np.nanmean(f1_by_column(truth, guess)))


def make_card(
    head: Head,
    rollups: Sequence[Rollup],
    train: Comments,
    dev: Comments,
    kept: Comments,
    probability: NDArray[np.float64],
    plain: NDArray[np.bool_],
) -> Mapping[str, Any]:
    """Score the head on the dev comments `kept` and describe it.

    Parameters
    ----------
    probability : shape (len(kept), 28)
        What the head says of them.
    plain : shape (len(kept), 28)
        What the plain baseline assigns to them.
    """
    guess = head.assign(probability)
    tiers = [("GoEmotions (28)", kept.labels, guess, train.labels)]
    calibrated = [("GoEmotions (28)", probability, kept.labels)]
    for rollup in rollups:
        truth = grouped_labels(rollup.tier, kept.labels)
        coarse = rollup.probabilities(probability)
        name = f"{rollup.tier} ({len(rollup.labels)})"
        past = grouped_labels(rollup.tier, train.labels)
        tiers.append((name, truth, rollup.assign(coarse), past))
        calibrated.append((name, coarse, truth))
    return {
        "Caution": CAUTION,
        "Use": _USE,
        "Data": _data(train, dev, kept),
        "Training": _TRAINING,
        "Macro-F1 on the dev part": [_tier_row(*tier, kept.same) for tier in tiers],
        "Beside the plain baseline, 28 labels": _beside(kept, guess, plain),
        "How to read it": _READING,
        "Labels on the dev part": _label_rows(head.labels, head.thresholds, kept, guess),
        **{
            f"{rollup.tier} on the dev part": _label_rows(
                rollup.labels,
                rollup.thresholds,
                Comments(kept.texts, tiers[at][1], kept.same),
                tiers[at][2],
            )
            for at, rollup in enumerate(rollups, start=1)
        },
        "Calibration on the dev part": [_calibration_row(*item) for item in calibrated],
        "Limits": _LIMITS,
    }


def _data(train: Comments, dev: Comments, kept: Comments) -> dict[str, Any]:
    return {
        "source": "GoEmotions, Demszky et al., ACL 2020, https://arxiv.org/abs/2005.00547: Reddit "
        "comments, labels that at least two raters gave",
        "licence": "Apache-2.0, as stated with the data; no text and no vocabulary of it is in here",
        "training comments": len(train),
        "dev comments": len(dev),
        "dev comments scored": f"{len(kept)}; {len(dev) - len(kept)} whose text (case and spaces "
        "ignored) also stands in the training part are left out",
    }


def _tier_row(
    name: str,
    truth: NDArray[np.bool_],
    guess: NDArray[np.bool_],
    past: NDArray[np.bool_],
    same: list[str],
) -> dict[str, Any]:
    found = _interval(lambda rows: macro_f1(truth[rows], guess[rows]), same)
    everything = np.ones_like(truth)
    majority = np.zeros_like(truth)
    majority[:, int(past.sum(axis=0).argmax())] = True
    return {
        "tier": name,
        "macro-F1": found.estimate,
        "low": found.low,
        "high": found.high,
        "all labels to all": macro_f1(truth, everything),
        "most frequent label to all": macro_f1(truth, majority),
        "comments": found.n,
        "distinct texts": found.n_clusters,
    }


def _beside(
    kept: Comments, guess: NDArray[np.bool_], plain: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    def ours(rows: NDArray[np.intp]) -> float:
        return macro_f1(kept.labels[rows], guess[rows])

    def theirs(rows: NDArray[np.intp]) -> float:
        return macro_f1(kept.labels[rows], plain[rows])

    options: Any = {"method": "bootstrap", "resamples": _RESAMPLES, "random_state": 7}
    found = {
        "macro-F1, TF-IDF + logistic regression": _interval(theirs, kept.same),
        "difference to it, paired": paired_difference(ours, theirs, kept.same, **options),
    }
    return [{"measure": name, **estimate.as_row()} for name, estimate in found.items()]


def _label_rows(
    labels: Sequence[str],
    thresholds: NDArray[np.float64],
    kept: Comments,
    guess: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    rows = []
    for at, label in enumerate(labels):
        truth, said = kept.labels[:, at], guess[:, at]
        found = _interval(_f1(truth, said), kept.same)
        both = float((truth & said).sum())
        rows.append(
            {
                "label": label,
                "dev comments": int(truth.sum()),
                "cut-off": float(thresholds[at]),
                "precision": both / said.sum() if said.any() else None,
                "recall": both / truth.sum() if truth.any() else None,
                "F1": found.estimate,
                "low": found.low,
                "high": found.high,
            }
        )
    return rows


def _f1(
    truth: NDArray[np.bool_], said: NDArray[np.bool_]
) -> Callable[[NDArray[np.intp]], float | None]:
    def score(rows: NDArray[np.intp]) -> float | None:
        total = int(truth[rows].sum() + said[rows].sum())
        return 2 * float((truth[rows] & said[rows]).sum()) / total if total else None

    return score


def _interval(score: Callable[[NDArray[np.intp]], float | None], same: list[str]) -> Estimate:
    return cluster_interval(score, same, method="bootstrap", resamples=_RESAMPLES, random_state=7)


def _calibration_row(
    name: str, probability: NDArray[np.float64], truth: NDArray[np.bool_]
) -> dict[str, Any]:
    found = classwise_ece(probability, truth.astype(float), exclusive=False)
    return {
        "tier": name,
        "expected calibration error, mean over labels": found.mean_ece,
        "the same if probabilities were right": found.mean_floor,
        "largest of a label": float(np.max(found.ece)),
    }


_USE = (
    "To see where in a conversation, and between which conversations, emotional tone changes; "
    "sums of probabilities (expected counts) rather than single labels. Not for a decision about a "
    "person."
)
_TRAINING = (
    "One logistic regression per label over the frozen sentence embedding, surface features and "
    "n-grams of words (to 2) and of characters (2 to 5) hashed into 32,768 columns. Features and "
    "schedule were chosen by cross-validation inside the training part; calibration, cut-offs and "
    "the roll-up to Ekman's groups and sentiment were fitted on scores out of four folds of the "
    "training part, equal texts in one fold. The dev part was used for the figures below only."
)
_READING = (
    "95 % intervals resample distinct texts. The two columns beside are what saying every label, or "
    "always the label most frequent in training, reaches. The plain baseline has its cut-offs tuned "
    "in the same way as the head. How well one rater agrees with the others cannot be said from these "
    "data, which hold labels that two or more gave. For comparison, on another part (test, "
    "5,427 comments) Demszky et al. report macro-F1 0.46 (28 labels), 0.64 (Ekman) and 0.69 "
    "(sentiment) for a fine-tuned BERT-base."
)
_LIMITS = (
    "Comments are short, written and public; counselling is spoken, long and private. Each comment "
    "was rated without its thread, and so the head reads a turn without the turns before it. "
    "Labels are what readers perceived, not what writers felt. Three to five raters saw each comment, all "
    "of them English speakers from India. The head reads English only. Rare labels (grief, pride, relief, "
    "nervousness) rest on 13 to 21 dev comments."
)
