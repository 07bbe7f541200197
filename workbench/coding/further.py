"""What a head reads of turns beside their embeddings: an early layer, a language model's states."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.embedding import Encoder, embed
from workbench.errors import BadInput
from workbench.language_models import TurnReader, Turns

if TYPE_CHECKING:
    import polars as pl

    from workbench.corpus import Corpus
    from workbench.embedding import EmbeddingStore
    from workbench.heads import FeatureSpec

__all__ = ["EarlyVectors", "further_inputs", "goals_of", "turns_of"]

EarlyVectors: TypeAlias = Mapping[int, NDArray[np.floating[Any]]]
"""Vectors of utterances after earlier layers of an encoder, by layer, one row per utterance."""


def further_inputs(
    spec: FeatureSpec,
    talk: pl.DataFrame,
    *,
    goals: Mapping[str, str | None],
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    early: EarlyVectors | None = None,
    progress: bool = False,
) -> dict[str, NDArray[np.float32]]:
    """What `workbench.heads.features` needs for a head beside the embeddings of the turns themselves.

    `early`: turns after the encoder's layer `spec.early_layer`; `read`: what the language model
    `spec.reader` makes of them. Each only where the head reads it, one row per row of `talk`.

    Parameters
    ----------
    talk
        Utterances with `conversation_id, turn, side, text`; all that may count as previous turns.
    goals
        Change goal by conversation.
    encoder, store
        The head's own encoder, default `Encoder()`; store of its vectors, default the user's.
    early
        Those of `talk`, ready; nothing is encoded or stored then.

    Raises
    ------
    BadInput
        If the language model here is another one than the head learned with.
    """
    found: dict[str, NDArray[np.float32]] = {}
    turns = turns_of(talk, goals=goals)
    if spec.early_layer and early is not None:
        found["early"] = np.asarray(early[spec.early_layer], np.float32)
    elif spec.early_layer:
        layer = (encoder or Encoder()).at_layer(spec.early_layer)
        found["early"] = embed(turns.texts, encoder=layer, store=store, progress=progress)
    if spec.reader:
        found["read"] = _reader(spec).read(turns, context=spec.reader_turns > 0)
    return found


def turns_of(talk: pl.DataFrame, *, goals: Mapping[str, str | None]) -> Turns:
    """Turns as a language model reads them; arguments as for `further_inputs`."""
    conversations = talk["conversation_id"].to_list()
    return Turns(
        talk["text"].fill_null("").to_list(),
        talk["side"].to_list(),
        conversations,
        [goals.get(one) for one in conversations],
    )


def goals_of(corpus: Corpus) -> dict[str, str | None]:
    """Change goal by conversation."""
    return dict(corpus.conversations.select("id", "target_behaviour").iter_rows())


@lru_cache(maxsize=2)
def _reader(spec: FeatureSpec) -> TurnReader:
    reader = TurnReader(spec.reader_layers)
    if reader.weights != spec.reader:
        raise BadInput(
            "This head learned with another version of the language model than the one installed "
            "here. Install the version that the package asks for (`workbench doctor "
            "--install-model`), or train the head again."
        )
    return reader
