"""`workbench analyse CORPUS --out STUDY`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.corpus_options import corpus_options, load_corpus, strict_option
from workbench.cli.output import json_option, print_findings, print_json, print_table
from workbench.cli.scheduler import executor_at, scheduler_option

__all__ = ["command"]


@click.command("analyse")
@click.argument("corpus")
@click.option("--out", metavar="STUDY", help="Study folder to make or to go on with.")
@click.option("--add", is_flag=True, help="CORPUS holds new sessions for the existing study.")
@corpus_options
@strict_option
@click.option("--outcomes", metavar="FILE", help="CSV or Parquet table of outcomes or ratings.")
@click.option("--outcomes-key", default="id", show_default=True, help="Its column with the ids.")
@click.option(
    "--outcomes-by",
    type=click.Choice(["conversation", "speaker"]),
    default="conversation",
    show_default=True,
    help="Whose ids these are.",
)
@click.option("--skip", multiple=True, metavar="STATION", help="Leave a station out. Repeatable.")
@click.option("--random-state", default=7, show_default=True, help="Seed of the random steps.")
@scheduler_option
@json_option
def command(
    *,
    corpus: str,
    out: str | None,
    add: bool,
    format_: str | None,
    columns: tuple[str, ...],
    roles: tuple[str, ...],
    strict: bool,
    outcomes: str | None,
    outcomes_key: str,
    outcomes_by: str,
    skip: tuple[str, ...],
    random_state: int,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Run the main job: embeddings, codes, emotions, topics, prompt attribution.

    CORPUS is a file or folder in any supported format, or a study to go on with. What is already
    computed and still true is not computed again.
    """
    import workbench
    from workbench.corpus.readers.table import read_rows
    from workbench.errors import BadInput
    from workbench.study import Study

    if (Path(corpus) / "study.json").is_file():
        study = Study.open(corpus)
    elif out is None:
        raise click.UsageError("Say where to keep the results: --out STUDY.")
    else:
        loaded = load_corpus(corpus, format_=format_, columns=columns, roles=roles, strict=strict)
        if not as_json:
            click.echo(repr(loaded))
            print_findings(loaded.findings)
        if not (Path(out) / "study.json").is_file():
            study = Study.create(out, loaded)
        else:
            study = Study.open(out)
            if add:
                study.add(loaded)
            elif outcomes is None and study.corpus.checksum() != loaded.checksum():
                raise BadInput(
                    f"{out} holds another corpus than {corpus}. Add new sessions with --add, "
                    "or choose another --out."
                )
    if outcomes is not None:
        study.join_outcomes(read_rows(Path(outcomes)), by=outcomes_by, key=outcomes_key)
    with executor_at(scheduler) as executor:
        run = workbench.analyse(study, skip=skip, random_state=random_state, executor=executor)
    if as_json:
        print_json(
            {"study": str(study.folder), "computed": run.computed, "steps": run.table.to_dicts()}
        )
        return
    print_table(run.table.drop("notes"), digits=1)
    for note in run.notes:
        click.echo(f"  note: {note}")
    click.echo(run.summary)
