"""AnnoMI (Wu et al., ICASSP 2022): the simple file, and the full file with all annotators.

Utterances are named alike in both files, so codings of the full file can be read beside the
gold codes of the simple one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.opening import header
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import read_csv, require
from workbench.corpus.readers.times import seconds, unreadable
from workbench.corpus.schema import ROW
from workbench.errors import BadInput

__all__ = ["CLIENT_LABELS", "FLAG_LABELS", "HELPER_LABELS", "READER"]

HELPER_LABELS = ("question", "reflection", "therapist_input", "other")
CLIENT_LABELS = ("change", "neutral", "sustain")
FLAG_LABELS = (
    *("question", "open", "closed"),
    *("reflection", "simple", "complex"),
    *("therapist_input", "information", "advice", "negotiation", "options"),
)

_CITATION = (
    "Wu, Z., Balloccu, S., Kumar, V., Helaoui, R., Reiter, E., Reforgiato Recupero, D., & Riboni, D. "
    "(2022). Anno-MI: A Dataset of Expert-Annotated Counselling Dialogues. ICASSP 2022. "
    "doi:10.1109/ICASSP43922.2022.9746035"
)
_NEEDED = (
    *("transcript_id", "mi_quality", "video_title", "video_url", "topic", "utterance_id"),
    *("interlocutor", "timestamp", "utterance_text", "main_therapist_behaviour"),
    "client_talk_type",
)
_FLAGS = ("question", "reflection", "therapist_input")
_NEEDED_FULL = (
    "annotator_id",
    *(f"{flag}_exists" for flag in _FLAGS),
    *(f"{flag}_subtype" for flag in _FLAGS),
)
_NONE = "n/a"
_MAIN = (
    ("annomi-helper", "main_therapist_behaviour", HELPER_LABELS),
    ("annomi-client", "client_talk_type", CLIENT_LABELS),
)


def _sniff(path: Path) -> float:
    needed = {"transcript_id", "mi_quality", "interlocutor", "utterance_text"}
    return 1.0 if needed <= set(header(path)) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    raw = read_csv(path)
    raw = raw.rename(dict(columns)) if columns else raw
    full = "annotator_id" in raw.columns
    require(path, raw, (*_NEEDED, *_NEEDED_FULL) if full else _NEEDED)
    _check_labels(path, raw)
    talk = pl.lit("annomi-") + pl.col("transcript_id")
    raw = raw.with_columns(
        (talk + "-" + pl.col("utterance_id")).alias("unit_id"), talk.alias("conversation_id")
    )
    once = raw.unique("unit_id", keep="first", maintain_order=True) if full else raw
    start = seconds(once["timestamp"])
    return Corpus.build(
        _utterances(once, start),
        conversations=_conversations(once),
        layers=_annotators(raw) if full else _gold(raw),
        metadata=CorpusMetadata(name="annomi", citation=_CITATION, language="en"),
        roles=roles,
        findings=unreadable(once["timestamp"], start, once[ROW], str(path)),
        where=str(path),
    )


def _check_labels(path: Path, raw: pl.DataFrame) -> None:
    for _, column, labels in _MAIN:
        strange = raw.filter(~pl.col(column).is_in([*labels, _NONE]))
        if strange.height:
            raise BadInput.in_file(
                path,
                f"{column} has {strange[column][0]!r}.",
                row=strange[ROW][0],
                remedy=f"Expected one of {[*labels, _NONE]}.",
            )


def _utterances(once: pl.DataFrame, start: pl.Series) -> pl.DataFrame:
    return once.select(
        pl.col("unit_id").alias("id"),
        "conversation_id",
        pl.col("utterance_id").alias("turn"),
        (pl.col("interlocutor") + "-" + pl.col("transcript_id")).alias("speaker"),
        pl.col("interlocutor").alias("role"),
        pl.col("utterance_text").fill_null("").alias("text"),
        start.alias("start"),
        "timestamp",
        ROW,
    )


def _conversations(once: pl.DataFrame) -> pl.DataFrame:
    topic = pl.col("topic").str.strip_chars()
    return once.unique("conversation_id", keep="first", maintain_order=True).select(
        pl.col("conversation_id").alias("id"),
        pl.col("video_url").alias("source"),
        topic.alias("topic"),
        pl.col("mi_quality").alias("quality"),
        topic.alias("target_behaviour"),
        pl.col("transcript_id").alias("meta.transcript_id"),
        pl.col("video_title").alias("meta.video_title"),
    )


def _gold(raw: pl.DataFrame) -> list[Layer]:
    return [
        _main_layer(raw, column, LayerMetadata(scheme, "AnnoMI", "gold", labels=labels), "gold")
        for scheme, column, labels in _MAIN
    ]


def _annotators(raw: pl.DataFrame) -> list[Layer]:
    layers = []
    for (number,), rows in sorted(raw.group_by("annotator_id", maintain_order=True)):
        coder = f"annotator-{number}"
        for scheme, column, labels in _MAIN:
            facts = LayerMetadata(scheme, coder, "human", labels=labels)
            layers.append(_main_layer(rows, column, facts, coder))
        layers.append(_flag_layer(rows, coder))
    return [layer for layer in layers if layer.table.height]


def _main_layer(raw: pl.DataFrame, column: str, facts: LayerMetadata, suffix: str) -> Layer:
    coded = raw.select("unit_id", pl.col(column).alias("label")).filter(
        pl.col("label").is_not_null() & (pl.col("label") != _NONE)
    )
    return Layer.build(f"{facts.scheme}.{suffix}", coded, facts)


def _flag_layer(raw: pl.DataFrame, coder: str) -> Layer:
    """One row per flag and subtype; a therapist turn without any is a row with null label."""
    seen = raw.filter(pl.col("question_exists") != _NONE)
    pieces = [
        seen.filter(pl.col(f"{flag}_exists").str.to_lowercase() == "true").select(
            "unit_id", pl.lit(flag).alias("label")
        )
        for flag in _FLAGS
    ]
    pieces += [
        seen.filter(pl.col(f"{flag}_subtype") != _NONE).select(
            "unit_id", pl.col(f"{flag}_subtype").alias("label")
        )
        for flag in _FLAGS
    ]
    given = pl.concat(pieces)
    order = pl.Enum(FLAG_LABELS)
    rows = (
        seen.select("unit_id")
        .join(given, on="unit_id", how="left", maintain_order="left")
        .with_row_index("_first")
        .with_columns(pl.col("_first").min().over("unit_id"))
        .sort("_first", pl.col("label").cast(order), maintain_order=True)
    )
    facts = LayerMetadata(
        "annomi-helper-flags", coder, "human", labels=FLAG_LABELS, exclusive=False
    )
    return Layer.build(f"annomi-helper-flags.{coder}", rows, facts)


READER = Reader("annomi", "AnnoMI, simple or full CSV (also .gz)", _sniff, _read)
