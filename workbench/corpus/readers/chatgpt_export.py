"""ChatGPT's data export, `conversations.json`: every conversation a tree of messages.

A message that was edited or answered again has several answers; the branch that was shown last
(`current_node`) comes first. Nodes without words or files (the root, hidden system messages) are
left out and told, and what answered them answers the message before. One export is the account of
one person, so all its conversations have one source: the id of the first of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.branching import in_tree_order
from workbench.corpus.readers.contents import Content, content_of, tool_call
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.llm_messages import ROLE_OF
from workbench.corpus.readers.messages import (
    Chat,
    Message,
    as_number,
    as_stamp,
    corpus_of_chats,
    refusing_depth,
)
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_START = re.compile(
    r'\A\s*\[?\s*\{.*"mapping"\s*:\s*\{\s*"[^"]*"\s*:\s*\{\s*"(id|message|parent|children)"',
    re.DOTALL,
)
_WORDS = ("text", "result", "content")
_OWN = ("mapping", "id", "conversation_id", "current_node")
_KEPT = ("status", "end_turn", "weight", "channel", "update_time")
_HIDDEN = "is_visually_hidden_from_conversation"


def _sniff(path: Path) -> float:
    record = first_record(path)
    if record is None:
        return 1.0 if _START.search(peek(path)) else 0.0
    if not isinstance(record, dict) or not isinstance(record.get("mapping"), dict):
        return 0.0
    nodes = list(record["mapping"].values())
    fits = bool(nodes) and all(isinstance(n, dict) and "message" in n for n in nodes[:3])
    return 1.0 if fits else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    with refusing_depth(path):
        records = read_records(path)
        chats, empty, without = [], 0, []
        for row, record in records:
            chat, left_out = _chat(path, row, record)
            empty += left_out
            if chat.messages:
                chats.append(chat)
            else:
                without.append(row)
        if not chats:
            raise BadInput.in_file(path, "there is no message in it.")
        account = _account(chats, [record for _, record in records])
        chats = [Chat(c.id, c.row, c.messages, {"source": account, **c.facts}) for c in chats]
        return corpus_of_chats(path, chats, roles=roles, findings=_found(path, empty, without))


def _account(chats: list[Chat], records: list[Any]) -> str:
    """Id of the conversation that was begun first: the same in every export of one account."""
    times = {_name_of(record): as_number(record.get("create_time")) for record in records}
    begun = [time if (time := times.get(chat.id)) is not None else math.inf for chat in chats]
    return chats[begun.index(min(begun))].id


def _name_of(record: Mapping[str, Any]) -> str | None:
    given = record.get("conversation_id") or record.get("id")
    return str(given) if isinstance(given, str | int) else None


def _chat(path: Path, row: int, record: Any) -> tuple[Chat, int]:
    mapping = record.get("mapping") if isinstance(record, dict) else None
    if not isinstance(mapping, dict):
        raise BadInput.in_file(
            path,
            "this conversation has no `mapping` of messages.",
            row=row,
            remedy="Expected conversations.json of ChatGPT's data export.",
        )
    nodes = {name: node for name, node in mapping.items() if isinstance(node, dict)}
    parents = _parents(nodes)
    messages = {name: _message(row, name, node) for name, node in nodes.items()}
    kept = {name: message for name, message in messages.items() if message is not None}
    linked = [
        replace(message, reply_to=_nearest(name, parents, kept)) for name, message in kept.items()
    ]
    shown = record.get("current_node")
    current = shown if isinstance(shown, str) else None
    if current is not None and current not in kept:
        current = _nearest(current, parents, kept)
    ordered, tree = in_tree_order(linked, current=current)
    facts = {f"{META}{key}": value for key, value in record.items() if key not in _OWN}
    name = _name_of(record) or f"{bare_name(path)}-{row}"
    return Chat(name, row, ordered, {**facts, **tree}), len(mapping) - len(kept)


def _parents(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Who answers whom: by `parent`, and by `children` where that is missing."""
    parents = {
        child: name
        for name, node in nodes.items()
        if isinstance(node.get("children"), list)
        for child in node["children"]
        if isinstance(child, str)
    }
    stated = {n: node["parent"] for n, node in nodes.items() if isinstance(node.get("parent"), str)}
    return parents | stated


def _nearest(name: str, parents: Mapping[str, str], kept: Mapping[str, Message]) -> str | None:
    """The message before a node that was kept."""
    seen: set[str] = set()
    before = parents.get(name)
    while before is not None and before not in kept and before not in seen:
        seen.add(before)
        before = parents.get(before)
    return before if before in kept else None


def _message(row: int, name: str, node: Mapping[str, Any]) -> Message | None:
    """Read the message of a node; None where it has neither words nor anything else to keep."""
    message = node.get("message")
    if not isinstance(message, dict):
        return None
    author = message.get("author")
    author = author if isinstance(author, dict) else {}
    said = str(author.get("role") or "other")
    role = ROLE_OF.get(said.lower(), said.lower())
    content, kind = _content(message)
    more = message.get("metadata")
    more = {key: value for key, value in more.items() if value} if isinstance(more, dict) else {}
    hidden = bool(more.pop(_HIDDEN, False))
    if not (content.text.strip() or content.parts or content.calls):
        return None
    meta = {key: message[key] for key in _KEPT if key in message}
    meta |= {
        "content_type": kind,
        "hidden": True if hidden else None,
        "model": more.pop("model_slug", None),
        "recipient": message.get("recipient") if message.get("recipient") != "all" else None,
        "metadata": more or None,
        "tool_calls": list(content.calls) or None,
        "parts": list(content.parts) or None,
    }
    named = author.get("name")
    return Message(
        text=content.text,
        row=row,
        role=role,
        said=said,
        speaker=named if isinstance(named, str) and named.strip() else None,
        id=name,
        timestamp=as_stamp(message.get("create_time")),
        meta=meta,
        wordless=content.wordless,
    )


def _content(message: Mapping[str, Any]) -> tuple[Content, str | None]:
    """Words of a message; what an assistant writes to a tool (`recipient`) is a call, not words."""
    given = message.get("content")
    if not isinstance(given, dict):
        return content_of(given), None
    kind = given.get("content_type")
    kind = kind if isinstance(kind, str) else None
    key = "parts" if isinstance(given.get("parts"), list) else None
    key = key or next((key for key in _WORDS if isinstance(given.get(key), str)), None)
    if key is None:
        rest = {k: v for k, v in given.items() if v and k != "content_type"}
        return Content(parts=(given,) if rest else (), wordless=bool(rest)), kind
    content = content_of(given[key])
    rest = {
        k: v
        for k, v in given.items()
        if v and k not in (key, "content_type", "response_format_name")
    }
    parts = (*content.parts, rest) if rest else content.parts
    recipient = message.get("recipient")
    if isinstance(recipient, str) and recipient not in ("", "all") and content.text:
        call = tool_call(recipient, content.text)
        return Content(parts=parts, wordless=content.wordless, calls=(call,)), kind
    return Content(content.text, parts, content.wordless, content.calls), kind


def _found(path: Path, empty: int, without: list[int]) -> list[Finding]:
    found = []
    if empty:
        text = f"{empty} node(s) without words or files (roots, hidden messages) were left out."
        mend = "What answered them answers the message before."
        found.append(Finding("note", "empty nodes", empty, str(path), text, mend))
    if without:
        places = ", ".join(f"row {row}" for row in without[:3])
        text = f"{len(without)} conversation(s) have no message and were left out."
        mend = "There is nothing to do where they were left empty."
        where = f"{path}, {places}"
        found.append(Finding("warning", "empty conversations", len(without), where, text, mend))
    return found


READER = Reader(
    "chatgpt", "ChatGPT data export (conversations.json), with all its branches", _sniff, _read
)
