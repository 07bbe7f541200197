"""From codes of utterances to counts and rates of conversations, one column per coder.

Two coders who disagree on single utterances may still agree on how often a code occurs in a
conversation, and the other way round; what goes into an outcome analysis is mostly the tally.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.reliability.ratings import MISSING, Ratings
from workbench.statistics.clusters import encode_groups

__all__ = ["Tallies", "tallies"]


@dataclass(frozen=True)
class Tallies:
    """Tallies of one label; unpacks as ``counts, rates = tallies(...)``.

    Attributes
    ----------
    counts, rates : ndarray of shape (n_conversations, n_coders)
        Units with the label, and their share of the units that this coder coded in this
        conversation; NaN where a coder coded none of its units.
    coded : ndarray of int, shape (n_conversations, n_coders)
        Units that each coder coded.
    conversations : ndarray of shape (n_conversations,)
        Ids, sorted: what each line is.
    sources : ndarray of shape (n_conversations,)
        Source of each conversation, for intervals over sources.
    coders : tuple of str
        What each column is.
    """

    counts: NDArray[np.float64]
    rates: NDArray[np.float64]
    coded: NDArray[np.intp]
    conversations: NDArray[Any]
    sources: NDArray[Any]
    coders: tuple[str, ...]

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        """Give counts, then rates."""
        return iter((self.counts, self.rates))


def tallies(ratings: Ratings, conversations: ArrayLike, label: Hashable) -> Tallies:
    """Count a label per conversation and coder.

    Parameters
    ----------
    ratings : Ratings
        Codes of utterances (or spans, segments).
    conversations : array-like of shape (n_units,)
        Conversation of each unit; a slice of a conversation does as well
        (`workbench.reliability.slices`).
    label
        Label that is counted; with sets of labels, units whose set has it.

    Returns
    -------
    Tallies
        Conversations without any code of these coders stay, as lines of NaN.

    Raises
    ------
    BadInput
        If there is no such label, not one conversation per unit, or a conversation has two sources.

    Examples
    --------
    >>> codes = Ratings.build([["a", "b"], ["a", "a"], ["b", None]], coders=["x", "y"])
    >>> counts, rates = tallies(codes, ["talk 1", "talk 1", "talk 2"], "a")
    >>> rates.tolist()
    [[1.0, 0.5], [0.0, nan]]
    """
    ids, numbers = encode_groups(conversations, name="conversations")
    if len(numbers) != ratings.n_units:
        raise BadInput(f"{ratings.n_units} units, but {len(numbers)} conversation ids.")
    given = ratings.codes != MISSING
    held = ratings.holds(label).codes == 1
    coded = _summed(given, numbers, len(ids))
    counts = np.where(coded > 0, _summed(held, numbers, len(ids)), np.nan)
    rates = np.divide(counts, coded, out=np.full(counts.shape, np.nan), where=coded > 0)
    return Tallies(
        counts=counts,
        rates=rates,
        coded=coded.astype(np.intp),
        conversations=ids,
        sources=_sources(ratings, numbers, ids),
        coders=ratings.coders,
    )


def _summed(
    cells: NDArray[np.bool_], numbers: NDArray[np.intp], groups: int
) -> NDArray[np.float64]:
    sums = np.zeros((groups, cells.shape[1]))
    np.add.at(sums, numbers, cells)
    return sums


def _sources(ratings: Ratings, numbers: NDArray[np.intp], ids: NDArray[Any]) -> NDArray[Any]:
    """Source of each conversation: that of its units; itself where units are sources of their own."""
    given = np.asarray(ratings.sources)
    _, first = np.unique(numbers, return_index=True)
    sources: NDArray[Any] = given[first]
    strays = np.flatnonzero(given != sources[numbers])
    if not len(strays):
        return sources
    if len(np.unique(given)) == len(given):
        return ids
    raise BadInput(
        f"Conversation {ids[numbers[strays[0]]]!s} has units of two sources; "
        "a source holds whole conversations."
    )
