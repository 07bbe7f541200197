"""Roles proposed on talk whose roles are known: how often right, and how sure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from workbench.corpus import Corpus
from workbench.corpus.roles import RoleModel, feature_differences
from workbench.statistics import Estimate, cluster_proportion, paired_difference


def unnamed(corpus: Corpus, *, first_turns: int | None = None, bare: bool = False) -> Corpus:
    """The corpus as a recogniser gives it: nobody is called anything, nobody has a role.

    `bare` is lower case without punctuation, as in DAIC-WOZ.
    """
    turns = corpus.utterances
    if first_turns:
        turns = turns.filter(pl.col("turn") < first_turns)
    number = pl.col("speaker").rank("dense").over("conversation_id").cast(pl.String)
    text = pl.col("text")
    if bare:
        text = text.str.to_lowercase().str.replace_all(r"[.,?!;:\"()-]", " ")
    turns = turns.with_columns(
        ("Speaker " + number + " of " + pl.col("conversation_id")).alias("speaker"),
        text.alias("text"),
        role=pl.lit("other"),
        side=pl.lit("other"),
    )
    speakers = turns.select(pl.col("speaker").unique(maintain_order=True).alias("id"))
    return replace(
        corpus, utterances=turns, speakers=speakers.with_columns(role=pl.lit("other")), layers=()
    )


@dataclass(frozen=True)
class Talks:
    """Differences, whether the first speaker helps, and sources, in one order."""

    differences: pl.DataFrame
    first_helps: np.ndarray
    sources: np.ndarray

    @classmethod
    def of(cls, corpus: Corpus, **how: object) -> Talks:
        differences = feature_differences(unnamed(corpus, **how).utterances)
        first = corpus.utterances.filter(pl.col("turn") == 0)
        helps = dict(first.select("conversation_id", pl.col("side") == "helper").iter_rows())
        sources = dict(corpus.conversations.select("id", "source").iter_rows())
        ids = differences["conversation_id"].to_list()
        return cls(
            differences,
            np.array([helps[name] for name in ids]),
            np.array([sources[name] for name in ids]),
        )

    def __getitem__(self, rows: np.ndarray) -> Talks:
        return Talks(self.differences[rows], self.first_helps[rows], self.sources[rows])


def held_out(talks: Talks, *tested: Talks, seed: int, folds: int = 10) -> list[np.ndarray]:
    """P(first helps) of each of `tested` by models that saw nothing of their sources."""
    from sklearn.model_selection import GroupKFold

    found = [np.full(len(each.first_helps), np.nan) for each in tested]
    split = GroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in split.split(talks.first_helps, groups=talks.sources):
        model = RoleModel.fit(talks[train].differences, talks[train].first_helps)
        for each, probabilities in zip(tested, found, strict=True):
            rows = np.flatnonzero(np.isin(each.sources, talks.sources[test]))
            probabilities[rows] = model.first_helps(each[rows].differences).to_numpy()
    return found


@dataclass(frozen=True)
class Score:
    """Share right of all, share sure, share right of the sure, mean confidence."""

    right: Estimate
    sure: float
    right_of_sure: Estimate
    confidence: float

    @classmethod
    def of(cls, talks: Talks, runs: list[np.ndarray], *, threshold: float = 0.9) -> Score:
        """Score one or several sets of probabilities (seeds); a talk counts once."""
        p = np.array(runs)
        right = (p > 0.5) == talks.first_helps
        confidence = np.maximum(p, 1 - p)
        sure = confidence >= threshold
        return cls(
            cluster_proportion(right.mean(axis=0), np.ones(p.shape[1]), talks.sources),
            float(sure.mean()),
            cluster_proportion((right & sure).mean(axis=0), sure.mean(axis=0), talks.sources),
            float(confidence.mean()),
        )


BASELINES = {
    "who asks more questions": ("asks", 1),
    "who uses fewer words a turn": ("words_per_turn", -1),
}


def baseline(talks: Talks, name: str) -> np.ndarray:
    """P(first helps) as 0 or 1 by one figure alone."""
    figure, sign = BASELINES[name]
    return (sign * talks.differences[figure].to_numpy() > 0).astype(float)


def difference(talks: Talks, ours: list[np.ndarray], other: np.ndarray) -> Estimate:
    """Share right of ours minus that of another, on the same resamples of sources."""
    right = ((np.array(ours) > 0.5) == talks.first_helps).mean(axis=0)
    theirs = (other > 0.5) == talks.first_helps
    return paired_difference(
        lambda rows: float(right[rows].mean()),
        lambda rows: float(theirs[rows].mean()),
        talks.sources,
    )
