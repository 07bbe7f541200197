"""`workbench forget PERSON --study STUDY`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.command("forget")
@click.argument("person", required=False)
@click.option("--study", "studies", multiple=True, metavar="STUDY", help="Repeatable.")
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    metavar="FOLDER",
    help="Folder in the workbench's own format. Repeatable.",
)
@click.option("--expired", is_flag=True, help="Conversations past their retention instead.")
@click.option(
    "--whole-conversations", is_flag=True, help="Remove what others said in them as well."
)
@click.option(
    "--reports",
    multiple=True,
    metavar="PATH",
    help="Search this file or folder for what still holds the words or the id. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
def command(
    *,
    person: str | None,
    studies: tuple[str, ...],
    corpora: tuple[str, ...],
    expired: bool,
    whole_conversations: bool,
    reports: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove PERSON, a speaker's id, and everything made of their words.

    Turns, codes, embeddings, topics, attributions, recorded answers and cached vectors; reports are listed,
    not rewritten. Killed in between, run the same command again.
    """
    from workbench.study import Study
    from workbench.study.forgetting import forget

    done = forget(
        person,
        studies=[Study.open(study) for study in studies],
        corpora=corpora,
        expired=expired,
        whole_conversations=whole_conversations,
        reports=reports,
        dry_run=dry_run,
    )
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "removed": done.table.to_dicts(),
                "still_held": done.still_held.to_dicts(),
                "notes": list(done.notes),
            }
        )
        return
    click.echo("Would be removed:" if dry_run else "Removed:")
    print_table(done.table)
    for note in done.notes:
        click.echo(f"note: {note}")
    if done.still_held.height:
        click.echo("These files are not rewritten; delete them or make them again:")
        print_table(done.still_held)
