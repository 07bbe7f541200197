"""A head on disk: `head.safetensors` (arrays), `head.json` (everything else), `CARD.md` (to read)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import BadInput, MissingModel
from workbench.files import atomic_folder
from workbench.heads.card import card_markdown
from workbench.heads.spec import FeatureSpec

if TYPE_CHECKING:
    from workbench.heads.head import Head

__all__ = ["FORMAT", "load", "save"]

FORMAT = 1
"""Version of the folder's layout."""


def save(head: Head, folder: str | Path) -> None:
    """Write the folder of a head; an older one in its place is replaced as a whole."""
    from safetensors.numpy import save_file

    content = {
        "format": FORMAT,
        **head._facts(),
        "fingerprint": head.fingerprint,
        "card": dict(head.card),
    }
    arrays = {name: np.ascontiguousarray(a) for name, a in head.weights.arrays().items()}
    with atomic_folder(folder) as temporary:
        save_file(arrays, str(temporary / "head.safetensors"))
        (temporary / "head.safetensors").chmod(0o644)
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (temporary / "head.json").write_text(text + "\n", "utf-8")
        (temporary / "CARD.md").write_text(card_markdown(head), "utf-8")


def load(folder: str | Path) -> Head:
    """Read the folder of a head and check that its files belong together."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from workbench.heads.head import Head, Weights

    folder = Path(folder)
    described, stored = folder / "head.json", folder / "head.safetensors"
    if not described.is_file() or not stored.is_file():
        raise MissingModel(
            f"There is no head in {folder}: expected head.json and head.safetensors. "
            "`workbench train` makes heads from their data."
        )
    try:
        content: dict[str, Any] = json.loads(described.read_text("utf-8"))
        arrays = load_file(str(stored))
        if content["format"] != FORMAT:
            raise BadInput.in_file(
                described,
                f"this head has format {content['format']}, readable here is {FORMAT}.",
                remedy="Train it again with `workbench train`.",
            )
        head = Head(
            name=content["name"],
            labels=tuple(content["labels"]),
            exclusive=content["exclusive"],
            features=FeatureSpec.from_dict(content["features"]),
            weights=Weights(**arrays),
            scale=np.array(content["scale"]),
            offset=np.array(content["offset"]),
            thresholds=np.array(content["thresholds"]),
            encoder=content["encoder"],
            card=content["card"],
        )
    except (json.JSONDecodeError, KeyError, TypeError, SafetensorError) as error:
        raise BadInput.in_file(
            folder, f"the files of this head are damaged ({type(error).__name__})."
        ) from error
    if head.fingerprint != content["fingerprint"]:
        raise BadInput.in_file(
            folder,
            "head.json and head.safetensors do not belong together.",
            remedy="Copy the whole folder again or train the head anew.",
        )
    return head
