"""Chats with a language model: OpenAI `messages`, one, a list or JSON Lines of them; ShareGPT."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_TURNS = ("messages", "conversations", "conversation")
_ALIAS = {
    **{"human": "user", "prompter": "user"},
    **{"gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant"},
    **{"model": "assistant", "bot": "assistant"},
    **{"developer": "system", "function": "tool", "observation": "tool"},
}
_MESSAGE = ({"role", "content"}, {"from", "value"})
_LONG_START = re.compile(r'"(messages|conversations?)"\s*:\s*\[\s*\{\s*"(role|from|content|value)"')
"""A chat whose first record is longer than what sniffing reads."""
_OWN_KEYS = ("role", "from", "content", "value", "name", "timestamp")
_ID_KEYS = ("id", "conversation_id")
_WANTED = (
    "Expected `messages` with `role` and `content`, or `conversations` with `from` and `value`."
)


def _sniff(path: Path) -> float:
    record = first_record(path)
    if record is None:
        return 0.9 if _LONG_START.search(peek(path)) else 0.0
    if not isinstance(record, dict):
        return 0.0
    first = (_turns(record) or [record])[0]
    return 0.9 if _is_message(first) else 0.0


def _is_message(entry: Any) -> bool:
    return isinstance(entry, dict) and any(keys <= set(entry) for keys in _MESSAGE)


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    chats = _chats(path)
    rows: list[dict[str, Any]] = []
    extras: list[dict[str, Any]] = []
    for row, name, record in chats:
        for place, message in enumerate(_turns(record)):
            rows.append(_utterance(path, row, name, place, message))
            extras.append({key: message[key] for key in message if key not in _OWN_KEYS})
    lost = Counter(row.pop("lost") for row in rows)
    left_out = sum(count * number for count, number in lost.items())
    frame = pl.DataFrame(rows, infer_schema_length=None)
    meta, _ = flatten(extras, prefix=META)
    return Corpus.build(
        frame.with_columns(meta),
        conversations=_conversations(chats),
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=_asked(roles),
        findings=_parts_left_out(path, left_out),
        where=str(path),
    )


def _chats(path: Path) -> list[tuple[int, str, dict[str, Any]]]:
    records = read_records(path)
    if records and all(_is_message(record) for _, record in records):
        return [(1, bare_name(path), {"messages": [record for _, record in records]})]
    chats = []
    for row, record in records:
        if not isinstance(record, dict) or not _turns(record):
            raise BadInput.in_file(path, "this chat has no messages.", row=row, remedy=_WANTED)
        given = next((record[key] for key in _ID_KEYS if record.get(key) is not None), None)
        alone = bare_name(path) if len(records) == 1 else f"{bare_name(path)}-{row}"
        chats.append((row, str(given) if given is not None else alone, record))
    twice = [name for name, count in Counter(name for _, name, _ in chats).items() if count > 1]
    if twice:
        raise BadInput.in_file(path, f"{len(twice)} chat id(s) stand twice, first {twice[0]!r}.")
    return chats


def _turns(record: Mapping[str, Any]) -> list[Any]:
    return next((record[key] for key in _TURNS if isinstance(record.get(key), list)), [])


def _utterance(path: Path, row: int, name: str, place: int, message: Any) -> dict[str, Any]:
    if not _is_message(message):
        raise BadInput.in_file(
            path, f"message {place} lacks its role or content.", row=row, remedy=_WANTED
        )
    given = str(message.get("role", message.get("from")))
    role = _ALIAS.get(given.lower(), given.lower())
    text, lost = _text(message.get("content", message.get("value")))
    stamp = message.get("timestamp")
    return {
        "id": f"{name}-{place}",
        "conversation_id": name,
        "turn": place,
        "speaker": str(message.get("name") or f"{role}-{name}"),
        "role": role,
        "text": text,
        "timestamp": None if stamp is None else str(stamp),
        "lost": lost,
        ROW: row,
    }


def _text(content: Any) -> tuple[str, int]:
    """Words of a content, and how many of its parts are no text (images, sound, calls)."""
    if content is None:
        return "", 0
    if isinstance(content, str):
        return content, 0
    parts = content if isinstance(content, list) else [content]
    words = [
        part if isinstance(part, str) else part.get("text")
        for part in parts
        if isinstance(part, str | dict)
    ]
    kept = [word for word in words if isinstance(word, str)]
    return "\n".join(kept), len(parts) - len(kept)


def _conversations(chats: list[tuple[int, str, dict[str, Any]]]) -> pl.DataFrame:
    skipped = {*_TURNS, *_ID_KEYS}
    extras = [{k: v for k, v in record.items() if k not in skipped} for _, _, record in chats]
    meta, _ = flatten(extras, prefix=META)
    names = pl.Series("id", [name for _, name, _ in chats], dtype=pl.String)
    return names.to_frame().with_columns(meta)


def _asked(roles: Mapping[str, str] | None) -> dict[str, str] | None:
    """The user's roles, also under our name for a role: `gpt` is asked for, `assistant` is kept."""
    if not roles:
        return None
    return {**{_ALIAS.get(name.lower(), name): role for name, role in roles.items()}, **roles}


def _parts_left_out(path: Path, number: int) -> list[Finding]:
    if not number:
        return []
    message = f"{number} part(s) of messages are no text and were left out."
    return [Finding("note", "no text", number, str(path), message, "Only words are analysed.")]


READER = Reader("chat", "chat JSON or JSON Lines: OpenAI messages, ShareGPT", _sniff, _read)
