"""EmoryNLP emotion detection (Zahiri & Choi, AFFCON 2018): *Friends* again, with other emotions.

Two layouts hold the same scenes: the original JSON (episodes, scenes, utterances) and the CSV files
of the MELD repository. Both name a scene by season, episode and scene, so ids are equal in both:
`s01_e02_c06` and `s01_e02_c06_u003`. `source` is the episode, named as in the MELD reader.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.readers.cues import UNNAMED
from workbench.corpus.readers.jsonlike import first_record, read_json
from workbench.corpus.readers.meld import episode_of
from workbench.corpus.readers.opening import header, peek
from workbench.corpus.readers.published import (
    gold_layer,
    in_number_order,
    part_of,
    read_table,
    with_unique,
)
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.times import seconds, unreadable
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["EMOTIONS", "READER"]

EMOTIONS = ("Neutral", "Joyful", "Peaceful", "Powerful", "Scared", "Mad", "Sad")

_CITATION = (
    "Zahiri, S. M., & Choi, J. D. (2018). Emotion Detection on TV Show Transcripts with "
    "Sequence-Based Convolutional Neural Networks. AFFCON 2018. arXiv:1708.04299"
)
_NEEDED = ("Utterance", "Speaker", "Emotion", "Scene_ID", "Utterance_ID", "Season", "Episode")
_USED = {*_NEEDED, "StartTime", "EndTime"}
_STARTS = re.compile(r'"episodes"\s*:\s*\[')
_ID = re.compile(r"s(\d+)_e(\d+)_c(\d+)_u(\d+)")
_WANTED = "Expected `episodes` of `scenes` of `utterances` with utterance_id, speakers, transcript."


def _sniff(path: Path) -> float:
    if set(_NEEDED) <= set(header(path)):
        return 1.0
    start = peek(path)
    if not start.lstrip().startswith("{") or not _STARTS.search(start):
        return 0.0
    record = first_record(path)
    known = '"utterance_id"' in start and '"emotion"' in start
    return 1.0 if known and (record is None or isinstance(record, dict)) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    if peek(path).lstrip().startswith(("{", "[")):
        frame, findings = _of_json(path)
    else:
        frame, findings = _of_csv(path, columns)
    frame, repeated = with_unique(frame, str(path))
    frame, skipped = in_number_order(frame, f"{META}utterance_id", str(path))
    rows = frame.select(pl.col("id").alias("unit_id"), pl.col("label"), ROW)
    layers, remarks = gold_layer(
        "emorynlp-emotion", rows, coder="EmoryNLP", labels=EMOTIONS, where=str(path)
    )
    return Corpus.build(
        frame.drop("label", "season", "episode"),
        conversations=_conversations(frame, part_of(path)),
        layers=layers,
        metadata=CorpusMetadata(name="emorynlp", citation=_CITATION, language="en"),
        roles=roles,
        findings=[*findings, *repeated, *skipped, *remarks],
        where=str(path),
    )


def _conversations(frame: pl.DataFrame, part: str) -> pl.DataFrame:
    return frame.unique("conversation_id", keep="first", maintain_order=True).select(
        pl.col("conversation_id").alias("id"),
        episode_of(pl.col("season"), pl.col("episode")).alias("source"),
        pl.lit(part).alias("meta.part"),
        pl.col("season").alias("meta.season"),
        pl.col("episode").alias("meta.episode"),
    )


# -- the CSV files of the MELD repository ------------------------------------------------------------


def _of_csv(path: Path, columns: Mapping[str, str] | None) -> tuple[pl.DataFrame, list[Finding]]:
    raw, findings = read_table(path, _NEEDED, columns=columns)
    numbers = [pl.col(name).str.strip_chars() for name in ("Season", "Episode", "Scene_ID")]
    season, episode, scene = (number.str.zfill(2) for number in numbers)
    talk = pl.format("s{}_e{}_c{}", season, episode, scene)
    place = pl.col("Utterance_ID").str.strip_chars()
    times, found = _times(path, raw)
    names = [_named(text) for text in raw["Speaker"]]
    rest = [name for name in raw.columns if name not in _USED and name not in (ROW, "")]
    frame = raw.select(
        (talk + "_u" + place.str.zfill(3)).alias("id"),
        talk.alias("conversation_id"),
        pl.col("Utterance").alias("text"),
        pl.col("Emotion").str.strip_chars().alias("label"),
        place.alias(f"{META}utterance_id"),
        numbers[0].alias("season"),
        numbers[1].alias("episode"),
        *times,
        *(pl.col(name).alias(f"{META}{name}") for name in rest),
        ROW,
    )
    return _with_speakers(frame, names, path, [*findings, *found])


def _times(path: Path, raw: pl.DataFrame) -> tuple[list[pl.Series], list[Finding]]:
    times, found = [], []
    for name, ours in (("StartTime", "start"), ("EndTime", "end")):
        if name in raw.columns:
            read = seconds(raw[name])
            times.append(read.alias(ours))
            found += unreadable(raw[name], read, raw[ROW], str(path))
    return times, found


def _named(text: str) -> list[str]:
    """Names of a list that was written as text: `['Ross Geller', 'Joey Tribbiani']`."""
    try:
        names = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return [text.strip()] if text.strip() else []
    if isinstance(names, list | tuple):
        return [str(name) for name in names]
    return [text.strip()]


# -- the original JSON -------------------------------------------------------------------------------


def _of_json(path: Path) -> tuple[pl.DataFrame, list[Finding]]:
    rows: list[dict[str, Any]] = []
    names: list[list[str]] = []
    for place, (scene, utterance) in enumerate(_utterances(path), start=1):
        if not isinstance(utterance, dict) or not isinstance(utterance.get("transcript"), str):
            raise BadInput.in_file(
                path, "an utterance has no transcript.", row=place, remedy=_WANTED
            )
        given = str(utterance.get("utterance_id") or f"{scene}_u{place:03}")
        found = _ID.fullmatch(given)
        names.append([str(name) for name in _listed(utterance.get("speakers"))])
        rows.append(
            {
                "id": given,
                "conversation_id": scene or given.rpartition("_")[0] or given,
                "text": utterance["transcript"],
                "label": str(utterance.get("emotion") or ""),
                f"{META}utterance_id": str(int(found[4])) if found else None,
                "season": str(int(found[1])) if found else "0",
                "episode": str(int(found[2])) if found else "0",
                ROW: place,
            }
        )
    if not rows:
        raise BadInput.in_file(path, "there is no utterance in it.", remedy=_WANTED)
    told = "the lists of tokens were left out: they are the transcript cut into words."
    note = Finding("note", "tokens left out", len(rows), str(path), told, "The transcript is kept.")
    frame = pl.DataFrame(rows, schema_overrides={f"{META}utterance_id": pl.String})
    return _with_speakers(frame, names, path, [note])


def _utterances(path: Path) -> list[tuple[str, Any]]:
    """Scene id and utterance, in the order of the file."""
    whole = read_json(path)
    if not isinstance(whole, dict) or not isinstance(whole.get("episodes"), list):
        raise BadInput.in_file(path, "there is no list of episodes.", remedy=_WANTED)
    return [
        (str(scene.get("scene_id") or ""), utterance)
        for episode in whole["episodes"]
        for scene in _objects(path, episode, "scenes")
        for utterance in _objects(path, scene, "utterances", plain=False)
    ]


def _objects(path: Path, holder: Any, key: str, *, plain: bool = True) -> list[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, list) or (plain and not all(isinstance(x, dict) for x in found)):
        raise BadInput.in_file(path, f"there is no list {key!r} where one must be.", remedy=_WANTED)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# -- who speaks --------------------------------------------------------------------------------------


def _with_speakers(
    frame: pl.DataFrame, names: list[list[str]], path: Path, findings: list[Finding]
) -> tuple[pl.DataFrame, list[Finding]]:
    """Add `speaker`; several who speak at once are one speaker, their names kept as meta."""
    joint = [" and ".join(each) or None for each in names]
    frame = frame.with_columns(
        pl.coalesce(
            pl.Series(joint, dtype=pl.String), pl.lit(f"{UNNAMED}-") + pl.col("conversation_id")
        ).alias("speaker")
    )
    several = [each for each in names if len(each) > 1]
    if several:
        lists = [json.dumps(each, ensure_ascii=False) if len(each) > 1 else None for each in names]
        frame = frame.with_columns(pl.Series(f"{META}speakers", lists, dtype=pl.String))
        told = f"{len(several)} utterance(s) are spoken by several people at once."
        mend = "They have a joint speaker; the names are in meta.speakers."
        note = Finding("note", "joint speakers", len(several), str(path), told, mend)
        findings = [*findings, note]
    return frame, findings


READER = Reader(
    "emorynlp",
    "EmoryNLP emotion detection, original JSON or the MELD repository's CSV",
    _sniff,
    _read,
)
