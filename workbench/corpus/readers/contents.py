"""Content of a message in chat JSON: its words, and what in it is none.

Parts that are no words (images, sound, files, thoughts) are kept as they are, calls of tools in
the one form of OpenAI's `tool_calls`. Base64 is replaced by its length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Content", "content_of", "tool_call", "without_payload"]

_LONG = 200
_PAYLOAD = re.compile(rf'"(?:data:[^",]{{0,80}};base64,)?([A-Za-z0-9+/_-]{{{_LONG},}}={{0,2}})"')
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_RESULT = "tool_result"
_WORDS = ("text", "refusal", "transcript")
_KIND = ("type", "content_type")


@dataclass(frozen=True, slots=True)
class Content:
    """What a content comes down to.

    Parameters
    ----------
    text
        Its words, parts joined by a line break.
    parts
        What is not in the text, as the source has it.
    wordless
        Number of `parts` that have no words at all.
    calls
        Calls of tools, as OpenAI's `tool_calls`.
    answers
        Ids of the calls whose results the text is; empty unless it is nothing else.
    """

    text: str = ""
    parts: tuple[Any, ...] = ()
    wordless: int = 0
    calls: tuple[Any, ...] = ()
    answers: tuple[str, ...] = ()


def content_of(value: Any) -> Content:
    """Take a content apart: a text, nothing, one part or a list of parts.

    Results of tools (Anthropic puts them into messages of the user) become the text where nothing
    else is said beside them; otherwise they stay parts, as they are not the user's words.
    """
    if value is None or isinstance(value, str):
        return Content(value or "")
    parts = value if isinstance(value, list) else [value]
    kinds = [part.get("type") if isinstance(part, dict) else None for part in parts]
    if parts and all(kind == _RESULT for kind in kinds):
        return _results(parts)
    words: list[str] = []
    kept: list[Any] = []
    calls: list[Any] = []
    wordless = 0
    for part, kind in zip(parts, kinds, strict=True):
        said, rest = (None, part) if kind == _RESULT else _words(part)
        if kind in _CALLS:
            calls.append(tool_call(part.get("name"), part.get("input"), part.get("id")))
        elif said is None:
            kept.append(rest)
            wordless += 1
        else:
            words.append(said)
            kept += [rest] if rest else []
    return Content("\n".join(words), tuple(kept), wordless, tuple(calls))


def _words(part: Any) -> tuple[str | None, Any]:
    """Words of a part and what else it says; None where it has no words."""
    if isinstance(part, str):
        return part, None
    if not isinstance(part, dict):
        return None, part
    for key in _WORDS:
        said = part.get(key)
        if isinstance(said, dict) and isinstance(said.get("value"), str):
            said = said["value"]
        if isinstance(said, str):
            rest = {k: v for k, v in part.items() if k not in (key, *_KIND) and v not in _EMPTY}
            kind = {k: part[k] for k in _KIND if k in part}
            return said, kind | rest if rest else None
    return None, part


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _results(parts: list[Any]) -> Content:
    inner = [content_of(part.get("content")) for part in parts]
    known = ("type", "tool_use_id", "content")
    rest = [{k: v for k, v in part.items() if k not in known and v} for part in parts]
    return Content(
        "\n".join(content.text for content in inner),
        (*(each for content in inner for each in content.parts), *filter(None, rest)),
        sum(content.wordless for content in inner),
        answers=tuple(str(part.get("tool_use_id", "")) for part in parts),
    )


def tool_call(name: Any, arguments: Any, call_id: Any = None) -> dict[str, Any]:
    """A call of a tool as OpenAI writes it, arguments as JSON text."""
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    call = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return call if call_id is None else {"id": call_id, **call}


def without_payload(meta: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return what a message says beside its words with base64 replaced, and its characters."""
    kept: dict[str, Any] = {}
    removed = 0
    for key, value in meta.items():
        kept[key] = value
        if isinstance(value, list | dict) or (isinstance(value, str) and len(value) >= _LONG):
            packed = json.dumps(value, ensure_ascii=False)
            sizes = [len(payload) for payload in _PAYLOAD.findall(packed)]
            if sizes:
                removed += sum(sizes)
                kept[key] = json.loads(_PAYLOAD.sub(_size, packed))
    return kept, removed


def _size(found: re.Match[str]) -> str:
    return f'"(base64, {len(found[1]):,} characters left out)"'
