"""A tagger on disk: `tagger.safetensors` (parameters), `tagger.json` (the rest), `CARD.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from workbench.heads.card import sections
from workbench.heads.files import read_parts, write_parts
from workbench.heads.tagger.recipe import TaggerRecipe
from workbench.heads.tagger.tagger import Tagger, Task

__all__ = ["load_tagger", "save_tagger"]


def save_tagger(tagger: Tagger, folder: str | Path) -> None:
    """Write the folder of a tagger; an older one in its place is replaced as a whole."""
    content = {**tagger.facts(), "fingerprint": tagger.fingerprint, "card": dict(tagger.card)}
    write_parts(folder, "tagger", content, tagger.arrays, card=_card(tagger))


def load_tagger(folder: str | Path) -> Tagger:
    """Read what `save_tagger` wrote.

    Raises
    ------
    MissingModel
        If there is no tagger in the folder.
    BadInput
        If its files are damaged or do not belong together.
    """
    return read_parts(folder, "tagger", _tagger)


def _tagger(content: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Tagger:
    return Tagger(
        name=content["name"],
        tasks={
            entry["name"]: Task(entry["name"], tuple(entry["labels"]), entry["exclusive"])
            for entry in content["tasks"]
        },
        recipe=TaggerRecipe(**content["recipe"]),
        arrays=arrays,
        weights=content["weights"],
        model=content["model"],
        card=content["card"],
    )


def _card(tagger: Tagger) -> str:
    facts = {
        "tasks": "; ".join(f"{t.name} ({', '.join(t.labels)})" for t in tagger.tasks.values()),
        "previous turns read": tagger.context_turns,
        "language model adapted": tagger.weights,
        "fingerprint": tagger.fingerprint,
    }
    return "\n\n".join([f"# {tagger.name}", *sections({"Facts": facts, **tagger.card})]) + "\n"
