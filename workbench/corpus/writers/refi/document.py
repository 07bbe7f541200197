"""The XML of a REFI-QDA project, element by element in the order of the published schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import polars as pl

from workbench.corpus.code_tree import ORIGIN
from workbench.corpus.codebook import Code
from workbench.corpus.codebook_exchange import add_codes, guid_of
from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.writers.refi.passages import Passage, passages_of, rows_on_talks
from workbench.corpus.writers.refi.sources import SourceText
from workbench.corpus.writers.xml_text import xml_text

__all__ = ["NAMESPACE", "codebook_of", "project_xml", "targets_of"]

NAMESPACE = "urn:QDA-XML:project:1.0"

_TYPES = {
    pl.String: "Text",
    pl.Boolean: "Boolean",
    pl.Int64: "Integer",
    pl.Float64: "Float",
    pl.Date: "Date",
    pl.Datetime: "DateTime",
}


@dataclass(frozen=True, slots=True)
class _Coded:
    """What the layers put into the project."""

    passages: Sequence[Passage]
    on_talks: Sequence[tuple[Layer, Mapping[str, Any]]]

    def layers(self) -> list[Layer]:
        """Layers that have anything in it."""
        return [*(each.layer for each in self.passages), *(layer for layer, _ in self.on_talks)]


def project_xml(corpus: Corpus, sources: Sequence[SourceText]) -> Element:
    """Make the `Project` element of a corpus."""
    coded = _Coded(
        [each for layer in corpus.layers for each in passages_of(layer, sources)],
        [
            (layer, row)
            for layer in corpus.layers
            if layer.metadata.unit == "conversation"
            for row in rows_on_talks(layer, sources)
        ],
    )
    root = _element(None, "Project", xmlns=NAMESPACE, name=corpus.metadata.name, origin=ORIGIN)
    _add_users(root, coded.layers())
    codes = codebook_of(corpus)
    if len(codes):
        SubElement(root, "CodeBook").append(codes)
    _add_variables(root, corpus)
    _add_cases(root, corpus, sources)
    if sources:
        _add_sources(root, corpus, sources, coded)
    _add_notes(root, coded)
    _add_links(root, coded.passages, sources)
    return root


def _element(parent: Element | None, tag: str, **attributes: str) -> Element:
    safe = {name: xml_text(value) for name, value in attributes.items()}
    return Element(tag, safe) if parent is None else SubElement(parent, tag, safe)


def _user_guid(layer: Layer) -> str:
    about = layer.metadata
    return guid_of("user", about.coder, about.coder_kind, about.round)


def _add_users(root: Element, layers: Iterable[Layer]) -> None:
    once = {_user_guid(layer): layer.metadata for layer in layers}
    users = SubElement(root, "Users") if once else root
    for guid, about in once.items():
        user = _element(users, "User", guid=guid, name=about.coder)
        if (about.coder_kind, about.round) != ("human", 1):
            user.set("id", f"{about.coder_kind}:{about.round}")


# -- codes -----------------------------------------------------------------------------------------


def codebook_of(corpus: Corpus) -> Element:
    """The `Codes` element: a folder per scheme, unless one scheme has the corpus's own name."""
    root = Element("Codes")
    schemes: dict[str, list[Layer]] = {}
    for layer in corpus.layers:
        if layer.table.height:
            schemes.setdefault(layer.metadata.scheme, []).append(layer)
    for name, layers in schemes.items():
        codes = _codes(layers)
        top = any(code.codable and code.parent is None for code in codes)
        if list(schemes) == [corpus.metadata.name] and top:
            add_codes(root, name, codes)
            continue
        guid = guid_of("scheme", name)
        folder = _element(root, "Code", guid=guid, name=name, isCodable="false")
        add_codes(folder, name, codes)
    return root


def _codes(layers: Sequence[Layer]) -> list[Code]:
    """Codes of a scheme, each behind its parents; what is known of them stands in the facts."""
    known = {k: v for layer in layers for k, v in layer.metadata.facts.get("codes", {}).items()}
    labels = [label for layer in layers for label in layer.metadata.labels]
    for layer in layers:
        labels += layer.table["label"].drop_nulls().unique().sort().to_list()
    made: dict[str, Code] = {}

    def add(label: str, above: tuple[str, ...]) -> None:
        told = known.get(label, {})
        parent = told.get("parent")
        if parent is not None and parent not in above:
            add(parent, (*above, label))
        if label not in made:
            definition, colour = told.get("definition", ""), told.get("colour")
            made[label] = Code(label, definition, (), parent, colour, told.get("codable", True))

    for label in labels:
        add(label, ())
    return list(made.values())


# -- variables and cases ---------------------------------------------------------------------------


def _columns(corpus: Corpus) -> list[tuple[str, pl.DataFrame, list[str]]]:
    """Tables with the columns that become variables: those with a value of a kind REFI-QDA knows."""
    found = []
    for kind, table in (("conversation", corpus.conversations), ("speaker", corpus.speakers)):
        names = [
            n
            for n in table.columns
            if n != "id" and table[n].dtype.base_type() in _TYPES and table[n].drop_nulls().len()
        ]
        found.append((kind, table, names))
    return found


def _add_variables(root: Element, corpus: Corpus) -> None:
    variables = Element("Variables")
    for kind, table, names in _columns(corpus):
        for name in names:
            guid = guid_of("variable", kind, name)
            type_ = _TYPES[table[name].dtype.base_type()]
            _element(variables, "Variable", guid=guid, name=name, typeOfVariable=type_)
    if len(variables):
        root.append(variables)


def _add_values(parent: Element, kind: str, row: Mapping[str, Any], table: pl.DataFrame) -> None:
    for name, value in row.items():
        type_ = _TYPES.get(table[name].dtype.base_type())
        if name == "id" or value is None or type_ is None:
            continue
        holder = SubElement(parent, "VariableValue")
        _element(holder, "VariableRef", targetGUID=guid_of("variable", kind, name))
        SubElement(holder, f"{type_}Value").text = xml_text(_written(value))


def _written(value: Any) -> str:
    """A value as the schema writes it: decimals without exponent, dates in ISO 8601."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        number = Decimal(repr(value))
        return f"{number:f}" if number.is_finite() else "0"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _add_cases(root: Element, corpus: Corpus, sources: Sequence[SourceText]) -> None:
    passages: dict[str, list[str]] = {}
    for source in sources:
        for each in source.said:
            passages.setdefault(each.speaker, []).append(each.guid)
    cases = Element("Cases")
    for row in corpus.speakers.iter_rows(named=True):
        case = _element(cases, "Case", guid=guid_of("case", row["id"]), name=row["id"])
        _add_values(case, "speaker", row, corpus.speakers)
        for guid in passages.get(row["id"], []):
            _element(case, "SelectionRef", targetGUID=guid)
    if len(cases):
        root.append(cases)


# -- sources, notes and links ----------------------------------------------------------------------


def _add_sources(
    root: Element, corpus: Corpus, sources: Sequence[SourceText], coded: _Coded
) -> None:
    holder = SubElement(root, "Sources")
    facts = {row["id"]: row for row in corpus.conversations.iter_rows(named=True)}
    passages: dict[str, list[Passage]] = {}
    for each in coded.passages:
        passages.setdefault(each.conversation, []).append(each)
    for source in sources:
        element = _element(
            holder,
            "TextSource",
            guid=source.guid,
            name=source.conversation,
            plainTextPath=f"internal://{source.guid}.txt",
        )
        for said in source.said:
            _add_selection(element, said.guid, said.id, said.begins, said.ends)
        for each in passages.get(source.conversation, []):
            _add_passage(element, each)
        for layer, row in coded.on_talks:
            if row["unit_id"] == source.conversation:
                _add_coding(element, layer, row, "talk", layer.name, row["unit_id"], row["label"])
        _add_values(element, "conversation", facts[source.conversation], corpus.conversations)


def _add_selection(parent: Element, guid: str, name: str, start: int, end: int) -> Element:
    return _element(
        parent,
        "PlainTextSelection",
        guid=guid,
        name=name,
        startPosition=str(start),
        endPosition=str(end),
    )


def _add_passage(source: Element, passage: Passage) -> None:
    empty = passage.rows[0]["label"] is None
    name = passage.layer.metadata.scheme if empty else passage.quote
    selection = _add_selection(source, passage.guid, name, passage.start, passage.end)
    selection.set("creatingUser", _user_guid(passage.layer))
    if empty:
        if passage.rows[0]["note"] is not None:
            _element(selection, "NoteRef", targetGUID=guid_of("note", passage.guid, 0))
        return
    for place, row in enumerate(passage.rows):
        _add_coding(selection, passage.layer, row, passage.guid, place)


def _add_coding(parent: Element, layer: Layer, row: Mapping[str, Any], *key: object) -> None:
    guid = guid_of("coding", *key)
    coding = _element(parent, "Coding", guid=guid, creatingUser=_user_guid(layer))
    _element(coding, "CodeRef", targetGUID=guid_of("code", layer.metadata.scheme, row["label"]))
    if row["note"] is not None:
        _element(coding, "NoteRef", targetGUID=guid_of("note", *key))


def _add_notes(root: Element, coded: _Coded) -> None:
    notes = Element("Notes")
    for each in coded.passages:
        for place, row in enumerate(each.rows):
            _add_note(notes, row, each.guid, place)
    for layer, row in coded.on_talks:
        _add_note(notes, row, "talk", layer.name, row["unit_id"], row["label"])
    if len(notes):
        root.append(notes)


def _add_note(notes: Element, row: Mapping[str, Any], *key: object) -> None:
    if row["note"] is not None:
        note = _element(notes, "Note", guid=guid_of("note", *key), name="note")
        SubElement(note, "PlainTextContent").text = xml_text(row["note"])


def targets_of(
    passages: Sequence[Passage], sources: Sequence[SourceText]
) -> dict[tuple[str, str], str]:
    """(layer, place) -> GUID of the passage there; ("", id) for whole utterances."""
    found = {("", said.id): said.guid for source in sources for said in source.said}
    for each in passages:
        found.setdefault((each.layer.name, each.place), each.guid)
    return found


def _add_links(root: Element, passages: Sequence[Passage], sources: Sequence[SourceText]) -> None:
    known = targets_of(passages, sources)
    links = Element("Links")
    for each in passages:
        target = each.target
        if target is None:
            continue
        guid = known.get(("", target)) or known.get((each.layer.name, target))
        if guid is not None:
            ends = {"originGUID": each.guid, "targetGUID": guid}
            made = guid_of("link", each.guid)
            _element(links, "Link", guid=made, name="link", direction="OneWay", **ends)
    if len(links):
        root.append(links)
