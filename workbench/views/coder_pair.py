"""Tables of two coders of a scheme, as the coder comparison shows them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from workbench.reliability import COEFFICIENTS
from workbench.views.agreement_data import AgreementData

__all__ = ["CoderPair"]

_INTERVAL = ("estimate", "low", "high", "method", "n", "n_clusters", "reason")
_LEVELS = {
    "alpha": "alpha of single turns",
    "icc_a_counts": "ICC(A,1) of counts",
    "icc_c_counts": "ICC(C,1) of counts",
    "icc_a_rates": "ICC(A,1) of rates",
    "icc_c_rates": "ICC(C,1) of rates",
}


@dataclass(frozen=True)
class CoderPair:
    """Two coders of a scheme; tables with the sentence that belongs below each.

    Attributes
    ----------
    data
        Tables of the scheme.
    coder, reference
        Coder looked at, and the one it is compared with.
    label
        One code against the rest, or None for all together.
    """

    data: AgreementData
    coder: str
    reference: str
    label: str | None

    @property
    def both(self) -> str:
        """Both names, for a title."""
        return f"{self.coder} and {self.reference}"

    def of_label(self, table: pl.DataFrame) -> pl.DataFrame:
        """Rows of the code looked at, or of all together."""
        label = self.label
        return table.filter(
            pl.col("label").is_null() if label is None else pl.col("label") == label
        )

    def coefficients(self, table: pl.DataFrame) -> pl.DataFrame:
        """Rows of the coefficients with their titles as `name`."""
        titles = {name: one.title for name, one in COEFFICIENTS.items()}
        named = table.filter(pl.col("measure").is_in(list(titles))).with_columns(
            name=pl.col("measure").replace_strict(titles)
        )
        beside = pl.col("scale").is_in(["nominal", "sets"])
        return named.with_columns(
            name=pl.when(beside).then("name").otherwise(pl.format("{} ({})", "name", "scale"))
        )

    def confused(self) -> tuple[pl.DataFrame | str, str]:
        """Pairs of codes, most often mixed up first."""
        rows, _ = self.data.pair("confused", self.reference, self.coder)
        if rows.is_empty():
            both, _ = self.data.pair("confusion", self.reference, self.coder)
            if not both["count"].sum():
                return f"{self.both} have no turn in common.", ""
            return "The two coders never gave different codes.", ""
        table = rows.select("one", "other", turns="count", share="share", rate="rate")
        return table, (
            "share: of all disagreements of the two; rate: of the turns to which both gave one of these two "
            "codes, those to which they gave different ones."
        )

    def scores(self) -> pl.DataFrame:
        """Precision, recall and F1 of each code; empty unless compared with a person."""
        table = self.data.table("codes")
        return table.filter(
            (pl.col("coder") == self.coder) & (pl.col("reference") == self.reference)
        )

    def codes_table(self) -> tuple[pl.DataFrame | str, str]:
        """`scores` to be read."""
        table = self.scores().select(pl.col("label").alias("code"), "measure", *_INTERVAL)
        if table.is_empty():
            return f"{self.reference} is an automatic coder: choose a person to compare with.", ""
        return (
            table,
            f"The codes of {self.reference} count as right. Click a row to choose its code.",
        )

    def levels(self) -> tuple[pl.DataFrame, str]:
        """Agreement on single turns beside that on counts and rates per session."""
        data = self.data
        table = data.table("levels")
        own = data.of_coders(table, [self.coder, self.reference])
        whose = f"{self.both}."
        most = max(table["n_coders"].to_list(), default=2)
        if own["icc_a_counts"].is_null().all() and own["icc_a_rates"].is_null().all() and most != 2:
            own, whose = table.filter(pl.col("n_coders") == most), f"All {most} coders."
        shown = own.select(
            pl.col("label").alias("code"),
            *(_of_level(name, title) for name, title in _LEVELS.items()),
            pl.col("n_conversations").alias("sessions"),
            "reason",
        )
        return shown, (
            f"{whose} A study that reports counts or rates per session rests on the ICCs: A asks for the "
            "same figure, C only for the same order. In brackets: an ICC of fewer than 15 sessions, too "
            "rough to go by."
        )

    def homogeneity(self) -> str:
        """Whether both give the codes equally often, as a sentence."""
        rows, _ = self.data.pair("homogeneity", self.coder, self.reference)
        if rows.is_empty() or rows["p_value_clusters"][0] is None:
            why = rows["reason"][0] if rows.height else "no turn in common"
            return f"Stuart-Maxwell test over sources: none ({why})."
        p = rows["p_value_clusters"][0]
        told = "under 0.001" if p < 0.001 else f"{p:.3f}"
        return f"Stuart-Maxwell test of equal shares, sources as units: p = {told}."

    def bias(self) -> tuple[pl.DataFrame, str]:
        """Bias and prevalence indices and PABAK of each code."""
        rows, turned = self.data.pair("bias", self.coder, self.reference)
        sign = pl.when((pl.col("measure") == "bias_index") & turned).then(-1.0).otherwise(1.0)
        low, high = pl.col("low") * sign, pl.col("high") * sign
        table = rows.select(
            pl.col("label").alias("code"),
            pl.col("measure").str.replace_all("_", " "),
            pl.col("estimate") * sign,
            pl.min_horizontal(low, high).alias("low"),
            pl.max_horizontal(low, high).alias("high"),
            "method",
            "n",
            "n_clusters",
            "reason",
        )
        return table, (
            f"bias index: share given by {self.coder} minus share given by {self.reference}; prevalence "
            "index: far from 0, one answer is rare and kappa is low for that alone; pabak: kappa as if "
            "neither were so."
        )

    def all_coefficients(self) -> tuple[pl.DataFrame, str]:
        """Every coefficient of the two, and of all coders together."""
        data = self.data
        rows = pl.concat([data.table("measures"), data.table("conversations")])
        own = data.of_coders(rows, [self.coder, self.reference])
        rows = pl.concat([rows.filter(pl.col("n_coders") > 2), own])
        tallied = pl.col("unit") == "conversation"
        label = self.label
        of_label = (
            pl.col("label").is_null() | tallied if label is None else pl.col("label") == label
        )
        many = pl.format("{} coders ({})", "n_coders", "kind")
        shown = rows.filter(of_label).select(
            "measure",
            pl.col("label").alias("code"),
            pl.when(pl.col("n_coders") > 2).then(many).otherwise("coders").alias("coders"),
            "scale",
            *_INTERVAL,
        )
        return (
            shown,
            "Intervals resample whole sources. reason: what is missing, or to be kept in mind.",
        )


def _with_interval(name: str, title: str) -> pl.Expr:
    """A figure and its interval as text."""
    value, low, high = (_rounded(x) for x in (name, f"{name}_low", f"{name}_high"))
    whole = pl.format("{} ({} to {})", value, low, high)
    return pl.coalesce(whole, value).alias(title)


def _of_level(name: str, title: str) -> pl.Expr:
    """As `_with_interval`; an ICC of too few conversations in brackets."""
    shown = _with_interval(name, title)
    rough = pl.col("few") & name.startswith("icc")
    return pl.when(rough).then(pl.format("[{}]", shown)).otherwise(shown).alias(title)


def _rounded(name: str) -> pl.Expr:
    return pl.col(name).map_elements(lambda x: f"{x:.2f}", return_dtype=pl.String)
