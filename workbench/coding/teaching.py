"""One way to make a head of coded material: fit it, learn its domain, score it, write its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.coding.domain import Domain, fit_domain
from workbench.coding.scoring import REPORT_SEEDS, score_head
from workbench.coding.trained_heads import ALONE, Origin, TrainedHead
from workbench.heads import FeatureSpec, Recipe, fit_head
from workbench.reliability import trained_on_mark

if TYPE_CHECKING:
    from workbench.coding.material import Material
    from workbench.corpus import Scheme

__all__ = ["head_name", "taught", "with_card"]

_GOAL = (
    " Change and sustain talk exist only relative to a change goal: where a conversation states "
    "none, the codes are flagged and should not be counted."
)


def head_name(scheme: Scheme, *, context: bool) -> str:
    """Name of a scheme's head: the scheme's, with `-alone` where it reads no previous turns."""
    return scheme.name if context else f"{scheme.name}{ALONE}"


def taught(
    material: Material,
    scheme: Scheme,
    spec: FeatureSpec,
    recipe: Recipe,
    *,
    name: str,
    origin: Origin,
    random_state: int = 7,
) -> TrainedHead:
    """Train a head on coded utterances and learn its domain; its card is empty.

    The same material and seed give the same head.

    Parameters
    ----------
    spec, recipe
        What it reads, and how it is trained.
    """
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
    embedded = material.table[:, spec.columns("embedding")]
    domain = fit_domain(embedded, material.sources, random_state=random_state)
    marks = tuple(sorted(map(trained_on_mark, np.unique(material.sources).tolist())))
    return TrainedHead(head, replace(origin, learned_from=marks), domain)


def with_card(
    trained: TrainedHead,
    material: Material,
    scheme: Scheme,
    recipe: Recipe,
    *,
    data: Mapping[str, Any],
    not_for: str,
    report_seeds: Sequence[int] = REPORT_SEEDS,
) -> TrainedHead:
    """Score the way a head was `taught` on folds of its material, and write its card.

    Parameters
    ----------
    data
        What the card says of the data; counts are added.
    not_for
        What the card says the head is not for.
    report_seeds
        Seeds of the folds that the card's figures are made on.
    """
    spec = trained.head.features
    tables = score_head(material, scheme, spec, recipe, report_seeds=report_seeds)
    card: dict[str, Any] = {
        "What it is": (
            "A linear classifier over a frozen sentence embedding, "
            + (f"layer {spec.early_layer} of its encoder, " if spec.early_layer else "")
            + "surface features, "
            + ("the previous turns " if spec.reach else "no previous turns ")
            + "and hashed n-grams. It holds no text and no vocabulary of its training data."
        ),
        "Data": {
            **data,
            "utterances": len(material.texts),
            "transcripts": material.transcripts,
            "videos (kept whole in every fold)": material.videos,
        },
        **tables,
        "Out of domain": _domain_facts(trained.domain),
        "How to read the scores": (
            "Folds keep a source (video, client, thread) whole; weights, calibration and cut-offs are "
            "fitted inside the training part. Intervals resample sources. A human reference, where "
            "there is one, is a range and not a ceiling. A calibration error below its noise floor is "
            "no evidence of miscalibration."
        ),
        "Not for": not_for + (_GOAL if {"change", "sustain"} <= set(scheme.labels) else ""),
    }
    return replace(trained, head=trained.head.with_card(card))


def _domain_facts(domain: Domain | None) -> dict[str, Any]:
    assert domain is not None  # taught heads know their domain
    return {
        "an utterance is out of domain": (
            "where its embedding lies farther from the space of the training embeddings than 95 % of "
            "training utterances do whose source was left out of that space"
        ),
        "directions kept": len(domain.directions),
        "squared distance allowed": domain.threshold,
        "expected share on talk of the training kind": domain.expected,
    }
