"""Messages of chats with language models, in the shapes in which JSON holds them.

A list of messages (`role` and `content`, or the same under other names), of question and answer in
pairs, of texts in turns, or one text with marks (`Human: ... Assistant: ...`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from workbench.corpus.readers.contents import Content, content_of, tool_call
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.messages import Message, as_stamp
from workbench.errors import BadInput

__all__ = [
    "ROLE_OF",
    "TIMES",
    "is_message",
    "is_plain_message",
    "message_of",
    "messages_of",
    "no_messages",
    "shape_of",
]

ROLE_OF: Mapping[str, str] = {
    **dict.fromkeys(("human", "prompter"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bing", "bard", "claude", "gemini"), "assistant"),
    **dict.fromkeys(("model", "bot", "ai", "function_call"), "assistant"),
    **{"developer": "system", "function": "tool", "observation": "tool"},
}
"""Role here -> how chat files call it besides."""

TIMES = ("timestamp", "created_at", "createdAt", "create_time", "date", "time")
_WHO = ("role", "from", "sender", "author", "speaker")
_NAMES = ("name", "sender", "author", "speaker")
_WHAT = ("content", "value", "text", "message", "parts")
_CALLS = ("tool_calls", "function_call")
_MARK = re.compile(
    r"(?:\A|\n)\s{0,8}(?:\#{2,3}\s*)?(Human|Assistant|User|System|H|A):[ \t]?"
    r"|\#{2,3}\s*(Human|Assistant|User|System):[ \t]?",
)
_MARKED = {"h": "user", "a": "assistant"}
_WANTED = (
    "Expected `messages` with `role` and `content`, or `conversations` with `from` and `value`."
)

Shape = Literal["messages", "pairs", "texts", "marked"]


def is_plain_message(entry: Any) -> bool:
    """Whether an entry is a message in the two usual layouts."""
    return isinstance(entry, dict) and (
        {"role", "content"} <= set(entry) or {"from", "value"} <= set(entry)
    )


def is_message(entry: Any) -> bool:
    """Whether an entry says who speaks and what, or what tool is called."""
    if not isinstance(entry, dict):
        return False
    who = _first(entry, _WHO)
    return who is not None and any(key in entry for key in (*_WHAT, *_CALLS) if key != who)


def shape_of(found: Any) -> Shape | None:
    """In which shape a value holds messages, judged by its beginning; None if in none."""
    if isinstance(found, str):
        return "marked" if len(_marks(found[:20_000])) > 1 else None
    if not isinstance(found, list) or not found:
        return None
    if is_message(found[0]) or is_plain_message(found[0]):
        return "messages"
    if _is_pair(found[0]):
        return "pairs"
    return "texts" if isinstance(found[0], str) else None


def messages_of(path: Path, row: int, found: Any) -> list[Message]:
    """Read messages in any of the shapes.

    Raises
    ------
    BadInput
        If one of them is no message; names the row and its place.
    """
    shape = shape_of(found)
    if shape == "marked":
        return _marked(row, found)
    if shape == "messages":
        return [message_of(path, row, place, entry) for place, entry in enumerate(found)]
    if shape == "pairs":
        if not all(_is_pair(entry) for entry in found):
            raise _no_message(path, row, next(n for n, e in enumerate(found) if not _is_pair(e)))
        texts = [text for pair in found for text in pair]
    elif shape == "texts":
        texts = found
    else:
        raise no_messages(path, row)
    for place, text in enumerate(texts):
        if not (isinstance(text, str) or (shape == "pairs" and text is None)):
            raise _no_message(path, row, place)
    turns = zip(texts, ("user", "assistant") * len(texts), strict=False)
    return [Message(text, row, role) for text, role in turns if text is not None]


def no_messages(path: Path, row: int) -> BadInput:
    """Say that a record holds no chat, and what was expected."""
    return BadInput.in_file(path, "this chat has no messages.", row=row, remedy=_WANTED)


def _no_message(path: Path, row: int, place: int) -> BadInput:
    return BadInput.in_file(
        path, f"message {place} lacks its role or content.", row=row, remedy=_WANTED
    )


def _is_pair(entry: Any) -> bool:
    """Question and answer; either may be absent, as at the beginning or the end."""
    if not isinstance(entry, list) or len(entry) != 2:
        return False
    return any(entry) and all(text is None or isinstance(text, str) for text in entry)


def _marks(text: str) -> list[re.Match[str]]:
    """Marks of speakers in a text that begins with one; only those written like the first."""
    if not _MARK.match(text):
        return []
    marks = list(_MARK.finditer(text))
    return [mark for mark in marks if _style(mark) == _style(marks[0])]


def _style(mark: re.Match[str]) -> tuple[bool, bool]:
    return "#" in mark[0], len(mark[1] or mark[2]) == 1


def _marked(row: int, text: str) -> list[Message]:
    marks = _marks(text)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    messages = []
    for mark, end in zip(marks, ends, strict=True):
        said = str(mark[1] or mark[2])
        role = _MARKED.get(said.lower()) or ROLE_OF.get(said.lower(), said.lower())
        messages.append(Message(text[mark.end() : end].strip(), row, role, said))
    return messages


# -- one message -----------------------------------------------------------------------------------


def message_of(path: Path, row: int, place: int, entry: Any) -> Message:
    """Read one message; what it says beside its words goes into `meta`.

    Raises
    ------
    BadInput
        If it lacks its role or content.
    """
    if not (is_message(entry) or is_plain_message(entry)):
        raise _no_message(path, row, place)
    who = _first(entry, _WHO) or next(key for key in _WHO if key in entry)
    what = next((key for key in _WHAT if key in entry and key != who), None)
    said = str(entry[who])
    content = _content(entry, said, None if what is None else entry[what])
    role = "tool" if content.answers else _role(said, who)
    named = next((key for key in _NAMES if key != who and _is_name(entry.get(key))), None)
    name = None if named is None else entry[named]
    if name is None and who != "role" and role == "other" and role_of_word(said) is None:
        name = said.strip() or None
    time = next((key for key in TIMES if key in entry and as_stamp(entry[key]) is not None), None)
    own = {who, what, named, time, "function_call"}
    meta = {key: value for key, value in entry.items() if key not in own}
    if what == "content" and meta.get("text") == content.text:
        del meta["text"]
    return Message(
        text=content.text,
        row=row,
        role=role,
        said=said,
        speaker=name,
        timestamp=None if time is None else as_stamp(entry[time]),
        meta=meta | _beside(content, entry),
        wordless=content.wordless,
    )


def _content(entry: Mapping[str, Any], said: str, value: Any) -> Content:
    """Content of a message; what LLaMA-Factory writes as `function_call` is a call, not words."""
    if said == "function_call" and isinstance(value, str):
        try:
            call = json.loads(value)
        except (ValueError, RecursionError):
            call = None
        calls = call if isinstance(call, list) else [call]
        if all(isinstance(each, dict) for each in calls):
            made = [tool_call(each.get("name"), each.get("arguments")) for each in calls]
            return Content(calls=tuple(made))
    content = content_of(value)
    audio = entry.get("audio")
    if not content.text and isinstance(audio, dict) and isinstance(audio.get("transcript"), str):
        return Content(audio["transcript"], content.parts, content.wordless, content.calls)
    refusal = entry.get("refusal")
    if not content.text and isinstance(refusal, str):
        return Content(refusal, content.parts, content.wordless, content.calls)
    return content


def _beside(content: Content, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What of the content is not in the text, under the names that OpenAI gives it."""
    given = entry.get("tool_calls")
    calls = list(given) if isinstance(given, list) else []
    old = entry.get("function_call")
    if isinstance(old, dict):
        calls.append(tool_call(old.get("name"), old.get("arguments")))
    calls += content.calls
    beside: dict[str, Any] = {}
    if calls:
        beside["tool_calls"] = calls
    elif given == []:
        beside["tool_calls"] = None
    if content.parts:
        beside["parts"] = list(content.parts)
    if content.answers:
        beside["tool_call_id"] = ", ".join(content.answers)
    return beside


@lru_cache(maxsize=1_000)
def _role(said: str, key: str) -> str:
    folded = said.strip().lower()
    known = ROLE_OF.get(folded) or role_of_word(said)
    if known is not None:
        return known
    return (folded if key == "role" else "") or "other"


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """First of the keys that holds a text."""
    return next((key for key in keys if isinstance(entry.get(key), str)), None)
