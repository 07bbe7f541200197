"""`workbench search STUDY [QUERY]`."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table
from workbench.errors import BadInput

__all__ = ["command"]


@click.command("search")
@click.argument("study")
@click.argument("query", required=False)
@click.option("--keywords", metavar="WORDS", help='Words, and phrases in "double quotes".')
@click.option("--regex", metavar="PATTERN", help="Regular expression an utterance has to match.")
@click.option(
    "--sequence",
    metavar="PATTERN",
    help="As: complex reflection, then sustain talk within two turns.",
)
@click.option("--side", type=click.Choice(["helper", "client", "other"]))
@click.option("--role", help="Role as the source means it.")
@click.option(
    "--code", metavar="LABEL", help="Utterances with this code; LAYER:LABEL for one layer."
)
@click.option("--emotion", metavar="LABEL", help="Utterances with this emotion.")
@click.option("--topic", type=int, metavar="NUMBER", help="Utterances of this topic.")
@click.option("--conversation", metavar="ID")
@click.option("--session", type=int, metavar="NUMBER", help="Sessions with this number.")
@click.option(
    "--whole-word/--part-of-word",
    default=None,
    help="Default: keywords are whole words, an expression finds parts of words.",
)
@click.option("--case", "match_case", is_flag=True, help="Tell small from capital letters.")
@click.option("-k", "k", default=10, show_default=True, help="How many hits at most.")
@json_option
def command(
    *,
    study: str,
    query: str | None,
    keywords: str | None,
    regex: str | None,
    sequence: str | None,
    whole_word: bool | None,
    match_case: bool,
    k: int,
    as_json: bool,
    **conditions: Any,
) -> None:
    """Find utterances by meaning, by words, or by a sequence of codes, and print them."""
    import workbench
    from workbench.embedding.search import Filters

    opened, where = workbench.Study.open(study), Filters(**conditions)
    if sequence is not None:
        if query or keywords or regex:
            raise BadInput("--sequence stands alone; it goes together with the filters only.")
        _print_sequences(opened, sequence, where, k=k, as_json=as_json)
        return
    found = workbench.search(
        opened,
        query,
        keywords=keywords or (),
        regex=regex,
        where=where,
        whole_word=whole_word,
        ignore_case=not match_case,
        k=k,
    )
    if as_json:
        print_json({"note": found.note, "among": found.among, "hits": found.table.to_dicts()})
        return
    absent = [name for name in found.table.columns if found.table[name].null_count() == len(found)]
    print_table(found.table.drop("unit_id", *absent if len(found) else ()))
    click.echo(found.note)


def _print_sequences(study: Any, pattern: str, where: Any, *, k: int, as_json: bool) -> None:
    from workbench.pipeline import find_sequences

    found = find_sequences(study, pattern, where=where or None)
    if as_json:
        counts = found.counts.to_dicts()
        print_json({"note": found.note, "matches": found.table.to_dicts(), "counts": counts})
        return
    texts = study.corpus.utterances.select(unit_ids="id", side="side", text="text")
    shown = (
        found.table.head(k)
        .explode("unit_ids")
        .join(texts, on="unit_ids", how="left", maintain_order="left")
        .select("match", "conversation_id", pl.col("unit_ids").alias("unit_id"), "side", "text")
    )
    print_table(shown)
    told = f", the first {k} are shown" if len(found) > k else ""
    talks = found.counts.filter(pl.col("matches") > 0).height
    click.echo(f"{len(found)} matches in {talks} conversations{told}. {found.note}")
