"""Questions to therapists with their answers: counsel-chat tables and `Context`, `Response` pairs.

A question is a conversation: the client's turn, and one turn a therapist that replies to it (a
tree, not a sequence: the answers do not know of each other). Answers are HTML; what is shown of it
is kept. `source` is the question, so that its answers never stand on two sides of a split.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.jsonlike import first_record
from workbench.corpus.readers.markup import has_markup, words_of_markup
from workbench.corpus.readers.opening import header, peek
from workbench.corpus.readers.published import read_table, renamed
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import read_flat_records, require
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_CITATION = (
    "Bertagnolli, N. (2020). Counsel chat: Bootstrapping high-quality therapy data. Towards Data "
    "Science. https://github.com/nbertagnolli/counsel-chat"
)
_NEEDED = ("questionID", "questionText", "answerText")
_PAIR = ("Context", "Response")
_OF_QUESTION = {"questionTitle": "title", "questionLink": "link", "split": "split"}
_OF_ANSWER = ("upvotes", "views")
_USED = {*_NEEDED, *_OF_QUESTION, *_OF_ANSWER, "topic", "therapistInfo", "therapistURL", ROW, ""}


def _sniff(path: Path) -> float:
    if peek(path).lstrip().startswith(("{", "[")):
        record = first_record(path)
        names = set(record) if isinstance(record, dict) else set()
    else:
        names = set(header(path))
    if set(_NEEDED) <= names:
        return 1.0
    return 0.9 if names == set(_PAIR) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw, findings = _table(path, columns)
    turns, talks, told = _threads(path, raw)
    meta, _ = flatten([turn.pop("meta") for turn in turns], prefix=META)
    facts, _ = flatten([talk.pop("meta") for talk in talks], prefix=META)
    frame = pl.DataFrame(turns, infer_schema_length=None, schema_overrides={"reply_to": pl.String})
    conversations = pl.DataFrame(
        talks, infer_schema_length=None, schema_overrides={"topic": pl.String}
    )
    return Corpus.build(
        frame.drop("info").with_columns(meta),
        conversations=conversations.with_columns(facts),
        speakers=_speakers(frame),
        metadata=CorpusMetadata(name="counsel-chat", citation=_CITATION, language="en"),
        roles=roles,
        findings=[*findings, *told],
        where=str(path),
    )


def _table(path: Path, columns: Mapping[str, str] | None) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows with the names of counsel-chat, whichever layout they came in."""
    if peek(path).lstrip().startswith(("{", "[")):
        raw = renamed(path, read_flat_records(path), columns)
        findings: list[Finding] = []
    else:
        raw, findings = read_table(path, (), columns=columns)
    if set(_PAIR) <= set(raw.columns):
        raw = raw.rename({"Context": "questionText", "Response": "answerText"}).with_columns(
            pl.col("questionText").cast(pl.String).fill_null("").alias("questionText")
        )
        key = pl.col("questionText").map_elements(_key, return_dtype=pl.String)
        raw = raw.with_columns(key.alias("questionID"))
    require(path, raw, _NEEDED)
    texts = pl.col(*(name for name in raw.columns if name != ROW)).cast(pl.String).fill_null("")
    return raw.with_columns(texts.str.strip_chars()), findings


def _key(question: str) -> str:
    return hashlib.sha1(question.strip().encode(), usedforsecurity=False).hexdigest()[:10]


# -- questions and answers -----------------------------------------------------------------------------


def _threads(
    path: Path, raw: pl.DataFrame
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Finding]]:
    asked: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in raw.to_dicts():
        asked[row["questionID"] or _key(row["questionText"])].append(row)
    turns: list[dict[str, Any]] = []
    talks: list[dict[str, Any]] = []
    counts = {"markup": 0, "no answer": 0, "title only": 0}
    for name, rows in asked.items():
        talk = f"counsel-chat-{name}"
        question = next((row for row in rows if row["questionText"]), rows[0])
        counts["title only"] += not question["questionText"]
        said = question["questionText"] or question.get("questionTitle") or ""
        turns.append(_turn(talk, 0, "client", f"client-{name}", said, question))
        for row in rows:
            if not row["answerText"]:
                counts["no answer"] += 1
                continue
            place = turns[-1]["turn"] + 1
            who = row.get("therapistURL") or row.get("therapistInfo") or f"therapist-{name}-{place}"
            turn = _turn(talk, place, "therapist", who, row["answerText"], row)
            turn |= {"reply_to": f"{talk}-0", "info": row.get("therapistInfo") or None}
            turn["meta"] = _facts(row)
            turns.append(turn)
        talks.append(_talk(talk, question))
    for turn in turns:
        if has_markup(turn["text"]):
            counts["markup"] += 1
            turn["text"] = words_of_markup(turn["text"])
    if not turns:
        raise BadInput.in_file(path, "there is no question in it.", row=2)
    return turns, talks, _told(path, counts)


def _turn(
    talk: str, place: int, role: str, speaker: str, text: str, row: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"{talk}-{place}",
        "conversation_id": talk,
        "turn": place,
        "speaker": speaker,
        "role": role,
        "text": text,
        "reply_to": None,
        "info": None,
        "meta": {},
        ROW: row[ROW],
    }


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of an answer: its votes and views as numbers, other columns as they are."""
    facts: dict[str, Any] = {key: _number(row[key]) for key in _OF_ANSWER if key in row}
    return facts | {key: value for key, value in row.items() if key not in _USED}


def _number(text: str) -> int | None:
    digits = text.removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else None


def _talk(talk: str, question: Mapping[str, Any]) -> dict[str, Any]:
    facts = {ours: question[theirs] for theirs, ours in _OF_QUESTION.items() if theirs in question}
    topic = question.get("topic") or None
    return {"id": talk, "source": talk, "topic": topic, "meta": facts}


def _speakers(frame: pl.DataFrame) -> pl.DataFrame:
    named = frame.filter(pl.col("role") == "therapist").unique("speaker", keep="first")
    info = pl.col("info").cast(pl.String).alias(f"{META}info")
    return named.select(pl.col("speaker").alias("id"), info)


def _told(path: Path, counts: Mapping[str, int]) -> list[Finding]:
    says: tuple[tuple[str, Any, str, str], ...] = (
        ("markup", "note", "text(s) were HTML", "What a browser shows of them was kept."),
        (
            "no answer",
            "warning",
            "row(s) have no answer",
            "Their question was kept, the row was not.",
        ),
        (
            "title only",
            "note",
            "question(s) have a title only",
            "It stands for the client's words.",
        ),
    )
    return [
        Finding(level, key, counts[key], str(path), f"{counts[key]} {message}.", mend)
        for key, level, message, mend in says
        if counts[key]
    ]


READER = Reader(
    "counsel-chat",
    "questions with therapists' answers: counsel-chat, Context/Response",
    _sniff,
    _read,
)
