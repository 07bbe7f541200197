"""Which turns of a scheme are coded: all, those that are named, or a random sample of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.coding.llm.turns import CodedTurn
from workbench.errors import BadInput
from workbench.files import checksum_of

__all__ = ["Draw"]


@dataclass(frozen=True, slots=True)
class Draw:
    """Which turns were wanted.

    Attributes
    ----------
    units
        Ids; None for all.
    limit
        At most so many of each scheme; None for all.
    random_state
        Which sample is drawn; a larger limit holds the smaller.
    """

    units: Collection[str] | None
    limit: int | None
    random_state: int

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise BadInput(f"limit is a number of turns from 1 on, not {self.limit}.")

    @property
    def facts(self) -> dict[str, Any]:
        """Plain values that say what was wanted; of the ids a checksum."""
        return {
            "units": None if self.units is None else checksum_of(sorted(self.units)),
            "limit": self.limit,
            "random_state": None if self.limit is None else self.random_state,
        }

    def of(self, turns: Sequence[CodedTurn]) -> tuple[tuple[CodedTurn, ...], str | None]:
        """A simple random sample of the turns with words, in their order, and how it was drawn.

        Without a limit, all turns.
        """
        if self.limit is None:
            return tuple(turns), None
        turns = [turn for turn in turns if turn.turn.text.strip()]
        if len(turns) <= self.limit:
            return tuple(turns), None
        order = sorted(turns, key=lambda turn: checksum_of([self.random_state, turn.turn.unit_id]))
        chosen = {turn.turn.unit_id for turn in order[: self.limit]}
        told = (
            f"{self.limit} of {len(turns)} turns with words, drawn at random with equal probability "
            f"{self.limit / len(turns):.4f} (random_state {self.random_state})"
        )
        return tuple(turn for turn in turns if turn.turn.unit_id in chosen), told
