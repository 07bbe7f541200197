"""The feature table of a head: one row per scored utterance, columns as its `FeatureSpec` says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import BadInput
from workbench.heads.ngrams import hashed_ngrams
from workbench.heads.spec import FeatureSpec
from workbench.heads.surface import surface_features

__all__ = ["features"]

_WORD = re.compile(r"[\w']+")


def features(
    spec: FeatureSpec,
    texts: Sequence[str],
    embeddings: ArrayLike,
    *,
    conversations: Sequence[str] | None = None,
    sides: Sequence[str] | None = None,
    early: ArrayLike | None = None,
    read: ArrayLike | None = None,
    rows: ArrayLike | None = None,
) -> NDArray[np.float32]:
    """Build the feature table of some utterances.

    Parameters
    ----------
    spec
        Which features.
    texts
        All utterances, conversation by conversation in turn order, n of them.
    embeddings
        Their sentence embeddings, shape (n, spec.dimensions), each of length 1.
    conversations
        Conversation id of each utterance; needed where `spec.context_turns` is not 0.
    sides
        Who speaks (any labels that tell the sides apart); needed where context is read.
    early
        Mean token vectors of the utterances after the encoder's layer `spec.early_layer`, shape (n,
        spec.dimensions); needed where that is not 0.
    read
        What the language model `spec.reader` gives of the utterances, shape (n, spec.reader_width);
        needed where there is one.
    rows
        Positions of the utterances to build rows for; default all. Only these are hashed.

    Returns
    -------
    ndarray of float32, shape (len(rows), spec.width)

    Raises
    ------
    BadInput
        If lengths differ, or context is asked for without conversations and sides, or vectors of
        an early layer or of a reader without them.
    """
    dense = _fitting(embeddings, spec, len(texts))
    wanted = np.arange(len(texts)) if rows is None else np.asarray(rows, np.intp)
    turn = np.hstack([dense, surface_features(texts)]) if spec.surface else dense
    parts = [turn[wanted]]
    if spec.context_turns:
        parts += _context(spec, texts, turn, wanted, conversations, sides)
    if spec.early_layer:
        if early is None:
            raise BadInput(
                f"This head reads each turn after layer {spec.early_layer} of the encoder too; give "
                f"these vectors (encoder.at_layer({spec.early_layer}))."
            )
        parts.append(_fitting(early, spec, len(texts))[wanted])
    if spec.reader:
        if read is None or np.shape(read) != (len(texts), spec.reader_width):
            raise BadInput(
                f"This head reads {spec.reader_width} numbers of each turn by a language model; give "
                f"one row per utterance (TurnReader({list(spec.reader_layers)}).read)."
            )
        parts.append(np.asarray(read, np.float32)[wanted])
    if spec.hashed:
        chosen = [texts[row] for row in wanted]
        parts.append(
            hashed_ngrams(
                chosen, columns=spec.hashed, longest=spec.ngrams, characters=spec.characters
            )
        )
    return np.hstack(parts)


def _fitting(embeddings: ArrayLike, spec: FeatureSpec, n: int) -> NDArray[np.float32]:
    dense = np.asarray(embeddings, np.float32)
    if dense.shape != (n, spec.dimensions):
        raise BadInput(
            f"Embeddings have the shape {dense.shape}; this head needs ({n}, {spec.dimensions}): "
            "one row per utterance, from the encoder it was trained with."
        )
    return dense


def _context(
    spec: FeatureSpec,
    texts: Sequence[str],
    turn: NDArray[np.float32],
    wanted: NDArray[np.intp],
    conversations: Sequence[str] | None,
    sides: Sequence[str] | None,
) -> list[NDArray[np.float32]]:
    if conversations is None or sides is None or not len(conversations) == len(sides) == len(turn):
        raise BadInput("A head that reads previous turns needs a conversation and a side per turn.")
    talk, side = np.asarray(conversations), np.asarray(sides)
    blocks = []
    words = [frozenset(_WORD.findall(text.lower())) for text in texts]
    for back in range(1, spec.context_turns + 1):
        at = np.maximum(wanted - back, 0)
        there = (wanted >= back) & (talk[at] == talk[wanted])
        shared = np.array([len(words[i] & words[j]) for i, j in zip(wanted, at, strict=True)])
        own = np.array([max(len(words[i]), 1) for i in wanted])
        cosine = (turn[at, : spec.dimensions] * turn[wanted, : spec.dimensions]).sum(axis=1)
        relation = [there, side[at] == side[wanted], cosine, shared / own, np.log1p(shared)]
        blocks.append(np.column_stack([turn[at], *relation]).astype(np.float32))
        blocks[-1][~there] = 0
    return blocks
