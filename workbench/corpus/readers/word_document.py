"""A Word document as plain values: paragraphs with their bold beginnings, tables, what else is in it.

The XML is read here and not by python-docx, which passes over text that was inserted while changes
were tracked. Inserted text counts and deleted text does not, as if all changes had been accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from workbench.corpus.readers.archives import Archive, open_archive
from workbench.corpus.readers.grids import Row
from workbench.errors import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Paragraph", "WordDocument", "read_document"]

_WRAPPERS = {
    "sdt",
    "sdtContent",
    "customXml",
    "ins",
    "moveTo",
    "hyperlink",
    "smartTag",
    "fldSimple",
}
_REMOVED = {"del", "moveFrom"}
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_OFF = {"0", "false", "off"}
_BESIDE = {"header": "hdr", "footer": "ftr", "footnotes": "footnote", "endnotes": "endnote"}
"""Parts beside the text by the beginning of their names, and the element that holds their text."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: its 1-based number, and its text in two pieces, the bold beginning first."""

    number: int
    bold: str
    rest: str

    @property
    def text(self) -> str:
        """The whole text; line breaks inside it are kept."""
        return self.bold + self.rest


@dataclass(slots=True)
class WordDocument:
    """What a document holds; `left_out` counts comments, footnotes, headers and text boxes."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    tables: list[list[Row]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    inserted: int = 0
    deleted: int = 0


def read_document(path: Path) -> WordDocument:
    """Read a `.docx` file.

    Raises
    ------
    BadInput
        If it is no sound Word document, or has no text part.
    """
    with open_archive(path) as archive:
        root = archive.xml(_main_part(archive))
        found = WordDocument(left_out=_beside(archive))
    body = next((node for node in root if _name(node) == "body"), None)
    if body is None:
        raise BadInput.in_file(path, "this Word document has no text.", remedy="Save it again.")
    found.deleted = sum(_name(node) in _REMOVED for node in body.iter())
    found.inserted = sum(_name(node) in ("ins", "moveTo") and len(node) > 0 for node in body.iter())
    found.left_out["text box(es)"] += _text_boxes(body)
    _take_blocks(found, body)
    return found


def _name(node: Element) -> str:
    """Name without its namespace, of which there are two editions."""
    return str(node.tag).rsplit("}", 1)[-1]


def _attribute(node: Element, name: str) -> str:
    return next((v for key, v in node.attrib.items() if key.rsplit("}", 1)[-1] == name), "")


def _main_part(archive: Archive) -> str:
    """Name of the part with the text; some programs call it `document2.xml`."""
    for link in archive.xml("_rels/.rels"):
        if link.get("Type", "").endswith("/officeDocument"):
            return link.get("Target", "").lstrip("/")
    return "word/document.xml"


def _beside(archive: Archive) -> Counter[str]:
    counts: Counter[str] = Counter()
    for part in archive.names:
        place = PurePosixPath(part)
        if place.parent.name != "word" or place.suffix != ".xml":
            continue
        if place.stem == "comments":
            counts["comment(s)"] = sum(_name(node) == "comment" for node in archive.xml(part))
        for start, holder in _BESIDE.items():
            if place.stem.startswith(start):
                nodes = (node for node in archive.xml(part).iter() if _name(node) == holder)
                said = sum(any(_name(t) == "t" and t.text for t in node.iter()) for node in nodes)
                counts[f"{start.rstrip('s')}(s)"] += said
    return counts


def _text_boxes(body: Element) -> int:
    """Text boxes; newer ones stand in the file twice, once for older programs."""
    twice = sum(
        _name(inner) == "txbxContent"
        for node in body.iter()
        if _name(node) == "Fallback"
        for inner in node.iter()
    )
    return sum(_name(node) == "txbxContent" for node in body.iter()) - twice


# -- blocks ----------------------------------------------------------------------------------------


def _take_blocks(found: WordDocument, body: Element) -> None:
    number = rows = 0
    pending: list[tuple[str, bool]] = []
    for node in _inside(body, {"p", "tbl"}):
        if _name(node) == "tbl":
            table = list(_rows(node, rows + 1))
            rows += len(table)
            found.tables.append(table)
            continue
        number += 1
        pending += _pieces(node)
        if not _joins_the_next(node):
            found.paragraphs.append(_paragraph(number, pending))
            pending = []
    if pending:
        found.paragraphs.append(_paragraph(number, pending))


def _inside(node: Element, wanted: set[str]) -> Iterator[Element]:
    """Wanted elements right below a node, or inside the wrappers that may stand between."""
    for child in node:
        if _name(child) in wanted:
            yield child
        elif _name(child) in _WRAPPERS:
            yield from _inside(child, wanted)


def _joins_the_next(paragraph: Element) -> bool:
    """Whether the end of the paragraph was deleted while changes were tracked."""
    nodes = [paragraph]
    for name in ("pPr", "rPr", "del"):
        nodes = [child for node in nodes for child in node if _name(child) == name]
    return bool(nodes)


def _pieces(paragraph: Element) -> Iterator[tuple[str, bool]]:
    """Text and boldness of every run."""
    for run in _inside(paragraph, {"r"}):
        signs = (
            (child.text or "") if _name(child) == "t" else _SIGNS.get(_name(child), "")
            for child in run
        )
        yield "".join(signs), _is_bold(run)


def _is_bold(run: Element) -> bool:
    for properties in run:
        if _name(properties) == "rPr":
            for one in properties:
                if _name(one) == "b":
                    return _attribute(one, "val").lower() not in _OFF
                if _name(one) == "rStyle" and _attribute(one, "val") == "Strong":
                    return True
    return False


def _paragraph(number: int, pieces: Iterable[tuple[str, bool]]) -> Paragraph:
    bold = rest = ""
    for text, is_bold in pieces:
        if not rest.strip() and (is_bold or not text.strip()):
            bold, rest = bold + rest + text, ""
        else:
            rest += text
    return Paragraph(number, bold, rest)


def _rows(table: Element, first: int) -> Iterator[Row]:
    above: dict[int, str] = {}
    number = first
    for row in _inside(table, {"tr"}):
        if any(_name(one) == "del" for part in row if _name(part) == "trPr" for one in part):
            continue
        cells: list[str] = []
        for cell in _inside(row, {"tc"}):
            span, goes_on = _cell_facts(cell)
            text = above.get(len(cells), "") if goes_on else _cell_text(cell)
            above[len(cells)] = text
            cells += [text, *[""] * (span - 1)]
        yield number, cells
        number += 1


def _cell_facts(cell: Element) -> tuple[int, bool]:
    """How many columns a cell spans, and whether it goes on with the one above."""
    span, goes_on = 1, False
    for properties in cell:
        if _name(properties) == "tcPr":
            for one in properties:
                value = _attribute(one, "val")
                if _name(one) == "gridSpan" and value.isdecimal() and len(value) < 3:
                    span = max(1, int(value))
                elif _name(one) == "vMerge":
                    goes_on = value != "restart"
    return span, goes_on


def _cell_text(cell: Element) -> str:
    paragraphs = _inside(cell, {"p", "tbl"})
    lines = [
        "".join(text for text, _ in _pieces(node))
        for one in paragraphs
        for node in ([one] if _name(one) == "p" else (n for n in one.iter() if _name(n) == "p"))
    ]
    return "\n".join(line for line in lines if line.strip())
