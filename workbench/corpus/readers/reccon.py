"""RECCON (Poria et al., 2021): which turns and words caused the emotion of an utterance.

A folder of its files is one corpus, because dialogues come back in other parts with other ids:
dialogues that share three or more long turns have one `source`, so that no split cuts them apart.

Layers, all gold: the emotion, its causes (`unit_id` feels, `target_id` caused it), the causing
words (spans of the causing turn, `target_id` feels) and the type of the cause.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.jsonlike import read_json
from workbench.corpus.readers.opening import peek
from workbench.corpus.readers.published import gold_layer, part_of
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.shared_turns import sharing_turns
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["CAUSE_TYPES", "EMOTIONS", "READER"]

EMOTIONS = ("neutral", "happiness", "surprise", "anger", "sadness", "disgust", "fear")
"""Labels of the DailyDialog part; the IEMOCAP part has adjectives, kept as they are."""

CAUSE_TYPES = ("no-context", "inter-personal", "self-contagion", "hybrid", "latent")

_CITATION = (
    "Poria, S., Majumder, N., Hazarika, D., Ghosal, D., Bhardwaj, R., et al. (2021). Recognizing "
    "Emotion Cause in Conversations. Cognitive Computation. arXiv:2012.11820"
)
_NOUN = {
    **{"happy": "happiness", "sad": "sadness", "angry": "anger", "surprised": "surprise"},
    **{"disgusted": "disgust", "afraid": "fear"},
}
"""The label that an adjective among the nouns stands for (`excited` stands for none of them)."""

_EVIDENCE = "expanded emotion cause evidence"
_SPANS = ("expanded emotion cause span", "expanded emotion cause spans")
_OUTSIDE = "b"
_KNOWN = {"turn", "speaker", "utterance", "emotion", "type", _EVIDENCE, *_SPANS}
_ENDINGS = ("*.json", "*.json.gz")
_WANTED = "Expected {id: [[{turn, speaker, utterance, emotion, ...}, ...]]}."


def _sniff(path: Path) -> float:
    if path.is_dir():
        files = _files(path)
        return 1.0 if files and all(_is_reccon(file) for file in files) else 0.0
    return _is_reccon(path)


def _is_reccon(path: Path) -> float:
    start = peek(path)
    if not start.lstrip().startswith("{"):
        return 0.0
    return 1.0 if all(f'"{word}"' in start for word in ("turn", "utterance", _EVIDENCE)) else 0.0


def _files(folder: Path) -> list[Path]:
    found = (file for ending in _ENDINGS for file in folder.glob(ending))
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    turns, broken = _turns(path)
    for turn in turns:
        turn["role"] = (roles or {}).get(turn["letter"])
    frame = pl.DataFrame(
        [[turn[key] for key in _COLUMNS] for turn in turns], _COLUMNS, orient="row"
    )
    extra = sorted({key for turn in turns for key in turn["extra"]})
    meta = [
        pl.Series(f"{META}{key}", [_text(turn["extra"].get(key)) for turn in turns], pl.String)
        for key in extra
    ]
    layers, findings = _emotions(frame, turns, str(path))
    linked, lost = _cause_layers(turns, str(path))
    return Corpus.build(
        frame.drop("label").with_columns(meta),
        conversations=_conversations(turns),
        layers=[*layers, *linked],
        metadata=CorpusMetadata(name="reccon", citation=_CITATION, language="en"),
        roles=roles,
        findings=[*broken, *findings, *lost],
        where=str(path),
    )


_COLUMNS = {
    **dict.fromkeys(("id", "conversation_id", "speaker", "role", "text", "label"), pl.String),
    ROW: pl.Int64,
}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


# -- out of the files ----------------------------------------------------------------------------------


def _turns(path: Path) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Turns of one file, or of a folder's files but the broken ones."""
    if not path.is_dir():
        return list(_of_file(path)), []
    turns: list[dict[str, Any]] = []
    broken: list[Finding] = []
    for file in _files(path):
        try:
            turns += _of_file(file)
        except BadInput as error:
            told = str(error).removeprefix(str(file)).lstrip(":, ")
            mend = "The file was left out; the others were loaded."
            broken.append(Finding("warning", "broken file", 1, str(file), told, mend))
    if not turns:
        raise BadInput("\n".join([f"{path}: no file could be read.", *map(str, broken)]))
    return turns, broken


def _of_file(path: Path) -> Iterator[dict[str, Any]]:
    whole = read_json(path)
    if not isinstance(whole, dict) or not whole:
        raise BadInput.in_file(path, "there is no dialogue in it.", remedy=_WANTED)
    for row, (name, lists) in enumerate(whole.items(), start=1):
        if not isinstance(lists, list) or not all(isinstance(part, list) for part in lists):
            raise BadInput.in_file(path, f"dialogue {name!r} is no list.", row=row, remedy=_WANTED)
        stated = [turn for part in lists for turn in part]
        if not stated:
            raise BadInput.in_file(path, f"dialogue {name!r} is empty.", row=row, remedy=_WANTED)
        for place, turn in enumerate(stated, start=1):
            yield _turn(path, row, f"reccon-{name}", place, turn)


def _turn(path: Path, row: int, talk: str, place: int, turn: Any) -> dict[str, Any]:
    if not isinstance(turn, dict) or not isinstance(turn.get("utterance"), str):
        told = f"turn {place} of dialogue {talk!r} has no utterance."
        raise BadInput.in_file(path, told, row=row, remedy=_WANTED)
    number = turn["turn"] if type(turn.get("turn")) is int else place
    letter = str(turn.get("speaker") or "unknown")
    spans: list[Any] = next((turn[key] for key in _SPANS if isinstance(turn.get(key), list)), [])
    evidence = turn.get(_EVIDENCE)
    return {
        "id": f"{talk}-{number}",
        "conversation_id": talk,
        "number": number,
        "letter": letter,
        "speaker": f"{letter}-{talk}",
        "text": turn["utterance"],
        "label": _text(turn.get("emotion")),
        "evidence": evidence if isinstance(evidence, list) else [],
        "spans": spans,
        "types": turn["type"] if isinstance(turn.get("type"), list) else [],
        "extra": {key: turn[key] for key in turn if key not in _KNOWN},
        "file": path,
        ROW: row,
    }


# -- what the source codes ----------------------------------------------------------------------------


def _emotions(
    frame: pl.DataFrame, turns: list[dict[str, Any]], where: str
) -> tuple[list[Layer], list[Finding]]:
    """Emotions as spelled; adjectives among the nouns of the DailyDialog part are told."""
    used: dict[Path, Counter[str]] = defaultdict(Counter)
    for turn in turns:
        used[turn["file"]][turn["label"] or ""] += 1
    nouns = {*EMOTIONS} - {"neutral"}
    mixed: Counter[str] = Counter()
    for counts in used.values():
        if nouns & set(counts):
            mixed += Counter({x: n for x, n in counts.items() if x and x not in EMOTIONS})
    adjectives = dict.fromkeys(x for counts in used.values() for x in counts if x)
    labels = (*EMOTIONS, *(label for label in adjectives if label not in EMOTIONS))
    rows = frame.select(pl.col("id").alias("unit_id"), "label", ROW)
    layers, found = gold_layer("reccon-emotion", rows, coder="RECCON", labels=labels, where=where)
    if mixed:
        told = ", ".join(f"{x} ({n}) for {_NOUN.get(x, 'none of them')}" for x, n in mixed.items())
        message = f"{mixed.total()} emotions are adjectives among the nouns: {told}."
        mend = "They are kept as spelled; map them before counting."
        found.append(Finding("note", "adjective labels", mixed.total(), where, message, mend))
    return layers, found


def _cause_layers(turns: list[dict[str, Any]], where: str) -> tuple[list[Layer], list[Finding]]:
    """Links, spans and types of causes; turns without a cause are seen, with nothing assigned."""
    known = {(turn["conversation_id"], turn["number"]): turn for turn in turns}
    causes: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = []
    kinds: list[dict[str, Any]] = []
    for turn in turns:
        kinds += [{"unit_id": turn["id"], "label": str(kind)} for kind in turn["types"]]
        pairs = list(zip_longest(turn["evidence"], turn["spans"][: len(turn["evidence"])]))
        causes += [{"unit_id": turn["id"], "label": None}] * (not pairs)
        for evidence, words in pairs:
            source = known.get((turn["conversation_id"], _number(evidence)))
            note = "outside the text" if evidence == _OUTSIDE else "not in the dialogue"
            causes.append(
                {
                    "unit_id": turn["id"],
                    "label": "cause",
                    "target_id": source and source["id"],
                    "note": None if source else note,
                }
            )
            if source is not None and isinstance(words, str):
                spans.append(_span(source, turn["id"], words))
    stated = {row["label"] for row in kinds} - set(CAUSE_TYPES)
    layers = [
        _layer("reccon-cause", causes, "utterance", ("cause",)),
        _layer("reccon-cause-span", spans, "span", ("cause",)),
        _layer("reccon-cause-type", kinds, "utterance", (*CAUSE_TYPES, *sorted(stated))),
    ]
    outside = sum(row.get("note") == "outside the text" for row in causes)
    nowhere = sum(row.get("note") == "not in the dialogue" for row in causes)
    unfound = sum(row["start_char"] is None for row in spans)
    found = [
        *_told("note", "cause outside", outside, "cause(s) lie outside the text", where),
        *_told(
            "warning", "cause nowhere", nowhere, "cause(s) name a turn that is not there", where
        ),
        *_told(
            "warning", "span not found", unfound, "span(s) are not in the turn they name", where
        ),
    ]
    return [layer for layer in layers if layer.table.height], found


def _number(evidence: Any) -> int | None:
    if type(evidence) is int:
        return evidence
    is_digits = isinstance(evidence, str) and evidence.isascii() and evidence.isdecimal()
    return int(evidence) if is_digits and len(evidence) < 10 else None


def _span(source: Mapping[str, Any], feeling: str, words: str) -> dict[str, Any]:
    """Place of the causing words in their turn; `target_id` is the utterance that feels."""
    start = source["text"].find(words) if words else -1
    place = (start, start + len(words)) if start >= 0 else (None, None)
    row = {"unit_id": source["id"], "label": "cause", "target_id": feeling}
    return {**row, "start_char": place[0], "end_char": place[1]}


def _layer(scheme: str, rows: list[dict[str, Any]], unit: Any, labels: tuple[str, ...]) -> Layer:
    texts = dict.fromkeys(("unit_id", "label", "target_id", "note"), pl.String)
    schema = {**texts, "start_char": pl.Int64, "end_char": pl.Int64}
    table = pl.DataFrame([[row.get(key) for key in schema] for row in rows], schema, orient="row")
    facts = LayerMetadata(scheme, "RECCON", "gold", unit=unit, labels=labels, exclusive=False)
    return Layer.build(f"{scheme}.gold", table, facts)


def _told(level: Any, check: str, count: int, message: str, where: str) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(level, check, count, where, f"{count} {message}", "Their links have no target.")
    ]


def _conversations(turns: list[dict[str, Any]]) -> pl.DataFrame:
    said: dict[str, list[str]] = defaultdict(list)
    for turn in turns:
        said[turn["conversation_id"]].append(turn["text"])
    parts = {turn["conversation_id"]: part_of(turn["file"]) for turn in turns}
    sources = sharing_turns(said)
    return pl.DataFrame(
        {
            "id": list(said),
            "source": [sources[name] for name in said],
            "meta.part": [parts[name] for name in said],
        }
    )


READER = Reader(
    "reccon",
    "RECCON emotion causes, JSON of one part or a folder of them",
    _sniff,
    _read,
    per_file=False,
)
