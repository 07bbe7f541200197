"""Crosswalks from YAML, alone or inside a codebook; what is wrong is told with its line and label.

```yaml
source: annomi
target: miti
note: What no mapping of codes can carry, as other units.
schemes:
  - source: annomi-helper
    target: miti-behaviour
    labels:
      - {label: question, target: Q}
      - {label: other, note: Why it is not carried.}
      - {label: greeting, uncoded: true, note: The target's rules give it no code.}
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.corpus.codebook import Codebook
from workbench.corpus.crosswalk import Crosswalk, MappedLabel, MappedScheme
from workbench.corpus.marked_yaml import MarkedYaml, Place, read_marked_yaml

__all__ = ["check_crosswalk", "crosswalk_of", "read_crosswalk"]


def read_crosswalk(
    path: str | Path, *, source: Codebook | None = None, target: Codebook | None = None
) -> Crosswalk:
    """Read a crosswalk from a file of its own.

    Parameters
    ----------
    source, target
        The books, where its labels are to be compared with theirs: each label of a mapped scheme
        has to be told of, each target has to exist.

    Raises
    ------
    BadInput
        If it is no crosswalk, or does not fit the books; names file, line and label.
    """
    file = read_marked_yaml(path, kind="crosswalk")
    walk = crosswalk_of(file, (), file.content)
    for end, book in (("source", source), ("target", target)):
        if book is not None and getattr(walk, end) != book.name:
            told = f"`{end}` is {getattr(walk, end)!r}, while the book is {book.name!r}."
            raise file.refusal((end,), told)
    check_crosswalk(file, (), walk, source=source, target=target)
    return walk


def crosswalk_of(
    file: MarkedYaml, place: Place, given: Any, *, source: str | None = None
) -> Crosswalk:
    """Make a crosswalk of an entry of a file; `source` is the book that it stands in."""
    ends = ("target",) if source is not None else ("source", "target")
    what = "the crosswalk"
    entry = file.mapping(place, given, what=what, needed=(*ends, "note", "schemes"))
    schemes = file.entries((*place, "schemes"), entry["schemes"], what="`schemes`")
    return Crosswalk(
        source=source or file.text((*place, "source"), entry["source"], what=what),
        target=file.text((*place, "target"), entry["target"], what=what),
        note=file.text((*place, "note"), entry["note"], what=what),
        schemes=tuple(_scheme(file, (*place, "schemes", at), x) for at, x in enumerate(schemes)),
    )


def _scheme(file: MarkedYaml, place: Place, given: Any) -> MappedScheme:
    what = "a mapped scheme"
    needed = ("source", "target", "labels")
    entry = file.mapping(place, given, what=what, needed=needed, possible=("note",))
    source = file.text((*place, "source"), entry["source"], what=what)
    listed = file.entries((*place, "labels"), entry["labels"], what=f"`labels` of {source!r}")
    labels: list[MappedLabel] = []
    for at, each in enumerate(listed):
        label = _label(file, (*place, "labels", at), each)
        if label.label in [other.label for other in labels]:
            raise file.refusal((*place, "labels", at), "stands twice.", what=_named(label))
        labels.append(label)
    return MappedScheme(
        source=source,
        target=file.text((*place, "target"), entry["target"], what=what),
        labels=tuple(labels),
        note=str(entry.get("note") or ""),
    )


def _label(file: MarkedYaml, place: Place, given: Any) -> MappedLabel:
    entry = file.mapping(
        place, given, what="a label", needed=("label",), possible=("target", "note", "uncoded")
    )
    name = file.text((*place, "label"), entry["label"], what="a label")
    what = f"label {name!r}"
    target = entry.get("target")
    found = MappedLabel(
        name,
        None if target is None else file.text((*place, "target"), target, what=what),
        str(entry.get("note") or ""),
        file.truth((*place, "uncoded"), entry.get("uncoded", False), what=what),
    )
    if found.target is None and not found.note:
        told = "has neither a target nor a note that says why it is not carried."
        raise file.refusal(place, told, what=what)
    if found.target is not None and found.uncoded:
        raise file.refusal(place, "has a target and is `uncoded`; it can be one only.", what=what)
    return found


def _named(label: MappedLabel) -> str:
    return f"label {label.label!r}"


def check_crosswalk(
    file: MarkedYaml,
    place: Place,
    walk: Crosswalk,
    *,
    source: Codebook | None = None,
    target: Codebook | None = None,
) -> None:
    """Compare a crosswalk that stands at a place of a file with its books, as far as they are given.

    Raises
    ------
    BadInput
        If a scheme or label is not in its book, or a label of the source is not told of.
    """
    for at, mapped in enumerate(walk.schemes):
        spot: Place = (*place, "schemes", at)
        own = _codable(file, (*spot, "source"), source, mapped.source)
        theirs = _codable(file, (*spot, "target"), target, mapped.target)
        for number, label in enumerate(mapped.labels):
            line: Place = (*spot, "labels", number)
            if own is not None and label.label not in own:
                told = f"is not in {mapped.source!r}."
                raise file.refusal(line, told, what=_named(label), remedy=f"Present: {own}.")
            if theirs is not None and label.target is not None and label.target not in theirs:
                told = f"target {label.target!r} is not in {mapped.target!r}."
                raise file.refusal(line, told, what=_named(label), remedy=f"Present: {theirs}.")
        told_of = {label.label for label in mapped.labels}
        absent = [x for x in own or () if x not in told_of]
        if absent:
            told = f"says nothing of {absent}, which are in {mapped.source!r}."
            raise file.refusal((*spot, "labels"), told, what=f"scheme {mapped.source!r}")


def _codable(
    file: MarkedYaml, place: Place, book: Codebook | None, scheme: str
) -> list[str] | None:
    """Labels that a scheme of a book can give; None where there is no book to ask."""
    if book is None:
        return None
    present = [one.name for one in book.schemes]
    if scheme not in present:
        told = f"scheme {scheme!r} is not in book {book.name!r}."
        raise file.refusal(place, told, remedy=f"Present: {present}.")
    return [code.label for code in book.scheme(scheme).codes if code.codable]
