"""Codebooks as data: what a code means, to whom it applies, whether codes exclude each other.

A book holds schemes, a scheme the codes for one side of the talk. Codes of most schemes are given to
units; codes of a scheme with a `scale` are what is rated, and the rating is a number of that scale.
Books are read from YAML by `workbench.corpus.codebook_reading`, which names line and code of what is
wrong, and from REFI-QDA by `workbench.corpus.codebook_exchange`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.corpus.crosswalk import Crosswalk

__all__ = ["Code", "CodeSet", "Codebook", "Level", "Scheme"]

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
"""Level of measurement of what a scheme's coders give: labels are nominal, ratings more than that."""

_REFI = (".qdc", ".qdpx")


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its label as the source spells it, a definition in our words, examples, its parent.

    `name` is the published name of a code whose label is an abbreviation, else empty. `colour` is that
    of a coding tool (`#rrggbb`); a code that is not `codable` only holds others.
    """

    label: str
    definition: str
    examples: tuple[str, ...] = ()
    parent: str | None = None
    colour: str | None = None
    codable: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A set of codes for one side of the talk; `exclusive` means exactly one per unit.

    Parameters
    ----------
    side
        Whose units are coded: `helper`, `client`, `other` or `any`.
    unit
        What is coded: `utterance`, `span`, `segment` or `conversation`.
    level
        Level of measurement.
    scale
        Lowest and highest rating where codes are rated, a layer's `value`; None where they are given.
    """

    name: str
    side: str
    exclusive: bool
    codes: tuple[Code, ...]
    unit: str = "utterance"
    level: Level = "nominal"
    scale: tuple[float, float] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the book's order."""
        return tuple(code.label for code in self.codes)

    def code(self, label: str) -> Code:
        """Return the code with this label or say which there are."""
        for code in self.codes:
            if code.label == label:
                return code
        raise BadInput.unknown(f"code in {self.name!r}", label, self.labels)

    def above(self, label: str) -> tuple[str, ...]:
        """Labels of the codes above a code, the nearest first."""
        parents = {code.label: code.parent for code in self.codes}
        line, parent = [label], parents.get(label)
        while parent in parents and parent not in line:
            line.append(parent)
            parent = parents[parent]
        return tuple(line[1:])


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
    crosswalks: tuple[Crosswalk, ...] = ()

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
            If the file is neither, or a scheme or code is not as it has to be; names file, line and
            code.
        """
        path = Path(path)
        if path.suffix.lower() in _REFI:
            from workbench.corpus.codebook_exchange import read_codebook

            return read_codebook(path)
        from workbench.corpus.codebook_reading import read_yaml_codebook

        return read_yaml_codebook(path)

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
