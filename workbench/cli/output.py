"""Print results: tables for people, JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import polars as pl

if TYPE_CHECKING:
    from workbench.corpus import Finding

__all__ = ["json_option", "print_findings", "print_json", "print_table"]

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """Add `--json` to a verb, as the keyword `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(
        function
    )


def print_findings(findings: Sequence[Finding]) -> None:
    """Print findings, a line each, and how many there are of each level, to standard error."""
    levels = Counter(finding.level for finding in findings)
    for finding in findings:
        click.echo(f"{finding.level}: {finding}", err=True)
    if findings:
        told = ", ".join(f"{count} {level}{'s'[: count > 1]}" for level, count in levels.items())
        click.echo(f"{told}.", err=True)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))


def print_table(table: pl.DataFrame, *, digits: int = 3) -> None:
    """Print a table with aligned columns, as wide as it needs to be."""
    with pl.Config(
        tbl_formatting="NOTHING",
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
        tbl_cols=-1,
        tbl_rows=-1,
        tbl_width_chars=10_000,
        fmt_str_lengths=1_000,
        float_precision=digits,
        tbl_cell_numeric_alignment="RIGHT",
    ):
        click.echo(str(table))
