"""What may have been missed: places for a person to look at, told by where they are.

The table holds ids and character offsets, no word of the text. Whoever checks looks the word up in the
corpus (`words_at`), on the screen and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.privacy.lists import first_names, folded, word_list
from workbench.corpus.privacy.reading import small_words
from workbench.corpus.privacy.tokens import is_word, tokens
from workbench.corpus.privacy.vault import Vault

__all__ = ["suspicions", "words_at"]

_DIGITS = re.compile(r"(?<![\w.,])\d(?:[ ./-]?\d){3,}(?![\w%])")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_INTRODUCTION = re.compile(
    r"\b(?:my name is|my names?|name's|call me|i am called|this is|speaking with|nickname is)"
    r"\s+(?P<word>[^\W\d_]+)",
    re.IGNORECASE,
)
SCHEMA = {
    "conversation_id": pl.String,
    "turn": pl.Int64,
    "utterance_id": pl.String,
    "suspicion": pl.String,
    "start_char": pl.Int64,
    "end_char": pl.Int64,
}


def suspicions(
    corpus: Corpus, *, spans: pl.DataFrame | None = None, vault: Vault | None = None
) -> pl.DataFrame:
    """Places in the utterances that may still tell who somebody is.

    Parameters
    ----------
    corpus
        A pseudonymised corpus.
    spans
        Where surrogates stand (`Redaction.spans`): these are not suspected.
    vault
        Its surrogates are not suspected, wherever they stand.

    Returns
    -------
    pl.DataFrame
        `conversation_id`, `turn`, `utterance_id`, `suspicion`, `start_char`, `end_char`; kinds are
        `capital inside a sentence`, `group of digits`, `after an introduction` and `name of the lists`.
    """
    said = zip(corpus.utterances["conversation_id"], corpus.utterances["text"], strict=True)
    words = small_words((talk, text) for talk, text in said if text)
    done: dict[str, list[tuple[int, int]]] = {}
    for unit, start, end, _ in spans.iter_rows() if spans is not None else ():
        done.setdefault(unit, []).append((start, end))
    surrogates = _surrogates(vault) if vault is not None else frozenset()
    rows = []
    columns = ("conversation_id", "turn", "id", "text")
    for talk, turn, unit, text in corpus.utterances.select(columns).iter_rows():
        for kind, start, end in sorted(_suspected(text or "", words), key=lambda s: s[1:]):
            replaced = any(start < b and a < end for a, b in done.get(unit, ()))
            if not replaced and folded(text[start:end]) not in surrogates:
                rows.append((talk, turn, unit, kind, start, end))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def words_at(corpus: Corpus, table: pl.DataFrame) -> pl.Series:
    """The suspected words themselves: for the screen of whoever checks, not for a file."""
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    places = table.select("utterance_id", "start_char", "end_char").iter_rows()
    return pl.Series("word", [texts[unit][a:b] for unit, a, b in places], dtype=pl.String)


def _surrogates(vault: Vault) -> frozenset[str]:
    return frozenset(
        folded(word)
        for name in vault.table()["surrogate"]
        for word in (name, *re.split(r"[\s.@,]+", name))
    )


def _suspected(text: str, words: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    for match in _DIGITS.finditer(text):
        if not _YEAR.fullmatch(match.group()):
            yield "group of digits", *match.span()
    introduced = set()
    for match in _INTRODUCTION.finditer(text):
        if not is_word(folded(match.group("word"))) and folded(match.group("word")) not in words:
            introduced.add(match.start("word"))
            yield "after an introduction", *match.span("word")
    for token in tokens(text):
        if token.start in introduced or is_word(token.plain) or len(token.text) < 2:
            continue
        wordy = token.plain in words or token.plain in word_list("name_words")
        if token.inner and token.text[0].isupper() and token.plain not in words:
            yield "capital inside a sentence", token.start, token.end
        elif token.plain in first_names() and not wordy:
            yield "name of the lists", token.start, token.end
