"""Embeddings of turns together with those before them, for heads that read such a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.embedding import Encoder, embed, with_context

if TYPE_CHECKING:
    import polars as pl

    from workbench.embedding import EmbeddingStore
    from workbench.heads import FeatureSpec

__all__ = ["rendered_embeddings"]


def rendered_embeddings(
    spec: FeatureSpec,
    talk: pl.DataFrame,
    *,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    progress: bool = False,
) -> NDArray[np.float32] | None:
    """One embedding per row of `talk` with `spec.rendered_turns` previous turns; None for 0.

    Parameters
    ----------
    talk
        Utterances with `conversation_id, turn, side, text`; all that may count as previous turns.
    encoder
        The head's own encoder; default `Encoder()`.
    """
    if not spec.rendered_turns:
        return None
    encoder = encoder or Encoder()
    texts = with_context(talk, turns=spec.rendered_turns, encoder=encoder)
    return embed(texts, encoder=encoder, store=store, progress=progress)
