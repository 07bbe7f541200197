"""Small classifiers over sentence embeddings: features, training, calibration, cards, files.

A head knows its features and its labels, but no scheme and no corpus. It is stored as safetensors
and JSON, never as a pickle, and holds no vocabulary of the texts it learned from.
"""

from workbench.heads.calibrate import Calibration
from workbench.heads.features import features
from workbench.heads.fit import OutOfFold, Recipe, fit_head, out_of_fold
from workbench.heads.folds import grouped_folds
from workbench.heads.head import Head, Weights, probabilities
from workbench.heads.spec import FeatureSpec

__all__ = [
    "Calibration",
    "FeatureSpec",
    "Head",
    "OutOfFold",
    "Recipe",
    "Weights",
    "features",
    "fit_head",
    "grouped_folds",
    "out_of_fold",
    "probabilities",
]
