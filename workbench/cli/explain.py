"""`workbench explain STUDY UNIT_ID`."""

from __future__ import annotations

import click

from workbench.cli.output import json_option, print_json, print_table

__all__ = ["command"]


@click.command("explain")
@click.argument("study")
@click.argument("unit_id")
@click.option("--scheme", default="annomi-helper", show_default=True, help="Scheme with a head.")
@click.option("--label", help="Default: the one that the head assigns.")
@click.option("--budget", default=128, show_default=True, help="Most evaluations of the head.")
@json_option
def command(
    *, study: str, unit_id: str, scheme: str, label: str | None, budget: int, as_json: bool
) -> None:
    """Say which words and which previous turns carried the code of an utterance."""
    import workbench
    from workbench.coding import explain_code

    corpus = workbench.Study.open(study).corpus
    found = explain_code(corpus, unit_id, scheme, label, budget=budget)
    if as_json:
        facts = {
            "unit_id": found.unit_id,
            "scheme": found.scheme,
            "label": found.label,
            "assigned": found.assigned,
            "head": found.head,
            "base_value": found.base_value,
            "full_value": found.full_value,
            "probability": found.probability,
            "method": found.method,
            "evaluations": found.evaluations,
        }
        print_json({**facts, "players": found.table.to_dicts()})
        return
    print_table(found.table.drop("start_char"))
    assigned = "" if found.assigned else ", which the head does not assign"
    click.echo(
        f"{found.label} ({found.scheme}){assigned}: log-odds {found.base_value:+.2f} with nothing there, "
        f"{found.full_value:+.2f} with all, probability {found.probability:.2f}; {found.method}, "
        f"{found.evaluations} evaluations. Values are shares of the difference, in nats."
    )
