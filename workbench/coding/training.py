"""Train the shipped heads again from AnnoMI: `train("annomi-helper")`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.coding.annomi import Material, annomi_folder, read_material
from workbench.coding.books import load_codebook
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.scoring import Table, score_head
from workbench.corpus import Scheme
from workbench.errors import BadInput
from workbench.heads import Head, fit_head

__all__ = ["TRAINABLE", "train"]

_LOG = logging.getLogger(__name__)

TRAINABLE = ("annomi-helper", "annomi-helper-flags", "annomi-client")
"""Names of the heads that can be trained here."""


def train(
    name: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
    random_state: int = 7,
) -> Head:
    """Train, score and describe one head of the AnnoMI codebook.

    Parameters
    ----------
    name
        One of `TRAINABLE`.
    data
        Folder with `AnnoMI-simple.csv` and `AnnoMI-full.csv.gz`; default `annomi` under
        `WORKBENCH_DATA_HOME`.
    out
        Folder to write the head into (replaced as a whole); default: nothing is written.
    random_state
        Seed of the folds for calibration. The same seed and data give the same head.

    Returns
    -------
    Head
        With its card filled.

    Raises
    ------
    BadInput
        If there is no such head.
    NotComputed
        If the data are not there.
    """
    started = time.monotonic()
    if name not in TRAINABLE:
        raise BadInput.unknown("trainable head", name, TRAINABLE)
    scheme = load_codebook("annomi").scheme(name)
    spec, recipe = features_of(scheme), recipe_of(scheme)
    material = read_material(annomi_folder(data), scheme, spec)
    head = fit_head(
        material.table,
        material.targets,
        material.sources.tolist(),
        name=name,
        labels=scheme.labels,
        exclusive=scheme.exclusive,
        features=spec,
        encoder=material.encoder,
        recipe=recipe,
        random_state=random_state,
    )
    head = head.with_card(_card(material, scheme, score_head(material, scheme, spec, recipe)))
    if out is not None:
        head.save(out)
    _LOG.info("trained %s in %.0f s", name, time.monotonic() - started)
    return head


def _card(material: Material, scheme: Scheme, tables: Mapping[str, Table]) -> dict[str, Any]:
    goal = (
        " Change and sustain talk exist only relative to a change goal: where a conversation states "
        "none, the codes are flagged and should not be counted."
        if scheme.side == "client"
        else ""
    )
    return {
        "What it is": (
            "A linear classifier over a frozen sentence embedding, surface features, the previous "
            "turns and hashed n-grams. It holds no text and no vocabulary of its training data."
        ),
        "Data": {
            "corpus": "AnnoMI, expert-coded demonstrations of motivational interviewing, English",
            "source": "https://github.com/uccollab/AnnoMI",
            "citation": "Wu et al. (2022), ICASSP, doi:10.1109/ICASSP43922.2022.9746035",
            "licence of the data": "not stated by its authors; research material",
            "utterances": len(material.texts),
            "transcripts": material.transcripts,
            "videos (kept whole in every fold)": material.videos,
            "targets": "share of annotators per label where ten coded, else the one annotator's code",
        },
        **tables,
        "How to read the scores": (
            "Folds keep all transcripts of a video together; weights, calibration and cut-offs are "
            "fitted inside the training part. Intervals resample videos. The human reference rests "
            "on five transcripts and is a range, not a ceiling. A calibration error below its last "
            "column is no evidence of miscalibration."
        ),
        "Not for": (
            "Judging a person, a counsellor or a session by itself; other languages; interviews; "
            "text that is not helping talk. The recordings are demonstrations, many of them staged: "
            "scores on real sessions are unknown and probably lower." + goal
        ),
    }
