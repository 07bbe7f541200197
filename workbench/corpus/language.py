"""Is a text English? A count of function words, enough to keep English models off other languages.

The share of words that belong to a closed list of English function words is 0.35 to 0.65 in
English talk and stays below 0.10 in German, Dutch, French, Spanish, Italian, Portuguese, Swedish or
Polish, because words that those languages spell alike (*in*, *was*, *die*, *me*, *no*, *is*, *on*,
*a*, *so*, *to*, *do*, *i*) are left out. A text counts as English from `ENGLISH_FROM` on.

This is a guard, not a language identifier: it cannot say which other language a text is in, and it
takes a text that switches between languages for English as soon as enough of it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import isnan, nan

import polars as pl

from workbench.corpus.corpus import Corpus

__all__ = ["ENGLISH_FROM", "english_share", "is_english", "not_english", "stating_language"]

ENGLISH_FROM = 0.20
"""Share of English function words from which a text is taken for English."""

FEWEST_WORDS = 40
"""Below this number of words a conversation is judged with the whole corpus, not by itself."""

_ENGLISH, _ANOTHER = "en", "und"  # undetermined: which other language it is nobody looked at
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+(?:['’][^\W\d_]+)?")
_PIECES = 2000
_LISTED = (
    "the and of that this these those it it's i'm i've i'd i'll you you're you've your yours "
    "he's she she's they they're their them his her hers my mine our us we're we've who what "
    "what's when where which why how would could should can can't cannot don't doesn't didn't "
    "won't isn't wasn't weren't haven't hasn't hadn't wouldn't couldn't shouldn't does did "
    "have has had been being be are were not with from for about into through because though "
    "although than then there there's here but if up just very really some any every much "
    "many more most other yeah yes oh well okay right like know think feel going get got want "
    "make good something anything nothing everything let's that's"
)
_FUNCTION_WORDS = frozenset(_LISTED.split())


def english_share(texts: Sequence[str]) -> float:
    """Share of the words of `texts`, taken together, that are English function words.

    Parameters
    ----------
    texts
        Any number of texts. Of very many, 2,000 evenly spaced ones are read.

    Returns
    -------
    float
        Between 0 and 1; nan when there is no word to judge by.

    Examples
    --------
    >>> round(english_share(["So what would you like to do about that?"]), 2)
    0.67
    >>> english_share(["Was möchten Sie denn als Nächstes versuchen?"])
    0.0
    """
    words = _words(texts)
    return sum(word in _FUNCTION_WORDS for word in words) / len(words) if words else nan


def is_english(texts: Sequence[str]) -> tuple[bool, float]:
    """Whether `texts`, taken together, read as English, and the share that says so.

    Without a single word there is nothing to refuse: (True, nan).
    """
    share = english_share(texts)
    return isnan(share) or share >= ENGLISH_FROM, share


def not_english(corpus: Corpus) -> tuple[str, ...]:
    """Ids of the conversations that do not read as English, in the corpus' order.

    A stated `corpus.metadata.language` decides for the whole corpus. Otherwise each conversation
    is judged by its own words, or with the whole corpus where it has fewer than 40 of them.
    """
    everything = tuple(corpus.conversations["id"].to_list())
    stated = corpus.metadata.language.strip().lower()
    if stated:
        return () if re.match(r"en(?:g|glish)?(?:[-_].*)?$", stated) else everything
    together = is_english(corpus.utterances["text"].drop_nulls().to_list())[0]
    grouped = corpus.utterances.group_by("conversation_id").agg(pl.col("text").drop_nulls())
    own = {row[0]: row[1] for row in grouped.iter_rows()}
    return tuple(id_ for id_ in everything if not _reads_as_english(own.get(id_, []), together))


def stating_language(corpus: Corpus, foreign: Collection[str]) -> tuple[Corpus, ...]:
    """Split a corpus into the conversations that read as English and the others; each says which it is.

    Whoever is given only a part of a corpus could not judge its short conversations as the whole does.

    Parameters
    ----------
    foreign
        What `not_english` gave of the whole.

    Returns
    -------
    tuple of Corpus
        One or two, in this order, none without conversations.
    """
    others = pl.col("id").is_in(list(foreign))
    parts = [
        replace(
            corpus.filter(conversations=chosen),
            metadata=replace(corpus.metadata, language=language),
        )
        for language, chosen in ((_ENGLISH, ~others), (_ANOTHER, others))
    ]
    return tuple(part for part in parts if part.conversations.height)


def _reads_as_english(texts: Sequence[str], otherwise: bool) -> bool:
    if len(_words(texts)) < FEWEST_WORDS:
        return otherwise
    return is_english(texts)[0]


def _words(texts: Sequence[str]) -> list[str]:
    step = max(1, len(texts) // _PIECES)
    return [
        word.lower().replace("’", "'")
        for text in texts[::step]
        for word in _WORD.findall(text[:20_000])
    ]
