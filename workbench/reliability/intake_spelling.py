"""Labels against the book: what is not in it, and what is one label spelled two ways."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import polars as pl

from workbench.errors import BadInput, shown

__all__ = ["bare_label", "check_labels", "spelling_variants"]

_LISTED = 5


def spelling_variants(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Groups of labels that differ in case, spaces, hyphens, underscores or points alone.

    >>> spelling_variants(["open question", "Open-Question", "other"])
    [('open question', 'Open-Question')]
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for label in dict.fromkeys(labels):
        groups[bare_label(label)].append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def check_labels(
    rows: pl.DataFrame, labels: Sequence[Any], *, book: str, merge: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[Any, ...]]:
    """Return the rows with merged spellings, and all labels in order.

    Parameters
    ----------
    rows
        With a list column `labels`.
    labels
        Labels of the book in order; empty where there is none.
    book
        Its name; empty where there is none.
    merge
        Spelling -> label.

    Raises
    ------
    BadInput
        If a label is spelled in several ways, or not in the book; the message proposes what to do.
    """
    if rows.schema["labels"] != pl.List(pl.String):
        if merge:
            raise BadInput("merge= is for labels that are words, and these are numbers.")
        _refuse_strange(rows, _counts(rows), labels, book)
        return rows, tuple(labels)
    labels = tuple(str(label) for label in labels)  # a book of numbers, for codes that are text
    _refuse_blank(rows)
    counts = _counts(rows)
    unknown = [spelling for spelling in merge if spelling not in counts]
    if unknown:
        raise BadInput.unknown("label to merge", unknown[0], list(counts))
    if merge:
        rows = rows.with_columns(
            pl.col("labels").list.eval(pl.element().replace(dict(merge)).unique())
        )
        counts = _counts(rows)
    if not book:
        _refuse_variants(counts, _most_frequent(counts))
        return rows, tuple(sorted(counts))
    known = {bare_label(label): label for label in labels}
    strange = [label for label in counts if label not in labels]
    _refuse_variants(counts, {x: known[bare_label(x)] for x in strange if bare_label(x) in known})
    _refuse_strange(rows, counts, labels, book)
    return rows, labels


def _refuse_blank(rows: pl.DataFrame) -> None:
    """An empty text is no code: counted as one, coders who left a cell blank would agree."""
    empty = pl.col("labels").list.eval(pl.element().str.strip_chars() == "").list.any()
    blank = rows.filter(empty)
    if blank.height:
        raise BadInput(
            f"{blank.height:,} codes are empty texts, the first of {blank['coder'][0]!r} for unit "
            f"{blank['unit'][0]!r}. Give null where nothing was coded, or a label for it where "
            "that is what was meant."
        )


def _refuse_strange(
    rows: pl.DataFrame, counts: Mapping[Any, int], labels: Sequence[Any], book: str
) -> None:
    """Say which codes the book does not have."""
    strange = {label: n for label, n in counts.items() if label not in labels}
    if not book or not strange:
        return
    told = [_told(label, n, labels) for label, n in list(strange.items())[:_LISTED]]
    more = f" and {len(strange) - _LISTED} more" if len(strange) > _LISTED else ""
    by = rows.filter(pl.col("labels").list.eval(pl.element().is_in(list(strange))).list.any())
    raise BadInput(
        f"{len(strange)} codes are not in the codebook {book}: {', '.join(told)}{more} (coders "
        f"{shown(by['coder'].unique(maintain_order=True).to_list())}). The book has {list(labels)}. "
        "Correct the codes, say merge={given: meant}, or pass the book they are of."
    )


def _refuse_variants(counts: Mapping[str, int], meant: Mapping[str, str]) -> None:
    """Say which spellings mean one label, and how to merge them."""
    if meant:
        told = [
            f"{given!r} ({counts[given]:,} times) and {right!r} ({counts.get(right, 0):,} times)"
            for given, right in list(meant.items())[:_LISTED]
        ]
        raise BadInput(
            f"A label is spelled in several ways: {'; '.join(told)}. If they mean the same, pass "
            f"merge={dict(meant)}."
        )


def _most_frequent(counts: Mapping[str, int]) -> dict[str, str]:
    """Spelling -> the most frequent one of the same label."""
    meant: dict[str, str] = {}
    for group in spelling_variants(sorted(counts)):
        right = max(group, key=lambda label: counts[label])
        meant |= {label: right for label in group if label != right}
    return meant


def _counts(rows: pl.DataFrame) -> dict[Any, int]:
    given = rows["labels"].explode().drop_nulls().value_counts().sort("labels")
    return dict(given.iter_rows())


def _told(label: Any, n: int, labels: Sequence[Any]) -> str:
    near = get_close_matches(str(label), [str(x) for x in labels], n=1)
    hint = f", near {near[0]!r}" if near else ""
    return f"{shown([str(label)])[0]!r} ({n:,} times{hint})"


def bare_label(label: str) -> str:
    """What of a label does not depend on how it is spelled."""
    return re.sub(r"[\s_.\-]+", "", label.casefold()) or label
