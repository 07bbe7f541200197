"""Rows of layers as passages of REFI-QDA sources: a place, a user, the codes given there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.corpus.codebook_exchange import guid_of
from workbench.corpus.layer import Layer
from workbench.corpus.readers.codings import span_id
from workbench.corpus.writers.refi.sources import SourceText

__all__ = ["Passage", "passages_of", "rows_on_talks"]

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of a source that a coder marked, with rows of one layer that stand there."""

    layer: Layer
    number: int
    conversation: str
    start: int
    end: int
    quote: str
    place: str
    rows: Sequence[Row]
    covers: int = 1

    @property
    def guid(self) -> str:
        """GUID of the selection."""
        return guid_of("selection", self.layer.name, self.number)

    @property
    def target(self) -> str | None:
        """What the passage is linked to; the links inside a segment are no links."""
        return None if self.layer.metadata.unit == "segment" else self.rows[0]["target_id"]


def rows_on_talks(layer: Layer, sources: Sequence[SourceText]) -> list[Row]:
    """Rows of a layer on conversations that a source can hold: with a label, and nowhere inside."""
    known = {source.conversation for source in sources}
    return [
        row
        for row in layer.table.iter_rows(named=True)
        if row["unit_id"] in known and row["label"] is not None and row["start_char"] is None
        and row["end_char"] is None and row["target_id"] is None
    ]  # fmt: skip


def passages_of(layer: Layer, sources: Sequence[SourceText]) -> Iterator[Passage]:
    """Passages of a layer; rows that no passage can say are left out."""
    source_of = {each.id: source for source in sources for each in source.said}
    unit = layer.metadata.unit
    groups = _segments(layer) if unit == "segment" else _same_place(layer)
    for number, rows in enumerate(groups):
        source = source_of.get(rows[0]["unit_id"])
        if source is None:
            continue
        ends = _across(rows, source) if unit == "segment" else _inside(unit, rows[0], source)
        if ends is None:
            continue
        start, end = ends
        place = rows[0]["unit_id"]
        if unit == "span":
            place = span_id(place, rows[0]["start_char"], rows[0]["end_char"])
        kept, covers = (rows[:1], len(rows)) if unit == "segment" else (rows, 1)
        quote = " ".join(source.text[start:end].split())[:60]
        yield Passage(layer, number, source.conversation, start, end, quote, place, kept, covers)


def _same_place(layer: Layer) -> list[list[Row]]:
    """Runs of rows with labels on one place; a row without a label stands alone."""
    groups: list[list[Row]] = []
    for row in layer.table.iter_rows(named=True):
        last = groups[-1][0] if groups else None
        keys = ("unit_id", "start_char", "end_char", "target_id")
        again = last is not None and all(last[key] == row[key] for key in keys)
        if again and last is not None and last["label"] is not None and row["label"] is not None:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _segments(layer: Layer) -> list[list[Row]]:
    """Rows of each segment: those linked to the row before them that is linked to none."""
    groups: list[list[Row]] = []
    for row in layer.table.iter_rows(named=True):
        if row["target_id"] is not None and groups and row["target_id"] == groups[-1][0]["unit_id"]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _inside(unit: str, row: Row, source: SourceText) -> tuple[int, int] | None:
    """Ends of a row in its source; None where reading would take it for another unit."""
    said = source.said[source.places[row["unit_id"]]]
    start, end = row["start_char"], row["end_char"]
    if unit == "utterance":
        return (said.begins, said.ends) if start is None and end is None else None
    if unit != "span" or start is None or end is None or not 0 <= start < end <= len(said.text):
        return None
    if said.text[start:end].strip() == said.text.strip():
        return None
    return said.begins + start, said.begins + end


def _across(rows: Sequence[Row], source: SourceText) -> tuple[int, int] | None:
    """Ends of a segment, if reading makes exactly these rows of it."""
    first, last = rows[0], rows[-1]
    places = [source.places.get(row["unit_id"]) for row in rows]
    if len(rows) < 2 or None in places or first["start_char"] is None or last["end_char"] is None:
        return None
    expected = []
    for place in range(places[0] or 0, (places[-1] or 0) + 1):
        said = source.said[place]
        start = first["start_char"] if said.id == first["unit_id"] else 0
        end = last["end_char"] if said.id == last["unit_id"] else len(said.text)
        if said.text[start:end].strip():
            link = None if said.id == first["unit_id"] else first["unit_id"]
            expected.append((said.id, start, end, link, first["label"], first["note"]))
    keys = ("unit_id", "start_char", "end_char", "target_id", "label", "note")
    if expected != [tuple(row[key] for key in keys) for row in rows]:
        return None
    begins, ends = (source.said[place or 0] for place in (places[0], places[-1]))
    if not 0 <= last["end_char"] <= len(ends.text):
        return None
    return begins.begins + first["start_char"], ends.begins + last["end_char"]
