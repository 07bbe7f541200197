"""Codebooks as data: what a code means, to whom it applies, whether codes exclude each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import BadInput
from workbench.files import checksum_of

__all__ = ["Code", "CodeSet", "Codebook", "Scheme"]

_REFI = (".qdc", ".qdpx")


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its label as the source spells it, a definition in our words, examples, its parent.

    `colour` is that of a coding tool (`#rrggbb`); a code that is not `codable` only holds others.
    """

    label: str
    definition: str
    examples: tuple[str, ...] = ()
    parent: str | None = None
    colour: str | None = None
    codable: bool = True


@dataclass(frozen=True, slots=True)
class Scheme:
    """A set of codes for one side of the talk; `exclusive` means exactly one per unit."""

    name: str
    side: str
    exclusive: bool
    codes: tuple[Code, ...]
    unit: str = "utterance"

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the book's order."""
        return tuple(code.label for code in self.codes)


@dataclass(frozen=True, slots=True)
class CodeSet:
    """A named selection of codes across the schemes of a book, each as (scheme, label)."""

    name: str
    members: tuple[tuple[str, str], ...]
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """A named, versioned book of one or more schemes."""

    name: str
    title: str
    version: str
    citation: str
    licence: str
    schemes: tuple[Scheme, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    checksum: str = ""
    sets: tuple[CodeSet, ...] = ()

    def scheme(self, name: str) -> Scheme:
        """Return the scheme `name` or say which there are."""
        for scheme in self.schemes:
            if scheme.name == name:
                return scheme
        raise BadInput.unknown("scheme", name, [s.name for s in self.schemes])

    @classmethod
    def read(cls, path: str | Path) -> Codebook:
        """Read a codebook from YAML, from a REFI-QDA codebook (`.qdc`) or project (`.qdpx`).

        Raises
        ------
        BadInput
            If the file is neither, or a scheme or code lacks what it needs; names file and code.
        """
        import yaml

        path = Path(path)
        if path.suffix.lower() in _REFI:
            from workbench.corpus.codebook_exchange import read_codebook

            return read_codebook(path)
        try:
            content = yaml.safe_load(path.read_text("utf-8"))
        except FileNotFoundError:
            raise BadInput.in_file(path, "there is no such codebook file.") from None
        except UnicodeDecodeError as error:
            raise BadInput.in_file(
                path,
                f"the text is not UTF-8 (byte {error.start + 1:,}).",
                remedy="Save it as UTF-8.",
            ) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise BadInput.in_file(
                path, "this is not readable YAML.", row=mark.line + 1 if mark else None
            ) from None
        if not isinstance(content, dict):
            raise BadInput.in_file(path, "a codebook is a mapping with `name` and `schemes`.")
        _require(path, "the book", content, ("name", "title", "version", "schemes"))
        return cls(
            name=str(content["name"]),
            title=str(content["title"]),
            version=str(content["version"]),
            citation=str(content.get("citation", "")),
            licence=str(content.get("licence", "")),
            schemes=tuple(
                _scheme(path, entry) for entry in _entries(path, "`schemes`", content["schemes"])
            ),
            notes=content.get("notes", {}),
            checksum=checksum_of(content),
        )

    def write(self, path: str | Path) -> None:
        """Write the book as a REFI-QDA codebook; see `workbench.corpus.codebook_exchange`.

        Raises
        ------
        BadInput
            If the path does not end in `.qdc`.
        """
        path = Path(path)
        if path.suffix.lower() != ".qdc":
            raise BadInput.in_file(
                path, "codebooks are written as REFI-QDA.", remedy="Name it .qdc."
            )
        from workbench.corpus.codebook_exchange import write_codebook

        write_codebook(self, path)


def _entries(path: Path, what: str, content: Any) -> list[Any]:
    if not isinstance(content, list) or not content:
        raise BadInput.in_file(path, f"{what} must be a list with at least one entry.")
    return content


def _require(path: Path, what: str, entry: Any, keys: tuple[str, ...]) -> None:
    absent = [key for key in keys if not isinstance(entry, dict) or key not in entry]
    if absent:
        raise BadInput.in_file(path, f"{what} lacks {absent}.")


def _scheme(path: Path, entry: Any) -> Scheme:
    _require(path, "a scheme", entry, ("name", "side", "exclusive", "codes"))
    codes = []
    for code in _entries(path, f"`codes` of {entry['name']!r}", entry["codes"]):
        _require(path, f"a code of scheme {entry['name']!r}", code, ("label", "definition"))
        codes.append(
            Code(
                label=str(code["label"]),
                definition=str(code["definition"]),
                examples=tuple(code.get("examples", ())),
                parent=code.get("parent"),
            )
        )
    labels = [code.label for code in codes]
    for code in codes:
        if labels.count(code.label) > 1:
            raise BadInput.in_file(path, f"code {code.label!r} of {entry['name']!r} stands twice.")
        if code.parent is not None and code.parent not in labels:
            raise BadInput.in_file(
                path,
                f"code {code.label!r} has the parent {code.parent!r}, which is not in the scheme.",
            )
    return Scheme(
        name=str(entry["name"]),
        side=str(entry["side"]),
        exclusive=bool(entry["exclusive"]),
        codes=tuple(codes),
        unit=str(entry.get("unit", "utterance")),
    )
