r"""What is looked for by its letters: words, phrases, regular expressions.

Searching is done by the regular expressions of Rust that polars comes with: their time grows with the
length of the text for every pattern, so none of them can hang the program (`(a+)+$` is as quick as
`a`). They know neither look-around nor back-references.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from workbench.errors import BadInput

__all__ = ["expression", "split_keywords"]

_APOSTROPHES = "['’]"


def split_keywords(keywords: str | Sequence[str]) -> list[str]:
    """Words and phrases: a text is cut at blanks, what stands in double quotes is kept whole.

    >>> split_keywords('sleep "last night"')
    ['sleep', 'last night']
    """
    if isinstance(keywords, str):
        found = re.findall(r'"([^"]*)"|([^\s"]+)', keywords)
        keywords = [phrase or word for phrase, word in found]
    return list(dict.fromkeys(" ".join(word.split()) for word in keywords if word.strip()))


def expression(
    pattern: str, *, regex: bool = False, whole_word: bool | None = None, ignore_case: bool = True
) -> str:
    r"""Return the regular expression that finds a word, a phrase, or a given expression.

    Parameters
    ----------
    pattern
        Word or phrase, taken by its letters; with `regex` an expression of Rust's `regex`. In a phrase
        any white space stands for any other, and a straight apostrophe for a curved one.
    whole_word
        Find whole words only; default: of a word or phrase yes, of an expression no.
    ignore_case
        Take small and capital letters as equal.

    Raises
    ------
    BadInput
        If there is nothing to look for, the expression cannot be read, is too large, or finds the
        empty text.
    """
    if not pattern.strip():
        raise BadInput("There is nothing to look for: the keyword or pattern is empty.")
    body = pattern if regex else _literal(pattern)
    if not regex if whole_word is None else whole_word:
        first, last = (True, True) if regex else (_is_letter(pattern[0]), _is_letter(pattern[-1]))
        body = (r"\b" if first else "") + f"(?:{body})" + (r"\b" if last else "")
    body = f"(?i){body}" if ignore_case else body
    try:
        pl.Series([""]).str.contains(body)
        finds_nothing = regex and pl.Series([""]).str.contains(pattern).item()
    except pl.exceptions.ComputeError as error:
        raise BadInput(
            f"The regular expression {pattern!r} cannot be used: {_told(str(error))} Expected an "
            "expression of Rust's regex (docs.rs/regex), which knows no look-around and no "
            "back-references."
        ) from None
    if finds_nothing:
        raise BadInput(
            f"The regular expression {pattern!r} finds the empty text, so it is found everywhere. "
            "Ask for at least one character, as `a+` in place of `a*`."
        )
    return body


def _literal(text: str) -> str:
    words = [pl.escape_regex(word).replace("'", _APOSTROPHES) for word in text.split()]
    return r"\s+".join(word.replace("’", _APOSTROPHES) for word in words)


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"


def _told(message: str) -> str:
    """What was wrong, from the message of the regex engine."""
    own = message.split("\n\nThis error", maxsplit=1)[0]
    told = own.rpartition("error: ")[2].strip().splitlines()[0].rstrip(".")
    return told[:1].lower() + told[1:] + "."
