"""Labels of some layers by name, and which utterances carry them.

A name is compared without regard to case, and `_` and `-` read as blanks: `therapist input` is
`therapist_input`. Where several layers have a label of that name, each counts; `layer:label` and
`scheme:label` mean one layer and one scheme.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput

__all__ = ["Coded", "LabelNames", "spelled"]


def spelled(name: str) -> str:
    """Name as it is compared.

    >>> spelled("Therapist_Input")
    'therapist input'
    """
    return " ".join(re.sub(r"[_\-]+", " ", name).casefold().split())


@dataclass(frozen=True, slots=True)
class Coded:
    """What is known of one label on every utterance of a corpus: two masks in its row order.

    Parameters
    ----------
    given
        The utterance has the label.
    withheld
        A coder who could give the label saw the utterance and did not; where neither holds, nobody
        coded it.
    """

    given: NDArray[np.bool_]
    withheld: NDArray[np.bool_]


class LabelNames:
    """The labels of some layers.

    Parameters
    ----------
    layers
        Layers on utterances, on parts of them, or on conversations, whose labels then hold for all
        their utterances.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)

    @cached_property
    def _labels(self) -> dict[str, tuple[str, ...]]:
        return {
            layer.name: layer.metadata.labels
            or tuple(sorted(layer.table["label"].drop_nulls().unique()))
            for layer in self.layers
        }

    @property
    def known(self) -> list[str]:
        """Every label, as its layer spells it."""
        return sorted({label for labels in self._labels.values() for label in labels})

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Comparable name -> a label's own spelling."""
        return {spelled(label): label for label in self.known}

    def find(self, name: str, *, within: str | None = None) -> list[tuple[Layer, str]]:
        """Layers that have a label of this name, each with the label as it spells it.

        Parameters
        ----------
        name
            `label`, `layer:label` or `scheme:label`.
        within
            Layer or scheme to look in, where `name` is a label alone.

        Raises
        ------
        BadInput
            If there is no such layer or label; near names are told.
        """
        if within is None and spelled(name) not in self.spellings and ":" in name:
            within, _, name = (part.strip() for part in name.partition(":"))
        among = self.layers if within is None else self.named(within)
        found = [
            (layer, label)
            for layer in among
            for label in self._labels[layer.name]
            if spelled(label) == spelled(name)
        ]
        if not found:
            here = {label for layer in among for label in self._labels[layer.name]}
            raise BadInput.unknown("label", name, here)
        return found

    def named(self, name: str) -> tuple[Layer, ...]:
        """Return the layer of this name, or those of this scheme.

        Raises
        ------
        BadInput
            If there is neither.
        """
        wanted = name.casefold()
        found = [layer for layer in self.layers if layer.name.casefold() == wanted]
        found = found or [x for x in self.layers if x.metadata.scheme.casefold() == wanted]
        if not found:
            raise BadInput.unknown("layer", name, [layer.name for layer in self.layers])
        return tuple(found)

    def coded(self, corpus: Corpus, found: Sequence[tuple[Layer, str]]) -> Coded:
        """Which utterances carry one of these labels, in the row order of `corpus.utterances`."""
        given = np.zeros(corpus.utterances.height, bool)
        seen = given.copy()
        for layer, label in found:
            column = "conversation_id" if layer.metadata.unit == "conversation" else "id"
            ids = corpus.utterances[column]
            carrying = layer.table.filter(pl.col("label") == label)["unit_id"]
            given |= ids.is_in(carrying.implode()).to_numpy()
            seen |= ids.is_in(layer.table["unit_id"].implode()).to_numpy()
        return Coded(given, seen & ~given)
