"""WhatsApp chats as the app exports them: `_chat.txt`, plain or in its zip file, of iOS or Android.

A message begins with a date and a time in the form of the phone's language; the numbers' order is
decided by the whole file (`dates`), and `timestamp` is written year first. Lines that the app wrote
(who joined, encryption) are turns of the role `system`. What it wrote into messages (omitted media,
deleted, edited) is no word of the person: it goes into `meta.app_note`, `meta.file`, `meta.edited`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.app_notes import app_tags, by_the_app, noted, without_marks
from workbench.corpus.readers.archives import is_zip, open_archive
from workbench.corpus.readers.dates import DateOrder, as_date, date_order
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.messages import Chat, Message, corpus_of_chats
from workbench.corpus.readers.opening import bare_name, peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["READER"]

_HEAD = re.compile(
    r"[\u200e\u200f\u202a-\u202e\ufeff]*(?P<open>\[)?"
    r"(?P<first>\d{1,4})[\u200e\u200f]?(?P<sep>[./-])[ ]?(?P<second>\d{1,2})[\u200e\u200f]?(?P=sep)[ ]?"
    r"(?P<third>\d{2,4})\.?"
    r"(?P<between>[^\d\[\]\n]{1,14}?)"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<seconds>\d{2}))?"
    r"(?P<after>[^\d\[\]\n\u2013-]{0,14}?)"
    r"(?(open)\]|\s[\u2013-])[ ](?P<rest>.*)"
)
_NAME = re.compile(r"([^\"\u201c\u201e\u00ab\n]{1,60}?):(?: |$)")
_MORNING = frozenset(["am", "a", "πμ", "午前", "上午", "凌晨", "早上", "오전", "ص", "de", "dop"])
_AFTERNOON = frozenset(["pm", "p", "μμ", "午後", "下午", "中午", "晚上", "오후", "م", "du", "odp"])
_CHAT = "_chat"


@dataclass(slots=True)
class _Entry:
    """One line with a date and the lines below it that have none."""

    row: int
    date: tuple[str, str, str]
    clock: str | None
    lines: list[str] = field(default_factory=list)

    @property
    def whole(self) -> str:
        return "\n".join(self.lines)


def _sniff(path: Path) -> float:
    try:
        if path.is_file() and is_zip(path):
            with open_archive(path) as archive:
                return 0.95 if _member(archive.names, only=False) else 0.0
    except (BadInput, OSError):
        return 0.0
    lines = [line for line in peek(path).split("\n") if line.strip()][:40]
    heads = [head for line in lines if (head := _HEAD.match(line))]
    if not heads or not _HEAD.match(lines[0]) or not any(_NAME.match(h["rest"]) for h in heads):
        return 0.0
    return 0.95 if len(heads) > 1 else 0.7


def _member(names: Sequence[str], *, only: bool = True) -> str | None:
    """The chat among the files of an export, whatever the app's language calls it."""
    texts = [name for name in names if name.lower().endswith(".txt")]
    named = [name for name in texts if _CHAT in name.lower() or "whatsapp" in name.lower()]
    if named:
        return named[0]
    return texts[0] if only and len(texts) == 1 else None


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    entries, before = _entries(_text(path))
    if not entries:
        raise BadInput.in_file(
            path,
            "no line begins with a date and a time.",
            remedy="Expected a chat that WhatsApp exported, as `31.12.23, 23:59 - Name: text`.",
        )
    order, ambiguous = date_order([entry.date for entry in entries])
    messages = _messages(entries, order)
    name = bare_name(path)
    if name == _CHAT:  # every export of iOS has this name; the folder says which it is
        name = path.resolve().parent.name or name
    found = _found(path, messages, before) + _times(path, entries, messages, order, ambiguous)
    return corpus_of_chats(path, [Chat(name, 1, messages)], roles=roles, findings=found)


def _text(path: Path) -> str:
    if not is_zip(path):
        return read_text(path)
    with open_archive(path) as archive:
        name = _member(archive.names)
        if name is None:
            raise BadInput.in_file(
                path, "there is no chat in the archive.", remedy="Expected `_chat.txt` in it."
            )
        content = archive.read(name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise BadInput.in_file(path, f"{name!r} in it is not UTF-8.", row=row) from None


def _entries(text: str) -> tuple[list[_Entry], int]:
    """Entries of a chat, and the number of lines with words before the first of them."""
    entries: list[_Entry] = []
    before = 0
    for row, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        head = _HEAD.match(line)
        if head:
            date = (head["first"], head["second"], head["third"])
            entries.append(_Entry(row, date, _clock(head), [head["rest"]]))
        elif entries:
            entries[-1].lines.append(line)
        elif line.strip():
            before += 1
    for entry in entries:
        while len(entry.lines) > 1 and not entry.lines[-1].strip():
            entry.lines.pop()
    return entries, before


def _clock(head: re.Match[str]) -> str | None:
    """`HH:MM` or `HH:MM:SS` in 24 hours; None where the half of the day is written in unknown words."""
    hour, minute = int(head["hour"]), int(head["minute"])
    halves = {re.sub(r"[\W_]", "", head[part].lower()) for part in ("between", "after")}
    if halves & _AFTERNOON and hour < 12:
        hour += 12
    elif halves & _MORNING and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or int(head["seconds"] or 0) > 59:
        return None
    return f"{hour:02}:{minute:02}" + (f":{int(head['seconds']):02}" if head["seconds"] else "")


# -- who says what ---------------------------------------------------------------------------------


def _messages(entries: Sequence[_Entry], order: DateOrder) -> list[Message]:
    named = [_split(entry.whole, longer) for longer in [_longer(entries)] for entry in entries]
    tags = app_tags(text for _, text in named)
    group = _group(named)
    messages = []
    for place, (entry, (name, text)) in enumerate(zip(entries, named, strict=True)):
        day = as_date(entry.date, order)
        stamp = f"{day.isoformat()}T{entry.clock}" if day and entry.clock else None
        own = by_the_app(text) and (not place or name == group or _about(name, text))
        if name is None or own:
            words = without_marks(text)
            messages.append(Message(words, entry.row, "system", timestamp=stamp))
            continue
        told = noted(text, tags)
        role = role_of_word(name)
        meta = {"app_note": told.note, "file": told.file, "edited": True if told.edited else None}
        speaker = name if role is None else None
        messages.append(
            Message(
                told.text, entry.row, role or "other", name, speaker, timestamp=stamp, meta=meta
            )
        )
    return messages


def _split(whole: str, longer: Mapping[str, str]) -> tuple[str | None, str]:
    """Name and text of an entry; no name in lines of the app."""
    found = _NAME.match(whole)
    if not found:
        return None, whole
    name = longer.get(found[1], found[1])
    return without_marks(name), whole[len(name) + 1 :].removeprefix(" ")


def _longer(entries: Sequence[_Entry]) -> dict[str, str]:
    """Names with a colon in them (`Dr: Lee`), by what stands before it.

    What stands between two colons belongs to the name if it is the same in every line, and there
    are several.
    """
    seconds: dict[str, Counter[str | None]] = defaultdict(Counter)
    for entry in entries:
        first = _NAME.match(entry.whole)
        if first:
            second = _NAME.match(entry.whole, first.end())
            seconds[first[1]][second[1] if second else None] += 1
    return {
        name: f"{name}: {second}"
        for name, found in seconds.items()
        for second, count in found.items()
        if second is not None and len(found) == 1 and count > 1
    }


def _group(named: Sequence[tuple[str | None, str]]) -> str | None:
    """On iOS the group itself is named before what the app says: who comes first and never speaks."""
    name, text = named[0]
    silent = by_the_app(text) and all(by_the_app(said) for who, said in named if who == name)
    return name if silent else None


def _about(name: str | None, text: str) -> bool:
    return name is not None and without_marks(text).startswith(f"{name} ")


# -- what is told ----------------------------------------------------------------------------------


def _found(path: Path, messages: Sequence[Message], before: int) -> list[Finding]:
    found = []
    system = sum(message.role == "system" for message in messages)
    if system:
        text = f"{system} line(s) are by the app (encryption, who joined), not by a person."
        mend = "They are turns of the role system, on no side."
        found.append(Finding("note", "lines of the app", system, str(path), text, mend))
    noted_ = sum(
        bool(message.meta.get("app_note") or message.meta.get("file")) for message in messages
    )
    if noted_:
        text = (
            f"{noted_} message(s) hold media or were deleted; the app's words are not the person's."
        )
        mend = "They are in meta.app_note and meta.file, captions in the text."
        found.append(Finding("note", "media or deleted", noted_, str(path), text, mend))
    if before:
        text = f"{before} line(s) stand before the first date."
        mend = "They were left out; export the chat again where something is missing."
        found.append(
            Finding("warning", "lines before the chat", before, f"{path}, row 1", text, mend)
        )
    return found


def _times(
    path: Path,
    entries: Sequence[_Entry],
    messages: Sequence[Message],
    order: DateOrder,
    ambiguous: bool,
) -> list[Finding]:
    found = []
    if ambiguous:
        text = f"the dates do not say whether day or month comes first; they were read {order}."
        mend = "Only `timestamp` depends on it. Export a longer part of the chat where it is wrong."
        found.append(Finding("warning", "order of dates", len(entries), str(path), text, mend))
    broken = [message.row for message in messages if message.timestamp is None]
    if broken:
        places = ", ".join(f"row {row}" for row in broken[:3])
        text = f"{len(broken)} date(s) or time(s) are impossible."
        mend = "Their timestamp is empty; the messages were kept."
        found.append(
            Finding("warning", "malformed time", len(broken), f"{path}, {places}", text, mend)
        )
    return found


READER = Reader(
    "whatsapp", "WhatsApp chat as exported by iOS or Android (.txt, or the .zip)", _sniff, _read
)
