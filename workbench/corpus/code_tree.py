"""The tree of codes in the REFI-QDA standard, which programs for qualitative analysis exchange.

A code of a tree has a name and a place; a code of a scheme has a label. The label is the name,
or `Parent/Child` where the name stands twice in the scheme. Where no code at the top can be
assigned, each of them is a folder and its codes are a scheme; else the whole tree is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from workbench.corpus.codebook import Code

__all__ = [
    "ORIGIN",
    "TreeCode",
    "TreeScheme",
    "bare_guid",
    "children",
    "read_tree",
    "schemes_of",
    "text_of",
]


ORIGIN = "dialogue workbench"
"""What our writers call themselves in codebooks and projects."""


@dataclass(frozen=True, slots=True)
class TreeCode:
    """A code where it stands in the tree."""

    guid: str
    name: str
    definition: str = ""
    colour: str | None = None
    codable: bool = True
    children: tuple[TreeCode, ...] = ()


@dataclass(frozen=True, slots=True)
class TreeScheme:
    """The codes of one scheme, and the label of each by its GUID."""

    name: str
    definition: str
    codes: tuple[Code, ...]
    label_of: Mapping[str, str] = field(default_factory=dict)


def bare_guid(stated: str | None) -> str:
    """A GUID without braces, in lower case; programs write both."""
    return (stated or "").strip().strip("{}").lower()


def children(parent: Element | None, tag: str) -> list[Element]:
    """Elements of a name directly below, in whatever namespace: programs spell it in several ways."""
    if parent is None:
        return []
    return [each for each in parent if str(each.tag).rpartition("}")[2] == tag]


def text_of(parent: Element, tag: str) -> str:
    """Text of the first element of a name directly below, "" where there is none."""
    return next((each.text or "" for each in children(parent, tag)), "")


def read_tree(codes: Element | None) -> tuple[TreeCode, ...]:
    """Codes below a `Codes` or `Code` element."""
    return tuple(
        TreeCode(
            bare_guid(each.get("guid")),
            each.get("name", ""),
            text_of(each, "Description"),
            each.get("color"),
            each.get("isCodable", "true").strip().lower() not in ("false", "0"),
            read_tree(each),
        )
        for each in children(codes, "Code")
    )


def schemes_of(tree: Sequence[TreeCode], *, whole: str) -> tuple[TreeScheme, ...]:
    """Schemes of a tree; `whole` names the one scheme of a tree that is not parted by folders."""
    if tree and not any(code.codable for code in tree):
        return tuple(_scheme(code.name, code.definition, code.children) for code in tree)
    return (_scheme(whole, "", tree),) if tree else ()


def _scheme(name: str, definition: str, tree: Sequence[TreeCode]) -> TreeScheme:
    paths = list(_paths(tree, ()))
    counts = Counter(path[-1].name for path in paths)
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        label = _label(path, counts, taken)
        taken.add(label)
        labels[path[-1].guid] = label
    codes = tuple(
        Code(
            label=labels[path[-1].guid],
            definition=path[-1].definition,
            parent=labels[path[-2].guid] if len(path) > 1 else None,
            colour=path[-1].colour,
            codable=path[-1].codable,
        )
        for path in paths
    )
    return TreeScheme(name, definition, codes, labels)


def _paths(tree: Iterable[TreeCode], above: tuple[TreeCode, ...]) -> Iterable[tuple[TreeCode, ...]]:
    for code in tree:
        yield (*above, code)
        yield from _paths(code.children, (*above, code))


def _label(path: tuple[TreeCode, ...], counts: Counter[str], taken: set[str]) -> str:
    """Name of the last of a path, with as many parents before it as tell it apart."""
    names = [code.name for code in path]
    first = 1 if counts[names[-1]] == 1 else min(2, len(names))
    for length in range(first, len(names) + 1):
        label = "/".join(names[-length:])
        if label not in taken:
            return label
    label, number = "/".join(names), 2
    while f"{label} ({number})" in taken:
        number += 1
    return f"{label} ({number})"
