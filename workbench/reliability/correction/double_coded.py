"""Automatic codes of all units beside human codes of a random few: checked before anything is estimated.

What the layers have to say about themselves: `workbench.reliability.correction.admission`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.correction.admission import (
    not_trained_on,
    probability_of_draw,
    strata_of,
)
from workbench.reliability.correction.draw import Units

__all__ = [
    "MIN_SOURCES",
    "DoubleCoded",
    "Use",
    "coded_frame",
    "double_coded",
]

#: Sources with human codes below which nothing is estimated.
MIN_SOURCES = 5

#: The assigned label of the automatic coder, or its probability.
Use: TypeAlias = Literal["label", "probability"]


@dataclass(frozen=True, slots=True, eq=False)
class DoubleCoded:
    """All automatically coded units with the human codes of those drawn; n units, k labels.

    Attributes
    ----------
    frame : polars.DataFrame
        `unit_id`, `conversation_id`, `source`, and the columns of utterance and conversation.
    units : Units
    labels : tuple of str
    automatic, human : ndarray of shape (n, k)
        0/1 or a probability; of `human` only the rows of drawn units mean something.
    notes : tuple of str
    coder : str
        Name of the human coder.
    """

    frame: pl.DataFrame
    units: Units
    labels: tuple[str, ...]
    automatic: NDArray[np.float64]
    human: NDArray[np.float64]
    notes: tuple[str, ...]
    coder: str

    @property
    def sentence(self) -> str:
        """What a correction by this sample aims at."""
        return (
            f"Corrected to the codes of {self.coder}, not to truth: where this coder errs, "
            "so do the corrected figures."
        )

    def together(self, drawn: Literal["utterance", "conversation", "source"]) -> NDArray | None:
        """Piece of the draw that each unit belongs to; None where units were drawn one by one."""
        if drawn == "utterance":
            return None
        column = {"conversation": "conversation_id", "source": "source"}[drawn]
        return np.unique(self.frame[column].to_numpy(), return_inverse=True)[1]

    def chosen(self, labels: Sequence[str] | None) -> list[int]:
        """Positions of the wanted labels (default: all)."""
        for label in labels or ():
            if label not in self.labels:
                raise BadInput.unknown("label", label, self.labels)
        return [self.labels.index(label) for label in (labels or self.labels)]


def double_coded(
    automatic: Layer,
    human: Layer,
    corpus: Corpus,
    *,
    inclusion: float | pl.DataFrame | None = None,
    strata: pl.DataFrame | None = None,
    use: Use = "label",
) -> DoubleCoded:
    """Put two layers of one scheme side by side, or say why that cannot be.

    Parameters
    ----------
    automatic : Layer
        Codes of all units that the figure is about; units left out of it are left out of the figure.
    human : Layer
        Codes of the drawn units by one coder.
    corpus : Corpus
        Where the units are from; gives conversations and sources.
    inclusion : float or polars.DataFrame, optional
        Probability of each unit to be drawn: one number, or a table `unit_id`,
        `inclusion_probability` of the drawn units (rows marked in a column `repeat` are left out).
        Default: what the human layer says; 1 where it codes every unit.
    strata : polars.DataFrame, optional
        Table `unit_id`, `stratum` of *all* units, where the draw was stratified. Without it weights
        are right, and intervals wider than they need to be.
    use : {"label", "probability"}
        What of the automatic layer is used.

    Raises
    ------
    BadInput
        If the layers do not belong together, the sample was not drawn at random or not coded whole,
        or the automatic coder learned from it.
    InsufficientData
        If the human codes come from fewer than `MIN_SOURCES` sources.
    """
    labels = _one_scheme(automatic, human)
    frame = coded_frame(automatic, corpus)
    _within(human, frame, corpus)
    coded = frame["unit_id"].is_in(human.table["unit_id"].implode()).to_numpy()
    probability = probability_of_draw(human, frame, coded, inclusion)
    note = not_trained_on(automatic, frame.filter(pl.Series(coded)))
    units = Units(
        np.unique(frame["source"].to_numpy(), return_inverse=True)[1],
        strata_of(frame, strata, coded),
        np.where(coded, probability, np.nan),
    )
    if units.n_drawn_sources < MIN_SOURCES:
        raise InsufficientData(
            f"The human codes come from {units.n_drawn_sources} source(s) (videos, clients); a "
            f"correction needs at least {MIN_SOURCES}, and 40 for intervals that keep their level. "
            "Draw units from more conversations."
        )
    notes = [note] if note else []
    notes += _silent(automatic, "automatically ", frame.height)
    notes += _silent(human, "human-", int(coded.sum()))
    expected = float((1 / probability[coded]).sum())
    if not 0.75 < expected / len(coded) < 1.33:
        notes.append(
            f"By their probabilities the {int(coded.sum())} drawn units stand for {expected:,.0f} "
            f"units, while there are {len(coded):,}: check the inclusion probabilities."
        )
    return DoubleCoded(
        frame,
        units,
        labels,
        _codes(automatic, frame, labels, use=use),
        _codes(human, frame, labels, use="label"),
        tuple(notes),
        human.metadata.coder,
    )


def coded_frame(layer: Layer, corpus: Corpus) -> pl.DataFrame:
    """One row per coded unit, in the corpus's order: ids, and facts of utterance and conversation.

    Raises
    ------
    BadInput
        If the layer codes spans or segments, or units that are not in the corpus.
    """
    unit = layer.metadata.unit
    talks = corpus.conversations.with_columns(pl.col("source").fill_null(pl.col("id")))
    facts = talks.rename({"id": "conversation_id"})
    if unit == "utterance":
        frame = corpus.utterances.drop("text").rename({"id": "unit_id"})
        frame = frame.join(facts, on="conversation_id", how="left", maintain_order="left")
    elif unit == "conversation":
        frame = facts.with_columns(unit_id=pl.col("conversation_id"))
    else:
        raise BadInput(
            f"Layer {layer.name!r} codes {unit}s; a correction needs codes of utterances or of "
            "conversations."
        )
    ids = layer.table["unit_id"].unique()
    strange = ids.filter(~ids.is_in(frame["unit_id"].implode()))
    if len(strange):
        raise BadInput(
            f"Layer {layer.name!r} has {len(strange)} {unit}(s) that are not in this corpus. "
            "Give the corpus that it was made from."
        )
    return frame.filter(pl.col("unit_id").is_in(ids.implode()))


def _one_scheme(automatic: Layer, human: Layer) -> tuple[str, ...]:
    """Labels of the scheme that both layers code."""
    ours, theirs = automatic.metadata, human.metadata
    for name in ("scheme", "unit"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other:
            raise BadInput(
                f"The automatic layer {automatic.name!r} has the {name} {mine!r}, the human layer "
                f"{human.name!r} has {other!r}. Both must code the same {name}."
            )
    if set(ours.labels) != set(theirs.labels):
        differ = sorted(set(ours.labels) ^ set(theirs.labels))
        raise BadInput(
            f"The layers {automatic.name!r} and {human.name!r} do not have the same labels; only one "
            f"has {differ}. Map one of them on the other's codebook first."
        )
    if theirs.coder_kind not in ("human", "gold"):
        raise BadInput(
            f"Layer {human.name!r} is by a coder of kind {theirs.coder_kind!r}; a correction needs "
            "human codes."
        )
    used = pl.concat([automatic.table["label"], human.table["label"]])
    return ours.labels or tuple(sorted(used.drop_nulls().unique()))


def _within(human: Layer, frame: pl.DataFrame, corpus: Corpus) -> None:
    """Refuse human codes of units without automatic ones."""
    ids = human.table["unit_id"].unique()
    known = frame["unit_id"].implode()
    outside = ids.filter(~ids.is_in(known))
    if len(outside):
        here = corpus.utterances["id"] if "turn" in frame.columns else corpus.conversations["id"]
        foreign = int((~outside.is_in(here.implode())).sum())
        where = (
            "not in this corpus" if foreign else "in this corpus, but not in the automatic layer"
        )
        raise BadInput(
            f"{len(outside)} of {len(ids)} human-coded units have no automatic code ({where}). Code "
            "them automatically, or leave them out: human.restricted_to(...)."
        )


def _silent(layer: Layer, how: str, n: int) -> list[str]:
    """What is said of units that a coder decided nothing about: they enter as having no code."""
    person = layer.metadata.coder_kind in ("human", "gold")
    nothing = layer.table.filter(pl.col("label").is_null())["unit_id"]
    silent = nothing if person and layer.metadata.exclusive else layer.undecided
    if not silent.n_unique():
        return []
    told = (
        f"{silent.n_unique():,} of {n:,} {how}coded units have no label; they count as having none"
    )
    if person:
        return [f"{told}."]
    return [f"{told}: automatic rates lack what was withheld or refused, corrected ones do not."]


def _codes(
    layer: Layer, frame: pl.DataFrame, labels: tuple[str, ...], *, use: Use
) -> NDArray[np.float64]:
    """Table of 0 and 1, or of probabilities where the layer has them."""
    row_of = frame.select("unit_id").with_row_index("row")
    given = layer.table.select("unit_id", "label").drop_nulls("label").join(row_of, on="unit_id")
    codes = np.zeros((frame.height, len(labels)))
    column = {label: position for position, label in enumerate(labels)}
    codes[given["row"].to_numpy(), [column[label] for label in given["label"]]] = 1
    several = np.flatnonzero(codes.sum(axis=1) > 1)
    if layer.metadata.exclusive and len(several):
        raise BadInput(
            f"Layer {layer.name!r} gives several labels to {len(several)} units, such as "
            f"{frame['unit_id'][int(several[0])]!r}, though its codes exclude each other. Blind repeats "
            "belong into a layer of their own."
        )
    if use == "label":
        return codes
    if layer.probabilities is None:
        raise BadInput(f"Layer {layer.name!r} has no probabilities; use its labels.")
    shares = row_of.join(layer.probabilities, on="unit_id", how="left", maintain_order="left")
    found = shares.select(labels).to_numpy()
    # units without probabilities (no text, say) keep what was assigned to them
    return np.where(np.isnan(found), codes, found)
