"""What each trainable head reads, and how it is trained.

Features and penalties below were chosen by grouped cross-validation on folds of the seeds 11 and
12; the cards report on folds of other seeds. What was tried stands in `marks` and on the cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.corpus import Scheme
from workbench.heads import FeatureSpec, Recipe
from workbench.language_models import TurnReader
from workbench.language_models.reading import MOST_TURNS

__all__ = ["features_of", "full_features_of", "full_recipe_of", "recipe_of"]

_FEATURES = FeatureSpec(context_turns=2, hashed=4096, early_layer=3)
_HELPER = Recipe(
    turn_penalty=2.0,
    surface_penalty=0.3,
    context_penalty=10.0,
    hashed_penalty=0.7,
    early_penalty=1.0,
    folds=4,
)
_CLIENT = Recipe(
    turn_penalty=3.0,
    surface_penalty=1.0,
    context_penalty=20.0,
    hashed_penalty=2.0,
    early_penalty=3.0,
    folds=4,
)
_READ_LAYERS = (16, 24)
_RECIPES: Mapping[str, Recipe] = {
    "annomi-helper": _HELPER,
    "annomi-helper-flags": replace(_HELPER, surface_penalty=3.0, aim="share"),
    "annomi-client": _CLIENT,
}


def features_of(scheme: Scheme, *, context: bool = True) -> FeatureSpec:
    """Features of the head of a scheme: with previous turns, or of the turn alone."""
    if context:
        return _FEATURES
    return replace(_FEATURES, context_turns=0)


def recipe_of(scheme: Scheme, *, context: bool = True) -> Recipe:
    """How the head of a scheme is trained; a scheme without a recipe of its own takes its side's."""
    chosen = _RECIPES.get(scheme.name)
    if chosen is not None:
        return chosen
    return _CLIENT if scheme.side == "client" else _HELPER


def full_features_of(scheme: Scheme, *, context: bool = True) -> FeatureSpec:
    """Features of a head of full size: those of the small one, and what a language model reads."""
    reader = TurnReader(_READ_LAYERS)
    return replace(
        features_of(scheme, context=context),
        reader=reader.weights,
        reader_width=reader.width,
        reader_layers=_READ_LAYERS,
        reader_turns=MOST_TURNS if context else 0,
    )


def full_recipe_of(scheme: Scheme) -> Recipe:
    """How a head of full size is trained."""
    return replace(recipe_of(scheme), reader_penalty=0.3 if scheme.side == "client" else 0.1)
