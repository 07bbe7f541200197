"""Codebooks of one's own that a study was coded with, as JSON files under `codebooks/`.

A layer names its scheme and the checksum of its book; without the book nobody could read later what a
code means. Books that come with the workbench are not kept.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.corpus import Code, Codebook, Scheme
from workbench.corpus.codebook import CodeSet
from workbench.corpus.crosswalk import Crosswalk, MappedLabel, MappedScheme
from workbench.files import read_json, write_json

__all__ = ["keep_codebook", "kept_codebooks"]

_FOLDER = "codebooks"


def keep_codebook(folder: Path, book: Codebook) -> None:
    """Write a book into the study in `folder`; another one of its name is replaced."""
    home = folder / _FOLDER
    home.mkdir(exist_ok=True)
    write_json(home / f"{book.name}.json", asdict(book))


def kept_codebooks(folder: Path) -> dict[str, Codebook]:
    """Books of the study in `folder`, by name."""
    books = [_book(read_json(file)) for file in sorted((folder / _FOLDER).glob("*.json"))]
    return {book.name: book for book in books}


def _book(content: dict[str, Any]) -> Codebook:
    sets = [
        CodeSet(each["name"], tuple(map(tuple, each["members"])), each["definition"])
        for each in content["sets"]
    ]
    return Codebook(
        **{
            **content,
            "schemes": tuple(map(_scheme, content["schemes"])),
            "sets": tuple(sets),
            "crosswalks": tuple(map(_crosswalk, content["crosswalks"])),
        }
    )


def _scheme(content: dict[str, Any]) -> Scheme:
    codes = [Code(**{**code, "examples": tuple(code["examples"])}) for code in content["codes"]]
    scale = None if content["scale"] is None else tuple(content["scale"])
    return Scheme(**{**content, "codes": tuple(codes), "scale": scale})


def _crosswalk(content: dict[str, Any]) -> Crosswalk:
    schemes = [
        MappedScheme(**{**each, "labels": tuple(MappedLabel(**x) for x in each["labels"])})
        for each in content["schemes"]
    ]
    return Crosswalk(**{**content, "schemes": tuple(schemes)})
