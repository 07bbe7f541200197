"""Check that words are words: tags left over, turns of signs alone, mojibake, an odd language.

Mojibake (`Ã¼` for `ü`) is text that was written in one encoding and read in another. ftfy finds it
and knows the way back; nothing is changed before `mend_text` is asked to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.corpus.validation.finding import Finding, located

if TYPE_CHECKING:
    from workbench.corpus.corpus import Corpus
    from workbench.corpus.layer import Layer

__all__ = ["MendedText", "check_language", "check_texts", "mend_text"]

_TAG = r"</?[A-Za-z][A-Za-z0-9]*(?:[\s.][^<>]{0,200})?/?>"
_ENTITY = r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[0-9A-Fa-f]{2,5});"
_NOTE = r"\[[^\[\]]{0,200}\]|\(\([^()]{0,200}\)\)|^\s*\([^()]{0,200}\)\s*$"
_CONTENT = r"[\p{L}\p{N}\p{Extended_Pictographic}]"


def check_texts(corpus: Corpus, where: str) -> list[Finding]:
    """Check each text by itself; what is only empty was found when the corpus was built."""
    turns = corpus.utterances.select("id", "text")
    bare = pl.col("text").str.replace_all(f"{_TAG}|{_ENTITY}", "")
    tagged = bare.str.len_chars() < pl.col("text").str.len_chars()
    said = bare.str.replace_all(_NOTE, "").str.contains(_CONTENT)
    blank = pl.col("text").str.strip_chars() == ""
    return [
        *located(
            turns,
            tagged,
            "warning",
            "markup in text",
            where,
            "utterance(s) hold tags or entities such as <i> or &amp;.",
            "Take them out before loading: they count as words.",
        ),
        *located(
            turns,
            ~said & ~blank,
            "note",
            "no words",
            where,
            "utterance(s) hold only notes or signs, such as [inaudible] or --.",
            "They stay in the order and take no code.",
        ),
        *_repeated(corpus, where),
        *_mojibake(turns, where),
    ]


def _repeated(corpus: Corpus, where: str) -> list[Finding]:
    text = pl.col("text").str.strip_chars()
    same = pl.struct("conversation_id", "speaker", text)
    return located(
        corpus.utterances,
        (same == same.shift()) & (text != ""),
        "note",
        "repeated turn",
        where,
        "turn(s) repeat the text of the same speaker's turn in front of them.",
        "In chats these are mostly resent by accident; they count twice in every total.",
    )


# -- mojibake ----------------------------------------------------------------------------------------


def _broken(turns: pl.DataFrame) -> pl.DataFrame:
    """`text` and `mended` of the distinct texts that ftfy reads in another encoding."""
    import ftfy

    # ASCII cannot be mojibake: most of a corpus never reaches Python
    texts = turns["text"].filter(turns["text"].str.contains(r"[^\x00-\x7F]")).unique()
    pairs = [(text, ftfy.fix_encoding(text)) for text in texts.to_list()]
    return pl.DataFrame(
        [pair for pair in pairs if pair[0] != pair[1]],
        schema={"text": pl.String, "mended": pl.String},
        orient="row",
    )


def _mojibake(turns: pl.DataFrame, where: str) -> list[Finding]:
    return located(
        turns,
        turns["text"].is_in(_broken(turns)["text"].implode()),
        "warning",
        "mojibake",
        where,
        "utterance(s) were read in a wrong encoding, and the right letters can be told.",
        "workbench.corpus.validation.mend_text(corpus) mends exactly these and lists them.",
    )


@dataclass(frozen=True, slots=True)
class MendedText:
    """A corpus with its mojibake mended, and what was mended how: `id`, `steps`."""

    corpus: Corpus
    table: pl.DataFrame


def mend_text(corpus: Corpus) -> MendedText:
    """Mend the encoding of exactly those utterances that the check `mojibake` counts.

    Other texts stay as they are, letter for letter. Spans of layers move with their words; where
    the new place cannot be told, the span keeps its unit and label and loses its offsets.

    Returns
    -------
    MendedText
        `table` has the `id` of each mended utterance and the `steps` that mended it, as in
        "encode latin-1, decode utf-8"; the corpus lists them as a finding too.
    """
    import ftfy

    turns = corpus.utterances
    mended = _broken(turns)
    rows = turns.select("id", "text").join(mended, on="text", maintain_order="left")
    plans = {
        text: ftfy.fix_encoding_and_explain(text).explanation or []
        for text in mended["text"].to_list()
    }
    steps = [", ".join(" ".join(step) for step in plans[text]) for text in rows["text"].to_list()]
    told = Finding(
        "note",
        "text mended",
        rows.height,
        corpus.metadata.name,
        f"the encoding of {rows.height} utterance(s) was mended.",
        "",
    )
    news = rows.select("id", "mended")
    changed = turns.join(news, on="id", how="left", maintain_order="left")
    changed = changed.with_columns(pl.coalesce("mended", "text").alias("text")).drop("mended")
    places = {row["id"]: _moving(row, plans[row["text"]]) for row in rows.iter_rows(named=True)}
    return MendedText(
        replace(
            corpus,
            utterances=changed,
            layers=tuple(_moved(layer, places) for layer in corpus.layers),
            findings=(*corpus.findings, told) if rows.height else corpus.findings,
        ),
        rows.select("id", pl.Series("steps", steps, dtype=pl.String)),
    )


Move = Callable[[int, int], tuple[int | None, int | None]]


def _moving(row: dict[str, str], plan: list[Any]) -> Move:
    """Where the words of a span stand in the mended text."""
    import ftfy

    text, mended = row["text"], row["mended"]

    def move(start: int, end: int) -> tuple[int | None, int | None]:
        try:
            before, inside = (ftfy.apply_plan(t, plan) for t in (text[:start], text[start:end]))
        except UnicodeError:  # the span ends inside a letter that mojibake tore in two
            return None, None
        there = len(before), len(before) + len(inside)
        return there if mended[slice(*there)] == inside else (None, None)

    return move


def _moved(layer: Layer, places: dict[str, Move]) -> Layer:
    table = layer.table
    if not (table["unit_id"].is_in(list(places)) & table["start_char"].is_not_null()).any():
        return layer
    spans = [
        places[unit](start, end) if unit in places and start is not None else (start, end)
        for unit, start, end in table.select("unit_id", "start_char", "end_char").iter_rows()
    ]
    starts, ends = zip(*spans, strict=True)
    return replace(
        layer,
        table=table.with_columns(
            pl.Series("start_char", starts, dtype=pl.Int64),
            pl.Series("end_char", ends, dtype=pl.Int64),
        ),
    )


# -- language ----------------------------------------------------------------------------------------


def check_language(corpus: Corpus, where: str) -> list[Finding]:
    """Conversations that read as English among others, or the other way round.

    English or not is all that is judged, by the share of English function words and only where
    there are enough words; which other language it is stays unsaid.
    """
    # the language module knows corpora, and corpora know findings
    from workbench.corpus.language import ENGLISH_FROM, FEWEST_WORDS, english_share

    words = pl.col("text").str.count_matches(r"\p{L}+").sum()
    talks = (
        corpus.utterances.group_by(pl.col("conversation_id").alias("id"), maintain_order=True)
        .agg(words.alias("words"), pl.col("text"))
        .filter(pl.col("words") >= FEWEST_WORDS)
    )
    shares = [english_share(texts) for texts in talks["text"].to_list()]
    judged = talks.select("id", share=pl.Series(shares, dtype=pl.Float64))
    mostly_english = (judged["share"] >= ENGLISH_FROM).sum() * 2 >= judged.height
    # English talk of names and numbers alone falls below the line, other languages far below it
    other = (
        pl.col("share") < ENGLISH_FROM / 2 if mostly_english else pl.col("share") >= ENGLISH_FROM
    )
    read = "do not read" if mostly_english else "read"
    return located(
        judged,
        other,
        "warning",
        "language mix",
        where,
        f"conversation(s) {read} as English, unlike most.",
        "English models are wrong on the others: analyse one language at a time.",
        kind="conversation",
    )
