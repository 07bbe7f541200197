"""The XML of a REFI-QDA project (`project.qde`) as plain values.

GUIDs are compared without braces and case; elements are known by name in whatever namespace, since
programs spell it in several ways. What a project must not lack by the standard and does, is left out
here and counted by those who use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from workbench.corpus.code_tree import ORIGIN, TreeCode, bare_guid, children, read_tree, text_of

__all__ = ["Applied", "Case", "Link", "Project", "Selection", "Source", "User", "read_project"]

_TEXTS = {"TextSource": "", "PDFSource": "Representation", "PictureSource": "TextDescription"}
"""Kinds of sources with words, and the element below them that holds the words."""
_MEDIA = ("AudioSource", "VideoSource")
_VALUES = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")


@dataclass(frozen=True, slots=True)
class User:
    """A coder; `id` is free text of the program."""

    guid: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Applied:
    """One code on a selection or source, by a user, with the GUIDs of its notes."""

    code: str
    user: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """A marked passage: positions in the words, the codes on it, who marked it."""

    guid: str
    name: str
    start: int | None
    end: int | None
    user: str
    codes: tuple[Applied, ...] = ()
    notes: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A document or transcript with words: inline, or as a path inside the archive."""

    guid: str
    name: str
    path: str
    inline: str | None
    description: str = ""
    selections: tuple[Selection, ...] = ()
    codes: tuple[Applied, ...] = ()
    notes: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    times: tuple[tuple[int, float], ...] = ()
    rich: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A person or unit of the study: its variables, the sources and passages that are its own."""

    name: str
    values: Mapping[str, Any]
    sources: tuple[str, ...]
    selections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A line between two things."""

    origin: str
    target: str


@dataclass(frozen=True, slots=True)
class Project:
    """What of a project concerns dialogues."""

    name: str
    origin: str
    description: str
    user: str
    users: tuple[User, ...]
    tree: tuple[TreeCode, ...]
    sources: tuple[Source, ...]
    cases: tuple[Case, ...]
    notes: Mapping[str, str]
    links: tuple[Link, ...]
    sets: Mapping[str, tuple[str, ...]]
    wordless: int

    @property
    def ours(self) -> bool:
        """Whether our writer made it; then it says more than the standard has room for."""
        return self.origin == ORIGIN


def read_project(root: Element) -> Project:
    """Take the values out of the XML."""
    book = _below(root, "CodeBook")
    variables = {
        bare_guid(each.get("guid")): each.get("name", "")
        for each in children(_below(root, "Variables"), "Variable")
    }
    whole = list(_below(root, "Sources") if _below(root, "Sources") is not None else [])  # type: ignore[arg-type]
    sources = [found for each in whole for found in _sources(each, variables)]
    sets = children(_below(root, "Sets"), "Set")
    return Project(
        name=root.get("name", ""),
        origin=root.get("origin", ""),
        description=text_of(root, "Description"),
        user=bare_guid(root.get("creatingUserGUID")),
        users=tuple(
            User(bare_guid(each.get("guid")), each.get("name", ""), each.get("id", ""))
            for each in children(_below(root, "Users"), "User")
        ),
        tree=read_tree(_below(book, "Codes")),
        sources=tuple(sources),
        cases=tuple(
            Case(
                each.get("name", ""),
                _values(each, variables),
                _targets(each, "SourceRef"),
                _targets(each, "SelectionRef"),
            )
            for each in children(_below(root, "Cases"), "Case")
        ),
        notes={
            bare_guid(each.get("guid")): text_of(each, "PlainTextContent")
            for each in children(_below(root, "Notes"), "Note")
        },
        links=tuple(
            Link(bare_guid(each.get("originGUID")), bare_guid(each.get("targetGUID")))
            for each in children(_below(root, "Links"), "Link")
        ),
        sets={each.get("name", ""): _targets(each, "MemberCode") for each in sets},
        wordless=sum(not list(_sources(each, variables)) for each in whole),
    )


def _below(parent: Element | None, tag: str) -> Element | None:
    return next(iter(children(parent, tag)), None)


def _targets(parent: Element, tag: str) -> tuple[str, ...]:
    return tuple(bare_guid(each.get("targetGUID")) for each in children(parent, tag))


def _values(parent: Element, variables: Mapping[str, str]) -> dict[str, Any]:
    """Values of variables by name; text where a value is not of its type."""
    found: dict[str, Any] = {}
    for each in children(parent, "VariableValue"):
        names = _targets(each, "VariableRef")
        name = variables.get(names[0]) if names else None
        stated = next((v for tag in _VALUES for v in children(each, tag)), None)
        if name and stated is not None:
            found[name] = _value(str(stated.tag).rpartition("}")[2], stated.text or "")
    return found


def _value(tag: str, text: str) -> Any:
    plain = text.strip()
    try:
        if tag == "IntegerValue":
            return int(plain)
        if tag == "FloatValue":
            return float(plain)
    except ValueError:
        return text
    if tag == "BooleanValue" and plain in ("true", "false", "1", "0"):
        return plain in ("true", "1")
    return text


# -- sources ---------------------------------------------------------------------------------------


def _sources(element: Element, variables: Mapping[str, str]) -> Iterator[Source]:
    """Every text of a source: its own, that of its pages, or its transcripts."""
    tag = str(element.tag).rpartition("}")[2]
    if tag in _MEDIA:
        for each in children(element, "Transcript"):
            yield _source(each, element, variables)
    elif tag in _TEXTS:
        words = _below(element, _TEXTS[tag]) if _TEXTS[tag] else element
        if words is not None:
            yield _source(words, element, variables)


def _source(words: Element, whole: Element, variables: Mapping[str, str]) -> Source:
    inline = _below(words, "PlainTextContent")
    times = {
        bare_guid(each.get("guid")): (_number(each.get("position")), _number(each.get("timeStamp")))
        for each in children(words, "SyncPoint")
    }
    marked = [_selection(each) for each in children(words, "PlainTextSelection")]
    marked += [_timed(each, times) for each in children(words, "TranscriptSelection")]
    known = [
        (at, stamp / 1000) for at, stamp in times.values() if at is not None and stamp is not None
    ]
    codes = [*children(words, "Coding"), *(children(whole, "Coding") if whole is not words else [])]
    return Source(
        guid=bare_guid(whole.get("guid")),
        name=whole.get("name") or words.get("name") or "",
        path=words.get("plainTextPath", ""),
        inline=None if inline is None else inline.text or "",
        description=text_of(whole, "Description"),
        selections=tuple(marked),
        codes=tuple(_applied(each) for each in codes),
        notes=_targets(whole, "NoteRef"),
        values=_values(whole, variables),
        times=tuple(sorted(known)),
        rich=bool(words.get("richTextPath")),
    )


def _selection(element: Element) -> Selection:
    start, end = _number(element.get("startPosition")), _number(element.get("endPosition"))
    return _marked(element, start, end)


def _timed(element: Element, times: Mapping[str, tuple[int | None, int | None]]) -> Selection:
    """A selection of a transcript, from one point in time to another."""
    start, _ = times.get(bare_guid(element.get("fromSyncPoint")), (None, None))
    end, _ = times.get(bare_guid(element.get("toSyncPoint")), (None, None))
    return _marked(element, start, end)


def _marked(element: Element, start: int | None, end: int | None) -> Selection:
    return Selection(
        bare_guid(element.get("guid")),
        element.get("name", ""),
        start,
        end,
        bare_guid(element.get("creatingUser")),
        tuple(_applied(each) for each in children(element, "Coding")),
        _targets(element, "NoteRef"),
        text_of(element, "Description"),
    )


def _applied(element: Element) -> Applied:
    codes = _targets(element, "CodeRef")
    user = bare_guid(element.get("creatingUser"))
    return Applied(codes[0] if codes else "", user, _targets(element, "NoteRef"))


def _number(stated: str | None) -> int | None:
    try:
        return int(stated or "")
    except ValueError:
        return None
