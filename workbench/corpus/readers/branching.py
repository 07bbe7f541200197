"""Trees of messages in an order that keeps what belongs together: depth first, one branch after another.

`turn` is a dense number, so a tree needs an order: from the root down the branch that counts (the
one shown last, the best ranked, the one that went on), then the others in the source's order. What
answers what is said by `reply_to` alone; `meta.branches` of the conversation says how many ways
lead through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.corpus.readers.messages import Message
from workbench.corpus.trees import BRANCHES

__all__ = ["in_tree_order"]


def in_tree_order(
    messages: Sequence[Message], *, current: str | None = None
) -> tuple[list[Message], Mapping[str, Any]]:
    """Bring messages with ids and `reply_to` into depth-first order.

    Messages that answer one that is not there begin a branch of their own; where answers run in a
    circle, it is entered at the message that stands first.

    Parameters
    ----------
    current
        Id of the last message of the branch that comes first; by default the first answer always
        comes before the second.

    Returns
    -------
    messages, facts
        `facts` is `{"meta.branches": leaves}` of a tree, empty where every message has one answer
        at most.
    """
    place_of = {message.id: place for place, message in reversed(list(enumerate(messages)))}
    children: dict[int | None, list[int]] = {None: []}
    for place, message in enumerate(messages):
        parent = None if message.reply_to is None else place_of.get(message.reply_to)
        children.setdefault(parent if parent != place else None, []).append(place)
    first = _way_to(messages, place_of, current)
    order: list[int] = []
    seen: set[int] = set()
    for start in [None, *range(len(messages))]:
        waiting = [start] if start not in seen else []
        while waiting:
            place = waiting.pop()
            if place is not None:
                if place in seen:
                    continue
                seen.add(place)
                order.append(place)
            answers = sorted(children.get(place, ()), key=lambda answer: answer not in first)
            waiting += reversed(answers)
    leaves = sum(place not in children for place in range(len(messages)))
    return [messages[place] for place in order], {BRANCHES: leaves} if leaves > 1 else {}


def _way_to(
    messages: Sequence[Message], place_of: Mapping[str | None, int], current: str | None
) -> set[int]:
    """Places of a message and of all those before it."""
    way: set[int] = set()
    place = place_of.get(current) if current is not None else None
    while place is not None and place not in way:
        way.add(place)
        before = messages[place].reply_to
        place = None if before is None else place_of.get(before)
    return way
