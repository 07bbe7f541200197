"""What every chat and messenger log comes down to: who wrote what, in answer to what.

One place makes a corpus of such chats: ids of chats and messages that stand twice are made unique
and told, speakers who are only a role are another person in each chat, what the source says beside
the words becomes `meta.*`, and the user's `roles` may use the source's words, ours, or a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.contents import without_payload
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.schema import META, ROW
from workbench.corpus.trees import BRANCHES
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = [
    "Chat",
    "Message",
    "as_number",
    "as_stamp",
    "corpus_of_chats",
    "refusing_depth",
    "with_unique_ids",
]

_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Parameters
    ----------
    row
        1-based row or line of the source.
    role
        Role here.
    said
        How the source calls the role or the person; the user's `roles` may say the same.
    speaker
        Name of the person; None where only the role is known.
    id, reply_to
        Ids of the source, None where it has none.
    wordless
        Number of parts without words, for the report.
    """

    text: str
    row: int
    role: str
    said: str | None = None
    speaker: str | None = None
    id: str | None = None
    reply_to: str | None = None
    timestamp: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    wordless: int = 0


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation; `facts` are columns of its row, as `{"source": ..., "meta.model": ...}`."""

    id: str
    row: int
    messages: Sequence[Message]
    facts: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def refusing_depth(path: Path) -> Iterator[None]:
    """Refuse JSON that Python reads but that is nested too deeply to be written again."""
    try:
        yield
    except RecursionError:
        raise BadInput.in_file(path, "the JSON is nested too deeply to be a dialogue.") from None


def as_stamp(stated: Any) -> str | None:
    """A time as the source gives it; None where it gives none, or no plain value."""
    if isinstance(stated, bool) or not isinstance(stated, str | int | float) or stated == "":
        return None
    return str(stated)


def as_number(stated: Any) -> float | None:
    """A number that a float holds; None for anything else, not-a-number included."""
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return None
    return float(stated) if abs(stated) < _LARGEST else None


def corpus_of_chats(
    path: Path,
    chats: Sequence[Chat],
    *,
    roles: Mapping[str, str] | None = None,
    speakers: pl.DataFrame | None = None,
    layers: Sequence[Layer] = (),
    findings: Sequence[Finding] = (),
) -> Corpus:
    """Make a corpus of the chats of one file, in their order.

    Parameters
    ----------
    roles
        The user's roles; names of the source (`said`) are understood beside names here.
    speakers
        Traits, `id` as in `Message.speaker`.

    Raises
    ------
    BadInput
        If there is no message.
    """
    found = list(findings)
    chats, twice = _with_unique_names(path, chats)
    entries = [
        (chat, place, message) for chat in chats for place, message in enumerate(chat.messages)
    ]
    if not entries:
        raise BadInput.in_file(path, "there is no message in it.")
    ids = [message.id or f"{chat.id}-{place}" for chat, place, message in entries]
    ids, again = with_unique_ids(ids)
    found += [*twice, *_ids_again(path, again, "message")]
    messages = [message for _, _, message in entries]
    metas, removed = _metas(messages, set(ids))
    frame = pl.DataFrame(
        {
            "id": ids,
            "conversation_id": [chat.id for chat, _, _ in entries],
            "turn": [place for _, place, _ in entries],
            "speaker": [
                message.speaker or f"{message.role}-{chat.id}" for chat, _, message in entries
            ],
            **{
                name: [getattr(message, name) for _, _, message in entries]
                for name in ("role", "text", "reply_to", "timestamp")
            },
            ROW: [message.row for _, _, message in entries],
        },
        schema_overrides={"reply_to": pl.String, "timestamp": pl.String},
    )
    meta, _ = flatten(metas, prefix=META)
    facts, _ = flatten([chat.facts for chat in chats])
    names = pl.DataFrame({"id": [chat.id for chat in chats]})
    return Corpus.build(
        frame.with_columns(meta),
        conversations=names.with_columns(facts),
        speakers=speakers,
        layers=layers,
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=_asked(roles, messages, frame["speaker"]),
        findings=[*found, *_told(path, messages, removed), *_trees(path, chats)],
        where=str(path),
    )


def with_unique_ids(ids: Iterable[str]) -> tuple[list[str], list[int]]:
    """Ids with `-2`, `-3`, ... behind those that stood before, and the places of these."""
    ids = list(ids)
    given, taken = set(ids), set[str]()
    counts: dict[str, int] = {}
    made, again = [], []
    for place, name in enumerate(ids):
        unique = name
        while unique in taken or (unique != name and unique in given):
            counts[name] = counts.get(name, 1) + 1
            unique = f"{name}-{counts[name]}"
        if unique != name:
            again.append(place)
        taken.add(unique)
        made.append(unique)
    return made, again


def _with_unique_names(path: Path, chats: Sequence[Chat]) -> tuple[list[Chat], list[Finding]]:
    """Chats of one id get ids of their own and stay one source, so that no split parts them."""
    names, again = with_unique_ids(chat.id for chat in chats)
    renamed = [
        chat
        if name == chat.id
        else Chat(name, chat.row, chat.messages, {"source": chat.id, **chat.facts})
        for chat, name in zip(chats, names, strict=True)
    ]
    return renamed, _ids_again(path, [chats[place].row for place in again], "chat")


def _ids_again(path: Path, rows: Sequence[int], kind: str) -> list[Finding]:
    if not rows:
        return []
    message = f"{len(rows)} {kind} id(s) stand twice."
    mend = "Those that come later got -2, -3, ... behind their id; check that nothing was exported twice."
    return [Finding("warning", f"{kind} id twice", len(rows), str(path), message, mend)]


def _metas(messages: Iterable[Message], ids: set[str]) -> tuple[list[dict[str, Any]], int]:
    """What is said beside the words, and how many characters of base64 were in it."""
    metas, removed = [], 0
    for message in messages:
        given = {key: value for key, value in message.meta.items() if value is not None}
        if message.reply_to is not None and message.reply_to not in ids:
            given["reply_to"] = message.reply_to  # answers what is not in the file
        meta, size = without_payload(given)
        metas.append(meta)
        removed += size
    return metas, removed


def _asked(
    roles: Mapping[str, str] | None, messages: Sequence[Message], speakers: pl.Series
) -> dict[str, str] | None:
    """The user's roles under the names of roles and speakers here."""
    if not roles:
        return None
    asked = dict(roles)
    folded = {name.strip().lower(): role for name, role in roles.items()}
    for message, speaker in zip(messages, speakers, strict=True):
        wish = None if message.said is None else folded.get(message.said.strip().lower())
        if wish is not None and speaker not in roles:
            asked[speaker] = wish
    return asked


# -- what is told ----------------------------------------------------------------------------------


def _told(path: Path, messages: Sequence[Message], removed: int) -> list[Finding]:
    found = []
    wordless = sum(message.wordless for message in messages)
    if wordless:
        text = f"{wordless} part(s) of messages are no text (images, sound, files, thoughts)."
        mend = "They are kept in meta.parts; only words are analysed."
        found.append(Finding("note", "no text", wordless, str(path), text, mend))
    if removed:
        text = f"{removed:,} characters of base64 (files inside the JSON) were left out."
        mend = "Their places and sizes are kept; look into the source for the files."
        found.append(Finding("note", "base64 left out", removed, str(path), text, mend))
    calls = sum(bool(message.meta.get("tool_calls")) and not message.text for message in messages)
    if calls:
        text = f"{calls} message(s) hold only calls of tools; their text is empty."
        mend = "The calls are kept in meta.tool_calls."
        found.append(Finding("note", "only tool calls", calls, str(path), text, mend))
    return found


def _trees(path: Path, chats: Sequence[Chat]) -> list[Finding]:
    leaves = [chat.facts[BRANCHES] for chat in chats if chat.facts.get(BRANCHES, 1) > 1]
    if not leaves:
        return []
    text = f"{len(leaves)} conversation(s) are trees with {sum(leaves)} branches together."
    mend = (
        "Turns stand depth first, the current or best branch before the others, so neighbours need "
        "not follow each other; workbench.corpus.trees has main_path and paths for linear talks."
    )
    return [Finding("note", "trees", len(leaves), str(path), text, mend)]
