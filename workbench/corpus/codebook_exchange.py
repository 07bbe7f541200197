"""Codebooks as REFI-QDA `.qdc` files, which NVivo, ATLAS.ti, MAXQDA, QualCoder and others exchange.

Each scheme is a folder (a code that cannot be assigned) with its codes below it, sub-codes below
their parents. What REFI-QDA has no place for stands in descriptions, in words that reading takes out
again: side, exclusiveness, unit and scale of a scheme, examples of a code. Title, version, citation,
licence, notes and crosswalks of a book and published names of codes are not carried.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from workbench.corpus.code_tree import ORIGIN, bare_guid, children, read_tree, schemes_of, text_of
from workbench.corpus.codebook import Code, Codebook, CodeSet, Level, Scheme
from workbench.corpus.readers.archives import is_zip, open_archive, parse_xml
from workbench.corpus.readers.opening import bare_name, read_content
from workbench.corpus.writers.xml_text import xml_text
from workbench.errors import BadInput
from workbench.files import atomic_path, checksum_of

__all__ = ["add_codes", "guid_of", "read_codebook", "write_codebook"]

NAMESPACE = "urn:QDA-XML:codebook:1.0"

_GUIDS = uuid.UUID("6f1b2c9e-52d5-5a7e-9a53-1f0f7b2f3d11")
_SCHEME = re.compile(
    r"Coded on: (\w+); side: (.*?); (exactly one|any number) per unit\.\s*"
    r"(?:Rated (\S+) to (\S+) \((ordinal|interval|ratio)\)\.\s*)?",
    re.DOTALL,
)
_EXAMPLES = "\nExamples:"


def guid_of(kind: str, *names: object) -> str:
    """A GUID that is the same whenever the same thing is written."""
    return str(uuid.uuid5(_GUIDS, "\x1f".join([kind, *map(str, names)])))


# -- reading ---------------------------------------------------------------------------------------


def read_codebook(path: Path) -> Codebook:
    """Read the codes of a `.qdc` codebook, or of a `.qdpx` project.

    Raises
    ------
    BadInput
        If the file is damaged or holds no code.
    """
    root = _root(path)
    book = root if children(root, "Codes") else next(iter(children(root, "CodeBook")), None)
    tree = read_tree(next(iter(children(book, "Codes")), None))
    if not tree:
        raise BadInput.in_file(path, "there is no code in it.", remedy="Export the codebook again.")
    found = schemes_of(tree, whole=bare_name(path))
    places = {guid: (each.name, label) for each in found for guid, label in each.label_of.items()}
    schemes = tuple(_scheme(each.name, each.definition, each.codes) for each in found)
    sets = next(iter(children(root, "Sets")), None)
    return Codebook(
        name=bare_name(path),
        title=bare_name(path),
        version="",
        citation="",
        licence="",
        schemes=schemes,
        sets=tuple(_set(each, places) for each in children(sets, "Set")),
        checksum=checksum_of([_facts_of(scheme) for scheme in schemes]),
    )


def _root(path: Path) -> Element:
    if is_zip(path):
        with open_archive(path) as archive:
            names = [name for name in archive.names if name.lower().endswith(".qde")]
            if not names:
                raise BadInput.in_file(path, "there is no project (.qde) in it.")
            return archive.xml(names[0])
    return parse_xml(read_content(path), where=path)


def _scheme(name: str, definition: str, codes: Sequence[Code]) -> Scheme:
    told = _SCHEME.match(definition)
    unknown = ("utterance", "any", "any number", None, None, None)
    unit, side, per_unit, low, high, level = told.groups() if told else unknown
    return Scheme(
        name=name,
        side=side,
        exclusive=per_unit == "exactly one",
        codes=tuple(_with_examples(code) for code in codes),
        unit=unit,
        level=cast(Level, level or "nominal"),
        scale=None if low is None or high is None else (float(low), float(high)),
    )


def _facts_of(scheme: Scheme) -> dict[str, Any]:
    """What a checksum is made of; facts that a book may have since are in it only where they are told."""
    content = asdict(scheme)
    for key in () if scheme.scale else ("level", "scale"):
        del content[key]
    for code in content["codes"]:
        del code["name"]
    return content


def _with_examples(code: Code) -> Code:
    definition, mark, listed = code.definition.partition(_EXAMPLES)
    lines = listed.strip("\n").split("\n")
    if not mark or not all(line.startswith("- ") for line in lines):
        return code
    return replace(code, definition=definition, examples=tuple(line[2:] for line in lines))


def _set(element: Element, places: Mapping[str, tuple[str, str]]) -> CodeSet:
    members = [
        bare_guid(each.get("guid") or each.get("targetGUID"))
        for each in children(element, "MemberCode")
    ]
    known = tuple(places[guid] for guid in members if guid in places)
    return CodeSet(element.get("name", ""), known, text_of(element, "Description"))


# -- writing ---------------------------------------------------------------------------------------


def write_codebook(book: Codebook, path: Path) -> None:
    """Write a `.qdc` codebook; the same book gives the same bytes."""
    root = Element("CodeBook", {"xmlns": NAMESPACE, "origin": ORIGIN})
    codes = ElementTree.SubElement(root, "Codes")
    for scheme in book.schemes:
        folder = ElementTree.SubElement(
            codes,
            "Code",
            {
                "guid": guid_of("scheme", scheme.name),
                "name": xml_text(scheme.name),
                "isCodable": "false",
            },
        )
        ElementTree.SubElement(folder, "Description").text = xml_text(_facts(scheme))
        add_codes(folder, scheme.name, scheme.codes)
    if book.sets:
        sets = ElementTree.SubElement(root, "Sets")
        for each in book.sets:
            _add_set(sets, each)
    ElementTree.indent(root)
    with atomic_path(path) as temporary:
        temporary.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _facts(scheme: Scheme) -> str:
    per_unit = "exactly one" if scheme.exclusive else "any number"
    told = f"Coded on: {scheme.unit}; side: {scheme.side}; {per_unit} per unit."
    if scheme.scale is None:
        return told
    low, high = scheme.scale
    return f"{told} Rated {low:g} to {high:g} ({scheme.level})."


def add_codes(folder: Element, scheme: str, codes: Sequence[Code]) -> None:
    """Put the codes of a scheme below its folder, sub-codes below their parents."""
    made: dict[str, Element] = {}
    waiting = list(codes)
    while waiting:
        ready = [code for code in waiting if code.parent is None or code.parent in made]
        for code in ready or waiting:  # parents that do not stand in the scheme, or form a circle
            parent = made.get(code.parent or "", folder)
            made[code.label] = _add_code(parent, scheme, code)
        waiting = [code for code in waiting if code.label not in made]


def _add_code(parent: Element, scheme: str, code: Code) -> Element:
    above = parent.get("name", "")
    name = code.label.removeprefix(f"{code.parent}/") if code.parent else code.label
    name = name.removeprefix(f"{above}/") if code.parent else name
    element = ElementTree.SubElement(
        parent,
        "Code",
        {
            "guid": guid_of("code", scheme, code.label),
            "name": xml_text(name),
            "isCodable": str(code.codable).lower(),
        },
    )
    if code.colour and re.fullmatch("#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})", code.colour):
        element.set("color", code.colour)
    told = code.definition
    if code.examples:
        told += _EXAMPLES + "".join(f"\n- {' '.join(each.split())}" for each in code.examples)
    if told:
        ElementTree.SubElement(element, "Description").text = xml_text(told)
    return element


def _add_set(sets: Element, each: CodeSet) -> None:
    guid = guid_of("set", each.name)
    element = ElementTree.SubElement(sets, "Set", {"guid": guid, "name": xml_text(each.name)})
    if each.definition:
        ElementTree.SubElement(element, "Description").text = xml_text(each.definition)
    for scheme, label in each.members:
        ElementTree.SubElement(element, "MemberCode", {"guid": guid_of("code", scheme, label)})
