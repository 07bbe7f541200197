"""Keyword in context: every place of a word, phrase or regular expression with the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from workbench.corpus import Corpus
from workbench.embedding.search.wording import expression
from workbench.errors import BadInput

__all__ = ["CONCORDANCE_COLUMNS", "concordance"]

CONCORDANCE_COLUMNS = {
    "unit_id": pl.String(),
    "conversation_id": pl.String(),
    "turn": pl.Int64(),
    "side": pl.String(),
    "left": pl.String(),
    "hit": pl.String(),
    "right": pl.String(),
    "start_char": pl.Int64(),
}

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Code points that Unicode keeps out of text; they mark hits inside a text."""


def concordance(
    corpus: Corpus,
    pattern: str | Sequence[str],
    *,
    regex: bool = False,
    whole_word: bool | None = None,
    ignore_case: bool = True,
    words: int = 8,
    rows: ArrayLike | None = None,
) -> pl.DataFrame:
    """Find every hit of a word, a phrase or a regular expression, a line each.

    Parameters
    ----------
    pattern
        What to look for, one or several; regular expressions with `regex`. See
        `workbench.embedding.search.expression`.
    whole_word
        Find whole words only; default: of a word or phrase yes, of an expression no.
    ignore_case
        Take small and capital letters as equal.
    words
        Words of context on either side, from the same utterance.
    rows
        Boolean mask of the utterances to look through, as `Filters.mask` gives; default all.

    Returns
    -------
    DataFrame
        `unit_id`, `conversation_id`, `turn`, `side`, `left`, `hit`, `right`, `start_char` (place of the
        hit, in characters of the utterance), in the order of the corpus. `left`, `hit` and `right`
        together are a piece of the utterance as it stands, white space included.

    Raises
    ------
    BadInput
        If the expression cannot be used, or `words` is negative.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench.corpus import Corpus
    >>> said = pl.DataFrame({"conversation_id": ["a"], "speaker": ["C"], "text": ["I want to sleep."]})
    >>> concordance(Corpus.build(said), "want", words=1)["left", "hit", "right"].row(0)
    ('I ', 'want', ' to')
    """
    if words < 0:
        raise BadInput(f"words={words}; expected 0 or more words of context.")
    sought = "|".join(
        f"(?:{expression(x, regex=regex, whole_word=whole_word, ignore_case=ignore_case)})"
        for x in ([pattern] if isinstance(pattern, str) else pattern)
    )
    if not sought:
        raise BadInput("There is nothing to look for: no keyword is given.")
    turns = corpus.utterances.select("id", "conversation_id", "turn", "side", "text")
    if rows is not None:
        turns = turns.filter(pl.Series(np.asarray(rows, bool)))
    marked = turns.filter(pl.col("text").str.contains(sought)).with_columns(
        pl.col("text")
        .str.replace_all(f"[{_OPEN}{_CLOSE}]", "\ufffd")
        .str.replace_all(sought, f"{_OPEN}${{0}}{_CLOSE}")
    )
    found = [
        (unit, talk, turn, side, *piece)
        for unit, talk, turn, side, text in marked.iter_rows()
        for piece in _pieces(text, words)
    ]
    return pl.DataFrame(found, schema=CONCORDANCE_COLUMNS, orient="row")


def _pieces(marked: str, words: int) -> Iterator[tuple[str, str, str, int]]:
    """Left, hit, right and place of every hit of a text in which hits are marked."""
    first, *parts = marked.split(_OPEN)
    text = marked.replace(_OPEN, "").replace(_CLOSE, "")
    at = len(first)
    for part in parts:
        hit, after = part.split(_CLOSE)
        if hit:
            yield _last(text[:at], words), hit, _first(text[at + len(hit) :], words), at
        at += len(hit) + len(after)


def _last(text: str, words: int) -> str:
    """End of a text that holds so many words."""
    starts = [found.start() for found in re.finditer(r"\S+", text)]
    if len(starts) <= words:
        return text
    return text[starts[-words] :] if words else text[len(text.rstrip()) :]


def _first(text: str, words: int) -> str:
    """Beginning of a text that holds so many words."""
    ends = [found.end() for found in re.finditer(r"\S+", text)]
    if len(ends) <= words:
        return text
    return text[: ends[words - 1]] if words else text[: len(text) - len(text.lstrip())]
