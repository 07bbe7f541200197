"""Agreement on marked stretches of text, by alpha for unitizing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput
from workbench.reliability.comparison_humans import coder_sets, kind_of_pair
from workbench.reliability.comparison_rows import Row
from workbench.reliability.intake import Codes
from workbench.reliability.intake_layers import named_spans
from workbench.reliability.unitizing import unitizing_alpha
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["span_rows"]


def span_rows(
    layers: Codes,
    corpus: Corpus | None,
    by: str | None,
    measures: Sequence[str] | None,
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Alpha for unitizing of all coders and each pair; each label only by label."""
    given = list(layers) if isinstance(layers, (list, tuple)) else [layers]
    if len(given) < 2 or not all(isinstance(layer, Layer) for layer in given) or corpus is None:
        raise BadInput(
            "unit='span' compares two or more Layers on spans, and needs corpus= for the lengths of the "
            "texts they lie in."
        )
    spans, continua, kinds = named_spans(given, corpus)
    labels = [x for layer in given for x in layer.metadata.labels]
    for coders in coder_sets(tuple(kinds), tuple(kinds.values())):
        found = unitizing_alpha(
            spans.filter(pl.col("coder").is_in(coders)),
            continua,
            labels=list(dict.fromkeys(labels)) or None,
            **options,
        )
        kind = kind_of_pair(tuple(kinds[name] for name in coders))
        for row in found.iter_rows(named=True):
            measure = f"unitizing_alpha ({row['measure']})"
            if (measures and measure not in measures) or (by is None and row["label"] is not None):
                continue
            estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
            yield Row(measure, row["label"], coders, kind, "spans", estimate)
