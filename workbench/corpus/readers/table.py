"""Tables with one utterance a row: CSV, TSV, JSON Lines, Parquet, whatever the columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.guessing import NAMES, by_content, by_name, role_of_word
from workbench.corpus.readers.jsonlike import first_record
from workbench.corpus.readers.opening import bare_name, header, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import (
    as_numbers,
    read_csv,
    read_flat_records,
    read_parquet,
    separator_of,
)
from workbench.corpus.readers.times import seconds, unreadable
from workbench.corpus.schema import CONVERSATION_COLUMNS, META, ROW, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.errors import BadInput, shown

__all__ = ["READER", "corpus_of_table", "read_rows", "speaks", "split_off_conversations"]

_PARQUET = b"PAR1"
_JSON_STARTS = ("{", "[")


def _sniff(path: Path) -> float:
    if not path.is_file():
        return 0.0
    if _is_parquet(path):
        return 0.5
    start = peek(path).lstrip()
    if start.startswith(_JSON_STARTS):
        record = first_record(path)
        return 0.4 if isinstance(record, dict) and speaks(list(record)) else 0.0
    separator = separator_of(path)
    if separator is None:
        return 0.0
    names = header(path, separator)
    if speaks(names):
        return 0.6
    return 0.35 if path.name.removesuffix(".gz").endswith((".csv", ".tsv")) else 0.0


def speaks(names: list[str]) -> bool:
    """Whether names include one for the words and one for who says them."""
    meant = set(by_name(pl.DataFrame({name: [""] for name in names if name})).values())
    return "text" in meant and bool(meant & {"speaker", "role"})


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as opened:
        return opened.read(4) == _PARQUET


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_table(path, _raw(path), columns=columns, roles=roles)


def corpus_of_table(
    path: Path,
    raw: pl.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    conversation: str | None = None,
    where: str | None = None,
) -> Corpus:
    """Make a corpus of a table with one utterance a row; what its columns mean is guessed.

    Parameters
    ----------
    raw
        The table, with the source row in the scratch column.
    conversation
        Id of the conversation where no column names one; by default the file's name.
    where
        Part of the file, for the messages; by default the file.

    Raises
    ------
    BadInput
        If no column can be taken for the text or none for the speaker.
    """
    where = where or str(path)
    raw = _blank_to_null(raw)
    mapping, shown = _mapping(where, raw, columns or {})
    frame = raw.rename(mapping).with_columns(pl.col("text").cast(pl.String).fill_null(""))
    frame, more = _shape(where, frame, roles or {}, conversation or bare_name(path))
    frame, talks = split_off_conversations(frame)
    times: list[Finding] = []
    for name in ("start", "end"):
        if name in frame.columns:
            read = seconds(frame[name])
            times += unreadable(frame[name], read, frame[ROW], where)
            frame = frame.with_columns(read.alias(name))
    return Corpus.build(
        _typed(frame),
        conversations=talks,
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=roles,
        findings=[*shown, *more, *times],
        where=where,
    )


def read_rows(path: Path) -> pl.DataFrame:
    """Read a plain table (CSV, TSV, JSONL, Parquet) with numbers as numbers, as for outcomes.

    Raises
    ------
    BadInput
        If the file is missing, empty or not readable as a table.
    """
    if not path.is_file():
        raise BadInput.in_file(path, "there is no such file.")
    rows = _blank_to_null(_raw(path)).drop(ROW, strict=False)
    return rows.with_columns(as_numbers(rows[name]) for name in rows.columns)


def _raw(path: Path) -> pl.DataFrame:
    if _is_parquet(path):
        return read_parquet(path)
    if peek(path).lstrip().startswith(_JSON_STARTS):
        return read_flat_records(path)
    return read_csv(path, separator=separator_of(path) or ",")


def _blank_to_null(raw: pl.DataFrame) -> pl.DataFrame:
    texts = pl.col(pl.String)
    return raw.with_columns(pl.when(texts.str.strip_chars() != "").then(texts))


# -- what the columns mean -------------------------------------------------------------------------


def _mapping(
    where: str, raw: pl.DataFrame, asked: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """Source column -> ours: what was asked for, then by name, then by content."""
    present = [name for name in raw.columns if name != ROW]
    for theirs, ours in asked.items():
        if theirs not in present:
            raise BadInput.in_file(
                where, str(BadInput.unknown("column", theirs, present)), remedy="Correct columns=."
            )
        if ours not in {*UTTERANCE_COLUMNS, *CONVERSATION_COLUMNS} and not ours.startswith(META):
            raise BadInput.unknown("column here", ours, [*UTTERANCE_COLUMNS, *CONVERSATION_COLUMNS])
    rest = raw.select([name for name in present if name not in asked])
    named = _sensible(by_name(rest, taken=list(asked.values())), rest)
    guessed = by_content(rest, {**asked, **named})
    mapping = {**asked, **named, **guessed}
    if "text" not in mapping.values() or not {"speaker", "role"} & set(mapping.values()):
        raise BadInput.in_file(
            where,
            "no column could be taken for the text, or none for the speaker.",
            remedy=f"Columns there: {shown(present)}. "
            "Say which: columns={'their name': 'text', 'their name': 'speaker'}.",
        )
    return _freed(mapping, raw), _shown(where, named, guessed)


def _sensible(named: dict[str, str], raw: pl.DataFrame) -> dict[str, str]:
    """Take an `..._id` that counts for the turn, and drop a turn or session that is no number."""
    sensible = dict(named)
    for theirs, ours in named.items():
        numbers = raw[theirs].cast(pl.Int64, strict=False)
        counts = numbers.null_count() == raw[theirs].null_count()
        if ours == "id" and theirs.lower() != "id":
            repeats = raw[theirs].is_duplicated().any()
            small = counts and bool((numbers < 2 * raw.height).all())
            if repeats or small:
                del sensible[theirs]
            if small and "turn" not in named.values():
                sensible[theirs] = "turn"
        if ours in ("turn", "session_number") and not counts:
            del sensible[theirs]
    return sensible


def _freed(mapping: dict[str, str], raw: pl.DataFrame) -> dict[str, str]:
    """Also move aside columns whose name is taken by another one, so that none is lost."""
    taken = set(mapping.values())
    aside = {name: f"{META}{name}" for name in raw.columns if name in taken and name not in mapping}
    return {**mapping, **aside}


def _shown(where: str, named: Mapping[str, str], guessed: Mapping[str, str]) -> list[Finding]:
    told = [f"{theirs} -> {ours}" for theirs, ours in named.items() if theirs != ours]
    told += [f"{theirs} -> {ours} (by content)" for theirs, ours in guessed.items()]
    if not told:
        return []
    message = f"columns guessed: {', '.join(told)}."
    mend = "Correct with columns={'their name': 'our name', ...} or --column THEIRS=OURS."
    return [Finding("note", "columns guessed", len(told), where, message, mend)]


# -- who speaks, in which conversation -------------------------------------------------------------


def _shape(
    where: str, frame: pl.DataFrame, roles: Mapping[str, str], conversation: str
) -> tuple[pl.DataFrame, list[Finding]]:
    """Fill `conversation_id`, `speaker` and `role` where the table says them another way."""
    notes: list[Finding] = []
    if "conversation_id" not in frame.columns:
        frame = frame.with_columns(pl.lit(conversation).alias("conversation_id"))
        message = "no column names the conversation: the file is taken for one conversation."
        mend = "If it holds several, say which column: columns={'their name': 'conversation_id'}."
        notes.append(Finding("note", "one conversation", 1, where, message, mend))
    frame = frame.with_columns(pl.col("conversation_id").cast(pl.String))
    stated = "role" if "role" in frame.columns else "speaker"
    frame = frame.with_columns(pl.col(stated).cast(pl.String))
    words = {word: role_of_word(word) for word in frame[stated].drop_nulls().unique().sort()}
    known = {word: role for word, role in words.items() if role is not None}
    if stated == "speaker" and known and len(known) == len(words):  # roles stand in for names
        frame = frame.rename({"speaker": "role"})
    if "speaker" not in frame.columns:
        frame = frame.with_columns(
            (pl.col("role") + "-" + pl.col("conversation_id")).alias("speaker")
        )
    if "role" not in frame.columns:
        frame = frame.with_columns(
            pl.col("speaker").replace_strict(known, default=None).alias("role")
        )
    translated = {w: r for w, r in known.items() if w not in roles and w.lower() != r}
    frame = frame.with_columns(pl.col("role").cast(pl.String).replace(translated))
    if translated:
        told = ", ".join(f"{word} -> {role}" for word, role in translated.items())
        message, mend = f"roles guessed: {told}.", "Correct with roles={'their word': 'role', ...}."
        notes.append(Finding("note", "roles guessed", len(translated), where, message, mend))
    return frame, notes


def split_off_conversations(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Facts of whole conversations (`topic`, `quality`, ...) leave the rows, if they are constant."""
    facts = [name for name in CONVERSATION_COLUMNS if name != "id" and name in frame.columns]
    grouped = frame.group_by("conversation_id", maintain_order=True)
    widths = grouped.agg(pl.col(facts).n_unique()) if facts else None
    constant = [n for n in facts if widths is not None and bool((widths[n] <= 1).all())]
    if not constant:
        return frame, None
    table = grouped.agg(pl.col(constant).first()).rename({"conversation_id": "id"})
    return frame.drop(constant), table


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Give columns that are only kept (`meta.*`) numbers where all their texts are numbers."""
    kept = [n for n in frame.columns if n not in NAMES and n not in UTTERANCE_COLUMNS and n != ROW]
    return frame.with_columns(as_numbers(frame[name]) for name in kept)


READER = Reader(
    "table", "CSV, TSV, JSON Lines or Parquet with one utterance a row (also .gz)", _sniff, _read
)
