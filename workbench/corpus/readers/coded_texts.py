"""Texts that a coding tool kept one by one, with whatever columns went in beside them, as a corpus.

Columns are known by their names (as in the `table` reader): `conversation_id`, `speaker`, `turn`,
`topic`, ... Where none names the conversation, the file is one; where none names the speaker, nobody
is known to speak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.cues import UNNAMED
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.guessing import by_name, role_of_word
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.readers.table import split_off_conversations
from workbench.corpus.readers.times import seconds, unreadable
from workbench.corpus.schema import CONVERSATION_COLUMNS, ROW, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["CodedText", "corpus_of_texts"]

_NUMBERED = ("turn", "session_number")


@dataclass(frozen=True, slots=True)
class CodedText:
    """One text: its id in the corpus, its words, its 1-based place in the file, what stands beside."""

    id: str
    text: str
    row: int
    beside: Mapping[str, Any]


def corpus_of_texts(
    path: Path,
    texts: Sequence[CodedText],
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    layers: Sequence[Layer] = (),
    findings: Sequence[Finding] = (),
) -> Corpus:
    """Make a corpus of texts in their order.

    Raises
    ------
    BadInput
        If there is no text, or `columns` names a column that is not there.
    """
    if not texts:
        raise BadInput.in_file(path, "there is no text in it.")
    known, _ = flatten([text.beside for text in texts])
    rows = pl.Series(ROW, [text.row for text in texts], dtype=pl.Int64)
    free = [column for column in known if column.name != ROW]
    frame = _renamed(path, pl.DataFrame([rows, *free]), dict(columns or {}))
    frame = frame.with_columns(
        pl.Series("id", [text.id for text in texts], dtype=pl.String),
        pl.Series("text", [text.text for text in texts], dtype=pl.String),
    )
    frame, talks = split_off_conversations(_with_speakers(path, frame))
    times: list[Finding] = []
    for name in {"start", "end"} & set(frame.columns):
        read = seconds(frame[name])
        times += unreadable(frame[name], read, frame[ROW], str(path))
        frame = frame.with_columns(read.alias(name))
    return Corpus.build(
        frame,
        conversations=talks,
        layers=layers,
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=roles,
        findings=[*findings, *times],
        where=str(path),
    )


def _renamed(path: Path, frame: pl.DataFrame, asked: dict[str, str]) -> pl.DataFrame:
    """Columns under our names: what was asked for, then what is called so; `id` and `text` are told."""
    present = [name for name in frame.columns if name != ROW]
    for theirs in asked:
        if theirs not in present:
            raise BadInput.in_file(path, str(BadInput.unknown("column", theirs, present)))
    rest = [name for name in present if name not in asked]
    ours = {*UTTERANCE_COLUMNS, *CONVERSATION_COLUMNS} - {"id", "text"}
    exact = {name: name for name in rest if name in ours and name not in asked.values()}
    taken = [*asked.values(), *exact, "id", "text"]
    guessed = by_name(frame.select([n for n in rest if n not in exact]), taken=taken)
    named = {**asked, **exact, **guessed}
    for theirs, target in list(named.items()):
        numbers = frame[theirs].cast(pl.Int64, strict=False)
        if target in _NUMBERED and numbers.null_count() > frame[theirs].null_count():
            del named[theirs]
    aside = {name: f"meta.{name}" for name in {"id", "text", *named.values()} if name in rest}
    return frame.rename({**aside, **named})


def _with_speakers(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill in who speaks in which conversation as far as it is known."""
    texts = {"conversation_id", "speaker", "role"} & set(frame.columns)
    frame = frame.with_columns(pl.col(name).cast(pl.String) for name in texts)
    if "conversation_id" not in texts:
        frame = frame.with_columns(pl.lit(bare_name(path)).alias("conversation_id"))
    if "speaker" not in texts:
        who = pl.col("role").fill_null(UNNAMED) if "role" in texts else pl.lit(UNNAMED)
        frame = frame.with_columns((who + "-" + pl.col("conversation_id")).alias("speaker"))
    if "role" not in texts:
        words = {word: role_of_word(word) for word in frame["speaker"].drop_nulls().unique()}
        said = pl.col("speaker").replace_strict(words, default=None, return_dtype=pl.String)
        frame = frame.with_columns(said.alias("role"))
    return frame.with_columns(pl.col("speaker").fill_null(UNNAMED))
