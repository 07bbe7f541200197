"""Heads with what they were trained for, and where they lie: in the package, or in the user's folder.

A head knows no scheme. Beside its files stand `origin.json` (scheme and codebook it learned) and
`domain.safetensors` (by which an utterance unlike its training is known). Heads of data that may not
be passed on are trained on the user's machine and found in `workbench.settings.heads_home()`.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench import settings
from workbench.coding.domain import Domain
from workbench.errors import BadInput
from workbench.files import atomic_folder, checksum_of
from workbench.heads import Head

__all__ = [
    "ALONE",
    "TRAINED",
    "Origin",
    "TrainedHead",
    "find_head",
    "head_folder",
    "read_head",
    "shipped_head",
    "trained_schemes",
]

TRAINED = Path(__file__).resolve().parent / "trained"
"""Folder of the shipped heads, one folder per head."""

ALONE = "-alone"
"""Ends the names of heads that read no previous turns."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a head was trained for.

    Parameters
    ----------
    scheme, side
        Scheme of the codebook, and whose utterances it codes.
    codebook, version, checksum
        Name, version and checksum of the codebook at training; no checksum where the codes are not
        the book's own wording but those of a published corpus.
    merged
        Label of the codings -> label that was learned in its place.
    dropped
        Labels of the scheme that were left out.
    learned_from
        Marks of the sources it learned from (`workbench.reliability.trained_on_mark`): human codes of
        these cannot tell how well it codes.
    """

    scheme: str
    side: str
    codebook: str
    version: str = ""
    checksum: str = ""
    merged: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    learned_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TrainedHead:
    """A head, what it was trained for, and the domain it knows (None for heads of older versions)."""

    head: Head
    origin: Origin
    domain: Domain | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a layer."""
        return _fingerprint(self)

    def save(self, folder: str | Path) -> None:
        """Write head, origin and domain into `folder`, replacing it whole."""
        from safetensors.numpy import save_file

        with atomic_folder(folder) as temporary, tempfile.TemporaryDirectory() as scratch:
            self.head.save(Path(scratch) / "head")
            shutil.copytree(Path(scratch) / "head", temporary, dirs_exist_ok=True)
            text = json.dumps(asdict(self.origin), ensure_ascii=False, indent=2, sort_keys=True)
            (temporary / "origin.json").write_text(text + "\n", "utf-8")
            if self.domain is not None:
                save_file(self.domain.arrays(), str(temporary / "domain.safetensors"))
                (temporary / "domain.safetensors").chmod(0o644)

    @classmethod
    def load(cls, folder: str | Path) -> TrainedHead:
        """Read what `save` wrote, or a head alone.

        Raises
        ------
        MissingModel
            If there is no head in the folder.
        BadInput
            If its files are damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        folder = Path(folder)
        head = Head.load(folder)
        stored = folder / "domain.safetensors"
        try:
            domain = Domain.of_arrays(load_file(str(stored))) if stored.is_file() else None
            return cls(head, _origin(folder, head), domain)
        except (json.JSONDecodeError, KeyError, TypeError, SafetensorError) as error:
            raise BadInput.in_file(
                folder,
                f"the files of this head are damaged ({type(error).__name__}).",
                remedy="Copy the whole folder again or train the head anew.",
            ) from error

    def __repr__(self) -> str:
        return f"TrainedHead({self.head!r} of {self.origin.scheme!r})"


@lru_cache(maxsize=16)
def _fingerprint(trained: TrainedHead) -> str:
    domain = None
    if trained.domain is not None:
        domain = {name: array.tolist() for name, array in trained.domain.arrays().items()}
    return checksum_of([trained.head.fingerprint, asdict(trained.origin), domain])


def _origin(folder: Path, head: Head) -> Origin:
    described = folder / "origin.json"
    if not described.is_file():
        return Origin(head.name.removesuffix(ALONE), "", "")
    content: dict[str, Any] = json.loads(described.read_text("utf-8"))
    lists = {name: tuple(content.get(name, ())) for name in ("dropped", "learned_from")}
    return Origin(**{**content, **lists})


def trained_schemes(*, context: bool = True) -> tuple[str, ...]:
    """Schemes that have a head in the package or in the user's folder, sorted."""
    names = {
        folder.parent.name
        for home in (TRAINED, settings.heads_home())
        for folder in home.glob("*/head.json")
    }
    if context:
        return tuple(sorted(name for name in names if not name.endswith(ALONE)))
    return tuple(sorted(name.removesuffix(ALONE) for name in names if name.endswith(ALONE)))


def head_folder(name: str) -> Path:
    """Folder of the head `name`: in the package if it is there, else in the user's folder."""
    shipped = TRAINED / name
    return shipped if (shipped / "head.json").is_file() else settings.heads_home() / name


def find_head(scheme: str, *, context: bool = True) -> TrainedHead:
    """Return the head of a scheme, with previous turns or of the turn alone.

    Raises
    ------
    BadInput
        If the scheme has none.
    """
    present = trained_schemes(context=context)
    if scheme not in present:
        raise BadInput.unknown("shipped head" if context else "context-free head", scheme, present)
    return read_head(head_folder(scheme if context else f"{scheme}{ALONE}"))


def read_head(folder: str | Path) -> TrainedHead:
    """Read the head of a folder, once as long as it stays the same."""
    folder = Path(folder)
    described = folder / "head.json"
    changed = described.stat().st_mtime_ns if described.is_file() else 0
    return _read(folder.resolve(), changed)


@lru_cache(maxsize=16)
def _read(folder: Path, changed: int) -> TrainedHead:
    return TrainedHead.load(folder)


def shipped_head(scheme: str) -> Head:
    """Return the head of a scheme that reads previous turns.

    Raises
    ------
    BadInput
        If the scheme has none.
    """
    return find_head(scheme).head
