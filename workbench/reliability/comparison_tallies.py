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

__all__ = ["comparable_units", "conversations_of", "left_out"]


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
    given = coded.ratings.codes != MISSING
    _, worked = _worked(coded)
    return np.asarray((given | ~worked).all(axis=1) & given.any(axis=1))


def left_out(coded: Coded) -> str | None:
    """What comparing the same units only leaves out, in words; None where nothing.

    Examples
    --------
    >>> from workbench.reliability import Ratings
    >>> ratings = Ratings.build([["a", "a"], ["b", None], ["a", None], [None, "a"]])
    >>> left_out(Coded(ratings, np.array(["t", "t", "u", "u"])))
    '3 units that not all coders of their conversation coded left out, among them all of 1 conversation'
    """
    talk, worked = _worked(coded)
    several = (worked.sum(axis=1) > 1) & (coded.ratings.codes != MISSING).any(axis=1)
    lost = several & ~comparable_units(coded)
    if not lost.any():
        return None
    whole = len(np.setdiff1d(talk[several], talk[several & ~lost]))
    told = f"{lost.sum():,} units that not all coders of their conversation coded left out"
    if whole:
        told += f", among them all of {whole:,} conversation{'s' if whole > 1 else ''}"
    return told


def _worked(coded: Coded) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Number of each unit's conversation, and which coders coded something of it."""
    talks, talk = np.unique(conversations_of(coded), return_inverse=True)
    worked = np.zeros((len(talks), coded.ratings.n_coders), dtype=bool)
    np.logical_or.at(worked, talk, coded.ratings.codes != MISSING)
    return talk, worked[talk]
