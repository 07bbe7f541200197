"""Coders of one scheme compared: how far they agree, where they do not, and what that does to counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import param
import polars as pl

from workbench.figures import agreement as figures
from workbench.figures.coverage import coverage_curve
from workbench.figures.layout import bare
from workbench.pipeline.agreement import STEP
from workbench.reliability.comparison_humans import HUMAN_KINDS, ONE_HUMAN
from workbench.views.agreement_data import TOGETHER, AgreementData
from workbench.views.agreement_view import AgreementView
from workbench.views.coder_pair import CoderPair
from workbench.views.view import RESEARCH, Section

__all__ = ["CoderComparison"]


class CoderComparison(AgreementView):
    """Two coders of a scheme beside all others.

    Parameters
    ----------
    scheme
        Scheme whose coders are compared.
    coder, reference
        Coder looked at, and the one it is compared with.
    label
        One code against the rest, or all together.
    """

    slug: ClassVar[str] = "agreement"
    title: ClassVar[str] = "Coder comparison"
    question: ClassVar[str] = "How far do coders agree, and is a model as good as one more human?"
    controls: ClassVar[tuple[str, ...]] = ("scheme", "coder", "reference", "label")
    closed: ClassVar[str] = (
        "The coder comparison is closed: it tells of single coders, and a public view shows no figure on so "
        "few people."
    )

    coder: Any = param.Selector(objects=[], doc="Coder to look at.")
    reference: Any = param.Selector(objects=[], label="Compared with", doc="Coder to compare with.")
    label: Any = param.Selector(
        default=TOGETHER, objects=[TOGETHER], label="Code", doc="One code against the rest, or all."
    )

    def prepare(self) -> None:
        """Offer what was compared."""
        self.offer("scheme", AgreementData.schemes(self.study))
        self._offer_coders()

    @param.depends("scheme", watch=True)
    def _offer_coders(self) -> None:
        if self.scheme is None:
            return
        data = self.data
        automatic = [name for name in data.coders if data.kinds[name] not in HUMAN_KINDS]
        self.offer("coder", [*automatic, *(x for x in data.coders if x not in automatic)])
        self.offer("label", [TOGETHER, *data.labels])
        self._offer_references()

    @param.depends("coder", watch=True)
    def _offer_references(self) -> None:
        if self.scheme is not None:
            data = self.data
            others = [name for name in data.coders if name != self.coder]
            people = [name for name in others if name in data.people]
            self.offer("reference", [*people, *(name for name in others if name not in people)])

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the code of a clicked row, or the coder of a clicked row of coders."""
        if (
            key in ("levels", "codes_table", "bias")
            and point.get("code") in self.param["label"].objects
        ):
            self.label = point["code"]
        if key == "coders" and point.get("coder") in self.param["coder"].objects:
            self.coder = point["coder"]

    def cautions(self) -> list[str]:
        """What a coefficient says and does not say, and what the step noted."""
        record = self.study.step(f"{STEP}-{self.scheme}")
        return [
            RESEARCH,
            "Agreement is not truth: coders can agree and be wrong. A coefficient belongs to these codes, "
            "these conversations and these coders.",
            *self.outdated(),
            *(record.notes if record else ()),
        ]

    def sections(self) -> Sequence[Section]:
        """Coefficients, people and models, confusion, codes, counts, bias, calibration, abstaining."""
        if self.scheme is None:
            return [Section("missing", "Coders compared", "text", self.missing)]
        pair = self.pair
        return [
            Section("coders", "Who coded", "table", self._coders),
            Section("measures", "How far the two agree", "figure", self._measures),
            Section("reference", "One more human?", "figure", self._reference),
            Section("pairs", "Everyone, and each pair with this coder", "figure", self._pairs),
            Section("confusion", "Which codes are mixed up", "figure", self._confusion),
            Section("confused", "Pairs of codes most often mixed up", "table", pair.confused),
            Section("codes", "Code by code", "figure", self._codes),
            Section("codes_table", "Code by code, as a table", "table", pair.codes_table),
            Section("levels", "Single turns beside counts per session", "table", pair.levels),
            Section("marginals", "How often each gave each code", "figure", self._marginals),
            Section("bias", "Bias apart from disagreement", "table", pair.bias),
            Section("calibration", "Calibration", "figure", self._calibration),
            Section("abstaining", "What abstaining gains", "figure", self._abstaining),
            Section("table", "All coefficients as a table", "table", pair.all_coefficients),
        ]

    # -- data --------------------------------------------------------------------------------------

    @property
    def pair(self) -> CoderPair:
        """Tables of the two chosen coders."""
        return CoderPair(self.data, self.coder, self.reference, self._label)

    @property
    def _label(self) -> str | None:
        return None if self.label == TOGETHER else self.label

    # -- how far they agree ------------------------------------------------------------------------

    def _coders(self) -> tuple[pl.DataFrame, str]:
        table = self.data.table("coders").rename(
            {"n_units": "turns", "n_conversations": "conversations"}
        )
        return table, "Click a row to look at this coder."

    def _measures(self) -> tuple[Any, str]:
        data = self.data
        rows = data.of_coders(data.table("measures"), [self.coder, self.reference])
        rows = self.pair.coefficients(self.pair.of_label(rows))
        of = "" if self._label is None else f": {self._label}"
        figure = figures.agreement_dots(rows, title=f"{self.pair.both}{of}", what="agreement")
        note = (
            "1 is perfect, 0 is what chance gives. Percent agreement is not corrected for chance; the others "
            "differ in what they call chance. Where codes are rare, kappa and alpha fall and AC1 does not: "
            "read them together."
        )
        return figure, note

    def _pairs(self) -> tuple[Any, str]:
        data = self.data
        rows = self.pair.of_label(data.table("measures")).filter(
            pl.col("measure") == "krippendorff_alpha", pl.col("scale") != "jaccard"
        )
        own = pl.col("coders").str.split(" & ").list.contains(pl.lit(self.coder))
        rows = rows.filter((pl.col("n_coders") > 2) | own)
        many = pl.format("{} coders ({})", "n_coders", "kind")
        named = rows.with_columns(
            name=pl.when(pl.col("n_coders") > 2).then(many).otherwise("coders")
        )
        figure = figures.agreement_dots(named, title="Krippendorff's alpha", what="alpha")
        return (
            figure,
            f"{_COLOURS} Is the model one more coder, or another kind?",
        )

    def _reference(self) -> tuple[Any, str]:
        data = self.data
        table = data.table("reference")
        if table.is_empty():
            return (
                "There is no human reference: it needs two human coders of the same turns, and takes one "
                "against the majority of the others.",
                "",
            )
        rows = self.pair.of_label(table).filter(pl.col("against") != ONE_HUMAN)
        models = [x for x in rows["coder"] if x != ONE_HUMAN and data.kinds[x] not in HUMAN_KINDS]
        kind = pl.when(pl.col("coder").is_in(models)).then(pl.lit("human-model"))
        rows = rows.filter(pl.col("coder") != ONE_HUMAN).with_columns(
            name="coder", kind=kind.otherwise(pl.lit("human-human"))
        )
        what = "macro-F1" if self._label is None else f"F1 of {self._label}"
        figure = figures.agreement_dots(
            rows.sort("kind", maintain_order=True),
            title="Against the other humans",
            what=what,
            line=data.human_line(self._label),
        )
        line = data.human_line(self._label)
        if line.is_empty() or line["estimate"][0] is None:
            return figure, self._differences()
        mean, low, high = line.select("estimate", "low", "high").row(0)
        return figure, (
            f"{self._differences()} Dashed line: one human against the majority of the others, mean "
            f"{mean:.2f}, lowest {low:.2f}, highest {high:.2f} (the band); a reference, not a ceiling. "
            f"{_COLOURS}"
        )

    def _differences(self) -> str:
        """What separates each model from one more human, in words."""
        rows = self.pair.of_label(self.data.table("reference"))
        rows = rows.filter(pl.col("against") == ONE_HUMAN).drop_nulls("estimate")
        told = []
        for row in rows.iter_rows(named=True):
            ends = (
                f" ({row['low']:+.2f} to {row['high']:+.2f})"
                if row["low"] is not None
                else f" (no interval: {row['reason']})"
            )
            told.append(f"{row['coder']}: {row['estimate']:+.2f}{ends}")
        if not told:
            return "There is no automatic coder beside these people."
        return (
            f"Difference to one more human, on the same turns: {'; '.join(told)}. The bar of such a coder "
            "spans its scores against these majorities; it is no interval."
        )

    # -- where they do not -------------------------------------------------------------------------

    def _confusion(self) -> tuple[Any, str]:
        data = self.data
        rows, turned = data.pair("confusion", self.reference, self.coder)
        multi = rows["label"].is_not_null().any()
        of = ""
        if multi:
            of = self._label or data.labels[0]
            rows = rows.filter(pl.col("label") == of)
        if turned:
            rows = _turned(rows)
        figure = figures.confusion_map(rows, first=self.reference, second=self.coder, of=of)
        note = "Numbers are turns; on the diagonal both gave the same code."
        if multi:
            note += " Codes do not exclude each other: each is compared by yes and no; choose one above."
        return figure, note

    def _codes(self) -> tuple[Any, str]:
        if self.pair.scores().is_empty():
            told = f"{self.reference} is an automatic coder: choose a person to compare with."
            return bare(told, title=self.pair.both), ""
        figure = figures.code_scores_figure(
            self.pair.scores(), coder=self.coder, reference=self.reference
        )
        return figure, ""

    # -- counts, bias, calibration -----------------------------------------------------------------

    def _marginals(self) -> tuple[Any, str]:
        rows, _ = self.data.pair("marginals", self.coder, self.reference)
        table = self.data.table("marginals").filter(
            pl.col("first_coder").is_in([self.coder, self.reference]),
            pl.col("second_coder").is_in([self.coder, self.reference]),
        )
        note = (
            "Bars of one code that differ are bias: one coder gives it more readily than the other."
        )
        figure = figures.marginal_bars(table if rows.height else table.clear())
        return figure, f"{note} {self.pair.homogeneity()}"

    def _calibration(self) -> tuple[Any, str]:
        data = self.data
        curve, errors = (
            data.table(name).filter(
                (pl.col("coder") == self.coder) & (pl.col("reference") == self.reference)
            )
            for name in ("calibration", "calibration_errors")
        )
        if curve.is_empty():
            absent = (
                f"There is no curve: it needs the probabilities of an automatic coder ({self.coder} has none "
                f"here) and the codes of a person ({self.reference})."
            )
            return bare(absent, title=self.pair.both), ""
        labels = data.labels[:_CURVES] if self._label is None else [self._label]
        left = len(data.labels) - len(labels)
        figure = figures.calibration_figure(
            curve, coder=self.coder, reference=self.reference, labels=labels
        )
        told = [
            f"{label} {error:.3f} (by chance up to {high:.3f})"
            for label, error, high in errors.select("label", "error", "floor_high").iter_rows()
            if label in labels
        ]
        note = (
            "Above the line the coder is too cautious, below it too sure. Calibration error: "
            f"{'; '.join(told)}."
        )
        if left > 0 and self._label is None:
            note += f" The first {_CURVES} codes; choose a code above for another."
        return figure, note

    def _abstaining(self) -> tuple[Any, str]:
        rows = self.data.abstaining(self.coder)
        if not rows:
            told = f"No curve (n = 0): {self.coder} is no head that is here with its card."
            return bare(told, title=self.coder), ""
        return coverage_curve(rows, title=self.coder), (
            "From the card of this head, out of fold on the data it learned from, not on these sessions. "
            "`workbench code --abstain P` withholds codes below the probability P."
        )


_COLOURS = "Blue: people alone; orange: a model beside people; green: models; grey: all together."

_CURVES = 4
"""Curves of one figure."""


def _turned(rows: pl.DataFrame) -> pl.DataFrame:
    """A confusion table with lines and columns exchanged."""
    order = rows["first"].unique(maintain_order=True)
    turned = rows.select("label", first="second", second="first", count="count")
    place = {name: i for i, name in enumerate(order)}
    total = pl.col("count").sum().over("first")
    return turned.sort(
        pl.col("first").replace_strict(place), pl.col("second").replace_strict(place)
    ).with_columns(share=pl.when(total > 0).then(pl.col("count") / total))
