"""What a double-coding sample will be worth: variances expected from the probabilities of the coder.

If probabilities are calibrated, a unit with probability p of a code will get it from the human coder
with chance p, and every quantity that is a mean over units (a rate; through its influence function
also kappa) has an expected variance before anyone has coded. Probabilities that are too sure of
themselves promise too short an interval, so a plan is a plan and the interval afterwards is the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Layer
from workbench.errors import BadInput

__all__ = ["Anticipated", "ExpectedCodes", "Measure", "anticipate", "expected_codes"]

Floats: TypeAlias = NDArray[np.float64]

#: What is to be known within a half-width: a label's corrected rate, or the agreement of the automatic
#: coder with a human coder.
Measure: TypeAlias = Literal["rate", "percent", "cohen_kappa"]


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedCodes:
    """What the human coder may give and the automatic one gave; n units, k categories.

    Attributes
    ----------
    categories : tuple of str
        All labels of an exclusive scheme; or "not assigned" and "assigned" of one label.
    chances : ndarray of shape (n, k)
        Probability of each category by the human coder; rows sum to 1.
    assigned : ndarray of int, shape (n,)
        Category by the automatic coder.
    of_label : bool
        Whether the categories are those of one label.
    """

    categories: tuple[str, ...]
    chances: Floats
    assigned: NDArray[np.intp]
    of_label: bool

    def names(self) -> list[str]:
        """Assigned category of each unit by name."""
        return [self.categories[code] for code in self.assigned]

    @property
    def share(self) -> Floats:
        """Probability of the label, or of the assigned category."""
        if self.of_label:
            return self.chances[:, 1]
        return self.chances[np.arange(len(self.assigned)), self.assigned]


def expected_codes(
    automatic: Layer, frame: pl.DataFrame, label: str | None, measure: Measure
) -> ExpectedCodes:
    """Read chances and assigned categories off a layer.

    Raises
    ------
    BadInput
        If the layer has no probabilities, or a label is needed and absent.
    """
    labels = automatic.metadata.labels
    if automatic.probabilities is None:
        raise BadInput(
            f"Layer {automatic.name!r} has no probabilities, from which a plan expects how often the "
            "coder errs. Give a layer that has (heads, rules and language models all do)."
        )
    if label is not None and label not in labels:
        raise BadInput.unknown("label", label, labels)
    if label is None and (measure == "rate" or not automatic.metadata.exclusive):
        raise BadInput(f"Name the label: one of {list(labels)}.")
    ids = frame.select("unit_id")
    shares = ids.join(automatic.probabilities, on="unit_id", how="left", maintain_order="left")
    found = shares.select(labels).fill_nan(None).fill_null(0.0).to_numpy().astype(float)
    if label is not None:
        given = automatic.table.filter(pl.col("label") == label)["unit_id"]
        assigned = frame["unit_id"].is_in(given.implode()).to_numpy().astype(np.intp)
        chance = found[:, labels.index(label)].clip(0, 1)
        both = np.column_stack([1 - chance, chance])
        return ExpectedCodes(("not assigned", "assigned"), both, assigned, True)
    sums = found.sum(axis=1, keepdims=True)
    chances = np.where(sums > 0, found / np.where(sums > 0, sums, 1), 1 / len(labels))
    labelled = automatic.table.drop_nulls("label").select("unit_id", "label").unique("unit_id")
    named = ids.join(labelled, on="unit_id", how="left", maintain_order="left")["label"]
    surest = chances.argmax(axis=1)
    assigned = np.array(
        [at if name is None else labels.index(name) for name, at in zip(named, surest, strict=True)]
    )
    return ExpectedCodes(labels, chances, assigned, False)


@dataclass(frozen=True, slots=True, eq=False)
class Anticipated:
    """Expected value of a measure, and of each unit's share in it; n units.

    Attributes
    ----------
    value : float
    mean, variance : ndarray of shape (n,)
        Of the unit's share, over what the human coder may give.
    known : ndarray of shape (n,)
        What the automatic code explains of the mean, in the corrected estimate (0 for agreement).
    """

    value: float
    mean: Floats
    variance: Floats
    known: Floats


def anticipate(measure: Measure, codes: ExpectedCodes) -> Anticipated:
    """Expect a measure of two coders over one exclusive set of k categories.

    Parameters
    ----------
    measure : {"rate", "percent", "cohen_kappa"}
        "rate" is the share of the label that the categories are of.
    codes : ExpectedCodes

    Notes
    -----
    Kappa = (o - e) / (1 - e) with o the observed and e the expected agreement; a unit with categories
    (j, k) moves it by [(1 - e)(1{j = k} - o) - (1 - o)(h_j + a_k - 2e)] / (1 - e)^2, where h and a are
    the human's and the automatic coder's marginals (Fleiss, Cohen and Everitt 1969,
    https://doi.org/10.1037/h0028106).
    """
    chances, assigned = codes.chances, codes.assigned
    if measure == "rate":
        mean = chances[:, 1]
        return Anticipated(
            float(mean.mean()), mean, mean * (1 - mean), (assigned == 1).astype(float)
        )
    rows = np.arange(len(assigned))
    agree = chances[rows, assigned]
    observed = float(agree.mean())
    nothing = np.zeros(len(assigned))
    if measure == "percent":
        return Anticipated(observed, agree, agree * (1 - agree), nothing)
    ours = np.bincount(assigned, minlength=chances.shape[1]) / len(assigned)
    theirs = chances.mean(axis=0)
    by_chance = float(ours @ theirs)
    hit = np.zeros_like(chances)
    hit[rows, assigned] = 1
    marginals = theirs[assigned][:, None] + ours[None, :] - 2 * by_chance
    share = ((1 - by_chance) * (hit - observed) - (1 - observed) * marginals) / (1 - by_chance) ** 2
    mean = (chances * share).sum(axis=1)
    variance = (chances * share**2).sum(axis=1) - mean**2
    return Anticipated((observed - by_chance) / (1 - by_chance), mean, variance, nothing)
