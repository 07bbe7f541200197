"""What the screens of agreement read from a study: tables of one scheme, as the step kept them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from workbench.coding.cards import card_of
from workbench.coding.scoring.coverage import COVERAGE
from workbench.pipeline.agreement import STEP, compared_schemes
from workbench.reliability.comparison_humans import HUMAN_KINDS, ONE_HUMAN
from workbench.study import Study
from workbench.views import layers as found

__all__ = ["TOGETHER", "AgreementData"]

TOGETHER = "all codes together"
"""Choice of a label that means all of them."""

_MACRO = "macro-F1"


class AgreementData:
    """Tables of the comparison of one scheme.

    Parameters
    ----------
    study
        Where the step has run.
    scheme
        A scheme that was compared.
    """

    def __init__(self, study: Study, scheme: str) -> None:
        self.study, self.scheme = study, scheme
        coders = self.table("coders")
        self.kinds: dict[str, str] = dict(coders.select("coder", "kind").iter_rows())
        self.coders = [x for x in found.coders(study, [scheme]) if x in self.kinds]
        marginals = self.table("marginals")
        self.labels = marginals["label"].unique(maintain_order=True).to_list()

    @staticmethod
    def schemes(study: Study) -> list[str]:
        """Schemes that were compared, codes of people's talk first."""
        return sorted(
            compared_schemes(study), key=lambda name: (name.startswith("goemotions"), name)
        )

    def table(self, name: str) -> pl.DataFrame:
        """One of the tables of `workbench.reliability.comparison_tables`.

        Raises
        ------
        NotComputed
            If the scheme was not compared.
        """
        return self.study.table(f"agreement/{self.scheme}-{name}", step=STEP)

    @property
    def people(self) -> list[str]:
        """Coders that are people, or gold."""
        return [name for name in self.coders if self.kinds[name] in HUMAN_KINDS]

    def pair(self, name: str, first: str, second: str) -> tuple[pl.DataFrame, bool]:
        """Rows of a table by pair, and whether they stand the other way round."""
        table = self.table(name)
        columns = (
            ("first_coder", "second_coder")
            if "first_coder" in table.columns
            else ("coder", "other")
        )
        for one, other, turned in ((first, second, False), (second, first, True)):
            rows = table.filter((pl.col(columns[0]) == one) & (pl.col(columns[1]) == other))
            if rows.height:
                return rows.drop(columns), turned
        return table.clear().drop(columns), False

    def of_coders(self, table: pl.DataFrame, coders: Sequence[str]) -> pl.DataFrame:
        """Rows of exactly these coders, in whatever order they stand."""
        wanted = sorted(coders)
        names = pl.col("coders").str.split(" & ").list.sort()
        return table.filter(names == pl.lit(wanted))

    def abstaining(self, coder: str) -> list[dict[str, Any]]:
        """What the card of a coder's head says of abstaining; empty where no such head is here."""
        for name in (f"{self.scheme}.{coder}", coder):
            if self.study.has_layer(name):
                return list(card_of(self.study.layer(name).metadata).get(COVERAGE, ()))
        return []

    def human_line(self, label: str | None) -> pl.DataFrame:
        """The row of one human against the majority of the others; empty without two humans."""
        rows = self.table("reference").filter(pl.col("coder") == ONE_HUMAN)
        if label is None:
            return rows.filter(pl.col("measure") == _MACRO)
        return rows.filter(pl.col("label") == label)
