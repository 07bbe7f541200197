"""Agreement on marked stretches of text, by alpha for unitizing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput
from workbench.reliability.comparison_humans import coder_sets, kind_of_pair
from workbench.reliability.comparison_rows import Row
from workbench.reliability.intake import Codes
from workbench.reliability.intake_layers import named_spans
from workbench.reliability.intake_spelling import check_labels
from workbench.reliability.unitizing import MARKED, unitizing_alpha
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["span_rows"]

_OF_LABEL = "unitizing_alpha ((k)u)"


def span_rows(
    layers: Codes,
    corpus: Corpus | None,
    by: str | None,
    measures: Sequence[str] | None,
    options: Mapping[str, Any],
    *,
    codebook: Codebook | Scheme | Sequence[str] | None,
    merge: Mapping[str, str],
) -> Iterator[Row]:
    """Alpha for unitizing of all coders and each pair; each label only by label."""
    if by is None and measures and _OF_LABEL in measures:
        raise BadInput(f"{_OF_LABEL} is of each label: pass by='label'.")
    given = list(layers) if isinstance(layers, (list, tuple)) else [layers]
    if len(given) < 2 or not all(isinstance(layer, Layer) for layer in given) or corpus is None:
        raise BadInput(
            "unit='span' compares two or more Layers on spans, and needs corpus= for the lengths of the "
            "texts they lie in."
        )
    named = named_spans(given, corpus, codebook)
    spans, labels = _labelled(named.spans, named.labels, named.book, merge)
    read = spans.group_by("unit_id").agg(pl.col("coder").n_unique())
    if read.filter(pl.col("coder") > 1).is_empty():
        raise BadInput(
            f"No utterance was read by two of the coders {list(named.kinds)}: there is nothing to compare. "
            "A row without characters says that an utterance was read and nothing was marked."
        )
    kinds, continua = named.kinds, named.continua
    for coders in coder_sets(tuple(kinds), tuple(kinds.values())):
        found = unitizing_alpha(
            spans.filter(pl.col("coder").is_in(coders)),
            continua,
            labels=labels,
            **options,
        )
        kind = kind_of_pair(tuple(kinds[name] for name in coders))
        for row in found.iter_rows(named=True):
            measure = f"unitizing_alpha ({row['measure']})"
            if (measures and measure not in measures) or (by is None and row["label"] is not None):
                continue
            estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
            yield Row(measure, row["label"], coders, kind, "spans", estimate)


def _labelled(
    spans: pl.DataFrame, labels: Sequence[str], book: str, merge: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Spans with merged spellings, and all labels in order."""
    listed = spans.select(
        pl.exclude("label"),
        unit="unit_id",
        labels=pl.when(pl.col("label").is_not_null()).then(pl.concat_list("label")),
    )
    unnamed = [MARKED] if labels and (spans["label"] == MARKED).any() else []
    rows, known = check_labels(listed, [*labels, *unnamed], book=book, merge=merge)
    return rows.with_columns(label=pl.col("labels").list.first()), known
