"""Discord: JSON and CSV of DiscordChatExporter, and `messages.csv` of Discord's own data package.

A file is a channel, or a part of one; its id is the `source`, so that parts stay together. Replies
are `reply_to`; in a channel most messages reply to nobody, so it is no tree. What is no message of a
person (joined, pinned) is a turn of the role `system`, with the person in `meta.about`. The data
package holds only what the owner of the account wrote, newest first; it is turned round.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.jsonlike import read_json
from workbench.corpus.readers.messages import (
    Chat,
    Message,
    as_stamp,
    corpus_of_chats,
    refusing_depth,
)
from workbench.corpus.readers.opening import bare_name, header, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import read_csv, require
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_EXPORTED = ("AuthorID", "Author", "Date", "Content")
_PACKAGE = ("ID", "Timestamp", "Contents")
_OWNER = "account-owner"
_SAID = ("Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23")
"""Kinds of messages that somebody wrote; all others tell what happened in the channel."""
_OWN = ("id", "timestamp", "content", "author", "reference", "type")
_TRAITS = ("id", "nickname", "isBot")


def _sniff(path: Path) -> float:
    start = peek(path).lstrip()
    if start.startswith("{"):
        parts = ("guild", "channel", "messages")
        fits = all(re.search(rf'"{part}"\s*:\s*[{{\[]', start) for part in parts)
        return 1.0 if fits else 0.0
    names = set(header(path))
    return 1.0 if set(_EXPORTED) <= names or names >= {*_PACKAGE, "Attachments"} else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    if peek(path).lstrip().startswith("{"):
        with refusing_depth(path):
            return _of_json(path, read_json(path), roles)
    raw = read_csv(path)
    raw = raw.rename(dict(columns), strict=False) if columns else raw
    if set(_PACKAGE) <= set(raw.columns):
        return _of_package(path, raw, roles)
    require(path, raw, _EXPORTED)
    return _of_csv(path, raw, roles)


# -- JSON of DiscordChatExporter -------------------------------------------------------------------


def _of_json(path: Path, export: Any, roles: Mapping[str, str] | None) -> Corpus:
    entries = export.get("messages") if isinstance(export, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadInput.in_file(
            path, "there are no messages in it.", remedy="Expected JSON of DiscordChatExporter."
        )
    people = _names(entries)
    messages = [_message(path, row, entry, people) for row, entry in enumerate(entries, start=1)]
    guild, channel = (_object(export.get(key)) for key in ("guild", "channel"))
    facts = {
        "source": str(channel.get("id") or bare_name(path)),
        "topic": channel.get("topic") if isinstance(channel.get("topic"), str) else None,
        **{f"{META}guild.{key}": value for key, value in guild.items()},
        **{f"{META}channel.{key}": value for key, value in channel.items() if key != "topic"},
    }
    chat = Chat(bare_name(path), 1, messages, {k: v for k, v in facts.items() if v is not None})
    found = _events(path, messages)
    return corpus_of_chats(
        path, [chat], roles=roles, speakers=_traits(entries, people), findings=found
    )


def _object(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _names(entries: list[Any]) -> dict[str, str]:
    """Speaker of each author's id: the name, with the id behind it where two have the same."""
    ids_of: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        author = _object(entry.get("author") if isinstance(entry, dict) else None)
        ids_of[_name(author)].add(str(author.get("id")))
    return {
        number: name if len(ids) == 1 else f"{name} ({number})"
        for name, ids in ids_of.items()
        for number in ids
    }


def _name(author: Mapping[str, Any]) -> str:
    given = author.get("name")
    if not isinstance(given, str) or not given:
        return "unknown"
    number = author.get("discriminator")
    return f"{given}#{number}" if isinstance(number, str) and number.strip("0") else given


def _message(path: Path, row: int, entry: Any, people: Mapping[str, str]) -> Message:
    if not isinstance(entry, dict) or not isinstance(entry.get("content"), str):
        raise BadInput.in_file(
            path,
            f"message {row - 1} has no content.",
            remedy="Expected messages with `id`, `timestamp`, `author` and `content`.",
        )
    author = _object(entry.get("author"))
    name = people[str(author.get("id"))]
    kind = str(entry.get("type", "Default"))
    event = kind not in _SAID
    reference = _object(entry.get("reference"))
    meta = {key: value for key, value in entry.items() if key not in _OWN and value not in _EMPTY}
    meta |= {"type": kind if kind != "Default" else None, "about": name if event else None}
    answered = reference.get("messageId")
    return Message(
        text=entry["content"],
        row=row,
        role="system" if event else role_of_word(name) or "other",
        said=None if event else name,
        speaker=None if event else name,
        id=None if entry.get("id") is None else str(entry["id"]),
        reply_to=str(answered) if answered is not None else None,
        timestamp=as_stamp(entry.get("timestamp")),
        meta=meta,
    )


_EMPTY: tuple[Any, ...] = (None, [], {}, False, "")


def _traits(entries: list[Any], people: Mapping[str, str]) -> pl.DataFrame:
    authors = {
        people[str(author.get("id"))]: author
        for entry in entries
        if (author := _object(entry.get("author")))
    }
    traits, _ = flatten(
        [{key: author.get(key) for key in _TRAITS if key in author} for author in authors.values()],
        prefix=META,
    )
    ids = pl.DataFrame({"id": list(authors)}, schema={"id": pl.String})
    return ids.with_columns(traits)


def _events(path: Path, messages: list[Message]) -> list[Finding]:
    count = sum(message.role == "system" for message in messages)
    if not count:
        return []
    text = f"{count} message(s) tell what happened in the channel (joined, pinned, called)."
    mend = "They are turns of the role system, on no side."
    return [Finding("note", "events of the channel", count, str(path), text, mend)]


# -- CSV -------------------------------------------------------------------------------------------


def _of_csv(path: Path, raw: pl.DataFrame, roles: Mapping[str, str] | None) -> Corpus:
    rows = raw.to_dicts()
    people = _names([{"author": {"id": r["AuthorID"], "name": r["Author"]}} for r in rows])
    messages = []
    for row in rows:
        name = people[str(row["AuthorID"])]
        extra = {k.lower(): v for k, v in row.items() if k not in (*_EXPORTED, ROW)}
        messages.append(
            Message(
                text=row["Content"] or "",
                row=row[ROW],
                role=role_of_word(name) or "other",
                said=name,
                speaker=name,
                timestamp=as_stamp(row["Date"]),
                meta=extra,
            )
        )
    ids = pl.DataFrame({"id": list(people.values()), "meta.id": list(people)})
    chat = Chat(bare_name(path), 1, messages)
    return corpus_of_chats(path, [chat], roles=roles, speakers=ids)


def _of_package(path: Path, raw: pl.DataFrame, roles: Mapping[str, str] | None) -> Corpus:
    rows = raw.to_dicts()
    if len(rows) > 1 and all(r["Timestamp"] for r in rows):
        rows = rows[::-1]  # newest first; those of one second, too
        rows.sort(key=lambda row: str(row["Timestamp"]))
    messages = [
        Message(
            text=row["Contents"] or "",
            row=row[ROW],
            role="other",
            said=_OWNER,
            speaker=_OWNER,
            id=row["ID"],
            timestamp=as_stamp(row["Timestamp"]),
            meta={k.lower(): v for k, v in row.items() if k not in (*_PACKAGE, ROW)},
        )
        for row in rows
    ]
    name = bare_name(path)
    if name == "messages":  # every channel's file has this name; its folder says which it is
        name = path.resolve().parent.name or name
    text = "Discord's data package holds only what the owner of the account wrote."
    mend = "Nothing can be said of how others answered; DiscordChatExporter exports both sides."
    found = [Finding("warning", "one side only", len(rows), str(path), text, mend)]
    return corpus_of_chats(path, [Chat(name, 1, messages)], roles=roles, findings=found)


READER = Reader(
    "discord",
    "Discord channels: DiscordChatExporter JSON or CSV, or the data package",
    _sniff,
    _read,
)
