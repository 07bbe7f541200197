"""Train the shipped GoEmotions head again: `workbench train goemotions`.

What the head reads and how it is fitted was chosen on folds of the training part. Calibration and
cut-offs are fitted on scores out of fold over the training part. The dev part is used once, for the
figures of the card, without the comments whose text also stands in the training part.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.emotion.baseline import words_alone
from workbench.emotion.card import make_card
from workbench.emotion.comments import Comments, goemotions_folder, read_comments
from workbench.emotion.fitting import FEATURES, Schedule, Table, build_table, fit_weights
from workbench.emotion.rollup import Rollup, write_rollups
from workbench.emotion.shipped import head_folder, shipped_head
from workbench.emotion.tiers import EMOTIONS
from workbench.files import atomic_folder
from workbench.heads import Head, grouped_folds
from workbench.heads.calibrate import fit_calibration, fit_thresholds
from workbench.heads.head import probabilities
from workbench.progress import track

__all__ = ["fit_emotion_head", "train"]

_LOG = logging.getLogger(__name__)
_FOLDS = 4


def train(
    data: str | Path | None = None, out: str | Path | None = None, random_state: int = 7
) -> Path:
    """Train head and roll-up, score them on the dev part, and write folder and card.

    Parameters
    ----------
    data
        Folder with `train.tsv.gz` and `dev.tsv`; default `goemotions` under `WORKBENCH_DATA_HOME`.
    out
        Folder to write, replaced as a whole; default: the shipped head's.
    random_state
        Seed of folds and batches. On one machine the same seed and data give the same head.

    Returns
    -------
    pathlib.Path
        The folder: `head.safetensors`, `head.json`, `rollup.json`, `CARD.md`.

    Raises
    ------
    NotComputed
        If the data are not there.
    BadInput
        If a file of the data is damaged.
    """
    from workbench.embedding import Encoder, embed

    started = time.monotonic()
    folder = goemotions_folder(data)
    comments, dev = read_comments(folder / "train.tsv.gz"), read_comments(folder / "dev.tsv")
    encoder = Encoder()
    vectors = embed([*comments.texts, *dev.texts], encoder=encoder, progress=True)
    table = build_table(comments, vectors[: len(comments)])
    head, rollups = fit_emotion_head(
        comments, table, encoder=encoder.weights, random_state=random_state
    )
    kept = dev.without(comments)
    position = {text: i for i, text in enumerate(dev.texts)}
    rows = np.array([position[text] for text in kept.texts])
    held = build_table(kept, vectors[len(comments) :][rows])
    fold = grouped_folds(comments.same, folds=_FOLDS, random_state=random_state)
    plain = words_alone(comments, kept, fold)
    said = _probability(head, held)
    head = head.with_card(make_card(head, rollups, comments, dev, kept, said, plain))
    target = Path(out) if out else head_folder()
    _write(head, rollups, target)
    _LOG.info("%s trained in %.0f s", target, time.monotonic() - started)
    return target


def fit_emotion_head(
    comments: Comments,
    table: Table,
    *,
    encoder: str,
    random_state: int = 7,
    schedule: Schedule | None = None,
) -> tuple[Head, list[Rollup]]:
    """Fit weights on all comments; calibration, cut-offs and roll-up on scores out of fold.

    Equal texts share a fold.
    """
    fold = grouped_folds(comments.same, folds=_FOLDS, random_state=random_state)
    scores = np.empty(comments.labels.shape)
    for left_out in track(range(_FOLDS), doing="Training goemotions"):
        inside, outside = np.flatnonzero(fold != left_out), np.flatnonzero(fold == left_out)
        weights = fit_weights(
            table.take(inside),
            comments.labels[inside],
            random_state=random_state,
            schedule=schedule,
        )
        scores[outside] = table.take(outside).scores(weights)
    targets = comments.labels.astype(float)
    scale, offset = fit_calibration(scores, targets, exclusive=False)
    held_out = probabilities(scores, scale, offset, exclusive=False)
    head = Head(
        name="goemotions",
        labels=EMOTIONS,
        exclusive=False,
        features=FEATURES,
        weights=fit_weights(table, comments.labels, random_state=random_state, schedule=schedule),
        scale=scale,
        offset=offset,
        thresholds=fit_thresholds(held_out, targets, exclusive=False),
        encoder=encoder,
    )
    rollups = [Rollup.fit(tier, held_out, comments.labels) for tier in ("ekman", "sentiment")]
    return head, rollups


def _probability(head: Head, table: Table) -> NDArray[np.float64]:
    scores = table.scores(head.weights)
    return probabilities(scores, head.scale, head.offset, exclusive=False)


def _write(head: Head, rollups: list[Rollup], target: Path) -> None:
    with atomic_folder(target) as temporary:
        with tempfile.TemporaryDirectory() as scratch:
            head.save(Path(scratch) / "head")
            shutil.copytree(Path(scratch) / "head", temporary, dirs_exist_ok=True)
        write_rollups(temporary, rollups)
    shipped_head.cache_clear()
