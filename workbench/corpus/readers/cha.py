"""CHAT transcripts (`.cha`, TalkBank and CHILDES): headers, main tiers, dependent tiers, time marks.

The text of an utterance is its main tier as written, codes included (`[+ IMP]`, `&=laughs`, `0v`),
without the time mark; the final `.`, `?` or `!`, which CHAT sets apart, stands at the last word.
Dependent tiers become `meta.<tier>`. Codes such as `CHI` mean another person in each file, so the
conversation is added to them; who that is stands in the speaker table. A header line between two
utterances goes to the later one as `meta.header`. A time mark of no length has no end.

The lines are read here and not by pylangacq, which keeps only the last of two tiers of one name,
gives no line numbers and is silent on a missing `@End`; the tests hold this reader to it where it
reads right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.cues import Cue, corpus_of_cues
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import bare_name, peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["ID_FIELDS", "NOT_KEPT", "OWN", "READER", "corpus_of_chat"]

ID_FIELDS = (
    *("language", "corpus", "code", "age", "sex", "group", "ses", "role", "education", "custom"),
)
"""What stands between the bars of an `@ID` header."""

OWN = "workbench "
"""Start of the `@Comment` in which our writer keeps ids and roles that CHAT has no place for."""

_TERMINATOR = re.compile(r"[ \t]+([.?!])((?:[ \t]+\[[^\]]*\])*)$")
"""Final punctuation set apart, and the codes that may follow it."""

_HEADER = re.compile(r"@(Begin|Participants:|Languages:|ID:)", re.MULTILINE)
_MAIN = re.compile(r"^\*[A-Z0-9_+-]{1,12}:[\t ]", re.MULTILINE)
_LINE = re.compile(r"([@*%])([^:\t]*?)(?::\s*(.*)|\s*)$", re.DOTALL)
_BULLET = re.compile(r"\s*\x15([^\x15]*)\x15\s*")
_TIMES = re.compile(r"(\d+)_(\d+)-?$")
_OF_SPEAKER = re.compile(r"(Birth|Birthplace|L1) of (\S+)$")
NOT_KEPT = {"UTF8", "Begin", "End", "Participants", "ID"}
"""Headers that are read or that only frame the file."""


@dataclass(slots=True)
class _Transcript:
    """What the lines of a file say, as it is gathered."""

    cues: list[Cue] = field(default_factory=list)
    speakers: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    tiers: dict[str, str] | None = None
    framed: set[str] = field(default_factory=set)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def point_out(self, what: str, row: int) -> None:
        self.rows.setdefault(what, []).append(row)


def _sniff(path: Path) -> float:
    start = peek(path).replace("\r", "\n").lstrip()
    if not start.startswith(("@", "*")) or not _MAIN.search(start):
        return 0.0
    return 0.98 if _HEADER.search(start) else 0.5


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_chat(path, read_text(path), roles=roles)


def corpus_of_chat(path: Path, text: str, *, roles: Mapping[str, str] | None = None) -> Corpus:
    """Make one conversation of the text of a CHAT file.

    Raises
    ------
    BadInput
        If there is a line that CHAT does not have, or no utterance.
    """
    found = _Transcript()
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
    return _corpus(path, found, roles or {})


# -- lines -----------------------------------------------------------------------------------------


def _logical_lines(
    path: Path, text: str, found: _Transcript
) -> Iterator[tuple[int, str, str, str]]:
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


def _parts(found: _Transcript, row: int, line: str) -> Iterator[tuple[int, str, str, str]]:
    read = _LINE.match(line)
    if read is None or (read[1] != "@" and read[3] is None):
        found.point_out("no colon", row)
        return
    yield row, read[1], read[2].strip(), (read[3] or "").strip()


def _take_header(found: _Transcript, name: str, value: str) -> None:
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


def _traits(found: _Transcript, code: str) -> dict[str, str]:
    return found.speakers.setdefault(code, {})


def _take_own(found: _Transcript, value: str) -> None:
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


def _take_utterance(found: _Transcript, row: int, code: str, value: str) -> None:
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


def _take_dependent(found: _Transcript, row: int, tier: str, value: str) -> None:
    if found.tiers is None:
        found.point_out("no utterance", row)
    elif _join(found.tiers, tier, value):
        found.point_out("repeated tier", row)


# -- the corpus ------------------------------------------------------------------------------------


def _corpus(path: Path, found: _Transcript, roles: Mapping[str, str]) -> Corpus:
    own = found.own.get("speakers")
    stated = own if isinstance(own, dict) else {}
    given = found.own.get("conversation")
    name = given if isinstance(given, str) and given else bare_name(path)
    spoke = list(dict.fromkeys(cue.speaker for cue in found.cues if cue.speaker))
    silent = {code: traits for code, traits in found.speakers.items() if code not in spoke}
    if silent:
        found.facts[f"{META}silent_speakers"] = json.dumps(silent, ensure_ascii=False)
    corpora = {t["corpus"] for t in found.speakers.values() if t.get("corpus")}
    if corpora:
        found.facts[f"{META}corpus"] = ", ".join(sorted(corpora))
    asked = dict(roles)
    for code in spoke:
        traits = found.speakers.get(code, {})
        keys = [key for key in (code, traits.get("name"), traits.get("role")) if key in roles]
        if keys:
            asked[code] = roles[str(keys[0])]
    first, *_ = re.split(r"[,\s]+", found.facts.get(f"{META}languages", ""))
    said = found.own.get("language")
    language = said if isinstance(said, str) else first
    return corpus_of_cues(
        path,
        found.cues,
        roles=asked,
        conversation=name,
        facts=found.facts,
        speakers=_speakers(found, spoke, stated),
        ids={code: _own_word(stated, code, "id") or f"{code}-{name}" for code in spoke},
        metadata=CorpusMetadata(name=bare_name(path), language=language),
        findings=_findings(path, found, spoke, list(silent)),
    )


def _own_word(stated: Mapping[str, Any], code: str, key: str) -> str | None:
    entry = stated.get(code)
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _speakers(found: _Transcript, spoke: list[str], stated: Mapping[str, Any]) -> pl.DataFrame:
    rows = []
    for code in spoke:
        traits = found.speakers.get(code, {})
        name, role = traits.get("name", ""), traits.get("role", "")
        rows.append(
            {
                "id": code,
                "role": _own_word(stated, code, "role")
                or role_of_word(name)  # CHAT's closed list of roles has no therapist
                or role_of_word(role)
                or "other",
                "gender": traits.get("sex") or None,
                f"{META}code": code,
                f"{META}chat_role": role or None,
            }
            | {
                f"{META}{key}": value
                for key, value in traits.items()
                if value and key not in ("role", "sex", "corpus")
            }
        )
    return pl.DataFrame(
        rows,
        schema_overrides={"gender": pl.String, f"{META}chat_role": pl.String},
        infer_schema_length=None,
    )


_MESSAGES: Mapping[str, tuple[str, str]] = {
    "after end": ("line(s) stand after @End.", "They were left out; split the file there."),
    "no mark": (
        "line(s) begin with none of @, *, % or a tab.",
        "They were taken to go on with the line before; begin them with a tab.",
    ),
    "no colon": ("line(s) have no colon after their name.", "They were left out; correct them."),
    "malformed time": (
        "time mark(s) do not read as milliseconds, start_end.",
        "They were left out; the words were kept.",
    ),
    "end before start": ("utterance(s) end before they start.", "The times were kept as they are."),
    "no utterance": ("dependent tier(s) stand before any utterance.", "They were left out."),
    "repeated tier": ("dependent tier(s) stand twice under one utterance.", "They were joined."),
}


def _findings(path: Path, found: _Transcript, spoke: list[str], silent: list[str]) -> list[Finding]:
    told = []
    for what, rows in found.rows.items():
        message, mend = _MESSAGES[what]
        level: Literal["note", "warning"] = "note" if what == "repeated tier" else "warning"
        where = f"{path}, " + ", ".join(f"row {row}" for row in rows[:3])
        told.append(Finding(level, what, len(rows), where, f"{len(rows)} {message}", mend))
    for frame in sorted({"Begin", "End"} - found.framed):
        mend = "The file may be cut off; what is there was loaded."
        told.append(Finding("warning", "no frame", 1, str(path), f"there is no @{frame}.", mend))
    strangers = [code for code in spoke if code not in found.speakers]
    if strangers:
        message = f"speaker code(s) {strangers[:12]} are not declared under @Participants."
        mend = "They were kept; nothing is known of them."
        told.append(
            Finding("warning", "undeclared speaker", len(strangers), str(path), message, mend)
        )
    if silent:
        message = f"declared speaker(s) {silent[:12]} say nothing."
        mend = "They stand in the conversation's meta.silent_speakers."
        told.append(Finding("note", "silent speaker", len(silent), str(path), message, mend))
    return told


READER = Reader(
    "cha", "CHAT transcripts of TalkBank and CHILDES (.cha)", _sniff, _read, transcript=True
)
