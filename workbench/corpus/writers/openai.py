"""OpenAI chat JSON Lines, one conversation a line: `{"messages": [{"role", "content", ...}]}`.

Nothing beside `messages` is written, since fine-tuning refuses unknown keys; so ids of conversations
are lost. Names go out where OpenAI takes them, tool calls as they came in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from workbench.corpus.corpus import Corpus
from workbench.corpus.writers.chats import (
    CALL_ID,
    CALLS,
    chats,
    lost_in_chats,
    name_of,
    tool_calls,
)
from workbench.corpus.writers.writer import Writer
from workbench.files import atomic_path

__all__ = ["WRITER"]


def _write(corpus: Corpus, path: Path) -> None:
    talks = chats(corpus, path)
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as lines:
        for _, turns in talks:
            record = {"messages": [_message(turn) for turn in turns]}
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def _message(turn: Mapping[str, Any]) -> dict[str, Any]:
    calls = tool_calls(turn.get(CALLS))
    message: dict[str, Any] = {"role": turn["role"], "content": turn["text"]}
    if calls:
        message |= {"content": turn["text"] or None, "tool_calls": calls}
    name, answered = name_of(turn), turn.get(CALL_ID)
    if name is not None:
        message["name"] = name
    if isinstance(answered, str):
        message["tool_call_id"] = answered
    return message


WRITER = Writer(
    "openai",
    "OpenAI chat JSON Lines (messages), one conversation a line",
    _write,
    partial(lost_in_chats, ids=False, names=True, metas=(CALLS, CALL_ID)),
)
