"""What each trainable head reads, and how it is trained.

Features and penalties below were chosen by grouped cross-validation on folds of the seeds 11 and
12; the cards report on folds of other seeds. What was tried there, as change of macro-F1 of the
helper's head (the client's where it is named), calibration and cut-offs left aside:

- the mean token vector after layer 3 of the encoder, centred and on one scale for all columns:
  +0.010, client +0.010, log loss 0.616 to 0.590, client 0.792 to 0.789; after layers 1 and 5 -0.001 and
  +0.003; each column standardised by itself +0.006; token maxima and the first token's vector: nothing;
- embeddings of the last, the first, the mean of all sentences: +0.003 at best, and nothing on top of
  layer 3;
- some thirty more surface features, overlap with what the client said (stems, pronouns swapped, word
  order), position in the conversation, n-grams of the previous turn, n-grams of three words, four or
  six turns of context, means of earlier turns of either side: -0.011 to +0.000;
- one hidden layer in place of the linear map: -0.034; averaged with it -0.005;
- the embedding of a turn in one text with one or three turns before it: less than 0.003, intervals of
  the paired difference on both sides of 0.

Of the full size, macro-F1 and log loss of helper and client, all folds of seed 11 where not said:

- the small head: 0.761, 0.569; 0.527, 0.759;
- the sentence encoder fine-tuned to tag whole conversations, every turn seeing those before it (five
  passes, fold 0 alone, where the small head has 0.772, 0.529; 0.538, 0.747): 0.768 to 0.782, 0.55 to
  0.57; 0.467 to 0.490, 0.80;
- the small head that also reads the states of SmolLM2-135M after layers 16 and 24: 0.783, 0.545; 0.563,
  0.746; with layers 12, 16, 20, 24 and 30 0.781, 0.540;
- layers 17 to 24 adapted (low-rank) to the three tasks, fold 0: 0.786, 0.527; 0.568, 0.679;
- the mean of the last two, fold 0: 0.798, 0.496; 0.579, 0.681.
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
