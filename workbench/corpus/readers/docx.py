"""Word documents (`.docx`): a table of turns, or paragraphs `Name: text`.

A table with a header for the words and for who says them, or one that begins with a turn, is read
as `table` reads it; several are one conversation. Otherwise paragraphs are read as `plain` reads
them, each a line after an empty one, and rows in messages count paragraphs. Two more ways of
naming a speaker count in a document: a bold name without a colon, at the start of a paragraph or
alone above what is said, where it comes twice or is a word for a role; and a line with a name and
a time alone (`Ann   0:12`, `00:00:12 Speaker 1`), as recognisers export, where two have it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cues import corpus_of_cues, is_speaker_word
from workbench.corpus.readers.grids import Grid, named_table
from workbench.corpus.readers.naming import opening
from workbench.corpus.readers.office import confidence, refuse_older_form
from workbench.corpus.readers.plain import Transcript, doubts, transcript_of
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.table import corpus_of_table
from workbench.corpus.readers.word_document import Paragraph, WordDocument, read_document
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_CLOCK = r"\[?(\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)\]?"
_HEAD = re.compile(rf"(?:{_CLOCK}\s+(.{{1,60}}?)|(.{{1,60}}?)\s+{_CLOCK})\s*:?\s*")


def _sniff(path: Path) -> float:
    return confidence(path, part=r"word/document\d*\.xml", endings=(".docx", ".docm", ".doc"))


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    refuse_older_form(path, save_as=".docx")
    document = read_document(path)
    asked = dict(columns or {})
    grids = [grid for table in document.tables if (grid := named_table(table, asked))]
    sure = [grid for grid in grids if grid.sure]
    found, row_of = _transcript(document.paragraphs)
    if sure or (grids and not found.cues):
        corpus = _of_tables(path, sure or grids, asked, roles)
        outside = sum(bool(paragraph.text.strip()) for paragraph in document.paragraphs)
        told = _outside(path, outside, "paragraph(s) outside the table")
    elif found.cues:
        header = "\n".join(found.header)
        corpus = corpus_of_cues(
            path,
            [replace(cue, row=row_of[cue.row]) for cue in found.cues],
            roles=roles,
            facts={"meta.header": header} if header else None,
            findings=doubts(path, [row_of[row] for row in found.doubtful]),
        )
        told = _outside(path, len(document.tables), "table(s) without dialogue")
    else:
        raise BadInput.in_file(
            path,
            "no paragraph begins with the name of someone who speaks, and no table holds turns.",
            remedy="Expected `Therapist: How are you?`, bold names, or a table with a header.",
        )
    return replace(corpus, findings=(*corpus.findings, *told, *_notes(path, document)))


# -- tables ----------------------------------------------------------------------------------------


def _of_tables(
    path: Path, grids: Sequence[Grid], asked: Mapping[str, str], roles: Mapping[str, str] | None
) -> Corpus:
    table = pl.concat([grid.table for grid in grids], how="diagonal_relaxed")
    corpus = corpus_of_table(path, table, columns=asked, roles=roles)
    above = [row for grid in grids for row in grid.above]
    return replace(
        corpus,
        findings=(*corpus.findings, *_outside(path, len(above), "row(s) above the header")),
    )


# -- paragraphs ------------------------------------------------------------------------------------


def _transcript(paragraphs: Sequence[Paragraph]) -> tuple[Transcript, dict[int, int]]:
    """Turns of the paragraphs, and the paragraph of every line that they were read from."""
    lines: list[str] = []
    row_of: dict[int, int] = {}
    for number, text in _with_colons(paragraphs):
        if text.strip():
            made = text.strip().split("\n")
            row_of |= {len(lines) + place: number for place in range(1, len(made) + 1)}
            lines += [*made, ""]
    return transcript_of("\n".join(lines)), row_of


def _with_colons(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[int, str]]:
    """Texts in which every way of naming a speaker is `Name:`."""
    names = _bold_names(paragraphs)
    heads = [_head(line) for one in paragraphs for line in one.text.split("\n")]
    several = sum(head is not None for head in heads) > 1
    for one in paragraphs:
        name = _bold_beginning(one)
        if name in names:
            yield one.number, f"{name}: {one.rest.strip()}"
        elif several:
            lines = [_timed(line) or line for line in one.text.split("\n")]
            yield one.number, "\n".join(lines)
        else:
            yield one.number, one.text


def _bold_names(paragraphs: Sequence[Paragraph]) -> set[str]:
    """Bold beginnings that are names, unless they are so rare that bold is only stress."""
    begun = Counter(name for one in paragraphs if (name := _bold_beginning(one)))
    names = {name: n for name, n in begun.items() if n > 1 or is_speaker_word(name)}
    filled = sum(bool(one.text.strip()) for one in paragraphs)
    return set(names) if 4 * sum(names.values()) >= filled else set()


def _bold_beginning(paragraph: Paragraph) -> str | None:
    """What could be a name in a bold beginning that no colon ends."""
    name = paragraph.bold.strip()
    rest = paragraph.rest
    parted = not rest or paragraph.bold[-1:].isspace() or rest[0].isspace()
    if not name or not parted or rest.lstrip().startswith((":", "：")):
        return None
    return name if opening(f"{name}: x") else None


def _head(line: str) -> str | None:
    """Name on a line that holds a name and a time alone."""
    found = _HEAD.fullmatch(line.strip())
    name = (found[2] or found[3]).strip() if found else ""
    return name if name and opening(f"{name}: x") else None


def _timed(line: str) -> str | None:
    found = _HEAD.fullmatch(line.strip())
    if found is None or _head(line) is None:
        return None
    return f"[{found[1] or found[4]}] {_head(line)}:"


# -- what was left out -----------------------------------------------------------------------------


def _outside(path: Path, count: int, what: str) -> list[Finding]:
    if not count:
        return []
    message = f"{count} {what} were left out."
    return [Finding("note", "left out", count, str(path), message, "Only turns are read.")]


def _notes(path: Path, document: WordDocument) -> list[Finding]:
    told = []
    if document.inserted or document.deleted:
        count = document.inserted + document.deleted
        message = (
            f"changes were tracked: {document.inserted} insertion(s) and "
            f"{document.deleted} deletion(s) stand in the document."
        )
        mend = "Inserted text counts, deleted text does not."
        told.append(Finding("note", "tracked changes", count, str(path), message, mend))
    beside = {what: count for what, count in document.left_out.items() if count}
    if beside:
        message = f"left out: {', '.join(f'{count} {what}' for what, count in beside.items())}."
        mend = "Only the text itself and its tables are read."
        told.append(
            Finding("note", "beside the text", sum(beside.values()), str(path), message, mend)
        )
    return told


READER = Reader("docx", "Word documents, a table of turns or `Name: text` (.docx)", _sniff, _read)
