"""What the parts of the full-size head learn from: one scheme's coded utterances, as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.annomi import read_material
from workbench.coding.books import load_codebook
from workbench.coding.labelled import capped, parents_hold
from workbench.coding.material import Material
from workbench.coding.recipes import full_features_of, full_recipe_of
from workbench.coding.teaching import head_name, taught
from workbench.coding.trained_heads import Origin, TrainedHead
from workbench.corpus import Scheme
from workbench.heads import FeatureSpec, OutOfFold, Recipe, out_of_fold
from workbench.heads.tagger import Goal

__all__ = ["FULL", "Subject", "subjects_of"]

FULL = "annomi-full"
"""Name of the full-size head of the AnnoMI codebook."""

_WEIGHTS: Mapping[str, float] = {"annomi-helper-flags": 0.1}


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
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

    def goal(self, turns: int) -> Goal:
        """What the tagger has to learn of it, in a talk of `turns` turns."""
        scheme = self.scheme
        targets = np.full((turns, len(scheme.labels)), np.nan)
        targets[self.rows] = self.material.targets
        return Goal(scheme.labels, targets, scheme.exclusive, _WEIGHTS.get(scheme.name, 1.0))

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


def subjects_of(folder: Path, talk: pl.DataFrame, *, context: bool) -> dict[str, Subject]:
    """The schemes of AnnoMI, with previous turns or of each turn by itself, by name."""
    row_of = {unit: row for row, unit in enumerate(talk["id"])}
    found = {}
    for scheme in load_codebook("annomi").schemes:
        spec = full_features_of(scheme, context=context)
        material = read_material(folder, scheme, spec)
        rows = np.array([row_of[unit] for unit in material.units])
        found[scheme.name] = Subject(scheme, material, rows, spec, full_recipe_of(scheme))
    return found
