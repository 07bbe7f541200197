"""The sheet of one session: counts, measures, and the course of change talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from workbench.coding.session_codes import by_conversation, codes_of
from workbench.coding.session_measures import CLIENT, TOO_FEW, measures_of
from workbench.corpus import Corpus, Layer

__all__ = ["CAUTION", "SessionSheet", "first_long_enough", "session_sheet", "session_table"]

CAUTION = (
    "For research and reflection on practice, not for diagnosis or ranking. Automatic codes are "
    "sometimes wrong; form your own view of the session first."
)


@dataclass(frozen=True, slots=True)
class SessionSheet:
    """The figures of one session.

    Parameters
    ----------
    counts
        `scheme`, `label`, `count`, `expected` (sum of probabilities, null for human codes).
    measures
        `measure`, `title`, `expected`, `band` and the columns of every table of estimates.
    course
        `turn`, `change_talk_share` (running share of change talk up to this client turn, expected
        counts where there are any), `p_change`, `p_sustain`.
    """

    conversation_id: str
    counts: pl.DataFrame
    measures: pl.DataFrame
    course: pl.DataFrame
    caution: str = CAUTION


def session_sheet(corpus: Corpus, layers: Sequence[Layer], conversation_id: str) -> SessionSheet:
    """Return the sheet of one session.

    Parameters
    ----------
    layers
        Layers of one coder; the sheet uses the schemes `annomi-helper-flags` and `annomi-client`, and
        counts every other utterance layer given.

    Raises
    ------
    BadInput
        If there is no such conversation.
    """
    talk = corpus.conversation(conversation_id)
    turns = talk.utterances
    codes = {layer.metadata.scheme: codes_of(layer, turns) for layer in layers}
    counted = [
        layer.restricted_to(turns["id"])
        .counts()
        .select(pl.lit(layer.metadata.scheme).alias("scheme"), "label", "count", "expected")
        for layer in layers
    ]
    empty = pl.DataFrame(
        schema={"scheme": pl.String, "label": pl.String, "count": pl.Int64, "expected": pl.Float64}
    )
    return SessionSheet(
        conversation_id=conversation_id,
        counts=pl.concat([empty, *counted]),
        measures=measures_of(turns, codes),
        course=_course(turns, layers),
    )


def session_table(corpus: Corpus, layers: Sequence[Layer]) -> pl.DataFrame:
    """Measures of all sessions in one long table, `conversation_id` first."""
    parts = []
    by_talk = corpus.utterances.partition_by("conversation_id", maintain_order=True, as_dict=True)
    split = {layer.name: by_conversation(layer, corpus) for layer in layers}
    for (conversation_id,), turns in by_talk.items():
        codes = {
            layer.metadata.scheme: codes_of(split[layer.name].get(conversation_id), turns)
            for layer in layers
        }
        measures = measures_of(turns, codes)
        parts.append(
            measures.select(pl.lit(conversation_id).alias("conversation_id"), *measures.columns)
        )
    return pl.concat(parts)


def first_long_enough(corpus: Corpus) -> str:
    """Id of the first session with helper turns enough for its ratios; without one, of the first."""
    talks = corpus.utterances.filter(pl.col("side") == "helper").group_by("conversation_id").len()
    enough = talks.filter(pl.col("len") >= TOO_FEW)["conversation_id"].implode()
    ids = corpus.conversations["id"]
    long = ids.filter(ids.is_in(enough))
    return str(long[0] if len(long) else ids[0])


def _course(turns: pl.DataFrame, layers: Sequence[Layer]) -> pl.DataFrame:
    empty = pl.DataFrame(
        schema={
            "turn": pl.Int64,
            "change_talk_share": pl.Float64,
            "p_change": pl.Float64,
            "p_sustain": pl.Float64,
        }
    )
    layer = next((x for x in layers if x.metadata.scheme == CLIENT), None)
    if layer is None:
        return empty
    where = turns.select("turn", unit_id="id")
    if layer.probabilities is not None:
        shares = where.join(layer.probabilities, on="unit_id", maintain_order="left")
        shares = shares.select("turn", p_change="change", p_sustain="sustain")
    else:
        shares = where.join(layer.table, on="unit_id", maintain_order="left").select(
            "turn",
            p_change=(pl.col("label") == "change").fill_null(value=False).cast(pl.Float64),
            p_sustain=(pl.col("label") == "sustain").fill_null(value=False).cast(pl.Float64),
        )
    change, sustain = pl.col("p_change").cum_sum(), pl.col("p_sustain").cum_sum()
    running = pl.when(change + sustain > 0).then(change / (change + sustain))
    return shares.select("turn", running.alias("change_talk_share"), "p_change", "p_sustain")
