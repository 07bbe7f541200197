"""What human coders said, as votes for each label of a scheme: layers in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.corpus import Layer, Scheme

__all__ = ["SIDES", "gold_of", "sides_of", "votes_of"]

SIDES = ("helper", "client")
"""No head reads or scores what others say."""


def gold_of(layers: Sequence[Layer]) -> list[Layer]:
    """Those of the layers that are gold."""
    return [layer for layer in layers if layer.metadata.coder_kind == "gold"]


def votes_of(
    layers: Sequence[Layer], scheme: Scheme, talk: pl.DataFrame, whole: pl.DataFrame
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64] | None]:
    """Votes of the human coders over the rows of `talk`, and those of the gold layer."""
    if not layers:
        raise BadInput(f"No layer of {scheme.name!r} is given; name at least one coded layer.")
    gold = gold_of(layers)
    if len(gold) > 1:
        raise BadInput(
            f"{len(gold)} gold layers are given ({[x.name for x in gold]}); at most one is gold."
        )
    votes: dict[str, NDArray[np.float64]] = {}
    truth = None
    for layer in layers:
        vote = _vote(layer, scheme, talk, whole)
        if layer.metadata.coder_kind == "gold":
            truth = vote
            continue
        facts = layer.metadata
        coder = facts.coder if facts.coder not in votes else f"{facts.coder}, round {facts.round}"
        if coder in votes:
            raise BadInput(f"Two layers are of coder {facts.coder!r} in round {facts.round}.")
        votes[coder] = vote
    return votes, truth


def _vote(
    layer: Layer, scheme: Scheme, talk: pl.DataFrame, whole: pl.DataFrame
) -> NDArray[np.float64]:
    """1 and 0 where the layer codes a row of `talk`, shape (len(talk), k), nan elsewhere.

    Of several codes per turn those above a given one hold too, whether they were written down or not.
    """
    if layer.metadata.unit != "utterance":
        raise BadInput(
            f"Layer {layer.name!r} codes {layer.metadata.unit}s; heads learn from codes of utterances."
        )
    decided = layer.table.filter(~pl.col("unit_id").is_in(layer.undecided.implode()))
    coded = decided.select("unit_id", "label").unique(maintain_order=True)
    strange = sorted(set(coded["label"].drop_nulls()) - set(scheme.labels))
    if strange:
        raise BadInput(
            f"Layer {layer.name!r} has labels outside scheme {scheme.name!r}: {strange[:5]}. "
            f"Expected: {list(scheme.labels)}."
        )
    _check_units(layer, scheme, coded, whole)
    if scheme.exclusive:
        twice = coded.drop_nulls("label").filter(pl.col("unit_id").is_duplicated())["unit_id"]
        if len(twice):
            raise BadInput(
                f"Layer {layer.name!r} gives {twice.n_unique()} utterances more than one label of "
                f"{scheme.name!r}, of which exactly one holds; the first is {twice[0]!r}."
            )
        coded = coded.drop_nulls("label")
    row_of = {unit: row for row, unit in enumerate(talk["id"])}
    column_of = {label: column for column, label in enumerate(scheme.labels)}
    vote = np.full((talk.height, len(scheme.labels)), np.nan)
    vote[[row_of[unit] for unit in coded["unit_id"].unique(maintain_order=True)]] = 0
    above = {} if scheme.exclusive else {label: scheme.above(label) for label in scheme.labels}
    for unit, label in coded.drop_nulls("label").iter_rows():
        held = (label, *above.get(label, ()))
        vote[row_of[unit], [column_of[one] for one in held]] = 1
    return vote


def _check_units(layer: Layer, scheme: Scheme, coded: pl.DataFrame, whole: pl.DataFrame) -> None:
    units = coded.select("unit_id").unique(maintain_order=True)
    absent = units.join(whole, left_on="unit_id", right_on="id", how="anti")["unit_id"]
    if len(absent):
        raise BadInput(
            f"Layer {layer.name!r} codes {len(absent)} utterances that are not in this corpus, the "
            f"first is {absent[0]!r}; ids here look like {whole['id'][0]!r}."
        )
    fits = pl.col("side").is_in(sides_of(scheme))
    wrong = whole.join(units, left_on="id", right_on="unit_id", how="semi").filter(~fits)
    if wrong.height:
        raise BadInput(
            f"{wrong.height} coded utterances of layer {layer.name!r} are not of the side "
            f"{scheme.side!r} that {scheme.name!r} applies to; the first is {wrong['id'][0]!r}. "
            "If roles are not known yet, name them when loading, as roles={'A': 'therapist'}."
        )


def sides_of(scheme: Scheme) -> tuple[str, ...]:
    """Sides whose utterances a scheme applies to; a scheme of neither side applies to both."""
    return (scheme.side,) if scheme.side in SIDES else SIDES
