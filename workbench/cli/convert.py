"""`workbench convert IN OUT`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from workbench.cli.corpus_options import corpus_options, load_corpus, strict_option
from workbench.cli.output import json_option, print_findings, print_json, print_table

if TYPE_CHECKING:
    from workbench.corpus import Corpus

__all__ = ["command"]


def _list_formats(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print what can be read and written, then end."""
    from workbench.corpus import formats

    if wanted:
        print_table(formats())
        context.exit()


@click.command("convert")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_formats,
    help="List the formats that can be read and written.",
)
@click.argument("source")
@click.argument("target", required=False)
@click.option("--to", "to", default="workbench", show_default=True, help="Format to write.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list what the format cannot carry.")
@corpus_options
@strict_option
@click.option("--mend-text", is_flag=True, help="Correct mojibake (Ã¼ for ü) where it is certain.")
@click.option(
    "--propose-roles", is_flag=True, help="Say who helps where the source has only names."
)
@click.option("--join-turns", is_flag=True, help="Join cues of one speaker that follow each other.")
@click.option(
    "--longest-pause", type=float, metavar="SECONDS", help="Do not join over longer pauses."
)
@click.option("--split-sentences", is_flag=True, help="Split turns into sentences.")
@click.option(
    "--hallucinations",
    type=click.Choice(["flag", "remove"]),
    help="Flag, as a layer, what a speech recogniser made up; or remove it.",
)
@json_option
def command(
    *,
    source: str,
    target: str | None,
    to: str,
    dry_run: bool,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    strict: bool,
    mend_text: bool,
    propose_roles: bool,
    join_turns: bool,
    longest_pause: float | None,
    split_sentences: bool,
    hallucinations: str | None,
    as_json: bool,
) -> None:
    """Read SOURCE in any supported format and write it to the file or folder TARGET.

    What the format cannot carry is listed; with --dry-run, before anything is written. The options
    that change the corpus are applied in the order in which they stand here.
    """
    from workbench.corpus.validation import findings_table
    from workbench.corpus.writers import writer

    if target is None and not dry_run:
        raise click.UsageError("Say where to write: TARGET, or --dry-run to write nothing.")
    chosen = writer(to)
    corpus = load_corpus(source, format_=format_, columns=columns, roles=roles, strict=strict)
    corpus = _reshaped(
        corpus,
        mend_text=mend_text,
        propose_roles=propose_roles,
        join_turns=join_turns,
        longest_pause=longest_pause,
        split_sentences=split_sentences,
        hallucinations=hallucinations,
    )
    lost = chosen.lost(corpus)
    if target is not None and not dry_run:
        corpus.write(target, format=to)
    if as_json:
        told = {"corpus": repr(corpus), "written": None if dry_run else target}
        findings, losses = corpus.report().to_dicts(), findings_table(lost).to_dicts()
        print_json({**told, "findings": findings, "lost": losses})
        return
    print_findings(corpus.findings)
    for finding in lost:
        click.echo(f"lost: {finding.where}: {finding.message}")
    if dry_run:
        click.echo(f"{to} cannot carry {len(lost)} thing(s) of {corpus!r}. Nothing was written.")
    else:
        click.echo(f"{target}: {corpus!r}")


def _reshaped(
    corpus: Corpus,
    *,
    mend_text: bool,
    propose_roles: bool,
    join_turns: bool,
    longest_pause: float | None,
    split_sentences: bool,
    hallucinations: str | None,
) -> Corpus:
    from workbench.corpus import recogniser, roles, segmentation, sentences, validation

    if longest_pause is not None and not join_turns:
        raise click.UsageError("--longest-pause belongs to --join-turns.")
    if mend_text:
        corpus = validation.mend_text(corpus).corpus
    if propose_roles:
        corpus = roles.propose_roles(corpus).apply()
    if join_turns:
        corpus = segmentation.join_turns(corpus, longest_pause=longest_pause)
    if split_sentences:
        corpus = sentences.split_sentences(corpus)
    if hallucinations:
        flags = recogniser.flag_hallucinations(corpus)
        if hallucinations == "remove":
            return recogniser.without(corpus, flags)
        corpus = replace(corpus, layers=(*corpus.layers, flags))
    return corpus
