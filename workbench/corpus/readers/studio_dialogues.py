"""Tasks of Label Studio that hold a whole conversation, as a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.cues import UNNAMED
from workbench.corpus.readers.flattening import flatten
from workbench.corpus.readers.guessing import by_name, role_of_word
from workbench.corpus.readers.label_config import LabelConfig
from workbench.corpus.readers.opening import bare_name
from workbench.corpus.schema import CONVERSATION_COLUMNS, META, ROW, UTTERANCE_COLUMNS
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["Dialogue", "corpus_of_dialogues", "turns_of"]

_TEXT_KEYS = ("text", "content", "utterance", "message", "value")
_NAME_KEYS = ("author", "speaker", "name", "role", "from", "sender")
_ID_KEYS = ("conversation_id", "dialogue_id", "dialog_id", "session_id", "id")


def turns_of(
    path: Path, row: int, data: Mapping[str, Any], config: LabelConfig
) -> list[dict[str, Any]] | None:
    """The turns in the data of a task; None where it holds no conversation.

    Raises
    ------
    BadInput
        If the interface says that there are turns and there are none, or a turn has no text.
    """
    key = _key(data, config)
    if key is None:
        return None
    turns = data[key]
    said = [turn for turn in turns if isinstance(turn, dict) and _said(turn, config) is not None]
    if len(said) < len(turns):
        problem = f"{len(turns) - len(said)} turn(s) in {key!r} have no text."
        raise BadInput.in_file(path, problem, row=row, remedy="Expected `author` and `text`.")
    return said


def _key(data: Mapping[str, Any], config: LabelConfig) -> str | None:
    if config.dialogue is not None and isinstance(data.get(config.dialogue), list):
        return config.dialogue
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and key != "speakers":
            return key if _said(value[0], config) is not None else None
    return None


def _said(turn: Mapping[str, Any], config: LabelConfig) -> str | None:
    keys = (config.text_key, *_TEXT_KEYS)
    return next((turn[key] for key in keys if isinstance(turn.get(key), str)), None)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation of a task: its id and facts, ids, words and rows of its utterances."""

    id: str
    facts: Mapping[str, Any]
    ids: Sequence[str]
    texts: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    speakers: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls,
        path: Path,
        row: int,
        number: Any,
        data: Mapping[str, Any],
        turns: Sequence[Mapping[str, Any]],
        config: LabelConfig,
    ) -> Dialogue:
        """Take a conversation from a task's data; `conversation` and `speakers` are our writer's."""
        stated = data.get("conversation")
        ours = stated if isinstance(stated, dict) and "id" in stated else None
        given = next((data[key] for key in _ID_KEYS if isinstance(data.get(key), str | int)), None)
        made = f"{bare_name(path)}-{row if number is None else number}"
        name = str(ours["id"]) if ours else str(made if given is None else given)
        texts = [str(_said(turn, config)) for turn in turns]
        ids = [str(turn.get("id", f"{name}-{place}")) for place, turn in enumerate(turns)]
        rows = [
            _row(name, place, turn, config) | {"id": ids[place], "text": texts[place], ROW: row}
            for place, turn in enumerate(turns)
        ]
        skipped = {*_ID_KEYS, "conversation", "speakers", _key(data, config)}
        facts = ours or {k: v for k, v in data.items() if k not in skipped}
        people = data.get("speakers")
        people = people if ours and isinstance(people, list) else []
        speakers = [each for each in people if isinstance(each, dict) and "id" in each]
        return cls(
            name, {**_named(facts, ours is not None), "id": name}, ids, texts, rows, speakers
        )


def _row(name: str, place: int, turn: Mapping[str, Any], config: LabelConfig) -> dict[str, Any]:
    keys = (config.name_key, *_NAME_KEYS)
    who = next((turn[key] for key in keys if isinstance(turn.get(key), str)), None)
    role = turn["role"] if isinstance(turn.get("role"), str) else role_of_word(who or "")
    told = {config.name_key, config.text_key, *_TEXT_KEYS, *_NAME_KEYS, "id"}
    columns = {k: v for k, v in turn.items() if k in UTTERANCE_COLUMNS and k not in told}
    rest = {k: v for k, v in turn.items() if k not in UTTERANCE_COLUMNS and k not in told}
    meta = {k if k.startswith(META) else f"{META}{k}": v for k, v in rest.items()}
    facts = {"conversation_id": name, "speaker": who or f"{UNNAMED}-{name}", "role": role}
    return {**columns, **meta, **facts, "turn": place}


def _named(facts: Mapping[str, Any], ours: bool) -> dict[str, Any]:
    """Facts under our names; those of another hand that have none become `meta.<key>`."""
    if ours:
        return dict(facts)
    names = by_name(pl.DataFrame({key: [""] for key in facts}))
    found = {}
    for key, value in facts.items():
        known = names.get(key, "id")
        free = known == "id" or known not in CONVERSATION_COLUMNS
        found[f"{META}{key}" if free else known] = value
    return found


def corpus_of_dialogues(
    path: Path,
    dialogues: Sequence[Dialogue],
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    layers: Sequence[Layer] = (),
    findings: Sequence[Finding] = (),
) -> Corpus:
    """Make a corpus of conversations.

    Raises
    ------
    BadInput
        If two tasks are one conversation, or `columns` names a key that no turn has.
    """
    names = [each.id for each in dialogues]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        problem = f"{len(twice)} conversation id(s) stand in two tasks, the first is {twice[0]!r}."
        raise BadInput.in_file(path, problem, remedy="Rename one, or leave it out.")
    said, _ = flatten([row for each in dialogues for row in each.rows])
    talks, _ = flatten([each.facts for each in dialogues])
    people, _ = flatten([each for talk in dialogues for each in talk.speakers])
    frame = pl.DataFrame(said)
    for theirs in columns or {}:
        if theirs not in frame.columns:
            raise BadInput.in_file(path, str(BadInput.unknown("column", theirs, frame.columns)))
    return Corpus.build(
        frame.rename(dict(columns or {})),
        conversations=pl.DataFrame(talks),
        speakers=pl.DataFrame(people) if people else None,
        layers=layers,
        metadata=CorpusMetadata(name=bare_name(path)),
        roles=roles,
        findings=findings,
        where=str(path),
    )
