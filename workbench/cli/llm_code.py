"""`workbench llm-code STUDY`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from workbench.cli.layers_output import print_layers
from workbench.cli.output import json_option, print_json
from workbench.cli.scheduler import executor_at, scheduler_option

if TYPE_CHECKING:
    from workbench.language_models import LocalLM, OpenAICompatibleLM
    from workbench.study import Study

__all__ = ["command"]


@click.command("llm-code")
@click.argument("study")
@click.option(
    "--codebook", default="annomi", show_default=True, help="Shipped codebook, or a file."
)
@click.option("--scheme", "schemes", multiple=True, help="Only this scheme; repeatable.")
@click.option(
    "--name", default="", help="Keeps a second model's or wording's codes beside the first."
)
@click.option("--model", help="Folder or hub name; at an endpoint, its name there.")
@click.option("--endpoint", metavar="URL", help="OpenAI-compatible server, as http://HOST:8000/v1.")
@click.option("--key-variable", default="", metavar="NAME", help="Environment variable of the key.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for an answer.")
@click.option("--limit", type=int, help="At most so many turns of each scheme, drawn at random.")
@click.option("--random-state", default=7, show_default=True, help="Of the draw.")
@click.option(
    "--context", "context_turns", default=4, show_default=True, help="Turns before the coded one."
)
@click.option(
    "--prompt", default="standard", show_default=True, help="standard, definitions, examples."
)
@click.option("--centred", is_flag=True, help="Take off what a turn without content gets.")
@click.option("--seed", "seeds", multiple=True, type=int, help="A round of questions; repeatable.")
@click.option("--price-in", type=float, help="Price of a million tokens in prompts.")
@click.option("--price-out", type=float, help="Price of a million tokens in answers.")
@click.option("--yes", is_flag=True, help="Go on after the estimate.")
@click.option(
    "--trail", type=click.Path(path_type=Path), help="Folder for the trail (.md, .json, .parquet)."
)
@scheduler_option
@json_option
def command(
    *,
    study: str,
    codebook: str,
    model: str | None,
    endpoint: str | None,
    key_variable: str,
    timeout: float,
    price_in: float | None,
    price_out: float | None,
    yes: bool,
    trail: Path | None,
    scheduler: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Code the utterances with a language model; without --yes only say what it will cost."""
    from workbench.coding.books import load_codebook
    from workbench.pipeline.llm_coding import code_by_llm, llm_cost
    from workbench.pipeline.llm_kept import llm_step
    from workbench.study import Study

    opened = Study.open(study)
    _refuse_without_endpoint(endpoint)
    asked["model"] = _model(model, endpoint, key_variable, timeout)
    asked["schemes"], asked["seeds"] = asked["schemes"] or None, asked["seeds"] or (0,)
    cost = llm_cost(opened, codebook, price_in=price_in, price_out=price_out, **asked)
    if not as_json:
        click.echo(str(cost))
    if not yes:
        if as_json:
            print_json({"cost": cost.to_dict(), "asked": False})
        else:
            click.echo("Nothing was coded yet: add --yes to go on.")
        return
    with executor_at(scheduler) as executor:
        layers = code_by_llm(opened, codebook, executor=executor, **asked)
    if trail is not None:
        _write_trails(opened, [layer.metadata.scheme for layer in layers], asked["name"], trail)
    step = llm_step(load_codebook(codebook).name, asked["name"])
    print_layers(opened, step, layers, as_json=as_json)


def _refuse_without_endpoint(endpoint: str | None) -> None:
    """The local model has neither key nor waits: who names one meant a server."""
    context = click.get_current_context()
    for option in ("key_variable", "timeout"):
        given = context.get_parameter_source(option) is not ParameterSource.DEFAULT
        if given and endpoint is None:
            name = option.replace("_", "-")
            raise click.UsageError(f"--{name} is for a server: name it with --endpoint URL.")


def _model(
    model: str | None, endpoint: str | None, key_variable: str, timeout: float
) -> LocalLM | OpenAICompatibleLM:
    from workbench.language_models import OpenAICompatibleLM
    from workbench.pipeline.llm_coding import coding_model

    if endpoint is not None and model is not None:
        return OpenAICompatibleLM(endpoint, model, key_variable=key_variable, timeout=timeout)
    return coding_model(model, endpoint)


def _write_trails(study: Study, schemes: list[str], name: str, folder: Path) -> None:
    from workbench.pipeline.llm_coding import llm_trail
    from workbench.pipeline.llm_kept import kept_as

    for scheme in schemes:
        found = llm_trail(study, scheme, name=name)
        for ending in ("md", "json", "parquet"):
            found.write(folder / f"{kept_as(scheme, name)}.trail.{ending}")
