"""Conversations as token sequences, cut into windows that a tagger reads at once.

A window is a run of neighbouring turns: the change goal first (where there is one), then each turn
behind the name of its side. A turn of more than `LONGEST` tokens keeps its beginning and its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.embedding.tokens import Tokenizer

__all__ = ["GOAL", "LONGEST", "NOTHING", "Batch", "Turns", "Window", "batch_of"]

LONGEST = 120
"""Tokens of a turn that are read."""

GOAL, NOTHING = -1, -2
"""Marks of tokens that belong to no turn: the goal at the beginning, and padding at the end."""

_SPOKEN_AS = {"helper": "therapist :", "client": "client :", "other": "other :"}
_GOAL_TOKENS = 12


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of neighbouring turns; those before `first` are read, but not tagged."""

    rows: tuple[int, ...]
    first: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """All turns to read, conversation by conversation in their order; n turns.

    Attributes
    ----------
    tokens : list of n lists of int
        Name of the side, then the words, without special tokens.
    goals : list of n lists of int
        The conversation's goal, empty where it has none.
    bounds : ndarray of int, shape (conversations + 1,)
        Where each conversation begins, and the end of the last one.
    prefix, suffix
        The encoder's special tokens.
    """

    tokens: list[list[int]]
    goals: list[list[int]]
    bounds: NDArray[np.intp]
    prefix: list[int]
    suffix: list[int]

    @classmethod
    def read(
        cls,
        texts: Sequence[str],
        *,
        sides: Sequence[str],
        conversations: Sequence[str],
        goals: Sequence[str | None],
        tokenizer: Tokenizer,
    ) -> Turns:
        """Tokenise turns.

        Parameters
        ----------
        texts, sides, conversations, goals
            One entry per turn; turns of a conversation stand together, in their order.

        Raises
        ------
        BadInput
            If lengths differ, or the turns of a conversation do not stand together.
        """
        if not len(texts) == len(sides) == len(conversations) == len(goals):
            raise BadInput("A tagger needs a text, a side, a conversation and a goal per turn.")
        talk = np.asarray(conversations)
        begins = np.flatnonzero(np.r_[True, talk[1:] != talk[:-1]]) if len(talk) else np.zeros(0)
        if len(begins) != len(np.unique(talk)):
            raise BadInput("The turns of a conversation must stand together, in their order.")
        named = {side: tokenizer.ids([name])[0] for side, name in _SPOKEN_AS.items()}
        aim = dict.fromkeys(goal for goal in goals if goal)
        known: dict[str | None, list[int]] = {None: [], "": []}
        if aim:
            known |= dict(zip(aim, tokenizer.ids([f"goal : {one}" for one in aim]), strict=True))
        return cls(
            [
                named.get(side, named["other"]) + _ends(ids)
                for side, ids in zip(sides, tokenizer.ids(texts), strict=True)
            ],
            [known[goal][:_GOAL_TOKENS] for goal in goals],
            np.append(begins, len(talk)).astype(np.intp),
            tokenizer.prefix,
            tokenizer.suffix,
        )

    def __len__(self) -> int:
        return len(self.tokens)

    def length(self, row: int) -> int:
        """Tokens of a turn."""
        return len(self.tokens[row])

    def sequence(self, window: Window) -> tuple[list[int], list[int]]:
        """Token ids of a window, and for each token the number of its turn, or `GOAL`."""
        ids = [*self.prefix, *self.goals[window.rows[0]], *self.suffix]
        turn = [GOAL] * len(ids)
        for number, row in enumerate(window.rows):
            ids += self.tokens[row]
            turn += [number] * len(self.tokens[row])
        return ids, turn

    def reading(self, *, context: int, turns: int, size: int) -> list[Window]:
        """Windows in which every turn is tagged once.

        Parameters
        ----------
        context
            Previous turns before the first tagged one, 0 for each turn by itself.
        turns
            Most turns tagged in one window; they too see those before them.
        size
            Most tokens of the previous turns, and of the tagged ones (unless it is a single one).

        A window depends on its own conversation alone. With `context` 0 every turn has a window of
        its own.
        """
        found = []
        for begin, end in zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True):
            at = begin
            while at < end:
                until = at + 1
                if context:
                    left = size - self.length(at)
                    while until < min(at + turns, end) and self.length(until) <= left:
                        left -= self.length(until)
                        until += 1
                start, left = at, size
                while start > max(begin, at - context) and self.length(start - 1) <= left:
                    start -= 1
                    left -= self.length(start)
                found.append(Window(tuple(range(start, until)), at - start))
                at = until
        return found

    def training(
        self, conversations: Sequence[int], *, size: int, alone: float, rng: np.random.Generator
    ) -> list[Window]:
        """Windows for one pass over some conversations, cut at places that differ in every pass.

        `alone` is the share of turns that are shown once more, each by itself.
        """
        found = []
        for number in conversations:
            left = int(rng.integers(size // 4, size + 1))
            rows: list[int] = []
            for row in range(int(self.bounds[number]), int(self.bounds[number + 1])):
                if rows and self.length(row) > left:
                    found.append(Window(tuple(rows)))
                    rows, left = [], size
                rows.append(row)
                left -= self.length(row)
            found.append(Window(tuple(rows)))
        shown = [row for window in found for row in window.rows]
        again = rng.permutation(shown)[: round(alone * len(shown))]
        return found + [Window((int(row),)) for row in again]


def _ends(ids: list[int]) -> list[int]:
    return ids if len(ids) <= LONGEST else ids[: LONGEST // 2] + ids[-LONGEST // 2 :]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Windows side by side; b windows of up to t tokens and up to m turns.

    Attributes
    ----------
    ids : ndarray of int, shape (b, t)
    turn : ndarray of int, shape (b, t)
        Number of each token's turn in its window, `GOAL` or `NOTHING`.
    rows : ndarray of int, shape (b, m)
        Row of each turn, -1 where a window has fewer.
    tagged : ndarray of bool, shape (b, m)
        Which turns are to be tagged.
    """

    ids: NDArray[np.int64]
    turn: NDArray[np.int64]
    rows: NDArray[np.int64]
    tagged: NDArray[np.bool_]


def batch_of(turns: Turns, windows: Sequence[Window]) -> Batch:
    """Lay windows side by side, padded to the longest."""
    sequences = [turns.sequence(window) for window in windows]
    tokens = max(len(ids) for ids, _ in sequences)
    most = max(len(window.rows) for window in windows)
    ids = np.zeros((len(windows), tokens), np.int64)
    turn = np.full((len(windows), tokens), NOTHING, np.int64)
    rows = np.full((len(windows), most), -1, np.int64)
    for line, ((own, of), window) in enumerate(zip(sequences, windows, strict=True)):
        ids[line, : len(own)] = own
        turn[line, : len(of)] = of
        rows[line, : len(window.rows)] = window.rows
    first = np.array([window.first for window in windows])
    return Batch(ids, turn, rows, (rows >= 0) & (np.arange(most) >= first[:, None]))


def batches(
    turns: Turns, windows: Sequence[Window], *, budget: int, equal: bool
) -> Iterator[list[Window]]:
    """Windows in batches of about `budget` tokens; of one length each if `equal`, shortest first."""
    sized = sorted(windows, key=lambda w: (len(turns.sequence(w)[0]), w.rows))
    batch: list[Window] = []
    longest = 0
    for window in sized:
        length = len(turns.sequence(window)[0])
        if batch and ((equal and length != longest) or length * (len(batch) + 1) > budget):
            yield batch
            batch = []
        batch.append(window)
        longest = length
    if batch:
        yield batch
