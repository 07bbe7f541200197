"""Units over which counts and rates of several coders can be compared.

A coder who skipped turns counts fewer codes for that reason alone. So tallies are made over the units that
every coder who worked on the conversation coded; a coder who did not work on it has no tally there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.reliability.intake import Coded
from workbench.reliability.ratings import MISSING

__all__ = ["comparable_units", "conversations_of"]


def conversations_of(coded: Coded) -> NDArray[np.str_]:
    """Conversation of each unit.

    Raises
    ------
    BadInput
        If they are not known.
    """
    if coded.conversations is None:
        raise BadInput(
            "Counts per conversation need the conversation of each unit: pass corpus=, or give the table a "
            "column conversation. Numbers that rate whole conversations need scale='interval'."
        )
    return coded.conversations


def comparable_units(coded: Coded) -> NDArray[np.bool_]:
    """Which units all coders of their conversation coded, shape (n_units,).

    Raises
    ------
    BadInput
        If the conversations are not known.

    Examples
    --------
    >>> from workbench.reliability import Ratings
    >>> ratings = Ratings.build([["a", "a"], ["b", None], ["a", None]])
    >>> comparable_units(Coded(ratings, np.array(["t", "t", "u"]))).tolist()
    [True, False, True]
    """
    talks, talk = np.unique(conversations_of(coded), return_inverse=True)
    given = coded.ratings.codes != MISSING
    worked = np.zeros((len(talks), coded.ratings.n_coders), dtype=bool)
    np.logical_or.at(worked, talk, given)
    return np.asarray((given | ~worked[talk]).all(axis=1) & given.any(axis=1))
