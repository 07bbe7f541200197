"""EmpatheticDialogues (Rashkin et al., ACL 2019): one person tells of a situation, one listens.

The files look like CSV and are not: commas in texts are written `_comma_`, quotes are plain signs,
and some rows have fields beyond the header. A CSV parser takes a lone quote for the beginning of
a field and swallows the rows after it (99,646 rows come out of the published files that way). So
lines are split at commas, and the row numbers that must stand in two fields show where fields begin.
Copies that a CSV library wrote anew, with commas inside quotes, are recognised and parsed as CSV.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.encodings import read_text_or
from workbench.corpus.readers.opening import header
from workbench.corpus.readers.published import (
    gold_layer,
    in_number_order,
    part_of,
    renamed,
    with_unique,
)
from workbench.corpus.readers.reader import Reader
from workbench.corpus.readers.tabular import csv_of_text, require
from workbench.corpus.schema import META, ROW
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["EMOTIONS", "READER"]

EMOTIONS = (
    *("afraid", "angry", "annoyed", "anticipating", "anxious", "apprehensive", "ashamed", "caring"),
    *("confident", "content", "devastated", "disappointed", "disgusted", "embarrassed", "excited"),
    *("faithful", "furious", "grateful", "guilty", "hopeful", "impressed", "jealous", "joyful"),
    *("lonely", "nostalgic", "prepared", "proud", "sad", "sentimental", "surprised", "terrified"),
    "trusting",
)

_CITATION = (
    "Rashkin, H., Smith, E. M., Li, M., & Boureau, Y.-L. (2019). Towards Empathetic Open-domain "
    "Conversation Models: A New Benchmark and Dataset. ACL 2019. arXiv:1811.00207"
)
_FIELDS = ("conv_id", "utterance_idx", "context", "prompt", "speaker_idx", "utterance")
_NAMES = (*_FIELDS, "selfeval", "tags", "candidates")
_RATED = re.compile(r"(\d+(\|\d+)*)?(_(\d+(\|\d+)*)?)+")
_WANTED = f"Expected the fields {', '.join(_NAMES[:8])}, as in the header."
_SAME_ROLE = {"speaker": "seeker", "listener": "supporter"}


def _sniff(path: Path) -> float:
    return 1.0 if set(_FIELDS) <= set(header(path)) else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    text, findings = read_text_or(path, "cp1252")
    rows, odd = _rows(path, text, columns or {})
    schema = {**dict.fromkeys(_NAMES, pl.String), ROW: pl.Int64}
    frame, repeated = with_unique(_named(pl.DataFrame(rows, schema)), str(path))
    frame, skipped = in_number_order(frame, f"{META}utterance_idx", str(path))
    talks = _conversations(frame, part_of(path))
    layers, told = _layers(talks, str(path))
    return Corpus.build(
        frame.drop("context", "prompt", "selfeval"),
        conversations=talks.drop(ROW),
        layers=layers,
        metadata=CorpusMetadata(
            name="empathetic-dialogues", licence="CC BY-NC 4.0", citation=_CITATION, language="en"
        ),
        roles=_asked(roles),
        findings=[*findings, *odd, *repeated, *skipped, *told],
        where=str(path),
    )


def _asked(roles: Mapping[str, str] | None) -> dict[str, str] | None:
    """The user's roles, also under our name for a role: `listener` is asked for, we say supporter."""
    if not roles:
        return None
    return {**{_SAME_ROLE.get(name, name): role for name, role in roles.items()}, **roles}


# -- rows ----------------------------------------------------------------------------------------------


def _rows(
    path: Path, text: str, columns: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[Finding]]:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    names = [
        columns.get(name, name) for name in (x.strip().strip('"') for x in lines[0].split(","))
    ]
    absent = [name for name in _FIELDS if name not in names]
    if absent:
        raise BadInput.in_file(path, f"there is no column {absent}.", remedy=_WANTED)
    numbered = [(row, line) for row, line in enumerate(lines[1:], start=2) if line.strip()]
    if names[: len(_FIELDS)] != list(_FIELDS) or _is_true_csv(numbered, len(names)):
        return _of_csv(path, text, columns), []
    rows, mended, strange = [], [], []
    for row, line in numbered:
        fields = _fields(line)
        if fields is None:
            strange.append(row)
            continue
        mended += [row] * ("," in fields[3] + fields[5])
        rows.append({**dict(zip(_NAMES, fields, strict=True)), ROW: row})
    if not rows:
        raise BadInput.in_file(path, "no row can be read.", row=2, remedy=_WANTED)
    return rows, [
        *_told(
            path, mended, "hold commas that were not escaped", "Their fields were put together."
        ),
        *_told(path, strange, "have no numbers where they must be", "They were left out."),
    ]


def _told(path: Path, rows: Sequence[int], message: str, mend: str) -> list[Finding]:
    if not rows:
        return []
    where = f"{path}, " + ", ".join(f"row {row}" for row in rows[:3])
    told = f"{len(rows)} row(s) {message}."
    return [Finding("warning", "fields", len(rows), where, told, mend)]


def _is_true_csv(lines: Sequence[tuple[int, str]], width: int) -> bool:
    """Whether the lines with more commas than the header mostly have its fields when quotes count."""
    wide = [line for _, line in lines if '"' in line and line.count(",") >= width]
    fitting = 0
    for line in wide:
        try:
            fields = next(csv.reader([line]), [])
        except csv.Error:
            continue
        fitting += len(fields) == width and _is_number(fields[1]) and _is_number(fields[4])
    return 2 * fitting > len(wide)


def _of_csv(path: Path, text: str, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    table = renamed(path, csv_of_text(path, text), columns)
    require(path, table, _FIELDS)
    kept = table.with_columns(pl.col(pl.String).fill_null(""))
    return kept.select([name for name in (*_NAMES, ROW) if name in kept.columns]).to_dicts()


def _fields(line: str) -> list[str] | None:
    """The fields of a line; None where the two numbers are not in it.

    The second number stands right of the prompt and the ratings right of the utterance, so commas
    inside either do no harm.
    """
    parts = line.split(",")
    if len(parts) < len(_FIELDS) or not _is_number(parts[1]):
        return None
    second = next((n for n in range(4, len(parts) - 1) if _is_number(parts[n])), None)
    if second is None:
        return None
    rated = (n for n in range(second + 2, len(parts)) if _RATED.fullmatch(parts[n].strip()))
    after = next(rated, second + 2)
    prompt, said = ",".join(parts[3:second]), ",".join(parts[second + 1 : after])
    rest = parts[after:]
    tags = [rest[0] if rest else "", rest[1] if len(rest) > 1 else "", ",".join(rest[2:])]
    return [*parts[:3], prompt, parts[second], said, *tags]


def _is_number(field: str) -> bool:
    return field.strip().isascii() and field.strip().isdecimal()


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """Columns of the corpus, texts with their commas; the first of two turns is the one who tells."""
    number = pl.col("utterance_idx").str.strip_chars().cast(pl.Int64, strict=False)
    texts = [pl.col(name).str.replace_all("_comma_", ",", literal=True) for name in _FIELDS]
    blank = pl.col("tags", "candidates").fill_null("").str.strip_chars()
    frame = rows.with_columns(texts).with_columns(blank)
    return frame.select(
        pl.concat_str("conv_id", pl.col("utterance_idx").str.strip_chars(), separator="-").alias(
            "id"
        ),
        pl.col("conv_id").alias("conversation_id"),
        (pl.lit("worker-") + pl.col("speaker_idx").str.strip_chars()).alias("speaker"),
        pl.when(number % 2 == 1)
        .then(pl.lit("seeker"))
        .otherwise(pl.lit("supporter"))
        .alias("role"),
        pl.col("utterance").alias("text"),
        pl.col("utterance_idx").str.strip_chars().alias(f"{META}utterance_idx"),
        *(
            pl.when(pl.col(name) != "").then(pl.col(name)).alias(f"{META}{name}")
            for name in ("tags", "candidates")
            if (frame[name] != "").any()
        ),
        "context",
        "prompt",
        "selfeval",
        ROW,
    )


def _conversations(frame: pl.DataFrame, part: str) -> pl.DataFrame:
    """One row a conversation; `source` is who tells: the official parts keep that person whole."""
    told = pl.col("speaker").filter(pl.col("role") == "seeker").first()
    return (
        frame.group_by("conversation_id", maintain_order=True)
        .agg(
            pl.coalesce(told, pl.col("speaker").first()).alias("source"),
            pl.col("context").first().alias("meta.context"),
            pl.col("prompt").first().alias("meta.prompt"),
            pl.col("selfeval").first().fill_null("").alias("meta.selfeval"),
            pl.lit(part).alias("meta.part"),
            pl.col(ROW).first(),
        )
        .rename({"conversation_id": "id"})
    )


# -- what the source codes ----------------------------------------------------------------------------


def _layers(talks: pl.DataFrame, where: str) -> tuple[list[Layer], list[Finding]]:
    unit = talks.select(pl.col("id").alias("unit_id"), pl.col("meta.context").alias("label"), ROW)
    layers, found = gold_layer(
        "empathetic-dialogues-emotion",
        unit,
        coder="EmpatheticDialogues",
        labels=EMOTIONS,
        where=where,
        unit="conversation",
    )
    rated = talks.select("id", pl.col("meta.selfeval").str.split("_").alias("groups"))
    for nth in (0, 1):
        layer = _ratings(
            rated.select("id", pl.col("groups").list.get(nth, null_on_oob=True)), nth + 1
        )
        layers += [layer] if layer.table.height else []
    return layers, found


def _ratings(rated: pl.DataFrame, nth: int) -> Layer:
    """Ratings that one of the two gave after the chat: three numbers, unnamed in the files."""
    rows = (
        rated.with_columns(pl.col("groups").str.split("|"))
        .explode("groups")
        .with_columns(pl.int_range(1, pl.len() + 1).over("id").cast(pl.String).alias("item"))
        .with_columns(pl.col("groups").cast(pl.Float64, strict=False).alias("value"))
        .filter(pl.col("value").is_not_null())
        .select(
            pl.col("id").alias("unit_id"),
            (pl.lit("item-") + pl.col("item")).alias("label"),
            "value",
        )
    )
    facts = LayerMetadata(
        "empathetic-dialogues-selfeval",
        f"participant-{nth}",
        "human",
        unit="conversation",
        labels=tuple(sorted(rows["label"].unique())),
        exclusive=False,
        caution="The files do not say which of the two rated, nor what the three items are.",
    )
    return Layer.build(f"empathetic-dialogues-selfeval.participant-{nth}", rows, facts)


READER = Reader(
    "empathetic-dialogues", "EmpatheticDialogues, one part as CSV (also .gz)", _sniff, _read
)
