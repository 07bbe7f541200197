"""Options shared by the verbs that read a corpus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from workbench.corpus import Corpus

__all__ = ["corpus_options", "load_corpus", "strict_option"]

F = TypeVar("F", bound=Callable[..., Any])


def corpus_options(function: F) -> F:
    """Add `--format`, `--column` and `--role`."""
    for option in (
        click.option(
            "--role",
            "roles",
            multiple=True,
            metavar="THEIRS=OURS",
            help="Role or speaker of the source = role here, as assistant=therapist. Repeatable.",
        ),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="THEIRS=OURS",
            help="Column of the source = column here, as Sprecher=speaker. Repeatable.",
        ),
        click.option("--format", "format_", metavar="NAME", help="Format; default: by content."),
    ):
        function = option(function)
    return function


def strict_option(function: F) -> F:
    """Add `--strict` to a verb."""
    return click.option(
        "--strict", is_flag=True, help="Refuse a folder with a file that cannot be read."
    )(function)


def load_corpus(
    path: str,
    *,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    strict: bool = False,
) -> Corpus:
    """Load a corpus as the options of `corpus_options` say."""
    from workbench.corpus import load

    return load(
        path,
        format=format_,
        columns=_pairs(columns, "--column") or None,
        roles=_pairs(roles, "--role") or None,
        strict=strict,
    )


def _pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in given:
        theirs, sign, ours = text.partition("=")
        if not (theirs and sign and ours):
            raise click.UsageError(f"{option} takes THEIRS=OURS, got {text!r}.")
        pairs[theirs] = ours
    return pairs
