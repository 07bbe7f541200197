"""Which texts a topic model is fitted on: distinct ones, in an order of their own.

A text that was said twice is fitted once. Repeats would lie at distance 0 from each other, and
density clustering takes such a heap for the densest topic there is. Every utterance then gets the
topic of its text. The order is by content, so row order, ids and speaker names change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.schema import SIDES
from workbench.errors import BadInput, InsufficientData

__all__ = ["MIN_TEXTS", "Texts", "texts_of", "unit_length"]

MIN_TEXTS = 50
"""Distinct texts below which no topics are fitted."""


@dataclass(frozen=True)
class Texts:
    """What is fitted, and how it hangs together with the corpus.

    Attributes
    ----------
    texts : list of str
        Distinct texts, sorted; white space joined, apostrophes straight.
    embeddings : ndarray of float32, shape (n_texts, d)
        Rows of length one.
    turns : polars.DataFrame
        Utterances of the side, sorted by id: `unit_id`, `set_apart` (label or null), `at`
        (position in `texts`, null where set apart).
    """

    texts: list[str]
    embeddings: NDArray[np.float32]
    turns: pl.DataFrame


def texts_of(
    corpus: Corpus, embeddings: NDArray[np.float32], *, side: str, set_apart: Layer
) -> Texts:
    """Choose the utterances of one side that have a subject, and their distinct texts.

    Raises
    ------
    BadInput
        If the side is unknown, or the embeddings do not fit the utterances or hold NaN.
    InsufficientData
        If fewer than `MIN_TEXTS` distinct texts are left.
    """
    if side not in SIDES:
        raise BadInput.unknown("side", side, SIDES)
    _check(corpus, embeddings)
    flags = set_apart.table.filter(pl.col("label").is_not_null()).unique(
        "unit_id", keep="first", maintain_order=True
    )
    turns = (
        corpus.utterances.with_row_index("row")
        .filter(pl.col("side") == side)
        .select(
            "row",
            unit_id="id",
            text=pl.col("text")
            .str.replace_all("’", "'", literal=True)
            .str.replace_all(r"\s+", " ")
            .str.strip_chars(),
        )
        .join(flags.select("unit_id", set_apart="label"), on="unit_id", how="left")
    )
    fitted = (
        turns.filter(pl.col("set_apart").is_null())
        .with_columns(key=pl.col("text").str.to_lowercase())
        .sort("key", "text", "unit_id")
    )
    distinct = fitted.unique("key", keep="first", maintain_order=True)
    if distinct.height < MIN_TEXTS:
        raise InsufficientData(
            f"Topics of the {side} side cannot be fitted from {turns.height} utterances "
            f"({distinct.height} distinct ones after {turns.height - fitted.height} backchannels and "
            f"the like were set apart); need at least {MIN_TEXTS}. Add sessions or choose another side."
        )
    at = distinct.select("key").with_row_index("at")
    placed = fitted.join(at, on="key", how="left").select("unit_id", "at")
    rows = distinct["row"].to_numpy()
    return Texts(
        texts=distinct["text"].to_list(),
        embeddings=unit_length(embeddings[rows]),
        turns=turns.join(placed, on="unit_id", how="left")
        .select("unit_id", "set_apart", "at")
        .sort("unit_id"),
    )


def _check(corpus: Corpus, embeddings: NDArray[np.float32]) -> None:
    n = corpus.utterances.height
    if embeddings.ndim != 2 or len(embeddings) != n:
        raise BadInput(
            f"embeddings: expected one row per utterance, shape ({n}, d); got {embeddings.shape}."
        )
    broken = ~np.isfinite(embeddings).all(axis=1)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise BadInput(
            f"embeddings: {int(broken.sum())} rows hold NaN or infinity, the first is row {row} "
            f"(utterance {corpus.utterances['id'][row]!r}). Encode the corpus again."
        )


def unit_length(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows divided by their length, as float32; a row of zeros stays one."""
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, np.finfo(np.float32).tiny)
