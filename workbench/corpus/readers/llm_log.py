"""Logs of calls of a language model, one record a call: what was sent, what came back, at what cost.

Layouts of OpenAI, Anthropic and Gemini requests and responses, LiteLLM, Langfuse, Helicone, and any
`prompt` with `completion`. Model, parameters, usage, latency and whatever else is said of a call
stand as `meta.*` on the assistant's turn; what holds for the call as a whole (`usage.*`) only on
the first of several replies, so that sums stay right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.calls import Call, chats_of_calls
from workbench.corpus.readers.contents import tool_call
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.llm_messages import (
    TIMES,
    is_message,
    is_plain_message,
    message_of,
    messages_of,
    shape_of,
)
from workbench.corpus.readers.messages import Message, as_stamp, corpus_of_chats, refusing_depth
from workbench.corpus.readers.opening import bare_name, peek
from workbench.corpus.readers.reader import Reader
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_REQUESTS = ("request", "request_body", "requestBody", "providerRequest", "body")
_SENT = (
    "messages",
    "prompt_messages",
    "contents",
    "input",
    "inputs",
    "prompt",
    "instruction",
    "query",
    "request",
)
_RESPONSES = (
    *("response", "response_body", "responseBody", "providerResponse", "output", "outputs"),
    *("completion", "completion_message", "generation", "choices"),
)
_INSIDE = ("body", "json")
_MESSAGE = ("role", "content", "tool_calls", "function_call", "refusal", "audio", "parts")
_TALKS = ("conversation_id", "session_id", "sessionId", "thread_id", "chat_id")
_PEOPLE = ("user", "user_id", "userId", "end_user")
_TIMES = (*TIMES, "startTime", "start_time", "request_created_at", "created", "ts")
_LONG_START = re.compile(r'"(request|request_body|requestBody|call_type|model_parameters)"\s*:')
_WANTED = (
    "Expected what was sent (`messages`, `prompt`, or a `request` with them) and what came back "
    "(`response`, `output`, `completion` or `choices`)."
)


def _sniff(path: Path) -> float:
    record = first_record(path)
    if record is None:
        start = peek(path)
        return 0.92 if '"messages"' in start and _LONG_START.search(start) else 0.0
    if not isinstance(record, dict) or "chosen" in record or "history" in record:
        return 0.0
    sent, _ = _sent(record)
    key = _key_of_response(record)
    if sent is None or key is None:
        return 0.0
    listed = shape_of(sent) == "messages"
    return 0.95 if listed or any(key in record for key in _REQUESTS) else 0.5


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    with refusing_depth(path):
        calls = [_call(path, row, record) for row, record in read_records(path)]
        chats = chats_of_calls(bare_name(path), _oldest_first(calls))
        return corpus_of_chats(path, chats, roles=roles, findings=_unanswered(path, calls))


def _oldest_first(calls: list[Call]) -> list[Call]:
    """Calls of an export that begins with the newest, turned round."""
    stamps = [call.sent[-1].timestamp for call in calls]
    known = [stamp for stamp in stamps if stamp is not None]
    falling = all(first >= second for first, second in pairwise(known))
    if known and len(known) == len(calls) and falling and known[0] != known[-1]:
        return calls[::-1]
    return calls


def _unanswered(path: Path, calls: Sequence[Call]) -> list[Finding]:
    rows = [call.row for call in calls if not call.replies]
    if not rows:
        return []
    places = ", ".join(f"row {row}" for row in rows[:3])
    message = f"{len(rows)} call(s) have no reply."
    mend = "What was sent is kept, and what the log says of the call with its last message."
    return [Finding("warning", "no reply", len(rows), f"{path}, {places}", message, mend)]


# -- one call --------------------------------------------------------------------------------------


def _call(path: Path, row: int, record: Any) -> Call:
    if not isinstance(record, dict):
        raise BadInput.in_file(path, "expected one call of a model.", row=row, remedy=_WANTED)
    request, inside = _request(record)
    found, sent_keys = _sent(record)
    if found is None:
        raise BadInput.in_file(
            path, "the call does not say what was sent.", row=row, remedy=_WANTED
        )
    stamp = next((as_stamp(record[key]) for key in _TIMES if as_stamp(record.get(key))), None)
    sent = _messages(path, row, found, "user")
    system = request.get("system")
    if isinstance(system, str) and system and (not sent or sent[0].role != "system"):
        sent = [Message(system, row, "system", "system"), *sent]
        sent_keys = {*sent_keys, "system"}
    if not sent:
        raise BadInput.in_file(path, "nothing was sent in the call.", row=row, remedy=_WANTED)
    key = _key_of_response(record)
    response = _unwrapped(None if key is None else record[key])
    replies = _replies(path, row, response)
    facts = _facts(
        {k: v for k, v in record.items() if k not in {key, inside, *sent_keys}},
        {k: v for k, v in request.items() if k not in sent_keys} if inside else {},
        _of_response(response),
    )
    talk = _stated(_TALKS, record, request, record.get("metadata"), request.get("metadata"))
    person = _stated(_PEOPLE, record, request)
    sent = [replace(message, timestamp=message.timestamp or stamp) for message in sent]
    return Call(
        row=row,
        sent=sent if replies else [*sent[:-1], _with(sent[-1], facts)],
        replies=[_of_call(reply, facts, stamp, first=not n) for n, reply in enumerate(replies)],
        talk=talk,
        facts={} if person is None else {"source": person},
    )


def _request(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """The request and under which key it stands; the record itself where it is not nested."""
    for key in _REQUESTS:
        found = _unwrapped(record.get(key))
        if isinstance(found, dict) and any(name in found for name in _SENT):
            return found, key
    return record, None


def _unwrapped(found: Any) -> Any:
    """Leave the envelopes of batches and gateways (`{"status": 200, "body": {...}}`)."""
    for _ in range(3):
        inner = (found[key] for key in _INSIDE if found.get(key)) if isinstance(found, dict) else ()
        found = next(iter(inner), found)
    return found


def _sent(record: Mapping[str, Any]) -> tuple[Any, set[str]]:
    """What was sent (a text or messages) and the keys that hold it; None where nothing says."""
    request, inside = _request(record)
    for key in _SENT:
        found = request.get(key)
        if isinstance(found, dict) and not is_message(found):
            found = next((found[inner] for inner in _SENT if inner in found), None)
        if isinstance(found, dict):
            found = [found]
        if key == "instruction" and isinstance(found, str):
            more = request.get("input")
            return f"{found}\n\n{more}" if _is_text(more) else found, {key, "input"}
        if key == "input" and _is_text(request.get("instruction")):
            continue
        if _is_text(found) or shape_of(found) == "messages":
            return found, {key} | ({inside} if inside else set())
    return None, set()


def _key_of_response(record: Mapping[str, Any]) -> str | None:
    return next((key for key in _RESPONSES if key in record), None)


def _is_text(found: Any) -> bool:
    return isinstance(found, str) and found != ""


def _messages(path: Path, row: int, found: Any, role: str) -> list[Message]:
    """Messages of a list of them, of a marked text, or the one that a text is."""
    if isinstance(found, str) and shape_of(found) is None:
        return [Message(found, row, role, role)]
    return messages_of(path, row, found)


def _replies(path: Path, row: int, found: Any) -> list[list[Message]]:
    """Every reply of a response, each as the messages it consists of."""
    if _is_text(found):
        return [[Message(found, row, "assistant", "assistant")]]
    if isinstance(found, list):
        return _of_list(path, row, found)
    if not isinstance(found, dict):
        return []
    for key in ("choices", "candidates", "output", "messages", "output_text"):
        inner = found.get(key)
        if isinstance(inner, list) or (key == "output_text" and _is_text(inner)):
            return _replies(path, row, inner)
    if is_message(found) or is_plain_message(found):
        own = {key: found[key] for key in _MESSAGE if key in found}
        return [[message_of(path, row, 0, own)]]
    text = next(
        (found[key] for key in ("text", "content", "completion") if _is_text(found.get(key))), ""
    )
    return _replies(path, row, text)


def _of_list(path: Path, row: int, found: list[Any]) -> list[list[Message]]:
    """Replies of a list: choices beside each other, or messages and calls one after another."""
    items = [item for item in found if isinstance(item, dict)]
    if shape_of(found) == "messages" and not any("type" in item for item in items):
        return [messages_of(path, row, found)]
    if any(item.get("type") in ("message", "function_call", "reasoning") for item in items):
        return [[_of_items(path, row, items)]]
    replies = []
    for item in items:
        inner = next(
            (item[key] for key in ("message", "content", "text", "delta") if item.get(key)), None
        )
        about = {
            k: v
            for k, v in item.items()
            if k not in ("message", "content", "text", "delta", "index")
        }
        if isinstance(inner, dict) and not (is_message(inner) or is_plain_message(inner)):
            inner = {"role": "assistant", "content": None, **inner}
        made = _messages(
            path, row, [inner] if isinstance(inner, dict) else inner or "", "assistant"
        )
        replies.append([_with(made[0], about), *made[1:]])
    texts = [item for item in found if _is_text(item)]
    return replies or [[Message(text, row, "assistant", "assistant")] for text in texts]


def _of_items(path: Path, row: int, items: list[dict[str, Any]]) -> Message:
    """The one reply that OpenAI's Responses API gives in items: words, calls and thoughts."""
    content: list[Any] = []
    calls = []
    for item in items:
        if item.get("type") == "message":
            inner = item.get("content")
            content += inner if isinstance(inner, list) else [inner or ""]
        elif item.get("type") == "function_call":
            calls.append(tool_call(item.get("name"), item.get("arguments"), item.get("call_id")))
        else:
            content.append(item)
    entry: dict[str, Any] = {"role": "assistant", "content": content}
    return message_of(path, row, 0, {**entry, "tool_calls": calls} if calls else entry)


# -- what is said of a call ------------------------------------------------------------------------


def _stated(keys: Sequence[str], *places: Any) -> str | None:
    for place in places:
        for key in keys if isinstance(place, dict) else ():
            value = place.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return str(value)
    return None


def _of_response(response: Any) -> dict[str, Any]:
    spoken = (*_MESSAGE, "choices", "candidates", "output", "messages", "output_text", "text")
    if not isinstance(response, dict):
        return {}
    return {key: value for key, value in response.items() if key not in spoken}


def _facts(
    record: Mapping[str, Any], request: Mapping[str, Any], response: Mapping[str, Any]
) -> dict[str, Any]:
    """All that is said of a call; what request and response say otherwise gets their name before it."""
    facts: dict[str, Any] = {}
    for prefix, part in (("", record), ("request.", request), ("response.", response)):
        for key, value in part.items():
            wide = value if key == "usage" and isinstance(value, dict) else None
            pairs = {key: value} if wide is None else {f"usage.{k}": v for k, v in wide.items()}
            for name, each in pairs.items():
                if name not in facts:
                    facts[name] = each
                elif facts[name] != each:
                    facts[f"{prefix}{name}"] = each
    return facts


def _with(message: Message, facts: Mapping[str, Any]) -> Message:
    return replace(message, meta={**facts, **message.meta})


def _of_call(
    reply: list[Message], facts: Mapping[str, Any], stamp: str | None, *, first: bool
) -> list[Message]:
    """A reply with what is said of its call, which costs once whatever the number of replies."""
    if not first:
        facts = {key: value for key, value in facts.items() if not key.startswith("usage.")}
    timed = [replace(message, timestamp=message.timestamp or stamp) for message in reply]
    return [_with(timed[0], facts), *timed[1:]] if timed else timed


READER = Reader(
    "llm-log",
    "logs of language model calls, JSON Lines or JSON: request and response, prompt and completion",
    _sniff,
    _read,
)
