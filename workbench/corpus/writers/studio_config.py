"""The labelling interface of Label Studio (`label_config.xml`) for the schemes of some layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from workbench.corpus.layer import Layer
from workbench.corpus.writers.colours import colour_of
from workbench.corpus.writers.xml_text import xml_text

__all__ = ["control_name", "label_config", "labels_of"]


def control_name(layer: Layer) -> str:
    """Name of the control of a layer: its scheme, with the unit behind it where it is no utterance."""
    about = layer.metadata
    return about.scheme if about.unit == "utterance" else f"{about.scheme}.{about.unit}"


def labels_of(layers: Sequence[Layer], layer: Layer) -> dict[str, Any]:
    """Labels and `exclusive` of a layer as the interface will say them: those of its whole scheme."""
    same = [each for each in layers if each.metadata.scheme == layer.metadata.scheme]
    labels = tuple(dict.fromkeys(xml_text(x) for each in same for x in _offered(each)))
    return {"labels": labels, "exclusive": all(_single(each) for each in same)}


def _offered(layer: Layer) -> list[str]:
    used = layer.table["label"].drop_nulls().unique().sort().to_list()
    return list(dict.fromkeys([*layer.metadata.labels, *used]))


def _single(layer: Layer) -> bool:
    places = layer.table.select("unit_id", "start_char", "end_char")
    return layer.metadata.exclusive and not places.is_duplicated().any()


def label_config(layers: Sequence[Layer]) -> bytes:
    """XML of an interface that shows a dialogue and offers the labels of every scheme.

    Colours and definitions of codes are taken from `facts["codes"]` of a layer where it has them.
    """
    view = ElementTree.Element("View")
    for name, same in _by_control(layers).items():
        about = same[0].metadata
        whole = about.unit == "conversation"
        offered = labels_of(layers, same[0])
        tag = "Choices" if whole else "ParagraphLabels"
        choice = "single" if offered["exclusive"] else "multiple"
        _add(view, "Header", value=name)
        control = _add(view, tag, name=name, toName="dialogue", choice=choice)
        known = [each.metadata.facts.get("codes", {}) for each in same]
        codes = {label: code for each in known for label, code in each.items()}
        for place, label in enumerate(offered["labels"]):
            _add_label(control, "Choice" if whole else "Label", label, codes.get(label, {}), place)
        each_region = {} if whole else {"perRegion": "true"}
        if any(layer.table["value"].null_count() < layer.table.height for layer in same):
            _add(view, "Number", name=f"{name}.value", toName="dialogue", **each_region)
        if any(layer.table["note"].null_count() < layer.table.height for layer in same):
            _add(view, "TextArea", name=f"{name}.note", toName="dialogue", **each_region)
    _add(
        view,
        "Paragraphs",
        name="dialogue",
        value="$dialogue",
        layout="dialogue",
        nameKey="author",
        textKey="text",
    )
    ElementTree.indent(view)
    # no XML declaration: Label Studio parses the text of the interface, where one is refused
    return ElementTree.tostring(view, encoding="utf-8", xml_declaration=False) + b"\n"


def _by_control(layers: Iterable[Layer]) -> dict[str, list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        found.setdefault(control_name(layer), []).append(layer)
    return found


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {k: xml_text(v) for k, v in attributes.items()})


def _add_label(
    control: ElementTree.Element, tag: str, label: str, code: Mapping[str, Any], place: int
) -> None:
    made = _add(control, tag, value=label)
    if tag == "Label":
        made.set("background", str(code.get("colour") or colour_of(place)))
    if code.get("definition"):
        made.set("hint", xml_text(str(code["definition"])))
