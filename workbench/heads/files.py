"""A head on disk: `head.safetensors` (arrays), `head.json` (everything else), `CARD.md` (to read).

Taggers lie in the same layout, as `tagger.safetensors` and `tagger.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput, MissingModel
from workbench.files import atomic_folder
from workbench.heads.card import card_markdown
from workbench.heads.spec import FeatureSpec

if TYPE_CHECKING:
    from workbench.heads.head import Head

__all__ = ["FORMAT", "load", "read_parts", "save", "write_parts"]

FORMAT = 1
"""Version of the folder's layout."""


class _Fingerprinted(Protocol):
    @property
    def fingerprint(self) -> str: ...


Made = TypeVar("Made", bound=_Fingerprinted)


def save(head: Head, folder: str | Path) -> None:
    """Write the folder of a head; an older one in its place is replaced as a whole."""
    content = {**head._facts(), "fingerprint": head.fingerprint, "card": dict(head.card)}
    write_parts(folder, "head", content, head.weights.arrays(), card=card_markdown(head))


def load(folder: str | Path) -> Head:
    """Read the folder of a head and check that its files belong together."""
    return read_parts(folder, "head", _head)


def write_parts(
    folder: str | Path,
    kind: str,
    content: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    card: str,
) -> None:
    """Write `<kind>.safetensors`, `<kind>.json` and `CARD.md`; a folder in their place is replaced."""
    from safetensors.numpy import save_file

    own = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic_folder(folder) as temporary:
        save_file(own, str(temporary / f"{kind}.safetensors"))
        (temporary / f"{kind}.safetensors").chmod(0o644)
        described = {"format": FORMAT, **content}
        text = json.dumps(described, ensure_ascii=False, indent=2)
        (temporary / f"{kind}.json").write_text(text + "\n", "utf-8")
        (temporary / "CARD.md").write_text(card, "utf-8")


def read_parts(
    folder: str | Path,
    kind: str,
    make: Callable[[dict[str, Any], dict[str, NDArray[Any]]], Made],
) -> Made:
    """Read what `write_parts` wrote and check that it belongs together.

    Parameters
    ----------
    make
        Makes the object of content and arrays; its `fingerprint` has to be that of the content.

    Raises
    ------
    MissingModel
        If there is no such thing in the folder.
    BadInput
        If its files are damaged or do not belong together.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = Path(folder)
    described, stored = folder / f"{kind}.json", folder / f"{kind}.safetensors"
    if not described.is_file() or not stored.is_file():
        raise MissingModel(
            f"There is no {kind} in {folder}: expected {described.name} and {stored.name}. "
            f"`workbench train` makes {kind}s from their data."
        )
    try:
        content: dict[str, Any] = json.loads(described.read_text("utf-8"))
        if content["format"] != FORMAT:
            raise BadInput.in_file(
                described,
                f"this {kind} has format {content['format']}, readable here is {FORMAT}.",
                remedy="Train it again with `workbench train`.",
            )
        made = make(content, load_file(str(stored)))
    except (json.JSONDecodeError, KeyError, TypeError, SafetensorError) as error:
        raise BadInput.in_file(
            folder, f"the files of this {kind} are damaged ({type(error).__name__})."
        ) from error
    if made.fingerprint != content["fingerprint"]:
        raise BadInput.in_file(
            folder,
            f"{described.name} and {stored.name} do not belong together.",
            remedy=f"Copy the whole folder again or train the {kind} anew.",
        )
    return made


def _head(content: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Head:
    from workbench.heads.head import Head, Weights

    return Head(
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
