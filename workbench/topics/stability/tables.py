"""The tables and the consensus layer of a certificate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.layer import Layer, LayerMetadata
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Estimate,
    cluster_interval,
    cluster_proportion,
)
from workbench.topics.result import Topics
from workbench.topics.stability.matching import NOT_DRAWN, Bars
from workbench.topics.stability.measure import (
    FLOOR_QUANTILE,
    Series,
    agreement,
    pairwise_agreement,
)
from workbench.topics.stability.refits import Refit
from workbench.topics.stability.sample import Sample

__all__ = [
    "CORE_SHARE",
    "FEWEST_REFITS",
    "STABLE_RATE",
    "core_layer",
    "refit_table",
    "stable_topics",
    "summary_table",
    "topic_table",
]

STABLE_RATE = 0.75
"""Share of the refits a stable topic comes back in; the figure from which on Hennig (2007) calls a
cluster valid, there for the mean Jaccard overlap."""

CORE_SHARE = 0.75
"""Share of its refits an utterance of the stable core is in its topic."""

FEWEST_REFITS = 5
"""Refits below which no topic is called stable or unstable."""

_OWN = "over refits of this corpus (clusters are subsamples), not over new sessions"


def stable_topics(
    recurs: NDArray[np.bool_], noise: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], float]:
    """Which topics come back often enough, and more often than topics of shuffled embeddings.

    Returns
    -------
    stable : ndarray of bool, shape (n_topics,)
    noise_floor : float
        Recurrence rate that 95 % of the topics of shuffled embeddings do not exceed; 0 without any.
    """
    floor = float(np.quantile(noise.mean(axis=0), FLOOR_QUANTILE)) if noise.size else 0.0
    rates = recurs.mean(axis=0)
    return (rates >= STABLE_RATE) & (rates > floor), floor


def topic_table(
    numbers: Sequence[int],
    series: Series,
    bars: Bars,
    noise: Series,
    *,
    subsamples: Sequence[int],
    word_overlap: NDArray[np.float64],
) -> pl.DataFrame:
    """One row per topic; see `StabilityCertificate.table`."""
    recurs = series.recurs(bars)
    stable, floor = stable_topics(recurs, noise.recurs(bars))
    membership, similarity = series.membership().mean(axis=0), series.similarity().mean(axis=0)
    enough = len(recurs) >= FEWEST_REFITS
    rows = []
    for at, number in enumerate(numbers):
        rate = cluster_proportion(recurs[:, at], np.ones(len(recurs)), subsamples)
        rows.append(
            {
                "topic": number,
                **_row(rate, "" if enough else f"stable needs at least {FEWEST_REFITS} refits"),
                "word_overlap": float(word_overlap[at]),
                "membership_overlap": float(membership[at]),
                "embedding_overlap": float(similarity[at]),
                "noise_floor": floor,
                "stable": bool(stable[at]) if enough else None,
            }
        )
    overlaps = ("word_overlap", "membership_overlap", "embedding_overlap", "noise_floor")
    return pl.DataFrame(
        rows,
        schema={
            "topic": pl.Int64,
            **ESTIMATE_COLUMNS,
            **dict.fromkeys(overlaps, pl.Float64),
            "stable": pl.Boolean,
        },
    )


def refit_table(
    sample: Sample, refits: Sequence[Refit], series: Series, recurs: NDArray[np.bool_]
) -> pl.DataFrame:
    """One row per refit; see `StabilityCertificate.refits`."""
    conversations = sample.turns["conversation_id"]
    rows = []
    for refit, labels, back in zip(refits, series.refits, recurs, strict=True):
        drawn = labels != NOT_DRAWN
        whole, placed = agreement(series.fit, labels)
        rows.append(
            {
                "refit": refit.name,
                "data": refit.cloud,
                "subsample": refit.subsample,
                "seed": refit.seed,
                "conversations": conversations.filter(pl.Series(drawn)).n_unique(),
                "utterances": int(drawn.sum()),
                "topics": int(labels.max(initial=-1)) + 1,
                "outliers": float((labels[drawn] == -1).mean()),
                "ari": whole,
                "ari_without_outliers": placed,
                "recurring": int(back.sum()),
            }
        )
    return pl.DataFrame(rows, schema_overrides={"ari_without_outliers": pl.Float64})


def summary_table(
    refits: pl.DataFrame,
    series: dict[str, Series],
    stable: dict[str, NDArray[np.bool_]],
    *,
    checksum: str,
) -> pl.DataFrame:
    """One row per measure and data; see `StabilityCertificate.summary`."""
    rows = []
    for data, made in series.items():
        mine = refits.filter(pl.col("data") == data)
        for measure in ("ari", "ari_without_outliers", "topics", "outliers"):
            rows.append((measure, data, *_over_refits(mine[measure], mine["subsample"].to_list())))
        pairs = pairwise_agreement(made.refits, mine["subsample"].to_list())
        for same, of_whom in ((False, "between_subsamples"), (True, "between_seeds")):
            chosen = pairs.filter(pl.col("same_subsample") == same)
            for measure in ("ari", "ari_without_outliers"):
                rows.append((f"{measure}_{of_whom}", data, *_over_pairs(chosen[measure])))
        share = float(stable[data].mean()) if len(stable[data]) else None
        about = (
            "one fit: a share of its topics, without interval" if len(stable[data]) else "no topic"
        )
        whole = Estimate(share, n=len(stable[data]), reason=about)
        rows.append(("stable_topics", data, whole, None, None))
    return pl.DataFrame(
        [
            {
                "measure": measure,
                "data": data,
                **estimate.as_row(),
                "minimum": least,
                "maximum": most,
                "topics_checksum": checksum,
            }
            for measure, data, estimate, least, most in rows
        ],
        schema={
            "measure": pl.String,
            "data": pl.String,
            **ESTIMATE_COLUMNS,
            "minimum": pl.Float64,
            "maximum": pl.Float64,
            "topics_checksum": pl.String,
        },
    )


def core_layer(
    topics: Topics, sample: Sample, shares: NDArray[np.float64], stable: NDArray[np.bool_]
) -> Layer:
    """The consensus on the stable topics; see `StabilityCertificate.layer`."""
    certain = np.where(stable[None, :], shares, 0.0)
    best = certain.argmax(axis=1)
    share = certain[np.arange(len(best)), best]
    numbers = np.array(sample.numbers)
    found = pl.DataFrame(
        {
            "unit_id": sample.turns["unit_id"],
            "topic": numbers[best].astype(str),
            "share": share,
            "place": sample.topics,
        }
    ).with_columns(
        of_stable=pl.Series(np.where(sample.topics >= 0, stable[sample.topics], False)),
        inside=pl.col("share") >= CORE_SHARE,
    )
    rows = (
        topics.layer.table.select("unit_id", fitted="note")
        .join(found, on="unit_id", how="left", maintain_order="left")
        .select(
            "unit_id",
            label=pl.when("inside").then("topic"),
            probability=pl.when("inside").then("share"),
            note=pl.when(pl.col("inside").is_null())
            .then("fitted")
            .when("inside")
            .then(pl.lit(None))
            .when(pl.col("place") < 0)
            .then(pl.lit("outlier of the fit"))
            .when("of_stable")
            .then(pl.lit("not often enough in its topic"))
            .otherwise(pl.lit("its topic is not stable")),
        )
    )
    name = f"topics-{topics.side}-core"
    metadata = LayerMetadata(
        scheme=name,
        coder="bertopic-consensus",
        coder_kind="model",
        labels=tuple(str(number) for number in numbers[stable]),
        model=topics.layer.metadata.model,
        caution="Only utterances that stay in one stable topic over refits; the others are not of no topic.",
    )
    return Layer.build(name, rows, metadata)


def _row(estimate: Estimate, further: str) -> dict[str, float | int | str | None]:
    """Fields of an estimate over refits, with a reason that says so."""
    row = estimate.as_row()
    why = [further, _OWN if estimate.low is not None else estimate.reason or ""]
    row["reason"] = "; ".join(note for note in why if note)
    return row


def _over_refits(
    values: pl.Series, subsamples: Sequence[int]
) -> tuple[Estimate, float | None, float | None]:
    known = values.is_not_null().to_numpy()
    if not known.any():
        return Estimate(None, reason="no refit had two utterances with a topic"), None, None
    numbers = values.to_numpy()[known].astype(float)
    groups = np.array(subsamples)[known]
    mean = cluster_interval(lambda rows: float(numbers[rows].mean()), groups)
    row = Estimate(**_row(mean, ""))  # type: ignore[arg-type]
    return row, float(numbers.min()), float(numbers.max())


def _over_pairs(values: pl.Series) -> tuple[Estimate, float | None, float | None]:
    known = values.drop_nulls().to_numpy()
    if not len(known):
        return Estimate(None, reason="no such pair of refits"), None, None
    whole = Estimate(
        float(known.mean()), n=len(known), reason="pairs share refits: mean without interval"
    )
    return whole, float(known.min()), float(known.max())
