"""Sequences of tokens as a tree of shared beginnings, so that each beginning is computed once.

Coalitions of one prompt, and one prompt with many utterances, begin alike; a causal model's
states of a beginning do not depend on what follows. Pure Python: no model is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Node", "chunks_of_alike", "grow"]

WORTH_SHARING = 32
"""A stretch becomes a node if that saves so many tokens; below, a further pass costs more."""


@dataclass(slots=True)
class Node:
    """A stretch of tokens with one past.

    Attributes
    ----------
    parent
        Index of the node before it, or -1.
    level
        Number of nodes before it.
    start
        Number of tokens before it.
    tokens
        Its own tokens (at least one).
    sequences
        Indices of the input sequences that run through it.
    inner
        Whether other nodes follow it.
    """

    parent: int
    level: int
    start: int
    tokens: tuple[int, ...]
    sequences: tuple[int, ...]
    inner: bool = False


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    length = min(len(first), len(second))
    for position in range(length):
        if first[position] != second[position]:
            return position
    return length


def grow(sequences: Sequence[tuple[int, ...]]) -> list[Node]:
    """Build the tree of distinct, sorted `sequences`; parents stand before their children."""
    nodes: list[Node] = []
    todo = [(0, len(sequences), 0, -1)] if sequences else []
    while todo:
        low, high, start, parent = todo.pop()
        # the sequences are sorted: what first and last share, all share
        depth = _shared(sequences[low], sequences[high - 1])
        single = high - low == 1
        if single or (high - low - 1) * (depth - start) >= WORTH_SHARING:
            level = nodes[parent].level + 1 if parent >= 0 else 0
            through = tuple(range(low, high))
            nodes.append(Node(parent, level, start, sequences[low][start:depth], through))
            if parent >= 0:
                nodes[parent].inner = True
            if single:
                continue
            parent, start = len(nodes) - 1, depth
        while low < high:
            if len(sequences[low]) == depth:
                if depth > start:  # it ends here, and its stretch was not worth a shared node
                    todo.append((low, low + 1, start, parent))
                low += 1
                continue
            end = low + 1
            while end < high and sequences[end][depth] == sequences[low][depth]:
                end += 1
            todo.append((low, end, start, parent))
            low = end
    return nodes


def chunks_of_alike(sequences: Sequence[tuple[int, ...]], *, budget: int) -> list[range]:
    """Cut sorted sequences into runs whose trees hold about `budget` distinct tokens each."""
    cuts, spent = [0], 0
    for index, sequence in enumerate(sequences):
        new = len(sequence) - (_shared(sequences[index - 1], sequence) if index else 0)
        if spent and spent + new > budget:
            cuts.append(index)
            spent = len(sequence)
        else:
            spent += new
    cuts.append(len(sequences))
    return [range(low, high) for low, high in pairwise(cuts) if high > low]
