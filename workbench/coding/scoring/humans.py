"""Human coders beside a head: each against what most of the others gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.coding.scoring.facts import CodedMaterial, Table, macro_f1_of, mean_of
from workbench.heads import OutOfFold

if TYPE_CHECKING:
    from workbench.corpus import Scheme

__all__ = ["human_reference"]


def human_reference(material: CodedMaterial, scheme: Scheme, runs: Sequence[OutOfFold]) -> Table:
    """Each coder against the majority of the others, and the head against the same majorities.

    Only utterances count that every coder coded, more than two of them; without such, no row.
    """
    at = np.flatnonzero(material.shared)
    votes = np.stack([vote[at] for vote in material.votes.values()])
    votes = votes[~np.isnan(votes).any(axis=(1, 2))]
    if not len(at) or len(votes) < 3:
        return []
    rows, everything = [], np.arange(len(at))
    humans, heads = [], []
    for number in range(len(votes)):
        majority = _majority(np.delete(votes, number, axis=0), scheme)
        humans.append(macro_f1_of(majority, votes[number] == 1, scheme)(everything))
        ours = mean_of([macro_f1_of(majority, run.assigned[at], scheme) for run in runs])
        heads.append(ours(everything))
    for who, values in (("one annotator", humans), ("this head", heads)):
        known = [value for value in values if value is not None]
        rows.append(
            {
                "against the majority of the other annotators": who,
                "annotators": len(votes),
                "mean macro-F1": float(np.mean(known)) if known else None,
                "lowest": min(known, default=None),
                "highest": max(known, default=None),
                "utterances": len(at),
                "transcripts": len(np.unique(material.conversations[at])),
            }
        )
    return rows


def _majority(votes: NDArray[np.float64], scheme: Scheme) -> NDArray[np.bool_]:
    """Most frequent label (ties to the first), or labels that at least half gave."""
    share = votes.mean(axis=0)
    if not scheme.exclusive:
        return np.asarray(share >= 0.5)
    return np.arange(share.shape[1]) == share.argmax(axis=1)[:, None]
