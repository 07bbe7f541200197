"""`workbench validate CORPUS`."""

from __future__ import annotations

import sys

import click

from workbench.cli.corpus_options import corpus_options, load_corpus
from workbench.cli.output import json_option, print_json

__all__ = ["command"]


@click.command("validate")
@click.argument("corpus")
@corpus_options
@click.option(
    "--split",
    metavar="FILE",
    help="Proposed split to check: a table with id and split, or JSON {id: split}.",
)
@click.option("--strict", is_flag=True, help="End with exit code 2 on warnings, too.")
@json_option
def command(
    *,
    corpus: str,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    split: str | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Load CORPUS and print what is wrong with it, with rows and the mend.

    Exit codes: 0 no errors, 2 errors (with --strict, warnings too).
    """
    from workbench.corpus.validation import read_splits, validate

    splits = read_splits(split) if split else None
    report = validate(load_corpus(corpus, format_=format_, columns=columns, roles=roles), splits)
    if as_json:
        print_json(
            {
                "corpus": report.corpus,
                "errors": len(report.errors),
                "warnings": len(report.warnings),
                "notes": len(report.notes),
                "findings": report.table.to_dicts(),
            }
        )
    else:
        click.echo(report.corpus)
        for finding in report.findings:
            click.echo(f"{finding.level}: {finding}")
        click.echo(f"{report.summary.capitalize()}.")
    if report.errors or (strict and report.warnings):
        sys.exit(2)
