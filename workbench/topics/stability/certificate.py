"""StabilityCertificate: which topics come back, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from workbench.corpus.layer import Layer
from workbench.topics.result import Topics, topics_checksum

__all__ = ["StabilityCertificate"]


@dataclass(frozen=True, slots=True)
class StabilityCertificate:
    """Which topics come back when seed and conversations change.

    Attributes
    ----------
    side : str
        Whose topics.
    table : polars.DataFrame
        One row per topic: `topic`; `estimate` (share of the refits it came back in) with the columns of
        every table of estimates; `word_overlap`, `membership_overlap`, `embedding_overlap` (means over the
        refits, 0 where it had no partner); `noise_floor` (recurrence rate that 95 % of the topics found
        in shuffled embeddings do not exceed); `stable`, null with a reason for too few refits.
    summary : polars.DataFrame
        One row per `measure` and `data` (``embeddings``, or ``shuffled`` for the noise floor), with the
        columns of every table of estimates, `minimum` and `maximum` over refits (or pairs), and
        `topics_checksum`.
    refits : polars.DataFrame
        One row per refit: `refit`, `data`, `subsample`, `seed`, `conversations`, `utterances`, `topics`,
        `outliers` (share), `ari`, `ari_without_outliers` (against the fit), `recurring` (topics).
    layer : Layer
        ``topics-<side>-core``, the consensus on the stable topics: label = topic where the utterance was
        in it in at least `settings["core_share"]` of the refits that held it, `probability` = that
        share; null elsewhere, `note` says why.
    settings : mapping
        What was done, bars and rules included.
    """

    side: str
    table: pl.DataFrame
    summary: pl.DataFrame
    refits: pl.DataFrame
    layer: Layer
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stable(self) -> tuple[int, ...]:
        """Numbers of the stable topics."""
        return tuple(self.table.filter(pl.col("stable"))["topic"])

    def figure(self, measure: str, data: str = "embeddings") -> float | None:
        """One estimate of the summary."""
        rows = self.summary.filter((pl.col("measure") == measure) & (pl.col("data") == data))
        return None if rows.is_empty() else rows["estimate"][0]

    def belongs_to(self, topics: Topics) -> bool:
        """Whether the topics are still the ones that were certified."""
        return bool(self.settings["topics_checksum"] == topics_checksum(topics))

    def __repr__(self) -> str:
        agreement = {name: self.figure(name) for name in ("ari", "ari_without_outliers")}
        shown = ", ".join(
            f"{name} {'undefined' if value is None else f'{value:.2f}'}"
            for name, value in agreement.items()
        )
        return (
            f"StabilityCertificate({self.side!r}: {len(self.stable)} of {self.table.height} topics stable "
            f"in {self.settings['refits']} refits, {shown})"
        )
