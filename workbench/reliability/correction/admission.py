"""Which human codes may correct an automatic coder: drawn by lot, and nothing it learned from.

What the two layers have to say about themselves
-------------------------------------------------
`LayerMetadata.sampling` of the human layer
    How its units were drawn, in words. Where these tell of no lot (random, stratified, ...), or of units
    chosen because the model was unsure of them, only a table with the probability of each will do.
`facts["inclusion_probability"]` of the human layer
    The probability, where it is one number for all units; otherwise a table is handed in.
`facts["trained_on"]` of the automatic layer
    What its coder learned from: a list of ids (sources, conversations or units) or of their
    `trained_on_mark`s, which name nobody; or one string, `trained_on_checksum` of the unit ids, which
    shows only whether these very units are the human-coded ones (a note says so). Empty list: nothing
    (rules, prompts without examples).
`facts["cross_fitted"]` of the automatic layer
    True where every unit was coded by a model that had not seen its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.files import checksum_of

__all__ = [
    "not_trained_on",
    "probability_of_draw",
    "strata_of",
    "trained_on_checksum",
    "trained_on_mark",
]

_LOT = re.compile(
    r"\b(random\w*|lots?|lottery|stratif\w*|systematic\w*|probabilit\w*|every|each|all|whole)\b"
)
_CHOSEN = re.compile(
    r"\b(uncertain\w*|unsure|(least|less|not) (sure|certain|confident)|low(est)?[ -]confidence|"
    r"active learning|margins?|entropy|difficult\w*|hardest|convenien\w*|purpos\w*|hand-?picked)\b"
)

_UNKNOWN = (
    "The automatic layer {} what its coder learned from; if some of it was among these human codes, "
    "the corrected figures are too sure of themselves."
)

_NAMED = ("unit_id", "conversation_id", "source")


def trained_on_checksum(unit_ids: Iterable[str]) -> str:
    """Checksum of a set of training units, for `facts["trained_on"]`.

    Examples
    --------
    >>> trained_on_checksum(["u2", "u1"]) == trained_on_checksum(["u1", "u2", "u2"])
    True
    """
    return checksum_of(sorted(set(unit_ids)))


def trained_on_mark(name: str) -> str:
    """Mark of a source, conversation or unit id, from which the id cannot be read.

    Examples
    --------
    >>> trained_on_mark("client-12")
    '8c073b36a2588095'
    """
    return checksum_of(["trained on", name])[:16]


def probability_of_draw(
    human: Layer,
    frame: pl.DataFrame,
    coded: NDArray[np.bool_],
    inclusion: float | pl.DataFrame | None,
) -> NDArray[np.float64]:
    """Inclusion probability of every unit, nan where it was not drawn."""
    how = (human.metadata.sampling or "").lower()
    by_lot = _LOT.search(how) and not _CHOSEN.search(how)
    if how and not by_lot and not isinstance(inclusion, pl.DataFrame):
        raise BadInput(
            f"By what the human layer says, its units were chosen, not drawn by lot (sampling: {how!r}), "
            "so they do not stand for the others. Give a table of each unit's inclusion probability, or "
            "draw a random sample (plan_double_coding); if they were drawn by lot, let the layer say so."
        )
    if inclusion is None:
        inclusion = human.metadata.facts.get("inclusion_probability")
    if inclusion is None and coded.all():
        inclusion = 1.0
    if inclusion is None:
        raise BadInput(
            f"{int(coded.sum())} of {len(coded)} units have human codes, and nothing says with what "
            "probability each was drawn. Give inclusion= (a number, or a table unit_id, "
            "inclusion_probability)."
        )
    if isinstance(inclusion, pl.DataFrame):
        return _of_table(inclusion, frame, coded)
    if not 0 < float(inclusion) <= 1:
        raise BadInput(f"An inclusion probability lies above 0 and up to 1; got {inclusion}.")
    return np.where(coded, float(inclusion), np.nan)


def _of_table(
    inclusion: pl.DataFrame, frame: pl.DataFrame, coded: NDArray[np.bool_]
) -> NDArray[np.float64]:
    for column in ("unit_id", "inclusion_probability"):
        if column not in inclusion.columns:
            raise BadInput.unknown("column", column, inclusion.columns)
    if "repeat" in inclusion.columns:
        inclusion = inclusion.filter(~pl.col("repeat"))
    if inclusion["unit_id"].is_duplicated().any():
        raise BadInput("The table of inclusion probabilities names a unit twice.")
    given = frame.select("unit_id").join(
        inclusion.select(
            "unit_id", pl.col("inclusion_probability").cast(pl.Float64).fill_nan(None)
        ),
        on="unit_id",
        how="left",
        maintain_order="left",
    )["inclusion_probability"]
    wrong = int(
        ((given.is_null()) | (given <= 0) | (given > 1)).fill_null(True).to_numpy()[coded].sum()
    )
    if wrong:
        raise BadInput(
            f"{wrong} of {int(coded.sum())} human-coded units have no inclusion probability above 0 "
            "and up to 1. A unit that could not be drawn stands for nothing: leave it out, or state "
            "its probability."
        )
    waiting = int(
        (~coded & frame["unit_id"].is_in(inclusion["unit_id"].implode()).to_numpy()).sum()
    )
    if waiting and waiting + coded.sum() < len(coded):
        raise BadInput(
            f"{waiting} of {waiting + int(coded.sum())} drawn units have no human code. Units skipped "
            "are rarely like the others: have them coded, or draw anew."
        )
    return np.where(coded, given.to_numpy(), np.nan)


def strata_of(
    frame: pl.DataFrame, strata: pl.DataFrame | None, coded: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Stratum of each unit as a number; one stratum where none are given."""
    if strata is None:
        return np.zeros(len(frame), np.intp)
    for column in ("unit_id", "stratum"):
        if column not in strata.columns:
            raise BadInput.unknown("column", column, strata.columns)
    joined = frame.select("unit_id").join(
        strata.select("unit_id", "stratum").unique(),
        on="unit_id",
        how="left",
        maintain_order="left",
    )
    if joined.height != frame.height:
        raise BadInput("The table of strata puts a unit into two strata.")
    if joined["stratum"].null_count():
        raise BadInput(
            f"The table of strata leaves out {joined['stratum'].null_count()} of {frame.height} "
            "units; it must name all of them, drawn or not."
        )
    names, codes = np.unique(joined["stratum"].cast(pl.String).to_numpy(), return_inverse=True)
    empty = names[np.bincount(codes[coded], minlength=len(names)) == 0]
    if len(empty):
        raise BadInput(
            f"No unit of stratum {', '.join(map(repr, empty.tolist()))} has human codes: its "
            "inclusion probability is zero. Draw some of it, or leave it out of both layers."
        )
    return codes


def not_trained_on(automatic: Layer, drawn: pl.DataFrame) -> str | None:
    """Refuse human codes that the coder learned from; a note where nothing is known."""
    facts = automatic.metadata.facts
    if facts.get("cross_fitted") is True:
        return None
    seen = facts.get("trained_on")
    if seen is None:
        if automatic.metadata.coder_kind == "rule":
            return None
        return _UNKNOWN.format("does not say")
    if isinstance(seen, str):
        if trained_on_checksum(drawn["unit_id"]) != seen:
            return _UNKNOWN.format("tells by a checksum alone")
        learned = drawn.height
    else:
        ids = set(seen)
        present = {x for name in _NAMED for x in drawn[name].unique().to_list()}
        known = [x for x in present if x in ids or trained_on_mark(x) in ids]
        hit = pl.any_horizontal(pl.col(*_NAMED).is_in(known))
        learned = drawn.filter(hit).height
    if learned:
        raise BadInput(
            f"The automatic coder learned from {learned} of the {drawn.height} human-coded units, so "
            "its errors on them say nothing of its errors elsewhere. Use codes that are cross-fitted "
            "(each source coded by a model that had not seen it; facts['cross_fitted'] = True), or "
            "human codes of other conversations."
        )
    return None
