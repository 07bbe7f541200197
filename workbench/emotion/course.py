"""The emotional course of conversations: one row per turn, ready to be drawn as a curve."""

from __future__ import annotations

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput

__all__ = ["emotion_course"]

_NO_WORDS = "the turn has no words, or was not scored"
_NO_VALENCE = "valence is defined on the sentiment tier only (layer goemotions-sentiment.head)"


def emotion_course(source: Corpus | pl.DataFrame, layer: Layer, *, window: int = 5) -> pl.DataFrame:
    """Probabilities of emotion groups turn by turn, with a valence and its running mean per side.

    Parameters
    ----------
    source
        A corpus, or its utterances (all or some conversations): columns `id`, `conversation_id`,
        `turn`, `side`.
    layer
        A layer with probabilities, as `score_emotions` gives; `goemotions-sentiment.head` for the
        valence.
    window
        Turns in the running mean, an odd number. It is centred and counts turns *of the same side*
        in the same conversation; at the ends, and where turns are without words, it takes fewer.

    Returns
    -------
    polars.DataFrame
        Sorted by conversation (as in `source`) and turn, with the columns

        - `conversation_id`, `unit_id`, `turn`, `side`
        - `p.<label>`: probability of each label of the layer, null for turns not scored
        - `valence`: P(positive) - P(negative), from -1 to 1; the labels are assigned one by one, so
          both can be high in one turn
        - `valence_smooth`: its running mean over turns of the side, null where `valence` is
        - `reason`: why `valence` is null, where it is

    Raises
    ------
    BadInput
        If the layer has no probabilities, a column is absent, or the window is not odd.
    """
    turns = source.utterances if isinstance(source, Corpus) else source
    absent = [c for c in ("id", "conversation_id", "turn", "side") if c not in turns.columns]
    if absent:
        raise BadInput(f"Utterances lack {absent}; got the columns {turns.columns}.")
    if layer.probabilities is None:
        raise BadInput(f"Layer {layer.name!r} has no probabilities, so there is no curve to draw.")
    if window < 1 or window % 2 == 0:
        raise BadInput(f"window is an odd number of turns, such as 5; got {window}.")
    labels = [name for name in layer.probabilities.columns if name != "unit_id"]
    scored = layer.probabilities.rename({name: f"p.{name}" for name in labels})
    course = (
        turns.select("conversation_id", "turn", "side", unit_id="id")
        .with_row_index("_row")
        .sort(pl.col("_row").min().over("conversation_id"), "turn", maintain_order=True)
        .join(scored, on="unit_id", how="left", maintain_order="left")
    )
    valence, reason = pl.lit(None, pl.Float64), pl.lit(_NO_VALENCE)
    if {"positive", "negative"} <= set(labels):
        valence = pl.col("p.positive") - pl.col("p.negative")
        reason = pl.when(pl.col("p.positive").is_null()).then(pl.lit(_NO_WORDS))
    running = (
        pl.when(pl.col("valence").is_not_null())
        .then(pl.col("valence").rolling_mean(window, min_samples=1, center=True))
        .over("conversation_id", "side")
    )
    return (
        course.with_columns(valence.alias("valence"), reason.alias("reason"))
        .with_columns(running.alias("valence_smooth"))
        .select(
            *("conversation_id", "unit_id", "turn", "side"),
            *(f"p.{name}" for name in labels),
            *("valence", "valence_smooth", "reason"),
        )
    )
