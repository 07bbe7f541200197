"""MELD (Poria et al., ACL 2019): scenes of *Friends*, an emotion and a sentiment per utterance.

`Dialogue_ID` starts anew in each file, so conversations are named after the file's part:
`meld-train-0`. `source` is the episode: the official parts share nearly all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import bare_name, header
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

__all__ = ["EMOTIONS", "READER", "SENTIMENTS", "episode_of"]

EMOTIONS = ("neutral", "joy", "surprise", "anger", "sadness", "disgust", "fear")
SENTIMENTS = ("neutral", "positive", "negative")

_CITATION = (
    "Poria, S., Hazarika, D., Majumder, N., Naik, G., Cambria, E., & Mihalcea, R. (2019). MELD: A "
    "Multimodal Multi-Party Dataset for Emotion Recognition in Conversations. ACL 2019. "
    "arXiv:1810.02508"
)
_NEEDED = (
    *("Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID"),
    *("Season", "Episode", "StartTime", "EndTime"),
)
_SCHEMES = (("meld-emotion", "Emotion", EMOTIONS), ("meld-sentiment", "Sentiment", SENTIMENTS))


def _sniff(path: Path) -> float:
    needed = {"Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Season", "Episode"}
    return 1.0 if needed <= set(header(path)) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw, findings = read_table(path, _NEEDED, columns=columns)
    dyadic = "-dyadic" if bare_name(path).endswith("_dya") else ""
    talk = pl.lit(f"meld-{part_of(path)}{dyadic}-") + pl.col("Dialogue_ID").str.strip_chars()
    raw = raw.with_columns(talk.alias("conversation_id"))
    raw = raw.with_columns(
        pl.concat_str("conversation_id", "Utterance_ID", separator="-").alias("id")
    )
    raw, repeated = with_unique(raw, str(path))
    raw, skipped = in_number_order(raw, "Utterance_ID", str(path))
    start, end = seconds(raw["StartTime"]), seconds(raw["EndTime"])
    layers, remarks = _layers(raw, str(path))
    for stated, read in ((raw["StartTime"], start), (raw["EndTime"], end)):
        findings += unreadable(stated, read, raw[ROW], str(path))
    return Corpus.build(
        _utterances(raw, start, end),
        conversations=_conversations(raw, part_of(path)),
        layers=layers,
        metadata=CorpusMetadata(
            name="meld",
            licence="GPL-3.0 (the repository's; nothing is said on the data alone)",
            citation=_CITATION,
            language="en",
        ),
        roles=roles,
        findings=[*findings, *repeated, *skipped, *remarks],
        where=str(path),
    )


def _utterances(raw: pl.DataFrame, start: pl.Series, end: pl.Series) -> pl.DataFrame:
    names = raw["Speaker"].unique().to_list()
    roles = {name: role for name in names if (role := role_of_word(name))}
    used = (*_NEEDED, "conversation_id", "id", ROW)
    rest = [name for name in raw.columns if name not in used]
    return raw.select(
        "id",
        "conversation_id",
        pl.col("Speaker").alias("speaker"),
        pl.col("Speaker").replace_strict(roles, default=None, return_dtype=pl.String).alias("role"),
        pl.col("Utterance").alias("text"),
        start.alias("start"),
        end.alias("end"),
        pl.col("StartTime").alias("timestamp"),
        pl.col("Utterance_ID").alias(f"{META}utterance_id"),
        *(pl.col(name).alias(f"{META}{name}") for name in rest),
        ROW,
    )


def episode_of(season: pl.Expr, episode: pl.Expr) -> pl.Expr:
    """Name of an episode of *Friends*, the same for every corpus made from the series."""
    places = [part.str.strip_chars().str.zfill(2) for part in (season, episode)]
    return pl.lit("friends-s") + places[0] + pl.lit("e") + places[1]


def _conversations(raw: pl.DataFrame, part: str) -> pl.DataFrame:
    return raw.unique("conversation_id", keep="first", maintain_order=True).select(
        pl.col("conversation_id").alias("id"),
        episode_of(pl.col("Season"), pl.col("Episode")).alias("source"),
        pl.lit(part).alias("meta.part"),
        pl.col("Dialogue_ID").alias("meta.dialogue_id"),
        pl.col("Season").alias("meta.season"),
        pl.col("Episode").alias("meta.episode"),
    )


def _layers(raw: pl.DataFrame, where: str) -> tuple[list[Layer], list[Finding]]:
    layers: list[Layer] = []
    found: list[Finding] = []
    for scheme, column, labels in _SCHEMES:
        rows = raw.select(pl.col("id").alias("unit_id"), pl.col(column).alias("label"), ROW)
        made, told = gold_layer(scheme, rows, coder="MELD", labels=labels, where=where)
        layers += made
        found += told
    return layers, found


READER = Reader("meld", "MELD, `*_sent_emo.csv` (also .gz)", _sniff, _read)
