"""A tagger on disk: `tagger.safetensors` (parameters), `tagger.json` (the rest), `CARD.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from workbench.embedding.recipe import resolve_encoder_path, weights_checksum
from workbench.errors import BadInput, MissingModel
from workbench.files import atomic_folder
from workbench.heads.card import sections
from workbench.heads.tagger.tagger import Calibrated, Tagger, Task

__all__ = ["load_tagger", "save_tagger"]

_FORMAT = 1


def save_tagger(tagger: Tagger, folder: str | Path) -> None:
    """Write the folder of a tagger; an older one in its place is replaced as a whole."""
    from safetensors.numpy import save_file

    content = {
        "format": _FORMAT,
        **tagger.facts(),
        "fingerprint": tagger.fingerprint,
        "card": dict(tagger.card),
        "task cards": {name: dict(task.card) for name, task in tagger.tasks.items()},
    }
    arrays = {name: np.ascontiguousarray(array) for name, array in tagger.arrays.items()}
    with atomic_folder(folder) as temporary:
        save_file(arrays, str(temporary / "tagger.safetensors"))
        (temporary / "tagger.safetensors").chmod(0o644)
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (temporary / "tagger.json").write_text(text + "\n", "utf-8")
        (temporary / "CARD.md").write_text(_card(tagger), "utf-8")


def load_tagger(folder: str | Path, *, encoder: str | Path | None = None) -> Tagger:
    """Read what `save_tagger` wrote.

    Parameters
    ----------
    encoder
        The encoder it began with; default: the installed one.

    Raises
    ------
    MissingModel
        If there is no tagger in the folder.
    BadInput
        If its files do not belong together, or the encoder is another one.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(folder)
    described, stored = folder / "tagger.json", folder / "tagger.safetensors"
    if not described.is_file() or not stored.is_file():
        raise MissingModel(
            f"There is no tagger in {folder}: expected tagger.json and tagger.safetensors. "
            "`workbench train` makes taggers from their data."
        )
    home = resolve_encoder_path(encoder)
    try:
        content: dict[str, Any] = json.loads(described.read_text("utf-8"))
        if content["format"] != _FORMAT:
            raise BadInput.in_file(
                described,
                f"this tagger has format {content['format']}, readable here is {_FORMAT}.",
                remedy="Train it again with `workbench train`.",
            )
        tagger = Tagger(
            name=content["name"],
            tasks={
                entry["name"]: _task(entry, content["task cards"]) for entry in content["tasks"]
            },
            arrays=load_file(str(stored)),
            encoder=content["encoder"],
            reads_turns=content["reads_turns"],
            tags_turns=content["tags_turns"],
            folder=home,
            card=content["card"],
        )
    except (json.JSONDecodeError, KeyError, TypeError, SafetensorError) as error:
        raise BadInput.in_file(
            folder, f"the files of this tagger are damaged ({type(error).__name__})."
        ) from error
    if tagger.fingerprint != content["fingerprint"]:
        raise BadInput.in_file(
            folder,
            "tagger.json and tagger.safetensors do not belong together.",
            remedy="Copy the whole folder again or train the tagger anew.",
        )
    if weights_checksum(home) != tagger.encoder:
        raise BadInput.in_file(
            folder,
            "this tagger was trained from another sentence encoder than the one given.",
            remedy="Name its encoder's folder.",
        )
    return tagger


def _task(entry: dict[str, Any], cards: dict[str, Any]) -> Task:
    return Task(
        entry["name"],
        tuple(entry["labels"]),
        entry["exclusive"],
        {
            reading: Calibrated(**{key: np.array(value) for key, value in own.items()})
            for reading, own in entry["readings"].items()
        },
        cards.get(entry["name"], {}),
    )


def _card(tagger: Tagger) -> str:
    facts = {
        "tasks": ", ".join(tagger.tasks),
        "previous turns read": tagger.context_turns("context"),
        "encoder it began with": tagger.encoder,
        "fingerprint": tagger.fingerprint,
    }
    parts = [f"# {tagger.name}", *sections({"Facts": facts, **tagger.card})]
    for task in tagger.tasks.values():
        parts += [f"# {task.name}", f"Labels: {', '.join(task.labels)}.", *sections(task.card)]
    return "\n\n".join(parts) + "\n"
