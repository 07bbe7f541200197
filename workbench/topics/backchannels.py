"""Set apart what talk needs and a topic model trips over: backchannels, fillers, greetings.

Rules, in this order; the first that fits gives the label, and `note` says in words why:

=============  ====================================================================================
label          an utterance that, transcribers' notes and first names left out, holds
=============  ====================================================================================
nonverbal      no word at all (``[laughs]``, ``--``)
backchannel    only backchannels and hesitations (*mm-hmm*, *oh okay*, *yeah yeah*)
answer         only minimal answers, besides (*yes*, *no, never*)
greeting       a greeting, thanks or leave-taking with its usual company, at most 12 words
filler         only function words, at most 10 (*so what do you-*, *tell me more about that*)
frequent       at most three words, said word for word in many conversations (any language)
short          one single word besides those above
=============  ====================================================================================

The lists are English; the rules *nonverbal*, *frequent* and *short* hold in any language.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.topics.names import first_names
from workbench.topics.vocabulary import (
    ANSWERS,
    BACKCHANNELS,
    GREETING_COMPANY,
    GREETINGS,
    HESITATIONS,
    TALK_WORDS,
    words_of,
)

__all__ = ["LABELS", "backchannel_layer", "corrected", "stop_words"]

LABELS: Mapping[str, str] = {
    "nonverbal": "no word",
    "backchannel": "only backchannels",
    "answer": "only a minimal answer",
    "greeting": "greeting, thanks or leave-taking",
    "filler": "only function words",
    "frequent": "at most three words, repeated over many conversations",
    "short": "one word",
}

GREETING_WORDS, FILLER_WORDS, FREQUENT_WORDS = 12, 10, 3
"""Longest greeting, filler and frequent formula, in words."""

FREQUENT_CONVERSATIONS, FREQUENT_SHARE = 3, 0.03
"""A formula is frequent in at least this many conversations and this share of them."""


def backchannel_layer(corpus: Corpus) -> Layer:
    """Flag utterances without a subject of their own.

    The layer covers every utterance of the corpus, of all sides; a row with null label was looked
    at and kept. To correct a flag, write another layer of the same scheme (coder_kind ``human``)
    and give it to `wb.topics(study, set_apart=layer)`, or keep it in the study: there it is used.

    Parameters
    ----------
    corpus
        Any corpus; row order does not matter.

    Returns
    -------
    Layer
        Name and scheme ``backchannel``, coder ``talk-rules``, coder_kind ``rule``; labels as in the
        table of this module, `note` with the reason.
    """
    names = first_names(corpus)
    turns = corpus.utterances
    said = [[w for w in words_of(text) if w not in names] for text in turns["text"].to_list()]
    common = _formulas(said, turns["conversation_id"].to_list())
    labels = [_label(words, common) for words in said]
    rows = pl.DataFrame(
        {
            "unit_id": turns["id"],
            "label": pl.Series(labels, dtype=pl.String),
            "note": pl.Series([LABELS.get(label or "") for label in labels], dtype=pl.String),
        }
    )
    metadata = LayerMetadata(
        scheme="backchannel",
        coder="talk-rules",
        coder_kind="rule",
        labels=tuple(LABELS),
        caution="Flags come from English word lists, length and repetition; not validated by hand.",
    )
    return Layer.build("backchannel", rows, metadata)


def corrected(flags: Layer, by: Layer) -> Layer:
    """Put a coder's decisions in place of the rules', on the utterances that the coder saw.

    Raises
    ------
    BadInput
        If `by` does not code utterances of the same scheme, or none of these.
    """
    told = by.metadata
    if told.unit != "utterance" or told.scheme != flags.metadata.scheme:
        raise BadInput(
            f"set_apart: layer {by.name!r} codes {told.unit}s by scheme {told.scheme!r}; expected "
            f"utterances by scheme {flags.metadata.scheme!r}, as `backchannel_layer` gives them."
        )
    seen = by.table["unit_id"].unique()
    if not flags.table["unit_id"].is_in(seen.implode()).any():
        raise BadInput(
            f"set_apart: none of the {len(seen)} utterances of layer {by.name!r} is in the corpus. "
            "Code the utterances of this corpus, by their ids."
        )
    kept = flags.table.filter(~pl.col("unit_id").is_in(seen.implode()))
    labels = tuple(dict.fromkeys((*flags.metadata.labels, *told.labels)))
    return replace(
        flags,
        table=pl.concat(
            [kept, by.table.filter(pl.col("unit_id").is_in(flags.table["unit_id"].implode()))]
        ),
        metadata=replace(told, labels=labels),
    )


@cache
def stop_words() -> frozenset[str]:
    """English function words (scikit-learn's list) and words of talk, in lower case."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS) | TALK_WORDS


def _formulas(said: list[list[str]], conversations: list[str]) -> Collection[tuple[str, ...]]:
    """Utterances of few words that stand, word for word, in many conversations."""
    where: dict[tuple[str, ...], set[str]] = {}
    for words, conversation in zip(said, conversations, strict=True):
        if 0 < len(words) <= FREQUENT_WORDS:
            where.setdefault(tuple(words), set()).add(conversation)
    needed = max(FREQUENT_CONVERSATIONS, FREQUENT_SHARE * len(set(conversations)))
    return {words for words, found in where.items() if len(found) >= needed}


def _label(words: list[str], formulas: Collection[tuple[str, ...]]) -> str | None:
    said, n = set(words), len(words)
    listening = BACKCHANNELS | HESITATIONS
    plain = listening | ANSWERS
    rules = {
        "nonverbal": not words,
        "backchannel": said <= listening and bool(said & BACKCHANNELS),
        "answer": said <= plain and bool(said & ANSWERS),
        "greeting": n <= GREETING_WORDS
        and bool(said & GREETINGS)
        and said <= plain | GREETINGS | GREETING_COMPANY,
        "filler": said <= HESITATIONS or (n <= FILLER_WORDS and said <= stop_words() | plain),
        "frequent": tuple(words) in formulas,
        "short": sum(word not in plain for word in words) == 1,
    }
    return next((label for label, fits in rules.items() if fits), None)
