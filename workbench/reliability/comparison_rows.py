"""The table of agreement: its columns, its measures, and the rows it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from workbench.reliability.agreement import COEFFICIENTS
from workbench.reliability.icc import ICC_FORMS
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["AGREEMENT_COLUMNS", "GAP", "ICC", "MEASURES", "SCORES", "Row", "table_of"]

_HEAD = {
    "unit": str,
    "measure": str,
    "label": str,
    "coders": str,
    "n_coders": int,
    "kind": str,
    "scale": str,
}

#: Columns of the table that `agreement` gives, with the Python type of each.
AGREEMENT_COLUMNS: Mapping[str, type] = {**_HEAD, **ESTIMATE_COLUMNS}

ICC = tuple(f"ICC({form})" for form in ICC_FORMS)
GAP = "ICC(C,1) - ICC(A,1)"
SCORES = ("sensitivity", "specificity", "precision", "f1")

#: Every measure by the unit it is for.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "utterance": (*COEFFICIENTS, *SCORES),
    "span": tuple(f"unitizing_alpha ({name})" for name in ("u", "|u", "cu", "(k)u")),
    "conversation": (*ICC, GAP),
}

_AND = " & "


@dataclass(frozen=True)
class Row:
    """One estimate and what it is of."""

    measure: str
    label: str | None
    coders: tuple[str, ...]
    kind: str
    scale: str
    estimate: Estimate


def table_of(rows: Iterable[Row], unit: str, notes: Sequence[str]) -> pl.DataFrame:
    """Rows as the table that `workbench.agreement` gives; notes stand in the reason of each."""
    told = [
        {
            "unit": unit,
            "measure": row.measure,
            "label": row.label,
            "coders": _AND.join(row.coders),
            "n_coders": len(row.coders),
            "kind": row.kind,
            "scale": row.scale,
            **row.estimate.as_row(),
            "reason": "; ".join(x for x in (row.estimate.reason, *notes) if x) or None,
        }
        for row in rows
    ]
    return pl.DataFrame(told, schema=dict(AGREEMENT_COLUMNS))
