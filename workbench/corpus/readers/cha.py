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
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.chat_lines import ChatFile, read_lines
from workbench.corpus.readers.cues import corpus_of_cues
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import bare_name, peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding

__all__ = ["READER", "corpus_of_chat"]

_HEADER = re.compile(r"@(Begin|Participants:|Languages:|ID:)", re.MULTILINE)
_MAIN = re.compile(r"^\*[A-Z0-9_+-]{1,12}:[\t ]", re.MULTILINE)


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
    found = read_lines(path, text)
    own = found.own.get("speakers")
    stated = own if isinstance(own, dict) else {}
    given = found.own.get("conversation")
    name = given if isinstance(given, str) and given else bare_name(path)
    spoke = list(dict.fromkeys(cue.speaker for cue in found.cues if cue.speaker))
    silent = {code: traits for code, traits in found.speakers.items() if code and code not in spoke}
    if silent:
        found.facts[f"{META}silent_speakers"] = json.dumps(silent, ensure_ascii=False)
    corpora = {t["corpus"] for t in found.speakers.values() if t.get("corpus")}
    if corpora:
        found.facts[f"{META}corpus"] = ", ".join(sorted(corpora))
    asked = dict(roles or {})
    for code in spoke:
        traits = found.speakers.get(code, {})
        names = traits.get("role", ""), traits.get("name", ""), code
        if known := [asked[name] for name in names if name in asked]:
            asked[code] = known[-1]
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


def _speakers(found: ChatFile, spoke: list[str], stated: Mapping[str, Any]) -> pl.DataFrame:
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


def _findings(path: Path, found: ChatFile, spoke: list[str], silent: list[str]) -> list[Finding]:
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
