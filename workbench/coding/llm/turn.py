"""One turn to be coded, and how a prompt shows it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SPEAKER", "Turn", "shown_turn"]

SPEAKER = {"helper": "Counsellor", "client": "Client", "other": "Other"}
"""Side -> what a prompt calls who spoke."""

_CONTEXT_WORDS = 60  # of one turn before the coded one, its last


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn to be coded, with what the prompt tells of it.

    `before` holds (side, text) of the turns before it, oldest first.
    """

    unit_id: str
    side: str
    text: str
    before: tuple[tuple[str, str], ...] = ()
    goal: str | None = None


def shown_turn(turn: Turn) -> str:
    """Goal, turns before and the turn itself, as they stand in a prompt."""
    parts = []
    if turn.goal:
        parts.append(f"Change goal: {turn.goal}")
    if turn.before:
        told = (f"{SPEAKER.get(side, side)}: {_end(text)}" for side, text in turn.before)
        parts.append("Before:\n" + "\n".join(told))
    parts.append(f"To code:\n{SPEAKER.get(turn.side, turn.side)}: {turn.text.strip()}")
    return "\n\n".join(parts)


def _end(text: str) -> str:
    words = text.split()
    return " ".join(words if len(words) <= _CONTEXT_WORDS else ["...", *words[-_CONTEXT_WORDS:]])
