"""`workbench train HEAD`, or a head of one's own: `workbench train --codebook --layer --corpus`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workbench.corpus import Corpus, Layer

__all__ = ["command"]

_OF_HEADS = ("data",)
_OF_OWN = ("codebook", "corpus", "layers", "scheme", "name", "context", "merge", "drop")
"""Options of the two ways of training."""


@click.command("train")
@click.argument("head", required=False)
@click.option(
    "--data", metavar="FOLDER", help="Folder of the corpus of HEAD; default: WORKBENCH_DATA_HOME."
)
@click.option(
    "--out",
    metavar="FOLDER",
    help="Where to write the head; default: into the package, or the user's folder for heads that "
    "are not shipped.",
)
@click.option("--random-state", default=7, show_default=True)
@click.option("--codebook", help="For a head of your own: shipped codebook, or a YAML file.")
@click.option("--corpus", help="A corpus in any format, or a study, that was coded.")
@click.option(
    "--layer",
    "layers",
    multiple=True,
    help="A coded layer of it, as `mood.gold` or `gold`; one per coder, may be given several times.",
)
@click.option("--scheme", help="Scheme of the codebook, where it has several.")
@click.option("--name", help="What the head is called; default: its scheme's name.")
@click.option("--context/--no-context", default=True, show_default=True)
@click.option("--merge", multiple=True, metavar="CODED=LEARNED", help="Learn one label as another.")
@click.option("--drop", multiple=True, metavar="LABEL", help="Do not learn this label.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    head: str | None,
    data: str | None,
    out: str | None,
    random_state: int,
    **own: Any,
) -> None:
    """Train HEAD from its public corpus, or a head of your own, and write weights and model card.

    \b
    HEAD is one of
      annomi-helper, annomi-helper-flags, annomi-client, esconv-strategy
                      small heads; with -alone those that read no previous turns
      annomi-full     the full-size head
      goemotions      the head of emotions
    """
    _check_options(context, own=head is None)
    if head is not None:
        folder = _train_again(head, data, out, random_state)
    else:
        folder = _train_own(out, random_state=random_state, **own)
    click.echo(f"{folder}: weights and card written.")
    click.echo((folder / "CARD.md").read_text("utf-8"))


def _check_options(context: click.Context, *, own: bool) -> None:
    """Refuse options of the other way of training: left unread, they would seem to have been heeded."""
    given = [
        each.opts[0]
        for each in context.command.params
        if each.name in (_OF_HEADS if own else _OF_OWN)
        and context.get_parameter_source(each.name) is not click.core.ParameterSource.DEFAULT
    ]
    if given and own:
        raise click.UsageError(f"{given[0]} is for a HEAD of the workbench; leave it out.")
    if given:
        raise click.UsageError(
            f"{given[0]} is for a head of your own; leave out HEAD, or {given[0]}. A HEAD that reads no "
            "previous turns has a name of its own, as annomi-helper-alone."
        )


def _train_again(head: str, data: str | None, out: str | None, random_state: int) -> Path:
    from workbench.coding import full_training, training
    from workbench.emotion import TRAINERS
    from workbench.errors import BadInput

    if head == full_training.FULL:
        return _train_full(data, out, random_state)
    if head in training.TRAINABLE:
        folder = Path(out) if out else training.destination(head)
        training.train(head, data=data, out=folder, random_state=random_state)
        return folder
    if head in TRAINERS:
        chosen = {"data": Path(data) if data else None, "out": Path(out) if out else None}
        return Path(TRAINERS[head](**chosen, random_state=random_state))
    known = [*training.TRAINABLE, full_training.FULL, *TRAINERS]
    raise BadInput.unknown("head", head, known)


def _train_full(data: str | None, out: str | None, random_state: int) -> Path:
    """Train the full-size head; unfinished work is kept, so that the same command goes on."""
    from workbench import settings
    from workbench.coding.full_training import FULL, train_full
    from workbench.coding.trained_heads import TRAINED

    kept = settings.cache_home() / "training" / FULL
    folder = Path(out) if out else TRAINED / FULL
    click.echo(f"Unfinished work is kept in {kept}; the same command goes on from there.")
    train_full(data, folder, random_state=random_state, checkpoints=kept)
    shutil.rmtree(kept, ignore_errors=True)
    return folder


def _train_own(
    out: str | None,
    *,
    codebook: str | None,
    corpus: str | None,
    layers: tuple[str, ...],
    scheme: str | None,
    merge: tuple[str, ...],
    **options: Any,
) -> Path:
    from workbench.coding.own_heads import train_head

    needed = {"--codebook": codebook, "--corpus": corpus, "--layer": layers, "--out": out}
    absent = [option for option, given in needed.items() if not given]
    if absent:
        raise click.UsageError(
            f"Name a HEAD, or give {', '.join(absent)} to train a head of your own."
        )
    unreadable = [pair for pair in merge if "=" not in pair]
    if unreadable:
        raise click.UsageError(f"--merge takes CODED=LEARNED; got {unreadable[0]!r}.")
    whole, present = _coded(str(corpus))
    train_head(
        whole,
        [_layer(name, present, scheme) for name in layers],
        str(codebook),
        scheme=scheme,
        merge=dict(pair.split("=", 1) for pair in merge),
        out=out,
        **options,
    )
    return Path(str(out))


def _coded(path: str) -> tuple[Corpus, dict[str, Layer]]:
    """A corpus, or that of a study, with its layers by name."""
    import workbench

    if not (Path(path) / "study.json").is_file():
        corpus = workbench.load(path)
        return corpus, {layer.name: layer for layer in corpus.layers}
    study = workbench.Study.open(path)
    corpus = study.corpus
    names = study.layer_names()
    return corpus, {
        **{layer.name: layer for layer in corpus.layers},
        **{name: study.layer(name) for name in names},
    }


def _layer(name: str, present: dict[str, Layer], scheme: str | None) -> Layer:
    """A layer by its whole name, or by what stands behind the scheme where one layer fits."""
    from workbench.errors import BadInput

    if name in present:
        return present[name]
    fitting = [
        layer
        for full, layer in present.items()
        if full.endswith(f".{name}") and scheme in (None, layer.metadata.scheme)
    ]
    if len(fitting) != 1:
        raise BadInput.unknown("single layer", name, list(present))
    return fitting[0]
