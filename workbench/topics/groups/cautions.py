"""Sentences that belong beside every comparison of groups."""

from __future__ import annotations

import polars as pl

from workbench.corpus.catalogue import ENTRIES
from workbench.corpus.corpus import Corpus

__all__ = ["group_cautions"]

_COMPOSITIONAL = (
    "Shares of topics add up to one in each group: where one topic takes more room, others have less, "
    "so differences are read together and not one by one."
)
_MUCH_ELSE = (
    "Groups that differ in a topic may differ in much else (who was seen, why, how long); a "
    "difference is no effect of the grouping."
)


def group_cautions(corpus: Corpus, by: str) -> list[str]:
    """What a reader of a comparison by `by` has to know, for the page that shows it.

    The catalogue of public corpora adds what is known of a column, such as AnnoMI's staged sessions of
    low quality. The step that fits topics keeps these sentences as its notes, which screens show.

    Parameters
    ----------
    corpus : Corpus
        Known by the name its reader gave it.
    by : str
        Column of the conversation table.

    Returns
    -------
    list of str
        Plain sentences, without anything from the conversations.
    """
    entry = ENTRIES.get(corpus.metadata.name)
    own = entry.cautions.get(by, "") if entry else ""
    counted = corpus.conversations.group_by(by).agg(pl.len()) if own else pl.DataFrame()
    numbers = {str(value): count for value, count in counted.iter_rows()}
    return [*([own.format_map(_Counts(numbers))] if own else []), _COMPOSITIONAL, _MUCH_ELSE]


class _Counts(dict[str, int]):
    """Number of conversations by value; a value that does not occur has none."""

    def __missing__(self, key: str) -> int:
        return 0
