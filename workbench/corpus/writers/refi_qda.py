"""Write a REFI-QDA project (`.qdpx`) that NVivo, ATLAS.ti, MAXQDA, QualCoder and others open.

Each conversation is a text source with lines `Speaker: words`; each speaker is a case with the
passages that are theirs; each coder is a user; each scheme is a folder of codes. A row of a layer is
a code on the passage of its unit, a row with null label a passage of the coder without a code. Facts
of conversations and speakers are variables. There are no dates in it, and GUIDs are made from names:
the same corpus gives the same bytes.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

from workbench.corpus.corpus import Corpus
from workbench.corpus.validation import Finding
from workbench.corpus.writers.refi.document import project_xml
from workbench.corpus.writers.refi.losses import lost_in_refi
from workbench.corpus.writers.refi.sources import sources_of
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_path

__all__ = ["WRITER"]

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Date of every file in the archive: the earliest that zip knows, so that bytes do not change."""


def _write(corpus: Corpus, path: Path) -> None:
    sources = sources_of(corpus)
    root = project_xml(corpus, sources)
    ElementTree.indent(root, space=" ")
    parts = {"project.qde": ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)}
    parts |= {f"sources/{each.guid}.txt": each.text.encode() for each in sources}
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)


def _lost(corpus: Corpus) -> list[Finding]:
    return lost_in_refi(corpus)


WRITER = Writer("refi-qda", "REFI-QDA project (.qdpx) for qualitative analysis", _write, _lost)
