"""What a conversation is about: the share of each topic in its fitted turns.

Shares of a conversation are compared by their square roots (Hellinger's distance), which keeps one
frequent topic from drowning the others; `topic_mixtures` gives the shares themselves.
"""

from __future__ import annotations

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput

__all__ = ["topic_mixtures"]


def topic_mixtures(corpus: Corpus, *layers: Layer) -> pl.DataFrame:
    """Share of each topic in every conversation.

    Parameters
    ----------
    corpus : Corpus
        Where the conversations are.
    *layers : Layer
        `Topics.layer` of one side, or of several sides.

    Returns
    -------
    polars.DataFrame
        One row per conversation in the order of `corpus.conversations`: `conversation_id`, and for
        each topic of each layer a column ``<scheme>:<number>``, as ``topics-client:3``. The shares
        are of the fitted turns of that side: outliers count and have no column, so that shares of
        a side add up to at most 1; what was set apart does not count. Null where a side of a
        conversation has no fitted turn.

    Raises
    ------
    BadInput
        If no layer is given, or two of one name.

    Examples
    --------
    >>> from workbench.corpus import LayerMetadata
    >>> turns = pl.DataFrame({"id": ["u1", "u2", "u3"], "conversation_id": ["a", "a", "b"],
    ...                       "speaker": ["x", "x", "y"], "text": ["one", "two", "three"]})
    >>> rows = pl.DataFrame({"unit_id": ["u1", "u2", "u3"], "label": ["0", "-1", "1"]})
    >>> layer = Layer.build("t", rows, LayerMetadata("t", "bertopic", "model"))
    >>> topic_mixtures(Corpus.build(turns), layer).rows()
    [('a', 0.5, 0.0), ('b', 0.0, 1.0)]
    """
    schemes = [layer.metadata.scheme for layer in layers]
    if not layers or len(set(schemes)) < len(schemes):
        raise BadInput(
            f"topic_mixtures: expected the topics layers of one or more sides, each once; got {schemes}."
        )
    mixtures = corpus.conversations.select(conversation_id="id")
    for layer in layers:
        mixtures = mixtures.join(
            _shares(corpus, layer), on="conversation_id", how="left", maintain_order="left"
        )
    return mixtures


def _shares(corpus: Corpus, layer: Layer) -> pl.DataFrame:
    said = layer.table.drop_nulls("label").select("label", id="unit_id")
    said = said.join(corpus.utterances.select("id", "conversation_id"), on="id")
    numbers = sorted({int(label) for label in said["label"].unique()} - {-1})
    return said.group_by("conversation_id").agg(
        (pl.col("label") == str(number)).mean().alias(f"{layer.metadata.scheme}:{number}")
        for number in numbers
    )
