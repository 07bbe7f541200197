"""CHAT transcripts: one `.cha` file a conversation.

Texts go out as main tiers, with the terminator that CHAT demands set apart; `meta.<tier>` of three
letters, or beginning with `x`, as dependent tiers. What CHAT has no place for but reading needs
(ids, roles, the conversation's name) stands in one `@Comment`, which our reader takes back and
other programs pass over. `lost` renders and reads the corpus and lists whatever differs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.cha import corpus_of_chat
from workbench.corpus.readers.chat_lines import ID_FIELDS, NOT_KEPT, OWN
from workbench.corpus.schema import META, side_of
from workbench.corpus.writers.transcripts import transcript_writer

__all__ = ["WRITER"]

_TIER = re.compile(r"[a-z]{3}|x[a-z0-9]{1,6}")
_CODE = re.compile(r"[A-Z0-9]{1,7}")
_FINAL = re.compile(r"^(.*?)\s*([.?!])((?:\s*\[[^\]]*\])*)$", re.DOTALL)
_HEADERS: Mapping[str, str] = {
    f"{META}{name.lower().replace(' ', '_')}": name
    for name in (
        *("Date", "Location", "Media", "Number", "Recording Quality", "Room Layout"),
        *("Situation", "Tape Location", "Time Duration", "Time Start", "Transcriber"),
        *("Transcription", "Types", "Warning", "Comment", "Activities"),
    )
}
_LANGUAGES = {
    **{"en": "eng", "de": "deu", "es": "spa", "fr": "fra", "it": "ita", "nl": "nld", "pt": "por"},
}
_ROLES = {"helper": "Investigator", "client": "Participant", "other": "Other"}
"""Side -> role of CHAT's closed list; the name says the role as it is here."""

_WHY: Mapping[str, str] = {
    "utterances.id": "CHAT numbers no utterances; they are named <conversation>-<place> anew.",
    "utterances.text": "CHAT sets a final . ? or ! after every utterance and keeps no line breaks, "
    "no space at the ends and no U+0015.",
    "utterances.start": "CHAT holds whole milliseconds, not before zero.",
    "utterances.end": "CHAT holds whole milliseconds, and no end without a start.",
}


def _render(corpus: Corpus) -> str:
    """Text of the file of a corpus with one conversation."""
    codes = _codes(corpus)
    lines = [
        "@UTF8",
        *(f"@PID:\t{_line(pid)}" for pid in [_stated(corpus.conversations, f"{META}pid")] if pid),
        "@Begin",
        *_languages(corpus),
        *_participants(corpus, codes),
        *_facts(corpus, codes),
    ]
    for place, turn in enumerate(corpus.utterances.iter_rows(named=True)):
        if place:  # before the first utterance a header would speak of the whole conversation
            lines += _headers_before(turn)
        lines += _utterance(turn, codes[turn["speaker"], turn["role"]])
    return "\n".join([*lines, "@End", ""])


# -- headers ---------------------------------------------------------------------------------------


def _codes(corpus: Corpus) -> dict[tuple[str, str], str]:
    """A code for every speaker in every role: the one the source had, else letters of the role."""
    spoke = corpus.utterances.select("speaker", "role").unique(maintain_order=True)
    had: dict[str, str] = {}
    if corpus.speakers.schema.get(f"{META}code") == pl.String:
        had = dict(corpus.speakers.select("id", f"{META}code").drop_nulls().iter_rows())
    codes: dict[tuple[str, str], str] = {}
    for speaker, role in spoke.iter_rows():
        letters = re.sub(r"[^A-Z]", "", role.upper())[:3] or "SPK"
        code, number = had.get(speaker, letters), 1
        if not _CODE.fullmatch(code):
            code = letters
        while code in codes.values():
            number += 1
            code = f"{letters[:2]}{number}"
        codes[speaker, role] = code
    return codes


def _languages(corpus: Corpus) -> list[str]:
    given = corpus.metadata.language
    stated = _stated(corpus.conversations, f"{META}languages")
    language = stated or _LANGUAGES.get(given.split("-")[0], given)
    return [f"@Languages:\t{_line(language)}"] if language else []


def _participants(corpus: Corpus, codes: Mapping[tuple[str, str], str]) -> Iterator[str]:
    spoke = {code: _declared(corpus, speaker, role) for (speaker, role), code in codes.items()}
    declared = {**spoke, **{c: traits for c, traits in _silent(corpus).items() if c not in spoke}}
    entries = [
        " ".join(part for part in (code, traits.get("name", ""), traits["role"]) if part)
        for code, traits in declared.items()
    ]
    yield f"@Participants:\t{', '.join(entries)}"
    for code, traits in declared.items():
        values = [code if name == "code" else traits.get(name, "") for name in ID_FIELDS]
        yield f"@ID:\t{'|'.join(values)}|"


def _declared(corpus: Corpus, speaker: str, role: str) -> dict[str, str]:
    known = corpus.speakers.filter(pl.col("id") == speaker)
    side = pl.DataFrame({"role": [role]}).select(side_of(pl.col("role"))).item()
    traits = {name: _word(_stated(known, f"{META}{name}")) for name in (*ID_FIELDS, "name")}
    gender = _stated(known, "gender")
    return traits | {
        "name": traits["name"] or _word(role.capitalize()).replace(" ", "_"),
        "role": _word(_stated(known, f"{META}chat_role")) or _ROLES[side],
        "corpus": _word(_stated(corpus.conversations, f"{META}corpus")),
        "sex": gender if gender in ("male", "female") else "",
    }


def _silent(corpus: Corpus) -> dict[str, dict[str, str]]:
    """Declared speakers who say nothing, as the reader kept them."""
    try:
        silent = json.loads(_stated(corpus.conversations, f"{META}silent_speakers") or "{}")
    except ValueError:
        return {}
    if not isinstance(silent, dict):
        return {}
    return {
        code: {"role": "Other"} | {key: _word(str(value)) for key, value in traits.items()}
        for code, traits in silent.items()
        if _CODE.fullmatch(code) and isinstance(traits, dict)
    }


def _facts(corpus: Corpus, codes: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for column, header in _HEADERS.items():
        for value in (_stated(corpus.conversations, column) or "").split("\n"):
            if value:
                yield f"@{header}:\t{_line(value)}"
    own: dict[str, Any] = {
        "conversation": corpus.conversations["id"][0],
        "speakers": {code: {"id": who, "role": role} for (who, role), code in codes.items()},
    }
    if corpus.metadata.language:
        own["language"] = corpus.metadata.language
    yield f"@Comment:\t{OWN}{json.dumps(own, ensure_ascii=True)}"


def _stated(table: pl.DataFrame, column: str) -> str:
    """The first row's value of a text column, "" where there is none."""
    if table.is_empty() or table.schema.get(column) != pl.String:
        return ""
    return table[column][0] or ""


def _word(value: str) -> str:
    """A value without the signs that part the fields of a header."""
    return re.sub(r"[|,\s\x00-\x1f]+", " ", value).strip()


def _line(value: str) -> str:
    """A value on one line; what is no line break to CHAT stays."""
    return re.sub(r"[\x00\r\n\x15]+", " ", value)


# -- utterances ------------------------------------------------------------------------------------


def _headers_before(turn: Mapping[str, Any]) -> Iterator[str]:
    for header in str(turn.get(f"{META}header") or "").split("\n"):
        name, colon, value = header.partition(":")
        if colon and name not in NOT_KEPT and re.fullmatch(r"[A-Z][\w ]*", name):
            yield f"@{name}:\t{_line(value.strip())}"


def _utterance(turn: Mapping[str, Any], code: str) -> Iterator[str]:
    text = _line(turn["text"]).strip()
    final = _FINAL.match(text)
    said = f"{final[1]} {final[2]}{final[3]}" if final else f"{text} ."
    yield f"*{code}:\t{said.strip()}{_bullet(turn['start'], turn['end'])}"
    for name, value in turn.items():
        tier = name.removeprefix(META)
        if tier != name and isinstance(value, str) and _TIER.fullmatch(tier):
            yield from (f"%{tier}:\t{_line(line)}" for line in value.split("\n"))


def _bullet(start: float | None, end: float | None) -> str:
    if start is None or start < 0:
        return ""
    first = round(start * 1000)
    last = first if end is None or end < 0 else round(end * 1000)
    return f" \x15{first}_{last}\x15"


WRITER = transcript_writer(
    "cha",
    "CHAT transcripts (.cha), one a conversation",
    ending=".cha",
    render=_render,
    read=corpus_of_chat,
    why=_WHY,
)
