"""What a speech recogniser wrote that nobody said, flagged for a person to decide on.

Recognisers fill silence with what ends the videos they learned from (*thank you for watching*,
subtitle credits), with music marks, and with one phrase over and over. Flags become a layer; turns
leave the corpus only when `without` is asked for.

People repeat themselves and are polite, too. So a loop needs a phrase of several words four times
and twelve words in all, or one word twelve times (*no no no no* and *mm-hmm mm-hmm* stay); a cue
that comes again and again is kept the first time; and *thank you* alone is flagged only where it is
said to last fifteen seconds or to come three times running. The phrases are in
`hallucinations.yaml`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer, LayerMetadata

__all__ = ["LABELS", "flag_hallucinations", "without"]

LABELS = ("stock phrase", "loop", "subtitle credit", "music mark")

LONG_POLITENESS = 15.0
"""Seconds from which a cue that holds nothing but a *thank you* was silence."""

_PHRASES = Path(__file__).with_name("hallucinations.yaml")
_MOST_WORDS, _MOST_SIGNS, _MOST_UNSPACED = 16, 120, 40
"""Longest turn that can be a stock phrase or a credit: words, letters, letters without spaces."""
_RUN, _POLITE_RUN, _SHORT_RUN = 4, 3, 8
"""Equal cues in a row that make a loop: of three words and more, of thanks, of one or two words."""

_UNSPACED_LOOP = re.compile(r"(.{2,20}?)\1{3,}")
_UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff]"
_LOOP_TIMES, _LOOP_PHRASE, _LOOP_WORDS, _LOOP_SIGNS = 4, 12, 12, 12
"""A loop says a phrase of at most so many words so often, and has so many words or signs in all."""

_NOTES = r"[♪♫♬♩🎵🎶]"
_MUSIC = (
    r"(?i)^[\[(*（【<\s]+(?:\w+ ){0,2}(?:music|musik|musique|música|musica|muziek|muzyka|музыка|müzik"
    r"|音楽|音乐|音樂|음악|موسيقى)(?: \w+){0,2}[\])*）】>\s.]+$"
)


def flag_hallucinations(corpus: Corpus) -> Layer:
    """Flag turns that a speech recogniser made up.

    Parameters
    ----------
    corpus
        Any corpus; meant for transcripts of recognisers, as cues or as turns.

    Returns
    -------
    Layer
        Name and scheme ``asr-hallucination``, coder ``recogniser-rules``, coder_kind ``rule``; one
        row per utterance with one of `LABELS`, or null: looked at and kept. A turn that holds real
        words beside a made-up phrase is kept.
    """
    turns = corpus.utterances.select(
        "id", "conversation_id", "turn", "speaker", "text", "start", "end"
    )
    phrases = _patterns()
    # an emoji's variant, and the dot that a Turkish capital I leaves over its small one
    bare = pl.col("text").str.to_lowercase().str.replace_all(r"[\x{FE0F}\x{0307}]", "")
    spaced = bare.str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
    marked = turns.with_columns(spaced.str.strip_chars().alias("_said")).with_columns(
        pl.col("_said").str.count_matches(r"\S+").alias("_words"),
        pl.col("_said").is_in(phrases["polite"]).alias("_polite"),
    )
    short = (pl.col("_words") <= _MOST_WORDS) & (
        pl.col("_said").str.len_chars()
        <= pl.when(pl.col("_said").str.contains(_UNSPACED))
        .then(_MOST_UNSPACED)
        .otherwise(_MOST_SIGNS)
    )
    brief = pl.when(short).then("_said")  # patterns are slow on long turns, and wrong on them
    credit = brief.str.contains(phrases["credits"])
    endless = pl.col("_polite") & (pl.col("end") - pl.col("start") >= LONG_POLITENESS)
    stock = brief.str.contains(phrases["stock"]) | endless
    text = pl.col("text").str.strip_chars()
    music = text.str.contains(f"^{_NOTES}|{_NOTES}$") | text.str.contains(_MUSIC)
    looped = pl.col("text").is_in(_loops(turns["text"]).implode()) | _again()
    label = (
        pl.when(credit.fill_null(value=False))
        .then(pl.lit("subtitle credit"))
        .when(stock.fill_null(value=False))
        .then(pl.lit("stock phrase"))
        .when(music)
        .then(pl.lit("music mark"))
        .when(looped)
        .then(pl.lit("loop"))
    )
    facts = LayerMetadata(
        "asr-hallucination",
        "recogniser-rules",
        "rule",
        labels=LABELS,
        caution="Flags come from lists of phrases and from repetition; nobody listened to the recording.",
    )
    return Layer.build(
        "asr-hallucination",
        marked.select(pl.col("id").alias("unit_id"), label.alias("label")),
        facts,
    )


def without(corpus: Corpus, layer: Layer) -> Corpus:
    """Leave out the utterances to which a layer gives any label.

    Turn numbers stay as they were, so that what was left out remains visible.

    Examples
    --------
    >>> turns = {"conversation_id": ["a"] * 2, "speaker": ["T", "T"]}
    >>> corpus = Corpus.build(pl.DataFrame({**turns, "text": ["Bye now.", "Thanks for watching!"]}))
    >>> without(corpus, flag_hallucinations(corpus)).utterances["text"].to_list()
    ['Bye now.']
    """
    flagged = layer.table.filter(pl.col("label").is_not_null())["unit_id"]
    return corpus.filter(utterances=~pl.col("id").is_in(flagged.implode()))


@cache
def _patterns() -> dict[str, Any]:
    """One pattern for all stock phrases, one for all credits, and the polite phrases."""
    import yaml

    content = yaml.safe_load(_PHRASES.read_text("utf-8"))
    stock, credits_ = (
        "|".join(f"(?:{pattern})" for patterns in content[kind].values() for pattern in patterns)
        for kind in ("stock", "credits")
    )
    return {
        "stock": f"^(?:(?:{stock})(?: |$))+$",
        "credits": f"^(?:{credits_})$",
        "polite": content["polite"],
    }


def _loops(texts: pl.Series) -> pl.Series:
    """Those texts that say one thing over and over."""
    words = (
        texts.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}'’-]+", " ").str.strip_chars()
    )
    said = pl.DataFrame({"text": texts, "words": words}).unique("text", maintain_order=True)
    spoken = said.filter(pl.col("words").str.count_matches(r"\S+") >= _LOOP_WORDS)
    unspaced = said.filter(
        pl.col("words").str.contains(_UNSPACED) & (pl.col("words").str.len_chars() >= _LOOP_SIGNS)
    )
    signs = [_loops_unspaced(words.replace(" ", "")) for words in unspaced["words"].to_list()]
    return pl.concat(
        [
            spoken["text"].gather(_looping(spoken["words"])),
            unspaced["text"].filter(pl.Series(signs, dtype=pl.Boolean)),
        ]
    )


def _looping(texts: pl.Series) -> NDArray[np.intp]:
    """Places of the texts in which a phrase of 1 to 12 words is repeated at once, often enough."""
    spread = pl.DataFrame({"place": range(texts.len()), "word": texts.str.split(" ")}).explode(
        "word"
    )
    place = spread["place"].to_numpy()
    word = spread["word"].cast(pl.Categorical).to_physical().to_numpy()
    found = []
    once = np.zeros(len(word), dtype=np.intp)  # words so far that equal the one before them
    for length in range(1, _LOOP_PHRASE + 1):
        again = np.zeros(len(word), dtype=bool)
        again[length:] = (word[length:] == word[:-length]) & (place[length:] == place[:-length])
        if length == 1:
            once = np.cumsum(again)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], again, [False]])))
        begins, ends = edges[::2], edges[1::2]
        enough = ends - begins >= max((_LOOP_TIMES - 1) * length, _LOOP_WORDS - length)
        if length > 1:  # one word only is told by the length of one
            enough &= once[ends - 1] - once[begins] < ends - begins - 1
        found.append(place[begins[enough]])
    return np.unique(np.concatenate(found))


def _loops_unspaced(signs: str) -> bool:
    return any(
        len(loop[0]) >= _LOOP_SIGNS and len(set(loop[1])) > 1
        for loop in _UNSPACED_LOOP.finditer(signs)
    )


def _again() -> pl.Expr:
    """Whether a cue repeats the one before, in a row that is too long for a person."""
    same = pl.struct("conversation_id", "speaker", "_said")
    run = (same != same.shift()).fill_null(value=True).cum_sum()
    needed = (
        pl.when("_polite")
        .then(_POLITE_RUN)
        .when(pl.col("_words") < 3)
        .then(_SHORT_RUN)
        .otherwise(_RUN)
    )
    later = pl.int_range(pl.len()).over(run) > 0
    return later & (pl.len().over(run) >= needed) & (pl.col("_words") > 0)
