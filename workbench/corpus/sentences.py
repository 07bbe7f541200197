"""Turns cut into sentences by rules that know talk: initials, times of day, trailing dots, chat.

A sentence ends at `.`, `!`, `?` or their like in other scripts. A full stop does not end it after a
title, an initial, a number that counts, or an abbreviation inside a sentence; dots that trail off
(`well... you know`) do not unless a new sentence clearly begins. Lower-case beginnings are taken
for sentences, as chats write them. What holds no letter, as a smiley, stays with what is before.

spaCy's parser, in an optional extra, finds the same ends in talk (764 of 766 in 600 AnnoMI turns) and
cuts at dashes and commas besides; it takes two hundred times as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding

__all__ = ["TIME_ESTIMATED", "UTTERANCE", "sentence_spans", "split_sentences"]

UTTERANCE = f"{META}utterance_id"
"""Column of `split_sentences`: the utterance that the sentence is a part of."""

TIME_ESTIMATED = f"{META}time_estimated"
"""Column of `split_sentences`: whether start or end was shared out by length, not measured."""

_MARK = re.compile(
    r"""(?P<mark>[.!?…؟]+)(?P<closed>["'”’»)\]]*)(?:\s»)?(?:\s+[:;]-?[()DP]+)?(?=\s)"""
    r"""|(?P<full>[。！？｡।۔]+)["'”’」』）)]*"""
    r"""|(?P<break>\n[^\S\n]*\n)"""
)
_BEFORE_MORE = (
    "mr mrs ms dr prof st mt rev hr fr hrn mme mlle sra srta dra vs approx dept bzw ca nr bspw evtl "
    "ggf inkl sog vgl e.g i.e z.b d.h u.a z.t o.ä u.u p.ej cf"
)
_NEVER = frozenset(_BEFORE_MORE.split())
"""Abbreviations that stand before a word of the same sentence, without their last full stop."""
_AT_AN_END = "etc usw p.m a.m jr sr inc ltd co"
_SOMETIMES = frozenset(_AT_AN_END.split())
"""Abbreviations that may end a sentence: they do before a capital letter."""
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_MONTHS = (
    "januar februar märz april mai juni juli august september oktober november dezember "
    "jänner jahrhundert klasse"
)
_ORDINAL_OF = frozenset(_MONTHS.split())
_MYSELF = re.compile(r"I(?:['’](?:m|ve|d|ll))?\b")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“‘«]*$")
_WORD_AFTER = re.compile(r"[\s\"'“‘«¿¡(\[]*([^\s.,!?…;:]*)")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end; spaces between them belong to none.

    Examples
    --------
    >>> text = "Dr. Lee said 3.5 hours... or so. you know? OK :)"
    >>> [text[a:b] for a, b in sentence_spans(text)]
    ['Dr. Lee said 3.5 hours... or so.', 'you know?', 'OK :)']
    """
    cuts = [0]
    for match in _MARK.finditer(text):
        if _ends(text, match, cuts[-1]):
            cuts.append(match.end())
    return list(_trimmed(text, [*cuts, len(text)])) or [(0, len(text))]


def _ends(text: str, match: re.Match[str], begun: int) -> bool:
    """Whether a mark ends the sentence that has begun."""
    mark = match["mark"]
    if mark is None:
        return True
    found = _WORD_AFTER.match(text, match.end())
    after = found[1] if found else ""
    if match["closed"] and after[:1].islower():  # "Really?" she said
        return False
    if mark == ".":
        return _full_stop(text[begun : match.start()], after)
    if set(mark) <= {".", "…"}:
        return after[:1].isupper() and not _MYSELF.match(after)
    return True


def _full_stop(said: str, after: str) -> bool:
    found = _WORD_BEFORE.search(said)
    before = found[0] if found else ""
    word = before.lower()
    if word in _NEVER:
        return False
    if word in _SOMETIMES or _DOTTED.fullmatch(word):
        return not after[:1].islower()
    if len(word) == 1 and word.isalpha() and word != "i":  # an initial, or z. B.
        return False
    if word.isdecimal():  # 1. in a list, am 3. Oktober
        return said.strip() != before and after.lower() not in _ORDINAL_OF
    return True


def _trimmed(text: str, cuts: list[int]) -> Iterator[tuple[int, int]]:
    """Pieces between cuts without their outer spaces; a piece without a letter joins its neighbour."""
    begun = None
    for start, end in pairwise(cuts):
        piece = text[start:end]
        if not piece.strip():
            continue
        here = start + len(piece) - len(piece.lstrip())
        stop = start + len(piece.rstrip())
        worded = any(letter.isalnum() for letter in piece)
        if begun is None:
            begun = (here, stop, worded)
        elif worded and begun[2]:
            yield begun[:2]
            begun = (here, stop, worded)
        else:
            begun = (begun[0], stop, worded or begun[2])
    if begun is not None:
        yield begun[:2]


def split_sentences(corpus: Corpus) -> Corpus:
    """Cut every turn into its sentences, each an utterance `<id>.<n>`, n from 0.

    Start and end of a turn are shared out to its sentences by their length; such times are marked
    in `meta.time_estimated`. `meta.utterance_id` names the turn. `join_turns` makes turns again.

    Layers: what coded a whole turn does not say which sentence was meant, so it becomes a layer of
    the unit `segment`, whose ids are those of `meta.utterance_id`. A span goes to the sentence that
    it stands in; spans over several sentences are left out and counted in a finding.
    """
    pieces = _pieces(corpus.utterances)
    layers, crossing = [], 0
    for layer in corpus.layers:
        moved = _on_sentences(layer, pieces)
        if layer.metadata.unit == "span":
            crossing += layer.table.height - moved.table.height
        layers.append(moved)
    return replace(
        corpus,
        utterances=_sentences(corpus.utterances, pieces),
        layers=tuple(layers),
        findings=(*corpus.findings, *_told(corpus, crossing)),
    )


def _pieces(turns: pl.DataFrame) -> pl.DataFrame:
    """One row per sentence: `id` of its turn, its number `n`, and where it stands there."""
    texts = turns["text"].unique()
    spans = pl.Series("span", [sentence_spans(text) for text in texts.to_list()])
    by_text = pl.DataFrame({"text": texts, "span": spans.cast(pl.List(pl.List(pl.Int64)))})
    return (
        turns.select("id", "text")
        .join(by_text, on="text", maintain_order="left")
        .explode("span")
        .select(
            "id",
            pl.int_range(pl.len()).over("id").alias("n"),
            pl.len().over("id").alias("of"),
            pl.col("span").list.get(0).alias("_from"),
            pl.col("span").list.get(1).alias("_to"),
        )
    )


def _sentences(turns: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    parts = turns.join(pieces, on="id", maintain_order="left")
    first, last = pl.col("n") == 0, pl.col("n") == pl.col("of") - 1
    name = pl.concat_str("id", pl.col("n").cast(pl.String), separator=".")
    final = pl.concat_str("id", (pl.col("of") - 1).cast(pl.String), separator=".")
    ends = pieces.unique("id").select(pl.col("id").alias("reply_to"), final.alias("_answered"))
    parts = parts.join(ends, on="reply_to", how="left", maintain_order="left")
    linked = pl.col("reply_to").is_not_null().any().over("conversation_id")
    step = pl.col("turn").diff().over("conversation_id").fill_null(pl.col("turn"))
    length = pl.col("text").str.len_chars().clip(1)
    rate = (pl.col("end") - pl.col("start")) / length
    timed = (pl.col("end") >= pl.col("start")) & (pl.col("of") > 1)
    made = parts.with_columns(
        pl.col("id").alias(UTTERANCE),
        name.alias("id"),
        pl.when(first).then(step).otherwise(1).cum_sum().over("conversation_id").alias("turn"),
        pl.when(first)
        .then(pl.coalesce("_answered", "reply_to"))
        .when(linked)
        .then(name.shift())
        .alias("reply_to"),
        pl.col("text").str.slice(pl.col("_from"), pl.col("_to") - pl.col("_from")).alias("text"),
        pl.when(first)
        .then("start")
        .when(timed)
        .then(pl.col("start") + rate * pl.col("_from"))
        .alias("start"),
        pl.when(last)
        .then("end")
        .when(timed)
        .then(pl.col("start") + rate * pl.col("_to"))
        .alias("end"),
        timed.fill_null(value=False).alias(TIME_ESTIMATED),
    )
    added = (
        [UTTERANCE] if turns["start"].null_count() == turns.height else [UTTERANCE, TIME_ESTIMATED]
    )
    return made.select(*[column for column in turns.columns if column not in added], *added)


def _on_sentences(layer: Layer, pieces: pl.DataFrame) -> Layer:
    unit = layer.metadata.unit
    if unit == "utterance":
        return replace(
            layer,
            table=layer.table.with_columns(pl.lit("segment").alias("unit")),
            metadata=replace(layer.metadata, unit="segment"),
        )
    if unit != "span":
        return layer
    inside = (pl.col("start_char") >= pl.col("_from")) & (pl.col("end_char") <= pl.col("_to"))
    placed = (
        layer.table.with_row_index("_row")
        .join(pieces, left_on="unit_id", right_on="id", how="left", maintain_order="left")
        .filter(inside | pl.col("n").is_null())
        .unique("_row", keep="first", maintain_order=True)
        .with_columns(
            pl.coalesce(
                pl.concat_str("unit_id", pl.col("n").cast(pl.String), separator="."), "unit_id"
            ).alias("unit_id"),
            pl.col("start_char") - pl.col("_from").fill_null(0),
            pl.col("end_char") - pl.col("_from").fill_null(0),
        )
    )
    return replace(layer, table=placed.select(layer.table.columns))


def _told(corpus: Corpus, crossing: int) -> list[Finding]:
    if not crossing:
        return []
    message = f"{crossing} coded span(s) run over the end of a sentence and were left out."
    mend = "Keep the unsplit corpus for them."
    return [Finding("warning", "span left out", crossing, corpus.metadata.name, message, mend)]
