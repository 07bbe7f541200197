"""Agreement on conversations: counts, rates and ratings, by intraclass correlations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.reliability.agreement.distances import numeric
from workbench.reliability.comparison_humans import kind_of_pair
from workbench.reliability.comparison_rows import GAP, ICC, Row
from workbench.reliability.comparison_tallies import comparable_units, conversations_of, left_out
from workbench.reliability.icc import icc_gap, icc_table
from workbench.reliability.intake import Coded, Codes
from workbench.reliability.ratings import MISSING
from workbench.reliability.tallies import tallies
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["number_rows", "rated_layers", "rating_rows", "tally_rows"]


def tally_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Correlations of the counts and the rates of each label among each set of coders."""
    talks = conversations_of(coded)
    for coders in sets:
        ratings = coded.ratings.of(coders)
        own = replace(coded, ratings=ratings)
        shared, lost = comparable_units(own), left_out(own)
        kind = kind_of_pair(ratings.kinds)
        for label in ratings.labels:
            found = tallies(ratings.rows(shared), talks[shared], label)
            for scale, values in (("counts", found.counts), ("rates", found.rates)):
                for measure, estimate in _correlations(values, found.sources, wanted, options):
                    told = "; ".join(x for x in (estimate.reason, lost) if x) or None
                    noted = replace(estimate, reason=told)
                    yield Row(measure, str(label), coders, kind, scale, noted)


def _correlations(
    values: Any, sources: Any, wanted: set[str], options: Mapping[str, Any]
) -> Iterator[tuple[str, Estimate]]:
    """Intraclass correlations of a conversations x coders table, and their gap."""
    if wanted & set(ICC):
        for row in icc_table(values, clusters=sources, **options).iter_rows(named=True):
            if f"ICC({row['form']})" in wanted:
                estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
                yield f"ICC({row['form']})", estimate
    if GAP in wanted:
        yield GAP, icc_gap(values, clusters=sources, **options)


def rated_layers(data: Codes) -> list[Layer]:
    """Layers with ratings of conversations, if that is what came in."""
    layers = [x for x in data if isinstance(x, Layer)] if isinstance(data, (list, tuple)) else []
    rated = [
        layer
        for layer in layers
        if layer.metadata.unit == "conversation" and layer.table["value"].is_not_null().any()
    ]
    return layers if rated else []


def rating_rows(
    layers: Sequence[Layer],
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
    *,
    merge: Mapping[str, str],
) -> Iterator[Row]:
    """Correlations of the ratings (globals) of each label among each set of coders."""
    ratings = coded.ratings
    tables = [_ratings_of(layer, merge) for layer in layers]
    place = {unit: number for number, unit in enumerate(ratings.units)}
    for label in ratings.labels:
        values = np.full(ratings.codes.shape, np.nan)
        for column, table in enumerate(tables):
            own = table.filter(pl.col("label") == label)
            for unit, value in own.select("unit_id", "value").iter_rows():
                values[place[unit], column] = value
        yield from _rated(values, str(label), coded, sets, wanted, options)


def _ratings_of(layer: Layer, merge: Mapping[str, str]) -> pl.DataFrame:
    """Ratings of a layer, one for each conversation and label."""
    table = layer.table.filter(pl.col("value").is_not_null()).with_columns(
        pl.col("label").replace(dict(merge))
    )
    twice = table.filter(pl.struct("unit_id", "label").is_duplicated())
    if twice.height:
        raise BadInput(
            f"Layer {layer.name!r} rates {twice['label'][0]!r} of conversation "
            f"{twice['unit_id'][0]!r} more than once: which rating holds? Keep one row for each."
        )
    return table


def number_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Correlations of the numbers that a table gives conversations, among each set of coders."""
    ratings, talks = coded.ratings, coded.conversations
    if talks is not None and len(np.unique(talks)) < ratings.n_units:
        raise BadInput(
            "These are numbers of single units; ratings of conversations are one number for each "
            "conversation and coder, with the conversation's id as unit."
        )
    points = numeric(ratings.categories, level=ratings.level)
    values = np.where(ratings.codes == MISSING, np.nan, points[ratings.codes])
    yield from _rated(values, None, coded, sets, wanted, options)


def _rated(
    values: NDArray[np.float64],
    label: str | None,
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Rows of a conversations x coders table of ratings."""
    ratings = coded.ratings
    for coders in sets:
        columns = [ratings.coders.index(name) for name in coders]
        kind = kind_of_pair(tuple(ratings.kinds[column] for column in columns))
        found = _correlations(values[:, columns], ratings.sources, wanted, options)
        for measure, estimate in found:
            yield Row(measure, label, coders, kind, "ratings", estimate)
