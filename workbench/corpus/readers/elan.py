"""An ELAN document as plain values: tiers, annotations in time, controlled vocabularies.

Read from checked XML and not by pympi-ling, which parses files itself, entities included. A time
slot without a value gets the time of the slot before it to stand in the order of things, and no
time of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.corpus.readers.archives import parse_xml
from workbench.errors import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["UNDATED", "Annotation", "Document", "Placement", "Spoken", "Tier", "read_document"]

UNDATED = "1970-01-01T00:00:00+00:00"
"""Date that our writer gives, so that equal corpora give equal files; the format demands one."""

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_PER_SECOND = {"milliseconds": 1000.0, "PAL-frames": 25.0, "NTSC-frames": 30000 / 1001}
_BEFORE_ALL = -1.0


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation: aligned by two time slots, or referring to another one.

    `order` is the time at which it stands in the document, `start` and `end` are its own times in
    seconds where it has any.
    """

    id: str
    text: str
    refers_to: str | None = None
    order: float = _BEFORE_ALL
    until: float = _BEFORE_ALL
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier with its annotations in the order of the file."""

    id: str
    participant: str
    annotator: str
    parent: str | None
    kind: str
    language: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What an `.eaf` file holds.

    Parameters
    ----------
    vocabulary_of
        Linguistic type -> its controlled vocabulary.
    labels
        Controlled vocabulary -> its entries.
    broken_times
        How many time slots are unknown or hold no number.
    """

    tiers: Mapping[str, Tier]
    vocabulary_of: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]
    properties: Mapping[str, str]
    licence: str
    broken_times: int


@dataclass(slots=True)
class _Slots:
    """Order and time of every slot, in seconds."""

    order: dict[str, float] = field(default_factory=dict)
    time: dict[str, float] = field(default_factory=dict)
    broken: int = 0


def read_document(path: Path, text: str) -> Document:
    """Read the text of an `.eaf` file.

    Raises
    ------
    BadInput
        If it is no ELAN document, or its times are in an unknown unit.
    """
    root = parse_xml(_DECLARATION.sub("", text).encode(), where=path)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise BadInput.in_file(
            path, "this is XML, but no ELAN document.", remedy="Expected <ANNOTATION_DOCUMENT>."
        )
    header = root.find("HEADER")
    unit = "milliseconds" if header is None else header.get("TIME_UNITS", "milliseconds")
    if unit not in _PER_SECOND:
        raise BadInput.in_file(
            path, f"times are in {unit!r}.", remedy=f"Expected one of {list(_PER_SECOND)}."
        )
    slots = _slots(root, _PER_SECOND[unit])
    tiers = [_tier(path, element, slots) for element in root.iter("TIER")]
    properties = {p.get("NAME", ""): p.text or "" for p in root.iter("PROPERTY")}
    return Document(
        tiers={tier.id: tier for tier in tiers},
        vocabulary_of={
            kind.get("LINGUISTIC_TYPE_ID", ""): vocabulary
            for kind in root.iter("LINGUISTIC_TYPE")
            if (vocabulary := kind.get("CONTROLLED_VOCABULARY_REF"))
        },
        labels={
            vocabulary.get("CV_ID", ""): _entries(vocabulary)
            for vocabulary in root.iter("CONTROLLED_VOCABULARY")
        },
        facts=_facts(root),
        properties=properties,
        licence=(root.findtext("LICENSE") or "").strip(),
        broken_times=slots.broken,
    )


def _slots(root: Element, per_second: float) -> _Slots:
    slots, before = _Slots(), _BEFORE_ALL
    for element in root.iter("TIME_SLOT"):
        name, value = element.get("TIME_SLOT_ID", ""), element.get("TIME_VALUE")
        if value is not None and re.fullmatch(r"\s*[0-9]{1,15}\s*", value):
            before = int(value) / per_second
            slots.time[name] = before
        elif value is not None:
            slots.broken += 1
        slots.order[name] = before
    return slots


def _tier(path: Path, element: Element, slots: _Slots) -> Tier:
    name = element.get("TIER_ID")
    if name is None:
        raise BadInput.in_file(path, "a tier has no TIER_ID.", remedy="Save it in ELAN again.")
    made = [_annotation(one, slots) for outer in element.iter("ANNOTATION") for one in outer]
    return Tier(
        name,
        participant=element.get("PARTICIPANT", "").strip(),
        annotator=element.get("ANNOTATOR", "").strip(),
        parent=element.get("PARENT_REF"),
        kind=element.get("LINGUISTIC_TYPE_REF", ""),
        language=element.get("LANG_REF", ""),
        annotations=tuple(made),
    )


def _annotation(element: Element, slots: _Slots) -> Annotation:
    name, text = element.get("ANNOTATION_ID", ""), element.findtext("ANNOTATION_VALUE") or ""
    if element.tag == "REF_ANNOTATION":
        return Annotation(name, text, refers_to=element.get("ANNOTATION_REF", ""))
    begin, until = element.get("TIME_SLOT_REF1", ""), element.get("TIME_SLOT_REF2", "")
    slots.broken += sum(slot not in slots.order for slot in (begin, until))
    order = slots.order.get(begin, _BEFORE_ALL)
    return Annotation(
        name,
        text,
        order=order,
        until=slots.order.get(until, order),
        start=slots.time.get(begin),
        end=slots.time.get(until),
    )


def _entries(vocabulary: Element) -> tuple[str, ...]:
    """Values of a vocabulary; of several languages the first."""
    single = [entry.text for entry in vocabulary.iter("CV_ENTRY")]
    several = [entry.findtext("CVE_VALUE") for entry in vocabulary.iter("CV_ENTRY_ML")]
    return tuple(dict.fromkeys(value for value in (*single, *several) if value))


def _facts(root: Element) -> dict[str, str]:
    """Date, author and media; the path on somebody's disk is left for the relative one."""
    found = root.iter("MEDIA_DESCRIPTOR")
    media = [one.get("RELATIVE_MEDIA_URL") or one.get("MEDIA_URL") or "" for one in found]
    author = root.get("AUTHOR", "")
    facts = {
        "date": "" if root.get("DATE") == UNDATED else root.get("DATE", ""),
        "author": "" if author == "unspecified" else author,
        "media": "\n".join(one for one in media if one),
    }
    return {key: value for key, value in facts.items() if value}


# -- which utterance an annotation belongs to -------------------------------------------------------

Spoken = tuple[Tier, Annotation]
"""An annotation that is an utterance, and its tier."""


class Placement:
    """Finds the utterance of annotations on dependent and coding tiers.

    A reference is followed; an annotation with times of its own belongs to the one of the tier
    above, or of its participant's speech, that it overlaps most.
    """

    def __init__(self, document: Document, spoken: Sequence[Spoken]) -> None:
        self._document = document
        self._spoken = spoken
        self._utterances = {said.id for _, said in spoken}
        self._known = {a.id: (t, a) for t in document.tiers.values() for a in t.annotations}
        self._sorted: dict[str, tuple[list[Spoken], list[float], float]] = {}

    def placed(self, tier: Tier) -> tuple[list[tuple[Annotation, str]], int]:
        """Annotations of a tier, each with the id of its utterance, and how many have none."""
        found = [(annotation, self._utterance(tier, annotation)) for annotation in tier.annotations]
        placed = [(annotation, utterance) for annotation, utterance in found if utterance]
        return placed, len(found) - len(placed)

    def _utterance(self, tier: Tier, annotation: Annotation) -> str | None:
        passed: set[str] = set()
        while annotation.id not in self._utterances:
            if annotation.id in passed:
                return None
            passed.add(annotation.id)
            if annotation.refers_to is not None:
                above = self._known.get(annotation.refers_to)
            else:
                above = self._overlapping(tier, annotation)
            if above is None:
                return None
            tier, annotation = above
        return annotation.id

    def _overlapping(self, tier: Tier, inner: Annotation) -> Spoken | None:
        candidates, starts, longest = self._candidates(tier)
        first = bisect_right(starts, inner.order - longest - 1e-9)
        best: tuple[tuple[float, bool, float], Spoken] | None = None
        for one in candidates[first : bisect_right(starts, inner.until)]:
            share = min(one[1].until, inner.until) - max(one[1].order, inner.order)
            mark = (share, one[1].order <= inner.order, one[1].order)
            if share >= 0 and (best is None or mark > best[0]):
                best = mark, one
        return best[1] if best and (best[0][0] > 0 or best[0][1]) else None

    def _candidates(self, tier: Tier) -> tuple[list[Spoken], list[float], float]:
        """Annotations above a tier by start, their starts, and the length of the longest."""
        if tier.id not in self._sorted:
            parent = self._document.tiers.get(tier.parent or "")
            if parent is not None:
                pairs = [(parent, annotation) for annotation in parent.annotations]
            else:
                own = [one for one in self._spoken if one[0].participant == tier.participant]
                pairs = own if tier.participant and own else list(self._spoken)
            pairs.sort(key=lambda pair: pair[1].order)
            longest = max((a.until - a.order for _, a in pairs), default=0.0)
            self._sorted[tier.id] = pairs, [a.order for _, a in pairs], longest
        return self._sorted[tier.id]
