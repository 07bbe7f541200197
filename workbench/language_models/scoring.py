"""Log-probabilities of continuations under a causal model, shared beginnings computed once.

Batches are made from the sorted distinct inputs, so they do not depend on the caller's order.
Past states are padded on the left and new tokens on the right: padding is masked, and every token
gets its true position. Models must take positions from `position_ids` (rotary or learned).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.language_models.prefix_tree import Node, chunks_of_alike, grow
from workbench.progress import track

if TYPE_CHECKING:
    import torch

__all__ = ["continuation_logprobs"]

Past = list[tuple["torch.Tensor", "torch.Tensor"]]

TREE_TOKENS = 8192
"""Distinct tokens whose states are held at once (46 kB a token for SmolLM2-135M in float32)."""
BATCH_TOKENS = 2048
BATCH_STATES = 3072
BATCH_PADDING = 128


def continuation_logprobs(
    model: Any, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> np.ndarray:
    """Return ln p(continuation | beginning) for each pair of token sequences.

    Parameters
    ----------
    model
        A transformers causal language model in evaluation mode.
    pairs
        Beginning (at least one token) and continuation (at least one token).

    Returns
    -------
    float64 array of shape (len(pairs),), natural logarithms
    """
    # the last token of a continuation is predicted, never read
    whole = [begin + follow[:-1] for begin, follow in pairs]
    distinct = sorted(set(whole))
    index = {sequence: number for number, sequence in enumerate(distinct)}
    asked: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row, (begin, follow) in enumerate(pairs):
        for offset, token in enumerate(follow):
            asked[index[whole[row]]].append((len(begin) - 1 + offset, token, row))
    totals = np.zeros(len(pairs))
    for chunk in track(chunks_of_alike(distinct, budget=TREE_TOKENS), doing="Language model"):
        nodes = grow([distinct[number] for number in chunk])
        wanted = _wanted(nodes, [asked[number] for number in chunk])
        _run_tree(model, nodes, wanted, totals)
    return totals


def _wanted(
    nodes: list[Node], asked: list[list[tuple[int, int, int]]]
) -> list[list[tuple[int, int, int]]]:
    """Hand each node the (offset in node, token, row) triples whose position lies inside it."""
    wanted: list[list[tuple[int, int, int]]] = []
    for node in nodes:
        stop = node.start + len(node.tokens)
        wanted.append(
            [
                (position - node.start, token, row)
                for sequence in node.sequences
                for position, token, row in asked[sequence]
                if node.start <= position < stop
            ]
        )
    return wanted


def _run_tree(
    model: Any, nodes: list[Node], wanted: list[list[tuple[int, int, int]]], totals: np.ndarray
) -> None:
    states: dict[int, Past] = {}
    levels: dict[int, list[int]] = defaultdict(list)
    for number, node in enumerate(nodes):
        levels[node.level].append(number)
    for level in sorted(levels):
        order = sorted(levels[level], key=lambda number: (len(nodes[number].tokens), number))
        for batch in _batches([nodes[number] for number in order], order):
            _run_batch(model, nodes, batch, states, wanted, totals)
        needed = {nodes[number].parent for number in levels.get(level + 1, [])}
        states = {number: past for number, past in states.items() if number in needed}


def _batches(ordered: list[Node], numbers: list[int]) -> list[list[int]]:
    """Cut nodes sorted by length into batches with bounded size, past and padding."""
    batches: list[list[int]] = []
    tokens, deepest = 0, 0
    for node, number in zip(ordered, numbers, strict=True):
        size = len(node.tokens)  # the longest so far
        rows = len(batches[-1]) + 1 if batches else 1
        tokens, deepest = tokens + size, max(deepest, node.start)
        fits = (
            rows * size <= BATCH_TOKENS
            and rows * (deepest + size) <= BATCH_STATES
            and rows * size - tokens <= BATCH_PADDING
        )
        if batches and fits:
            batches[-1].append(number)
        else:
            batches.append([number])
            tokens, deepest = size, node.start
    return batches


def _run_batch(
    model: Any,
    nodes: list[Node],
    batch: list[int],
    states: dict[int, Past],
    wanted: list[list[tuple[int, int, int]]],
    totals: np.ndarray,
) -> None:
    import torch

    rows = [nodes[number] for number in batch]
    depth, width = max(node.start for node in rows), max(len(node.tokens) for node in rows)
    tokens = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.zeros((len(rows), depth + width), dtype=torch.long)
    positions = torch.zeros_like(tokens)
    for row, node in enumerate(rows):
        size = len(node.tokens)
        tokens[row, :size] = torch.tensor(node.tokens)
        mask[row, depth - node.start : depth + size] = 1
        positions[row, :size] = torch.arange(node.start, node.start + size)
    kept = sorted({offset for number in batch for offset, _, _ in wanted[number]}) or [0]
    with torch.inference_mode():
        output = model(
            input_ids=tokens.to(model.device),
            attention_mask=mask.to(model.device),
            position_ids=positions.to(model.device),
            past_key_values=_stacked([states.get(node.parent) for node in rows], rows, depth),
            use_cache=True,
            logits_to_keep=torch.tensor(kept, device=model.device),
        )
        for row, number in enumerate(batch):
            _collect(output.logits[row], kept, wanted[number], totals)
            if nodes[number].inner:
                states[number] = _own_past(output.past_key_values, row, depth, nodes[number])


def _collect(
    logits: torch.Tensor,
    kept: list[int],
    wanted: list[tuple[int, int, int]],
    totals: np.ndarray,
) -> None:
    place = {offset: index for index, offset in enumerate(kept)}
    normalised: dict[int, torch.Tensor] = {}
    for offset, token, row in wanted:
        if offset not in normalised:
            normalised[offset] = logits[place[offset]].float().log_softmax(-1)
        totals[row] += float(normalised[offset][token])


def _stacked(pasts: list[Past | None], rows: list[Node], depth: int) -> Any:
    """Put the rows' pasts into one cache, padded on the left to `depth`."""
    from transformers import DynamicCache

    cache = DynamicCache()
    if depth == 0:
        return cache
    example = next(past for past in pasts if past is not None)
    for layer, (keys, values) in enumerate(example):
        stacked = [
            tensor.new_zeros((len(rows), tensor.shape[0], depth, tensor.shape[-1]))
            for tensor in (keys, values)
        ]
        for row, (node, past) in enumerate(zip(rows, pasts, strict=True)):
            if past is None:
                continue
            for whole, own in zip(stacked, past[layer], strict=True):
                whole[row, :, depth - node.start :].copy_(own)
        cache.update(stacked[0], stacked[1], layer)
    return cache


def _own_past(cache: Any, row: int, depth: int, node: Node) -> Past:
    """Copy one row's states, from its first token to the last of `node`, out of the batch."""
    span = slice(depth - node.start, depth + len(node.tokens))
    return [
        (layer.keys[row, :, span].clone(), layer.values[row, :, span].clone())
        for layer in cache.layers
    ]
