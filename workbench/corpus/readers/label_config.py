"""The labelling interface of Label Studio (`label_config.xml`): its labels, and where the words are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from workbench.corpus.readers.archives import parse_xml
from workbench.corpus.readers.opening import read_content

__all__ = ["CONFIG", "Control", "LabelConfig", "read_label_config"]

CONFIG = "label_config.xml"


@dataclass(frozen=True, slots=True)
class Control:
    """A control tag: what an annotator clicks."""

    tag: str
    labels: tuple[str, ...]
    single: bool


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """Controls by name, and the keys of the data that hold the words."""

    controls: Mapping[str, Control] = field(default_factory=dict)
    text: str | None = None
    dialogue: str | None = None
    name_key: str = "author"
    text_key: str = "text"


def read_label_config(path: Path) -> LabelConfig:
    """Read the interface; an empty one where there is no such file.

    Raises
    ------
    BadInput
        If the file is no readable XML.
    """
    if not path.is_file():
        return LabelConfig()
    root = parse_xml(read_content(path), where=path)
    controls = {
        each.attrib["name"]: Control(each.tag, _labels(each), _single(each))
        for each in root.iter()
        if "name" in each.attrib and "toName" in each.attrib
    }
    told = {each.tag: each.attrib for each in root.iter() if each.tag in ("Text", "Paragraphs")}
    paragraphs = told.get("Paragraphs", {})
    return LabelConfig(
        controls,
        text=_key(told.get("Text", {})),
        dialogue=_key(paragraphs),
        name_key=paragraphs.get("nameKey", "author"),
        text_key=paragraphs.get("textKey", "text"),
    )


def _labels(control: Element) -> tuple[str, ...]:
    """What the control can give, as results spell it; paths of a taxonomy by `/`."""
    found: list[str] = []

    def collect(parent: Element, path: str) -> None:
        for each in parent:
            if each.tag not in ("Label", "Choice"):
                continue
            name = each.attrib.get("alias") or each.attrib.get("value", "")
            found.append(f"{path}{name}")
            collect(each, f"{path}{name}/" if control.tag == "Taxonomy" else path)

    collect(control, "")
    return tuple(dict.fromkeys(found))


def _single(control: Element) -> bool:
    return control.tag != "Taxonomy" and control.attrib.get("choice", "single") != "multiple"


def _key(tag: Mapping[str, str]) -> str | None:
    value = tag.get("value", "")
    return value.removeprefix("$") if value.startswith("$") else None
