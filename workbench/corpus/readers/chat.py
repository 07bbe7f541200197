"""Chats with a language model: OpenAI `messages`, ShareGPT, and what else says role and content.

A file holds one chat, a list or JSON Lines of them, or the messages of one chat one by one. A
record of several answers to compare (`chosen` and `rejected` of hh-rlhf, `conversation_a` and
`conversation_b` of LMSYS) is as many conversations of one source. WildChat names the person by a
hashed address, which then is the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.llm_messages import (
    is_message,
    is_plain_message,
    messages_of,
    no_messages,
    shape_of,
)
from workbench.corpus.readers.messages import Chat, Message, corpus_of_chats, refusing_depth
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding

__all__ = ["READER"]

_TURNS = (
    *("messages", "conversations", "conversation", "chat_messages", "contents", "items"),
    *("turns", "dialogue", "dialog", "chat", "history"),
)
_MARKED = ("text", "transcript")
_RIVALS = (
    ("chosen", "rejected"),
    ("preferred_output", "non_preferred_output"),
    ("conversation_a", "conversation_b"),
)
_IDS = ("id", "conversation_id", "conversation_hash", "session_id", "thread_id", "chat_id", "uuid")
_GROUPS = ("conversation_id", "session_id", "thread_id", "chat_id", "dialogue_id")
_SOURCES = ("hashed_ip", "user_id")
_GUESSED = ("pairs", "texts")
_SYSTEM = ("system", "system_prompt")
_ASKED = ("prompt", "instruction", "query")
_ANSWERED = ("response", "output", "answer")
_LONG_START = re.compile(
    r'"(messages|conversations?|turns|history|dialogue)"\s*:\s*\[\s*\{\s*"(role|from|content|value)"'
)
"""A chat whose first record is longer than what sniffing reads."""


def _sniff(path: Path) -> float:
    record = first_record(path)
    if record is None:
        return 0.9 if _LONG_START.search(peek(path)) else 0.0
    if isinstance(record, list):
        return {"messages": 0.9, "texts": 0.4}.get(shape_of(record) or "", 0.0)
    return _sureness(record) if isinstance(record, dict) else 0.0


def _sureness(record: Mapping[str, Any]) -> float:
    if is_plain_message(record):
        grouped = any(record.get(key) is not None for key in _GROUPS)
        return 0.3 if grouped else 0.9  # the table reader knows more of such rows
    if any(_holds_chat(record.get(a)) and _holds_chat(record.get(b)) for a, b in _RIVALS):
        return 0.95
    key = _key_of_turns(record)
    if key is None:
        return 0.0
    found = record[key]
    if isinstance(found, list) and is_plain_message(found[0]):
        return 0.9
    return {"messages": 0.7, "pairs": 0.6, "marked": 0.7}.get(shape_of(found) or "", 0.4)


def _holds_chat(found: Any) -> bool:
    return shape_of(found) in ("messages", "marked")


def _key_of_turns(record: Mapping[str, Any]) -> str | None:
    """Where the messages of a record stand."""
    for key in _TURNS:
        if isinstance(record.get(key), list) and shape_of(record[key]) is not None:
            return key
    return next((key for key in _MARKED if shape_of(record.get(key)) == "marked"), None)


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    with refusing_depth(path):
        records = read_records(path)
        chats = _single(path, records) or [
            chat for row, record in records for chat in _chats(path, row, record, len(records) == 1)
        ]
        guessed = _guessed(path, [record for _, record in records])
        return corpus_of_chats(path, chats, roles=roles, findings=guessed)


def _single(path: Path, records: list[tuple[int, Any]]) -> list[Chat]:
    """Chats of a file whose records are messages, or pairs or texts in turns; else none."""
    values = [record for _, record in records]
    name = bare_name(path)
    if values and all(is_message(value) or is_plain_message(value) for value in values):
        groups: dict[str, list[tuple[int, Any]]] = {}
        for row, value in records:
            key = next((key for key in _GROUPS if _plain(value.get(key))), None)
            groups.setdefault(name if key is None else str(value[key]), []).append((row, value))
        return [
            Chat(
                group,
                rows[0][0],
                [m for row, value in rows for m in messages_of(path, row, [value])],
            )
            for group, rows in groups.items()
        ]
    if shape_of(values) in _GUESSED:
        return [Chat(name, 1, messages_of(path, 1, values))]
    return []


def _chats(path: Path, row: int, record: Any, alone: bool) -> list[Chat]:
    """Chats of one record: one, or one for each of its rival answers."""
    name = bare_name(path) if alone else f"{bare_name(path)}-{row}"
    if isinstance(record, list | str):
        return [Chat(name, row, messages_of(path, row, record))]
    if not isinstance(record, dict):
        raise no_messages(path, row)
    given = next((key for key in _IDS if _plain(record.get(key))), None)
    if given is not None:
        name = str(record[given])
    used = {given}
    rivals = next((both for both in _RIVALS if all(record.get(key) for key in both)), None)
    key = _key_of_turns(record)
    if rivals is not None and (key is None or rivals[0].startswith("conversation")):
        return _rivals(path, row, name, record, rivals, used)
    if key is None:
        raise no_messages(path, row)
    messages = messages_of(path, row, record[key])
    used.add(key)
    if key == "history":
        messages, more = _with_last(row, record, messages)
        used |= more
    messages, system = _with_system(row, record, messages)
    return [Chat(name, row, messages, _facts(record, used | {system}))]


def _plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _with_system(
    row: int, record: Mapping[str, Any], messages: list[Message]
) -> tuple[list[Message], str | None]:
    """Messages behind the system prompt that stands beside them, as Anthropic writes it."""
    key = next((key for key in _SYSTEM if isinstance(record.get(key), str) and record[key]), None)
    if key is None or messages[0].role == "system":
        return messages, None
    return [Message(record[key], row, "system", key), *messages], key


def _with_last(
    row: int, record: Mapping[str, Any], messages: list[Message]
) -> tuple[list[Message], set[str]]:
    """A history and the question and answer that stand beside it, as ChatGLM and Alpaca do."""
    used: set[str] = set()
    for keys, role in ((_ASKED, "user"), (_ANSWERED, "assistant")):
        key = next((key for key in keys if isinstance(record.get(key), str) and record[key]), None)
        if key is not None:
            messages = [*messages, Message(record[key], row, role, key)]
            used.add(key)
    return messages, used


def _rivals(
    path: Path,
    row: int,
    name: str,
    record: Mapping[str, Any],
    rivals: tuple[str, str],
    used: set[str | None],
) -> list[Chat]:
    """One conversation for each answer, `<id>~chosen` and so on, with the prompt before it."""
    prompt, asked = _prompt(path, row, record)
    used = used | {*rivals, asked}
    ends = [key.removeprefix("conversation_") for key in rivals]
    chats = []
    for key, end, other in zip(rivals, ends, reversed(ends), strict=True):
        found = record[key]
        if isinstance(found, str) and shape_of(found) is None:
            messages = [Message(found, row, "assistant", key)]
        else:
            messages = messages_of(path, row, [found] if isinstance(found, dict) else found)
        if messages[0].role == "assistant":
            messages = [*prompt, *messages]
        facts = _facts(record, used)
        for fact in list(facts):  # `model_a`, `score_chosen` belong to one of the two
            if fact.endswith(f"_{other}"):
                del facts[fact]
            elif fact.endswith(f"_{end}"):
                facts[fact.removesuffix(f"_{end}")] = facts.pop(fact)
        facts[f"{META}variant"] = end
        chats.append(Chat(f"{name}~{end}", row, messages, {"source": name, **facts}))
    return chats


def _prompt(path: Path, row: int, record: Mapping[str, Any]) -> tuple[list[Message], str | None]:
    for key in ("prompt", "input"):
        found = record.get(key)
        if isinstance(found, dict):
            found = found.get("messages")
        if shape_of(found) is not None:
            return messages_of(path, row, found), key
        if isinstance(found, str) and found:
            return [Message(found, row, "user", key)], key
    return [], None


def _facts(record: Mapping[str, Any], used: set[str | None]) -> dict[str, Any]:
    facts = {f"{META}{key}": value for key, value in record.items() if key not in used}
    account = record.get("account")
    sources = [record.get(key) for key in _SOURCES]
    sources.append(account.get("uuid") if isinstance(account, dict) else None)
    source = next((value for value in sources if _plain(value)), None)
    return facts if source is None else {"source": str(source), **facts}


def _guessed(path: Path, values: list[Any]) -> list[Finding]:
    """Say where nothing but the order tells who speaks."""
    held = [value[_key_of_turns(value) or ""] if _is_record(value) else value for value in values]
    whole = shape_of(values) in _GUESSED
    count = 1 if whole else sum(shape_of(found) in _GUESSED for found in held)
    if not count:
        return []
    message = (
        f"{count} chat(s) do not say who speaks; the first, third, ... text was taken for the user."
    )
    mend = (
        "Turn it round with roles={'user': 'assistant', 'assistant': 'user'} where that is wrong."
    )
    return [Finding("note", "roles guessed", count, str(path), message, mend)]


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and _key_of_turns(value) is not None


READER = Reader(
    "chat",
    "chat JSON or JSON Lines: OpenAI messages, ShareGPT, role and content, chosen and rejected",
    _sniff,
    _read,
)
