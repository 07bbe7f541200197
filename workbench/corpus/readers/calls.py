"""Calls of a language model joined to the conversations that they belong to.

A call sends the whole talk so far and gets one reply or several. Calls belong together where the log
says so by an id, or where one sends what an earlier one sent and got. What was sent again is not
counted again; several replies to one message, and a message sent anew, make the conversation a tree.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.corpus.readers.branching import in_tree_order
from workbench.corpus.readers.messages import Chat, Message

__all__ = ["Call", "chats_of_calls"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what was sent, and each reply as the messages it consists of.

    Parameters
    ----------
    talk
        Id of the conversation, where the log has one.
    facts
        Columns of the conversation that the log states (`source`).
    """

    row: int
    sent: Sequence[Message]
    replies: Sequence[Sequence[Message]]
    talk: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class _Talk:
    """A growing conversation: messages, and who answers whom."""

    def __init__(self, name: str, call: Call) -> None:
        self.name, self.row = name, call.row
        self.facts: dict[str, Any] = {}
        self.messages: list[Message] = []
        self.root: str | None = None
        self.last: str | None = None
        self._answers: dict[tuple[str | None, Hashable], str] = {}

    def add(self, message: Message, before: str | None, *, anew: bool = False) -> str:
        """Id of this answer to `before`, which is there already unless `anew`."""
        key = (before, _mark(message))
        if key in self._answers and not anew:
            return self._answers[key]
        name = f"{self.name}-{len(self.messages)}"
        self.messages.append(replace(message, id=name, reply_to=before))
        self._answers.setdefault(key, name)
        return name

    def place(self, sent: Sequence[Message]) -> tuple[str | None, int]:
        """After which message `sent` goes on here, and how many of its messages are known."""
        before, known = self.root, 0
        for message in sent:
            answer = self._answers.get((before, _mark(message)))
            if answer is None:
                break
            before, known = answer, known + 1
        if known or self.last is None:
            return before, known
        marks = [_mark(message) for message in sent]  # an old beginning may have been cut off
        said = [_mark(message) for message in self._way()]
        fitting = (n for n in range(min(len(marks), len(said)), 0, -1) if said[-n:] == marks[:n])
        return self.last, next(fitting, 0)

    def _way(self) -> list[Message]:
        by_id = {message.id: message for message in self.messages}
        way: list[Message] = []
        name = self.last
        while name is not None and name != self.root:
            way.append(by_id[name])
            name = by_id[name].reply_to
        return way[::-1]


def _mark(message: Message) -> Hashable:
    """By what a message that is sent again is known."""
    calls = message.meta.get("tool_calls")
    packed = json.dumps(calls, sort_keys=True) if calls else None
    return message.role, message.text.strip(), packed


def chats_of_calls(name: str, calls: Sequence[Call]) -> list[Chat]:
    """Conversations of the calls of one file, in the order in which they begin.

    Parameters
    ----------
    name
        What conversations without an id are called: `<name>-<row of their first call>`.
    """
    talks: dict[str, _Talk] = {}
    replied: dict[Hashable, tuple[_Talk, str]] = {}
    for call in calls:
        opening = _opening(call.sent)
        sent = call.sent[len(opening) :]
        chain = _chain(opening, sent)
        talk, before, known = None, None, 0
        if call.talk is not None:
            talk = talks.get(call.talk)
            if talk is not None:
                before, known = talk.place(sent)
        else:
            for length in range(len(sent), 0, -1):
                if chain[length] in replied:
                    talk, before = replied[chain[length]]
                    known = length
                    break
        if talk is None:
            key = call.talk or f"{name}-{call.row}"
            talk = talks.setdefault(key, _Talk(key, call))
            for message in opening:
                before = talk.root = talk.add(message, before)
        talk.facts |= call.facts
        for message in sent[known:]:
            before = talk.add(message, before)
        talk.last = before
        for reply in call.replies:
            last = before
            for message in _with_prompt(reply, opening, talk):
                last = talk.add(message, last, anew=True)
            end = _chain(opening, [*sent, *reply])[-1]
            if last is not None:
                replied.setdefault(end, (talk, last))
            talk.last = last if reply is call.replies[0] else talk.last
    return [_chat(talk) for talk in talks.values()]


def _opening(sent: Sequence[Message]) -> list[Message]:
    """System prompt: the messages of the system before anybody speaks."""
    spoken = next((n for n, message in enumerate(sent) if message.role != "system"), len(sent))
    return list(sent[:spoken])


def _chain(opening: Sequence[Message], sent: Sequence[Message]) -> list[Hashable]:
    """A mark of each beginning of what was sent, the empty one first."""
    chain: list[Hashable] = [hash(tuple(_mark(message) for message in opening))]
    for message in sent:
        chain.append(hash((chain[-1], _mark(message))))
    return chain


def _with_prompt(
    reply: Sequence[Message], opening: Sequence[Message], talk: _Talk
) -> Sequence[Message]:
    """The reply; where the system prompt has changed since the talk began, with the new one."""
    prompt = "\n".join(message.text for message in opening)
    begun = "\n".join(m.text for m in _opening(talk.messages))
    if prompt == begun or not reply or not prompt:
        return reply
    return [replace(reply[0], meta={**reply[0].meta, "system": prompt}), *reply[1:]]


def _chat(talk: _Talk) -> Chat:
    messages, tree = in_tree_order(talk.messages, current=talk.last)
    return Chat(talk.name, talk.row, messages, {**talk.facts, **tree})
