"""ESConv (Liu et al., ACL 2021) in its layouts: raw, with feedback, failed, and as published.

Who stands together in a split: `source` is the hash of the situation, so that one chat in two
spellings, and several chats about one situation, stay on one side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.jsonlike import first_record, read_records
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import ROW
from workbench.errors import BadInput

__all__ = ["READER"]

_CITATION = (
    "Liu, S., Zheng, C., Demasi, O., Sabour, S., Li, Y., Yu, Z., Jiang, Y., & Huang, M. (2021). "
    "Towards Emotional Support Dialog Systems. ACL 2021. arXiv:2106.01144"
)
_ROLE = {
    **{"usr": "seeker", "speaker": "seeker", "seeker": "seeker"},
    **{"sys": "supporter", "listener": "supporter", "supporter": "supporter"},
}
_SCORES = ("initial_intensity", "final_intensity", "empathy", "relevance", "supporter_relevance")
_TYPES = {
    **dict.fromkeys(_SCORES, pl.Float64),
    "experience_type": pl.String,
    "emotion_type": pl.String,
}
_RATINGS = ("1", "2", "3", "4", "5")


def _sniff(path: Path) -> float:
    record = first_record(path)
    if not isinstance(record, dict):
        return 0.0
    return 1.0 if {"emotion_type", "problem_type", "dialog"} <= set(record) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    records = read_records(path)
    if not records:
        raise BadInput.in_file(path, "there is no dialogue in it.")
    taken: Counter[str] = Counter()
    talks, turns = [], []
    for row, record in records:
        _check(path, row, record)
        name = _name(record, row)
        taken[name] += 1
        if taken[name] > 1:
            name = f"{name}-{taken[name]}"
        talks.append(_conversation(name, record))
        turns += [_turn(path, row, name, n, turn) for n, turn in enumerate(record["dialog"])]
    frame = pl.DataFrame(turns, infer_schema_length=None)
    return Corpus.build(
        frame.drop("strategies", "feedback"),
        conversations=pl.DataFrame(talks, schema_overrides=_TYPES, infer_schema_length=None),
        layers=[layer for layer in (_strategies(frame), _feedback(frame)) if layer.table.height],
        metadata=CorpusMetadata(
            name="esconv", licence="CC BY-NC 4.0", citation=_CITATION, language="en"
        ),
        roles=roles,
        where=str(path),
    )


def _check(path: Path, row: int, record: Any) -> None:
    if not isinstance(record, dict) or not isinstance(record.get("dialog"), list):
        raise BadInput.in_file(path, "a dialogue needs a list `dialog` of turns.", row=row)
    if not record["dialog"]:
        raise BadInput.in_file(path, "the dialogue has no turns.", row=row)


def _layout(record: Mapping[str, Any]) -> str:
    if "init_intensity" in record:
        return "feedback"
    if "dialog_key" in record:
        return "raw"
    return "failed" if "source_index" in record else "published"


def _name(record: Mapping[str, Any], row: int) -> str:
    layout = _layout(record)
    number = {"failed": record.get("source_index"), "published": row - 1}
    return f"esconv-{layout}-{number.get(layout, record.get('dialog_key'))}"


def _situation_key(situation: str) -> str:
    letters = "".join(character for character in situation.lower() if character.isalnum())
    return "esc-" + hashlib.sha1(letters.encode(), usedforsecurity=False).hexdigest()[:10]


def _conversation(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    survey = record.get("survey_score") or {}
    seeker, supporter = survey.get("seeker") or {}, survey.get("supporter") or {}
    initial = record.get("init_intensity", seeker.get("initial_emotion_intensity"))
    final = record.get("final_intensity", seeker.get("final_emotion_intensity"))
    situation = str(record.get("situation") or "")
    facts = {
        "id": name,
        "source": record.get("dialog_key") or _situation_key(situation),
        "topic": str(record.get("problem_type") or "").strip() or None,
        "emotion_type": record.get("emotion_type"),
        "experience_type": record.get("experience_type"),
        "initial_intensity": _number(initial),
        "final_intensity": _number(final),
        "empathy": _number(seeker.get("empathy")),
        "relevance": _number(seeker.get("relevance")),
        "supporter_relevance": _number(supporter.get("relevance")),
        "meta.situation": situation,
    }
    free = {f"{who}_question{n}" for who in ("seeker", "supporter") for n in (1, 2)}
    facts |= {f"meta.{key}": record[key] for key in sorted(free & set(record))}
    return facts


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _turn(path: Path, row: int, name: str, place: int, turn: Any) -> dict[str, Any]:
    said = turn.get("content", turn.get("text")) if isinstance(turn, dict) else None
    if not isinstance(said, str) or turn.get("speaker") not in _ROLE:
        raise BadInput.in_file(
            path,
            f"turn {place} has no text or no known speaker.",
            row=row,
            remedy=f"Expected `text` or `content`, and a speaker among {sorted(_ROLE)}.",
        )
    role = _ROLE[turn["speaker"]]
    codes = turn.get("annotation") or turn
    named = codes.get("all_strategy") or [codes.get("strategy")]
    return {
        "id": f"{name}-{place}",
        "conversation_id": name,
        "turn": place,
        "speaker": f"{role}-{name}",
        "role": role,
        "text": said.strip(),
        "strategies": [label for label in named if label],
        "feedback": None if codes.get("feedback") is None else str(codes["feedback"]),
        ROW: row,
    }


def _strategies(turns: pl.DataFrame) -> Layer:
    coded = turns.filter(pl.col("role") == "supporter").select("id", "strategies")
    rows = coded.explode("strategies").drop_nulls("strategies")
    facts = LayerMetadata(
        "esconv-strategy",
        "ESConv",
        "gold",
        labels=tuple(sorted(rows["strategies"].unique())),
        exclusive=bool((coded["strategies"].list.len() <= 1).all()),
    )
    table = rows.rename({"id": "unit_id", "strategies": "label"}).with_columns(
        pl.col("label").cast(pl.String)
    )
    return Layer.build("esconv-strategy.gold", table, facts)


def _feedback(turns: pl.DataFrame) -> Layer:
    rated = turns.select(
        pl.col("id").alias("unit_id"), pl.col("feedback").cast(pl.String).alias("label")
    )
    rows = rated.filter(pl.col("label").is_in(_RATINGS)).with_columns(
        pl.col("label").cast(pl.Float64).alias("value")
    )
    facts = LayerMetadata("esconv-feedback", "seeker", "human", labels=_RATINGS)
    return Layer.build("esconv-feedback.seeker", rows, facts)


READER = Reader("esconv", "ESConv dialogues, JSON or JSON Lines (also .gz)", _sniff, _read)
