"""Embeddings beside that of the turn itself, for heads that read such blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.embedding import Encoder, embed, with_context

if TYPE_CHECKING:
    import polars as pl

    from workbench.embedding import EmbeddingStore
    from workbench.heads import FeatureSpec

__all__ = ["further_embeddings"]


def further_embeddings(
    spec: FeatureSpec,
    talk: pl.DataFrame,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    progress: bool = False,
) -> dict[str, NDArray[np.float32]]:
    """What `workbench.heads.features` needs for a head beside the embeddings of the turns themselves.

    `rendered`: turns with `spec.rendered_turns` previous ones; `early`: turns after the encoder's layer
    `spec.early_layer`. Each only where the head reads it, one row per row of `talk`.

    Parameters
    ----------
    talk
        Utterances with `conversation_id, turn, side, text`; all that may count as previous turns.
    encoder
        The head's own encoder; default `Encoder()`.
    """
    encoder, found = encoder or Encoder(), {}
    if spec.rendered_turns:
        texts = with_context(talk, turns=spec.rendered_turns, encoder=encoder)
        found["rendered"] = embed(texts, encoder=encoder, store=store, progress=progress)
    if spec.early_layer:
        texts = talk["text"].fill_null("").to_list()
        early = encoder.at_layer(spec.early_layer)
        found["early"] = embed(texts, encoder=early, store=store, progress=progress)
    return found
