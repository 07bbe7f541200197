"""Conversations that stand in a corpus more than once, in the same words or nearly.

A conversation is the set of its runs of three words (letters and digits, case and punctuation
aside, so that `I'm` and `I ' m` are the same); two are near-duplicates where their sets have a
Jaccard index of at least `THRESHOLD`. Candidates come from MinHash with banding (Broder 1997;
Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3; the package datasketch) and
are then compared exactly, so that what is listed is true whatever the hashing did.

Talks of backchannels and formulas are alike without being copies: a conversation is only compared
where it has `FEWEST_RUNS` different runs and `FEWEST_WORDS` different words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.errors import BadInput

__all__ = ["FEWEST_RUNS", "FEWEST_WORDS", "THRESHOLD", "near_duplicates"]

THRESHOLD = 0.6
"""Jaccard index from which two conversations count as one: in ESConv two spellings of one chat reach
0.94 to 1, and no two other chats of ESConv, AnnoMI or MELD more than 0.37."""

FEWEST_RUNS, FEWEST_WORDS = 30, 20
"""Different runs of words, and different words, that a conversation must have to be compared."""

_WORD = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[\p{L}\p{N}]+"
_PERMUTATIONS = 128
_MARGIN = 0.15  # candidates are sought below the threshold, so that few at the threshold are missed
_CHUNK = 2_000  # conversations whose words are held in memory at once
_MIX = np.uint64(0x9E3779B97F4A7C15)

Runs = NDArray[np.uint64]
"""The distinct runs of words of a conversation, hashed and sorted."""


def near_duplicates(corpus: Corpus, *, threshold: float = THRESHOLD) -> pl.DataFrame:
    """Find conversations that are copies of each other, or nearly.

    Parameters
    ----------
    corpus
        Any corpus; the order of its rows does not matter.
    threshold
        Jaccard index of runs of three words from which two conversations are linked.

    Returns
    -------
    polars.DataFrame
        One row per link: `group`, `first` and `second` (conversation ids) and their `jaccard`. The
        links hold each group together: a group of n conversations has n - 1 of them, not all pairs.

    Raises
    ------
    BadInput
        If the threshold is not between 0.3 and 1.
    """
    if not 0.3 <= threshold <= 1:
        raise BadInput(f"threshold is a Jaccard index from 0.3 to 1; got {threshold}.")
    runs = dict(sorted(_runs_of_words(corpus.utterances)))
    originals: dict[bytes, str] = {}
    links: list[tuple[str, str, float]] = []
    for name, own in runs.items():
        original = originals.setdefault(own.tobytes(), name)
        if original != name:
            links.append((original, name, 1.0))
    groups = _Groups()
    for first, second, _ in links:
        groups.join(first, second)
    links += _alike({name: runs[name] for name in originals.values()}, threshold, groups)
    table = pl.DataFrame(
        [(groups.of(first), *sorted((first, second)), jaccard) for first, second, jaccard in links],
        schema={"group": pl.String, "first": pl.String, "second": pl.String, "jaccard": pl.Float64},
        orient="row",
    )
    numbered = pl.col("group").rank("dense").cast(pl.Int64) - 1
    return table.with_columns(numbered).sort("group", "first", "second")


def _runs_of_words(turns: pl.DataFrame) -> Iterator[tuple[str, Runs]]:
    """Runs of three words of each conversation that has enough of them."""
    talks = turns["conversation_id"].unique(maintain_order=True)
    said = pl.col("text").str.to_lowercase().str.extract_all(_WORD)
    for start in range(0, talks.len(), _CHUNK):
        part = turns.filter(
            pl.col("conversation_id").is_in(talks[start : start + _CHUNK].implode())
        )
        words = (
            part.sort("conversation_id", "turn", maintain_order=True)
            .select("conversation_id", said.alias("word"))
            .explode("word")
            .drop_nulls()
        )
        words = words.join(_codes(words["word"].unique()), on="word", maintain_order="left")
        for (name,), own in words.group_by("conversation_id", maintain_order=True):
            codes = own["code"].to_numpy()
            if len(codes) < FEWEST_RUNS or own["code"].n_unique() < FEWEST_WORDS:
                continue
            runs = np.unique((codes[:-2] * _MIX ^ codes[1:-1]) * _MIX ^ codes[2:])
            if len(runs) >= FEWEST_RUNS:
                yield str(name), runs


def _codes(words: pl.Series) -> pl.DataFrame:
    """A number for each word that is the same in every version of every package."""
    digests = (hashlib.blake2b(word.encode(), digest_size=8).digest() for word in words.to_list())
    codes = np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
    return pl.DataFrame({"word": words, "code": codes})


def _alike(
    runs: Mapping[str, Runs], threshold: float, groups: _Groups
) -> Iterator[tuple[str, str, float]]:
    """Links between conversations whose sets of runs are alike; joins them in `groups`."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold - _MARGIN, num_perm=_PERMUTATIONS)
    empty = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=int)
    for name, own in runs.items():
        signature = empty.copy()
        signature.update_batch((own >> np.uint64(32)).tolist())
        for other in sorted(index.query(signature)):
            if groups.of(other) == groups.of(name):
                continue
            jaccard = _jaccard(runs[other], own)
            if jaccard >= threshold:
                groups.join(other, name)
                yield other, name, jaccard
        index.insert(name, signature, check_duplication=False)


def _jaccard(a: Runs, b: Runs) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


class _Groups:
    """Which conversations hang together; a group is called by its smallest id."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def of(self, name: str) -> str:
        top = name
        while top in self._above:
            top = self._above[top]
        while name in self._above:  # shorten the way for the next time
            self._above[name], name = top, self._above[name]
        return top

    def join(self, first: str, second: str) -> None:
        low, high = sorted((self.of(first), self.of(second)))
        if low != high:
            self._above[high] = low
