"""One thing a check found: how bad, where, what it means and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from workbench.corpus.schema import ROW
from workbench.errors import BadInput

__all__ = ["FIRST_PLACES", "Finding", "Level", "findings_table", "located", "raise_errors"]

Level = Literal["error", "warning", "note"]

FIRST_PLACES = 3
"""So many rows or ids are named in a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth knowing, with the first places and the mend."""

    level: Level
    check: str
    count: int
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} {self.remedy}".strip()


def findings_table(findings: Sequence[Finding]) -> pl.DataFrame:
    """Findings as a table: `level`, `check`, `count`, `where`, `message`, `remedy`."""
    columns = ("level", "check", "count", "where", "message", "remedy")
    return pl.DataFrame(
        [[getattr(f, c) for c in columns] for f in findings],
        schema={c: pl.Int64 if c == "count" else pl.String for c in columns},
        orient="row",
    )


def raise_errors(findings: Sequence[Finding]) -> None:
    """Raise `BadInput` with every finding of level `error`, if there are any."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise BadInput("\n".join(str(finding) for finding in errors))


def located(
    frame: pl.DataFrame,
    chosen: pl.Series | pl.Expr,
    level: Level,
    check: str,
    where: str,
    text: str,
    mend: str,
    *,
    kind: str = "utterance",
) -> list[Finding]:
    """Make the finding of the chosen rows of a table, or nothing where none is chosen.

    Parameters
    ----------
    frame
        Its scratch column of source rows names the places; without one, its ids do.
    chosen
        True for the rows it is about; null counts as false.
    text
        What they are; the count is put in front.
    kind
        What a row is, for places named by id.
    """
    hit = frame.filter(chosen)
    if hit.is_empty():
        return []
    if ROW in frame.columns:
        places = ", ".join(f"row {row}" for row in hit[ROW].head(FIRST_PLACES).to_list())
    else:
        places = f"{kind} " + ", ".join(hit["id"].head(FIRST_PLACES).cast(pl.String).to_list())
    return [Finding(level, check, hit.height, f"{where}, {places}", f"{hit.height} {text}", mend)]
