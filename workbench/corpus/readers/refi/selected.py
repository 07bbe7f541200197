"""Selections and codes of a REFI-QDA project as codings on turns.

A selection over the words of one turn is on the utterance, one inside it on a span, one over
several turns on a segment (a row for each); a code on a whole source is on the conversation. A
selection without a code says that its user saw the passage and assigned nothing: of the scheme that
its name says (as our writer does), of the only scheme, else of a scheme `notes`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.corpus.code_tree import TreeScheme
from workbench.corpus.readers.coding_troubles import CodingTroubles
from workbench.corpus.readers.codings import CODER_KINDS, Coding, Place, SchemeFacts
from workbench.corpus.readers.refi.positions import Counting
from workbench.corpus.readers.refi.project import Applied, Project, Selection, Source
from workbench.corpus.readers.refi.turns import Turn

__all__ = ["Spoken", "Who", "codings_of", "scheme_facts"]

_KIND = re.compile(rf"({'|'.join(CODER_KINDS)}):(-?\d+)")
_NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A source as a conversation: its turns and their ids, and how its positions are counted."""

    source: Source
    conversation: str
    turns: Sequence[Turn]
    ids: Sequence[str]
    counting: Counting
    length: int

    def places(self, selection: Selection, trouble: CodingTroubles) -> list[Place]:
        """Rows of a selection; none where it is not inside the words."""
        if selection.start is None or selection.end is None or selection.start > selection.end:
            trouble.note("no place", self.conversation)
            return []
        begins, ends = self.counting.place(selection.start), self.counting.place(selection.end)
        if begins > self.length or (begins == self.length and ends > begins) or selection.start < 0:
            trouble.note("beyond the text", self.conversation)
            return []
        if ends > self.length:
            trouble.note("cut at the end", self.conversation)
        found = list(self._touched(begins, min(ends, self.length)))
        if not found:
            trouble.note("no words", self.conversation)
        return found

    def _touched(self, begins: int, ends: int) -> Iterator[Place]:
        starts = [turn.begins for turn in self.turns]
        first = max(0, bisect_right(starts, begins) - 1)
        last = bisect_right(starts, ends)
        hits = [(at, *_chars(self.turns[at], begins, ends)) for at in range(first, last)]
        worded = [hit for hit in hits if self.turns[hit[0]].text[hit[1] : hit[2]].strip()]
        blank = [hit for hit in hits if hit[2] > hit[1] or self._empty(hit[0], begins, ends)]
        kept = worded or blank[:1]
        for at, start, end in kept:
            text = self.turns[at].text
            if len(kept) > 1:
                first_id = self.ids[kept[0][0]]
                link = None if at == kept[0][0] else first_id
                yield Place("segment", self.ids[at], start, end, link)
            elif text[start:end].strip() == text.strip():
                yield Place("utterance", self.ids[at])
            else:
                yield Place("span", self.ids[at], start, end)

    def _empty(self, at: int, begins: int, ends: int) -> bool:
        turn = self.turns[at]
        return not turn.text and begins == ends == turn.begins


def _chars(turn: Turn, begins: int, ends: int) -> tuple[int, int]:
    return bisect_left(turn.places, begins), bisect_left(turn.places, ends)


class Who:
    """Coders by GUID: name, kind and round."""

    def __init__(self, project: Project, trouble: CodingTroubles) -> None:
        self._trouble = trouble
        counts: Counter[str] = Counter()
        self._known: dict[str, dict[str, Any]] = {}
        for user in project.users:
            told = _KIND.fullmatch(user.id) if project.ours else None
            name = user.name or f"user-{user.guid[:8]}"
            facts = {
                "coder": name,
                "coder_kind": told[1] if told else "human",
                "round": int(told[2]) if told else 1,
            }
            counts[str(facts)] += 1
            if counts[str(facts)] > 1:
                facts["coder"] = f"{name} ({counts[str(facts)]})"
            self._known[user.guid] = facts
        alone = project.users[0].guid if len(project.users) == 1 else ""
        self._otherwise = project.user or alone

    def of(self, where: str, *guids: str) -> dict[str, Any]:
        """The first of some users that is stated; one that nobody is told of is counted."""
        stated = next((guid for guid in (*guids, self._otherwise) if guid), "")
        if stated in self._known:
            return self._known[stated]
        self._trouble.note("unknown user" if stated else "no user", where)
        name = f"unknown-{stated[:8]}" if stated else "unknown"
        return {"coder": name, "coder_kind": "human", "round": 1}


def codings_of(
    project: Project,
    spoken: Sequence[Spoken],
    schemes: Sequence[TreeScheme],
    trouble: CodingTroubles,
) -> Iterator[Coding]:
    """Codings of all sources."""
    places = {
        each.guid: talk.places(each, trouble) for talk in spoken for each in talk.source.selections
    }
    links = {
        link.origin: places[link.target][0].name
        for link in project.links
        if places.get(link.target)
    }
    turns = {guid for case in project.cases for guid in case.selections}
    ends = {guid for link in project.links for guid in (link.origin, link.target)}
    labels = {guid: (s.name, label) for s in schemes for guid, label in s.label_of.items()}
    who = Who(project, trouble)
    for talk in spoken:
        where = talk.conversation
        for applied in talk.source.codes:
            found = _label(applied, labels, trouble, where)
            if found is not None:
                coder = who.of(where, applied.user)
                note = _note(project, applied.notes)
                yield _coding(Place("conversation", where), *found, coder, note)
        for each in talk.source.selections:
            marks_only = each.guid in turns or (each.guid in ends and not each.user)
            if not places[each.guid] or (not each.codes and marks_only):
                continue
            for row in _selected(project, each, labels, schemes, who, trouble, where):
                for place in places[each.guid]:
                    made = _coding(place, *row)
                    yield replace(made, target_id=links.get(each.guid, place.first))


def _selected(
    project: Project,
    selection: Selection,
    labels: Mapping[str, tuple[str, str]],
    schemes: Sequence[TreeScheme],
    who: Who,
    trouble: CodingTroubles,
    where: str,
) -> Iterator[tuple[str, str | None, dict[str, Any], str | None]]:
    """Scheme, label, coder and note of each coding of a selection."""
    said = [selection.description] if selection.description else []
    if not selection.codes:
        names = [scheme.name for scheme in schemes]
        only = names[0] if len(names) == 1 else _NOTES
        scheme = selection.name if selection.name in names else only
        coder = who.of(where, selection.user)
        yield scheme, None, coder, _note(project, selection.notes, said)
    for applied in selection.codes:
        found = _label(applied, labels, trouble, where)
        if found is not None:
            coder = who.of(where, applied.user, selection.user)
            yield *found, coder, _note(project, (*applied.notes, *selection.notes), said)


def _label(
    applied: Applied,
    labels: Mapping[str, tuple[str, str]],
    trouble: CodingTroubles,
    where: str,
) -> tuple[str, str] | None:
    if applied.code not in labels:
        trouble.note("unknown code", where)
    return labels.get(applied.code)


def _note(project: Project, guids: Sequence[str], said: Sequence[str] = ()) -> str | None:
    texts = [project.notes[guid] for guid in guids if guid in project.notes]
    found = [*said, *texts]
    return "\n".join(found) if found else None


def _coding(
    place: Place, scheme: str, label: str | None, coder: Mapping[str, Any], note: str | None
) -> Coding:
    return Coding(
        unit=place.unit,
        unit_id=place.unit_id,
        scheme=scheme,
        label=label,
        start_char=place.start,
        end_char=place.end,
        target_id=place.first,
        note=note,
        **coder,
    )


def scheme_facts(scheme: TreeScheme) -> SchemeFacts:
    """Labels that can be assigned, and what the book says of them beyond their names."""
    codes = {}
    for code in scheme.codes:
        told = {"parent": code.parent, "colour": code.colour, "definition": code.definition}
        known: dict[str, Any] = {key: value for key, value in told.items() if value}
        codes[code.label] = known if code.codable else {**known, "codable": False}
    told_of = {label: known for label, known in codes.items() if known}
    labels = [code.label for code in scheme.codes if code.codable]
    return SchemeFacts(labels=labels, facts={"codes": told_of} if told_of else None)
