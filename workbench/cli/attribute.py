"""`workbench attribute STUDY`."""

from __future__ import annotations

import click
import polars as pl

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.command("attribute")
@click.argument("study")
@click.option(
    "--prompt",
    default="question_reflection",
    show_default=True,
    help="A shipped prompt, or a YAML file.",
)
@click.option("--utterance", "utterances", multiple=True, metavar="ID", help="Repeatable.")
@click.option("--random-state", default=7, show_default=True)
@json_option
def command(
    *, study: str, prompt: str, utterances: tuple[str, ...], random_state: int, as_json: bool
) -> None:
    """Attribute a coding prompt on coded utterances and print the Shapley values with the floor."""
    from workbench.files import read_json
    from workbench.pipeline import attribution
    from workbench.study import Study

    opened = Study.open(study)
    found = attribution(
        opened, prompt=prompt, utterances=list(utterances) or None, random_state=random_state
    )
    name = found[0].settings["prompt"]
    check = read_json(opened.folder / "attributions" / name / "check.json")
    if as_json:
        print_json({"check": check, "attributions": [a.to_dict() for a in found]})
        return
    click.echo(check["verdict"])
    for one in found:
        click.echo(
            f"\n{one.settings['unit_id']}, coded {one.settings['code']}: base {one.base_value:.2f}, "
            f"full {one.full_value:.2f}, noise floor {one.floor:.2f} (nats)"
        )
        print_table(one.table.select("component", pl.col("estimate", "low", "high"), "above_floor"))
