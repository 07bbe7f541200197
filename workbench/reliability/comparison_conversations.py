"""Agreement on conversations: counts, rates and ratings, by intraclass correlations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from workbench.corpus import Layer
from workbench.errors import BadInput
from workbench.reliability.comparison_humans import kind_of_pair
from workbench.reliability.comparison_rows import GAP, ICC, Row
from workbench.reliability.comparison_tallies import comparable_units, conversations_of
from workbench.reliability.icc import icc_gap, icc_table
from workbench.reliability.intake import Coded, Codes
from workbench.reliability.tallies import tallies
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["rated_layers", "rating_rows", "tally_rows"]


def tally_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Correlations of the counts and the rates of each label among each set of coders."""
    if coded.ratings.level in ("interval", "ratio"):
        raise BadInput(
            "Counts per conversation are of codes; these are numbers. Give the conversation as unit to "
            "compare ratings of conversations."
        )
    talks = conversations_of(coded)
    for coders in sets:
        ratings = coded.ratings.of(coders)
        shared = comparable_units(replace(coded, ratings=ratings))
        kind = kind_of_pair(ratings.kinds)
        for label in ratings.labels:
            found = tallies(ratings.rows(shared), talks[shared], label)
            for scale, values in (("counts", found.counts), ("rates", found.rates)):
                for measure, estimate in _correlations(values, found.sources, wanted, options):
                    yield Row(measure, str(label), coders, kind, scale, estimate)


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
) -> Iterator[Row]:
    """Correlations of the ratings (globals) of each label among each set of coders."""
    ratings = coded.ratings
    place = {unit: number for number, unit in enumerate(ratings.units)}
    for label in ratings.labels:
        values = np.full(ratings.codes.shape, np.nan)
        for column, layer in enumerate(layers):
            own = layer.table.filter((pl.col("label") == label) & pl.col("value").is_not_null())
            for unit, value in own.select("unit_id", "value").iter_rows():
                values[place[unit], column] = value
        for coders in sets:
            columns = [ratings.coders.index(name) for name in coders]
            kind = kind_of_pair(tuple(ratings.kinds[column] for column in columns))
            found = _correlations(values[:, columns], ratings.sources, wanted, options)
            for measure, estimate in found:
                yield Row(measure, str(label), coders, kind, "ratings", estimate)
