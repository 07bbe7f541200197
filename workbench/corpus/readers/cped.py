"""CPED (Chen et al., 2022): Chinese TV dialogue with personality, emotion and dialogue act.

A speaker's gender, age group and Big Five stand in every row; here they stand once, with the
speaker. Names come back in other shows for other people, so a speaker is named after show and name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.guessing import role_of_word
from workbench.corpus.readers.opening import header
from workbench.corpus.readers.published import gold_layer, part_of, read_table, with_unique
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding

__all__ = ["DIALOGUE_ACTS", "EMOTIONS", "READER", "SENTIMENTS"]

SENTIMENTS = ("neutral", "positive", "negative")
EMOTIONS = (
    *("happy", "grateful", "relaxed", "positive-other", "neutral", "anger", "sadness", "fear"),
    *("depress", "disgust", "astonished", "worried", "negative-other"),
)
DIALOGUE_ACTS = (
    *("greeting", "question", "answer", "statement-opinion", "statement-non-opinion", "apology"),
    *("command", "agreement", "disagreement", "acknowledge", "appreciation", "interjection"),
    *("conventional-closing", "thanking", "quotation", "reject", "irony", "comfort", "other"),
)

_CITATION = (
    "Chen, Y., Fan, W., Xing, X., Pang, J., Huang, M., Han, W., Tie, Q., & Xu, X. (2022). CPED: A "
    "Large-Scale Chinese Personalized and Emotional Dialogue Dataset for Conversational AI. "
    "arXiv:2205.14727"
)
_TRAITS = {
    **{"Gender": "gender", "Age": "age_group", "Neuroticism": "neuroticism"},
    **{"Extraversion": "extraversion", "Openness": "openness", "Agreeableness": "agreeableness"},
    "Conscientiousness": "conscientiousness",
}
_SCHEMES = (
    ("cped-sentiment", "Sentiment", SENTIMENTS),
    ("cped-emotion", "Emotion", EMOTIONS),
    ("cped-dialogue-act", "DA", DIALOGUE_ACTS),
)
_NEEDED = ("TV_ID", "Dialogue_ID", "Utterance_ID", "Speaker", "Emotion", "DA", "Utterance")
_USED = {*_NEEDED, *_TRAITS, "Sentiment", "Scene", ROW, ""}


def _sniff(path: Path) -> float:
    return 1.0 if set(_NEEDED) <= set(header(path)) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw, findings = read_table(path, _NEEDED, columns=columns, encoding="gb18030")
    asked = dict(roles or {})
    stripped = pl.col(*(name for name in raw.columns if name not in (ROW, "Utterance")))
    raw = raw.with_columns(stripped.str.strip_chars()).with_columns(
        (pl.lit("cped-") + pl.col("Utterance_ID")).alias("id"),
        (pl.lit("cped-") + pl.col("Dialogue_ID")).alias("conversation_id"),
        pl.concat_str("TV_ID", "Speaker", separator="-").alias("speaker"),
    )
    raw, repeated = with_unique(raw, str(path))
    layers, remarks = _layers(raw, str(path))
    speakers, changing = _speakers(raw, str(path))
    return Corpus.build(
        _utterances(raw, asked),
        conversations=_conversations(raw, part_of(path)),
        speakers=speakers,
        layers=layers,
        metadata=CorpusMetadata(name="cped", citation=_CITATION, language="zh"),
        roles=asked or None,
        findings=[*findings, *repeated, *remarks, *changing],
        where=str(path),
    )


def _utterances(raw: pl.DataFrame, asked: Mapping[str, str]) -> pl.DataFrame:
    """Rows as turns; a role may be asked for by the name alone."""
    names = raw["Speaker"].unique().to_list()
    roles = {name: role for name in names if (role := asked.get(name) or role_of_word(name))}
    rest = [
        n for n in raw.columns if n not in _USED and n not in ("id", "conversation_id", "speaker")
    ]
    scene = [pl.col("Scene").alias(f"{META}scene")] if _changes(raw) else []
    return raw.select(
        "id",
        "conversation_id",
        "speaker",
        pl.col("Speaker").replace_strict(roles, default=None, return_dtype=pl.String).alias("role"),
        pl.col("Utterance").alias("text"),
        *scene,
        *(pl.col(name).alias(f"{META}{name}") for name in rest),
        ROW,
    )


def _changes(raw: pl.DataFrame) -> bool:
    """Whether the scene changes inside a conversation."""
    if "Scene" not in raw.columns:
        return False
    return bool(
        (raw.group_by("conversation_id").agg(pl.col("Scene").n_unique())["Scene"] > 1).any()
    )


def _conversations(raw: pl.DataFrame, part: str) -> pl.DataFrame:
    scene = pl.when(pl.col("Scene").n_unique() == 1).then(pl.col("Scene").first())
    facts = [scene.alias(f"{META}scene")] if "Scene" in raw.columns else []
    return (
        raw.group_by("conversation_id", maintain_order=True)
        .agg((pl.lit("cped-tv-") + pl.col("TV_ID").first()).alias("source"), *facts)
        .rename({"conversation_id": "id"})
        .with_columns(pl.lit(part).alias(f"{META}part"))
    )


def _speakers(raw: pl.DataFrame, where: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Traits of each speaker: the most frequent statement, where the rows differ."""
    traits = [name for name in _TRAITS if name in raw.columns]
    grouped = raw.group_by("speaker", maintain_order=True)
    table = grouped.agg(
        pl.col("Speaker").first().alias(f"{META}name"),
        *(pl.col(name).mode(maintain_order=True).first().alias(_TRAITS[name]) for name in traits),
    ).rename({"speaker": "id"})
    widths = grouped.agg(pl.col(traits).n_unique())
    differing = widths.filter(pl.any_horizontal(pl.col(traits) > 1)).height if traits else 0
    if not differing:
        return table, []
    told = f"{differing} speaker(s) have traits that differ from row to row."
    mend = "The most frequent one of each trait was taken."
    return table, [Finding("warning", "traits differ", differing, where, told, mend)]


def _layers(raw: pl.DataFrame, where: str) -> tuple[list[Layer], list[Finding]]:
    layers: list[Layer] = []
    found: list[Finding] = []
    for scheme, column, labels in _SCHEMES:
        if column not in raw.columns:
            continue
        rows = raw.select(pl.col("id").alias("unit_id"), pl.col(column).alias("label"), ROW)
        made, told = gold_layer(scheme, rows, coder="CPED", labels=labels, where=where)
        layers += made
        found += told
    return layers, found


READER = Reader("cped", "CPED, Chinese TV dialogue as CSV (also .gz)", _sniff, _read)
