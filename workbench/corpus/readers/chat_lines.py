"""The lines of a CHAT file as plain values: headers, main tiers, dependent tiers, what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.corpus.readers.cues import Cue
from workbench.corpus.schema import META
from workbench.errors import BadInput

__all__ = ["ID_FIELDS", "NOT_KEPT", "OWN", "ChatFile", "read_lines"]

ID_FIELDS = (
    *("language", "corpus", "code", "age", "sex", "group", "ses", "role", "education", "custom"),
)
"""What stands between the bars of an `@ID` header."""

OWN = "workbench "
"""Start of the `@Comment` in which our writer keeps ids and roles that CHAT has no place for."""

_TERMINATOR = re.compile(r"[ \t]+([.?!])((?:[ \t]+\[[^\]]*\])*)$")
"""Final punctuation set apart, and the codes that may follow it."""

_LINE = re.compile(r"([@*%])([^:\t]*?)(?::\s*(.*)|\s*)$", re.DOTALL)
_BULLET = re.compile(r"\s*\x15([^\x15]*)\x15\s*")
_TIMES = re.compile(r"(\d{1,12})_(\d{1,12})-?$")
_OF_SPEAKER = re.compile(r"(Birth|Birthplace|L1) of (\S+)$")
NOT_KEPT = {"UTF8", "Begin", "End", "Participants", "ID"}
"""Headers that are read or that only frame the file."""


@dataclass(slots=True)
class ChatFile:
    """What the lines of a file say, as it is gathered.

    Parameters
    ----------
    speakers
        Code -> what `@Participants` and `@ID` say.
    own
        What our writer put into its comment.
    pending, tiers
        Headers that wait for the next utterance, and what stands below the last one.
    framed
        Which of `@Begin` and `@End` were there.
    rows
        What is wrong -> the rows where.
    """

    cues: list[Cue] = field(default_factory=list)
    speakers: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    tiers: dict[str, str] | None = None
    framed: set[str] = field(default_factory=set)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def point_out(self, what: str, row: int) -> None:
        """Keep the row of something that is wrong."""
        self.rows.setdefault(what, []).append(row)


def read_lines(path: Path, text: str) -> ChatFile:
    """Read the text of a CHAT file; what can be made out of broken lines is kept.

    Raises
    ------
    BadInput
        If it begins with a line that CHAT does not have.
    """
    found = ChatFile()
    for row, mark, name, value in _logical_lines(path, text, found):
        if "End" in found.framed:
            found.point_out("after end", row)
        elif mark == "@":
            _take_header(found, name, value)
        elif mark == "*":
            _take_utterance(found, row, name, value)
        else:
            _take_dependent(found, row, name, value)
    if found.pending:
        found.facts[f"{META}header_at_end"] = "\n".join(found.pending)
    return found


def _logical_lines(path: Path, text: str, found: ChatFile) -> Iterator[tuple[int, str, str, str]]:
    """Row, mark, name and value of each line together with its continuation lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    gathered: tuple[int, str] | None = None
    for row, line in enumerate(lines, start=1):
        if line.startswith(("@", "*", "%")):
            if gathered:
                yield from _parts(found, *gathered)
            gathered = row, line
        elif line.strip():
            if gathered is None:
                raise BadInput.in_file(
                    path,
                    "this is no line of a CHAT transcript.",
                    row=row,
                    remedy="Expected lines that begin with @, * or %, or a tab to go on.",
                )
            if not line.startswith(("\t", " ")):
                found.point_out("no mark", row)
            gathered = gathered[0], f"{gathered[1].rstrip()} {line.strip()}"
    if gathered:
        yield from _parts(found, *gathered)


def _parts(found: ChatFile, row: int, line: str) -> Iterator[tuple[int, str, str, str]]:
    read = _LINE.match(line)
    if read is None or (read[1] != "@" and read[3] is None):
        found.point_out("no colon", row)
        return
    yield row, read[1], read[2].strip(), (read[3] or "").strip()


def _take_header(found: ChatFile, name: str, value: str) -> None:
    if name in ("Begin", "End"):
        found.framed.add(name)
    elif name == "Participants":
        for code, *words in (part.split() for part in value.split(",") if part.strip()):
            *named, role = words or [""]
            _traits(found, code).update(name=" ".join(named), role=role)
    elif name == "ID":
        said = dict(zip(ID_FIELDS, (part.strip() for part in value.split("|")), strict=False))
        traits = _traits(found, said.pop("code", ""))
        said["role"] = traits.get("role") or said.get("role", "")
        traits.update(said)
    elif of := _OF_SPEAKER.match(name):
        _traits(found, of[2])[of[1].lower()] = value
    elif name == "Comment" and value.startswith(OWN) and not found.cues:
        _take_own(found, value)
    elif name not in NOT_KEPT and found.cues:
        found.pending.append(f"{name}: {value}")
    elif name not in NOT_KEPT:
        _join(found.facts, f"{META}{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}", value)


def _traits(found: ChatFile, code: str) -> dict[str, str]:
    return found.speakers.setdefault(code, {})


def _take_own(found: ChatFile, value: str) -> None:
    try:
        own = json.loads(value.removeprefix(OWN))
    except (ValueError, RecursionError):
        own = None
    if isinstance(own, dict):
        found.own = own
    else:
        _join(found.facts, f"{META}comment", value)


def _join(facts: dict[str, str], key: str, value: str) -> bool:
    """Put a value in, after the one that is there; whether there was one."""
    before = facts.get(key)
    facts[key] = value if before is None else f"{before}\n{value}"
    return before is not None


def _take_utterance(found: ChatFile, row: int, code: str, value: str) -> None:
    times: list[float] = []
    for bullet in _BULLET.findall(value):
        read = _TIMES.search(bullet)
        if read is None:
            found.point_out("malformed time", row)
        else:
            times += [int(read[1]) / 1000, int(read[2]) / 1000]
    text = _BULLET.sub(" ", value)
    if "\x15" in text:
        found.point_out("malformed time", row)
    text = _TERMINATOR.sub(r"\1\2", text.replace("\x15", "").strip())
    found.tiers = {"header": "\n".join(found.pending)} if found.pending else {}
    found.pending = []
    start = times[0] if times else None
    end = times[-1] if times and times[-1] != start else None
    if start is not None and end is not None and end < start:
        found.point_out("end before start", row)
    found.cues.append(Cue(text, row, code or None, start, end, found.tiers))


def _take_dependent(found: ChatFile, row: int, tier: str, value: str) -> None:
    if found.tiers is None:
        found.point_out("no utterance", row)
    elif _join(found.tiers, tier, value):
        found.point_out("repeated tier", row)
