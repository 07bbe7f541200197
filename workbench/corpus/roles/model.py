"""The small model behind role proposals: a logistic regression whose coefficients can be read.

P(the first speaker helps) = 1 / (1 + exp(-sum of coefficient x difference)), without a constant:
exchanging the two speakers gives one minus the same number. The penalty is stronger than what fits
best, so that the confidence is rather too low than too high on talk of another kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from workbench.corpus.roles.features import FEATURES

__all__ = ["SHIPPED", "RoleModel"]

SHIPPED = Path(__file__).with_name("model.yaml")
"""Coefficients that come along, with the card: data, licence, what was measured."""

_C = 0.2


@dataclass(frozen=True, slots=True)
class RoleModel:
    """Coefficient of each of `FEATURES`, for the difference between two speakers."""

    coefficients: Mapping[str, float]

    @classmethod
    def fit(cls, differences: pl.DataFrame, first_helps: ArrayLike) -> RoleModel:
        """Fit on talks of two whose roles are known.

        Parameters
        ----------
        differences
            As `feature_differences` gives them, one row per conversation.
        first_helps
            Whether the first speaker is the helper.
        """
        from sklearn.linear_model import LogisticRegression

        x = differences.select(*FEATURES).to_numpy()
        y = np.asarray(first_helps, dtype=bool)
        scale = np.sqrt(np.square(x).mean(axis=0))
        scale[scale == 0] = 1.0
        # each conversation stands in both orders, so that who is called first teaches nothing
        fitted = LogisticRegression(C=_C, fit_intercept=False, max_iter=1000).fit(
            np.vstack([x, -x]) / scale, np.concatenate([y, ~y])
        )
        return cls(dict(zip(FEATURES, (fitted.coef_[0] / scale).tolist(), strict=True)))

    @classmethod
    def shipped(cls) -> RoleModel:
        """Return the model that comes along, fitted on AnnoMI."""
        import yaml

        content = yaml.safe_load(SHIPPED.read_text("utf-8"))
        return cls({name: float(content["coefficients"][name]) for name in FEATURES})

    def first_helps(self, differences: pl.DataFrame) -> pl.Series:
        """Probability that the first speaker of each conversation is the helper."""
        x = differences.select(*FEATURES).to_numpy()
        scores = x @ np.array([self.coefficients[name] for name in FEATURES])
        return pl.Series("first_helps", 1 / (1 + np.exp(-scores)), dtype=pl.Float64)
