"""A head: a small frozen classifier over the feature table, with its calibration and its card.

The score of label k is s_k = b_k + sum_j x_j w_jk over the features x. Probabilities are
softmax(a * s + o) for exclusive labels and 1 / (1 + exp(-(a_k s_k + o_k))) for labels that are
assigned one by one; a and o are fitted on scores out of fold. An exclusive head assigns the label
with the largest p_k / t_k, the other kind each label with p_k >= t_k.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.heads.spec import FeatureSpec

__all__ = ["Head", "Weights"]

_BLOCK = 2048  # rows scored at once


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Parameters of a head: f features, k labels.

    Attributes
    ----------
    weight : shape (f, k)
    bias : shape (k,)
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def scores(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """Uncalibrated scores, shape (n, k)."""
        weight, found = self.weight.astype(np.float64), np.empty((len(table), len(self.bias)))
        for start in range(0, len(table), _BLOCK):
            rows = np.asarray(table[start : start + _BLOCK], np.float64)
            found[start : start + _BLOCK] = rows @ weight + self.bias
        return found

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Arrays by name."""
        return {"weight": self.weight, "bias": self.bias}


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A trained classifier of utterances; it knows its features, but no scheme and no corpus.

    Parameters
    ----------
    name
        What it is called, as `annomi-helper`.
    labels
        What it can say, k labels.
    exclusive
        Whether exactly one label holds, or each is a question of its own.
    features
        Columns it reads.
    weights
        Its parameters.
    scale, offset
        Calibration a and o, shape (k,).
    thresholds
        Cut-offs t, shape (k,).
    encoder
        Identity of the sentence encoder's weights (no precision, no device).
    card
        What has to be known before its figures are used; written as CARD.md.
    """

    name: str
    labels: tuple[str, ...]
    exclusive: bool
    features: FeatureSpec
    weights: Weights
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    encoder: str
    card: Mapping[str, Any] = field(default_factory=dict)

    @property
    def context_turns(self) -> int:
        """Previous turns it reads."""
        return self.features.reach

    @property
    def fingerprint(self) -> str:
        """SHA-256 over weights, calibration and everything else that can change a prediction."""
        digest = hashlib.sha256(checksum_of(self._facts()).encode())
        for name, array in sorted(self.weights.arrays().items()):
            digest.update(f"{name}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f4").tobytes())
        return digest.hexdigest()

    def predict_proba(self, table: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities.

        Parameters
        ----------
        table : array-like of shape (n, f)
            Features as `workbench.heads.features` makes them from `self.features`.

        Returns
        -------
        ndarray of float64, shape (n, k)
            Columns as in `labels`; rows of an exclusive head sum to 1.

        Raises
        ------
        BadInput
            If the table has another number of columns.
        """
        given = np.asarray(table, np.float32)
        if given.ndim != 2 or given.shape[1] != self.features.width:
            raise BadInput(
                f"Head {self.name!r} reads tables of {self.features.width} columns; got the shape "
                f"{given.shape}. Build them with features(head.features, ...)."
            )
        return probabilities(
            self.weights.scores(given), self.scale, self.offset, exclusive=self.exclusive
        )

    def assign(self, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which labels are assigned at these probabilities, shape (n, k)."""
        return assigned(probability, self.thresholds, exclusive=self.exclusive)

    def predict(self, table: ArrayLike) -> list[str] | list[tuple[str, ...]]:
        """Labels: one per row of an exclusive head, else a tuple per row (empty for none)."""
        assigned = self.assign(self.predict_proba(table))
        if self.exclusive:
            return [self.labels[column] for column in assigned.argmax(axis=1)]
        return [
            tuple(label for label, holds in zip(self.labels, row, strict=True) if holds)
            for row in assigned
        ]

    def with_card(self, card: Mapping[str, Any]) -> Head:
        """Return the same head with another card."""
        return replace(self, card=dict(card))

    def save(self, folder: str | Path) -> None:
        """Write `head.safetensors`, `head.json` and `CARD.md` into `folder`, replacing it whole."""
        from workbench.heads.files import save

        save(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Head:
        """Read what `save` wrote.

        Raises
        ------
        MissingModel
            If there is no head in the folder.
        BadInput
            If its files do not belong together or are damaged.
        """
        from workbench.heads.files import load

        return load(folder)

    def _facts(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "labels": list(self.labels),
            "exclusive": self.exclusive,
            "features": self.features.to_dict(),
            "scale": [float(x) for x in self.scale],
            "offset": [float(x) for x in self.offset],
            "thresholds": [float(x) for x in self.thresholds],
            "encoder": self.encoder,
        }

    def __repr__(self) -> str:
        return (
            f"Head({self.name!r}, {len(self.labels)} {'exclusive ' if self.exclusive else ''}labels, "
            f"{self.features.width} features, {self.fingerprint[:12]})"
        )


def probabilities(
    scores: NDArray[np.float64],
    scale: NDArray[np.float64],
    offset: NDArray[np.float64],
    *,
    exclusive: bool,
) -> NDArray[np.float64]:
    """Probabilities of scores of shape (n, k) under a calibration."""
    moved = scores * scale + offset
    if not exclusive:
        return 1 / (1 + np.exp(-np.clip(moved, -500, 500)))
    weight = np.exp(moved - moved.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def assigned(
    probability: NDArray[np.float64], thresholds: NDArray[np.float64], *, exclusive: bool
) -> NDArray[np.bool_]:
    """Which labels are assigned at probabilities of shape (n, k), given cut-offs."""
    if not exclusive:
        return np.asarray(probability >= thresholds)
    chosen = np.argmax(probability / thresholds, axis=1)
    return np.asarray(np.arange(len(thresholds)) == chosen[:, None])
