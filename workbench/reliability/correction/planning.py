"""Plan a double-coding sample: how many units of which stratum a human has to code.

The wanted half-width fixes the variance. A part of it lies between conversations, and no coding can
take that away; the rest is what the drawn sample has to bring down, divided among the strata by
`workbench.reliability.correction.allocation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.correction.allocation import Design, allocate, smallest_sizes
from workbench.reliability.correction.anticipation import Measure, anticipate, expected_codes
from workbench.reliability.correction.double_coded import coded_frame
from workbench.reliability.correction.drawing import draw_pieces
from workbench.reliability.correction.stratifying import stratum_names
from workbench.reliability.correction.two_phase import About
from workbench.statistics.intervals import check_options

__all__ = ["DoubleCodingPlan", "plan_double_coding"]

_LEAST = {"utterance": 10, "conversation": 3}  # drawn per stratum, where there are as many


@dataclass(frozen=True, slots=True)
class DoubleCodingPlan:
    """How many units to draw from which stratum, for an interval of a wanted width.

    Attributes
    ----------
    table : polars.DataFrame
        `stratum`, `units`, `conversations`, `spread` (expected standard deviation of what is drawn,
        in the measure's units), `drawn` (units, or conversations where these are drawn whole),
        `inclusion_probability`.
    frame : polars.DataFrame
        `unit_id`, `conversation_id`, `stratum`, `inclusion_probability` of all units: what
        `corrected_rates(..., strata=plan.frame)` takes.
    value, half_width : float
        Expected value of the measure and half-width of its interval.
    settings : mapping
    """

    table: pl.DataFrame
    frame: pl.DataFrame
    value: float
    half_width: float
    settings: Mapping[str, Any]

    def draw(self, *, random_state: int) -> pl.DataFrame:
        """Draw the sample; the same seed gives the same one, whatever the order of rows.

        Returns
        -------
        polars.DataFrame
            One row per presentation, in the order in which to present them:
            `unit_id` str; `conversation_id` str; `stratum` str; `inclusion_probability` float, of the
            unit in the whole draw; `repeat` bool, True where the unit is presented a second time, for
            the coder's agreement with themselves. The coder must not see the last three columns.
            Units drawn one by one are shuffled; whole conversations are shuffled and keep the order
            of their turns.
        """
        counts = dict(self.table.select("stratum", "drawn").iter_rows())
        whole = self.settings["drawn"] == "conversation"
        return draw_pieces(
            self.frame,
            counts,
            piece="conversation_id" if whole else "unit_id",
            repeat=self.settings["repeat"],
            random_state=random_state,
        )

    def _repr_html_(self) -> str:
        n = int(self.table["drawn"].sum())
        what = f"{n} {self.settings['drawn']}s, expected half-width {self.half_width:.3f}"
        return self.table._repr_html_() + f"<p>{what}</p>"


def plan_double_coding(
    automatic: Layer,
    corpus: Corpus,
    *,
    half_width: float,
    label: str | None = None,
    measure: Measure = "rate",
    strata: Sequence[str] = ("label",),
    drawn: Literal["utterance", "conversation"] = "utterance",
    about: About = "population",
    repeat: float = 0.1,
    floor: float = 0.25,
    error_correlation: float = 0.05,
    level: float = 0.95,
) -> DoubleCodingPlan:
    """Plan a sample of units for a human to code, before anyone has coded.

    Parameters
    ----------
    automatic : Layer
        With probabilities.
    corpus : Corpus
    half_width : float
        Wanted half-width of the interval, in the measure's units (0.03 = three points of a share).
    label : str, optional
        Code whose rate is wanted (or whose agreement, against all other codes). Needed for "rate".
    measure : {"rate", "percent", "cohen_kappa"}
        The corrected rate, or agreement of the automatic with the human coder.
    strata : sequence of str
        What to stratify by, crossed: "label" (what was assigned; for whole conversations thirds of
        the expected share of the label), "band" (probability of the label below 0.1, 0.5, 0.9, or
        above), or a column such as `quality`.
    drawn : {"utterance", "conversation"}
        Single units, or whole conversations.
    about : {"population", "corpus"}
        As in `corrected_rates`.
    repeat : float, default 0.1
        Share of what is drawn that is presented twice, blind.
    floor : float, default 0.25
        Least inclusion probability, as a share of the mean one.
    error_correlation : float, default 0.05
        How alike the automatic coder's errors are within a conversation.
    level : float, default 0.95

    Raises
    ------
    BadInput
        If the layer has no probabilities, a stratum is no column, or an option is out of range.
    InsufficientData
        If the width cannot be had even with every unit coded; the message says which can.
    """
    check_options(level=level)
    _check(half_width=half_width, repeat=repeat, floor=floor, error_correlation=error_correlation)
    frame = coded_frame(automatic, corpus)
    codes = expected_codes(automatic, frame, label, measure)
    expected = anticipate(measure, codes)
    whole = drawn == "conversation"
    names = stratum_names(frame, strata, codes, whole=whole)
    pieces = frame["conversation_id" if whole else "unit_id"].to_numpy()
    design = Design.of(expected, pieces, names, frame["source"].to_numpy(), error_correlation)
    between = design.between if about == "population" else 0.0

    def width(sizes: NDArray[np.float64]) -> float:
        return design.half_width(sizes, between, level, share=measure == "rate")

    least = np.minimum(design.sizes, _LEAST[drawn])
    everything = width(design.sizes)
    if everything > half_width:
        raise InsufficientData(
            f"Even with every unit coded the half-width would be about {everything:.3f}, because "
            "conversations differ; more coding cannot change that. Ask for more than that, or for "
            "this corpus alone: about='corpus'."
        )
    sizes = smallest_sizes(lambda n: allocate(n, design, least, floor), width, design, half_width)
    probability = (sizes / design.sizes)[design.stratum_of_unit]
    plan = frame.select("unit_id", "conversation_id").with_columns(
        stratum=pl.Series(names), inclusion_probability=pl.Series(probability)
    )
    table = (
        plan.group_by("stratum")
        .agg(
            units=pl.len().cast(pl.Int64),
            conversations=pl.col("conversation_id").n_unique().cast(pl.Int64),
        )
        .sort("stratum")
        .with_columns(
            spread=pl.Series(design.spread),
            drawn=pl.Series(sizes.astype(int)),
            inclusion_probability=pl.Series(sizes / design.sizes),
        )
    )
    settings = {
        "label": label,
        "measure": measure,
        "strata": tuple(strata),
        "drawn": drawn,
        "about": about,
        "repeat": repeat,
        "level": level,
        "wanted": half_width,
    }
    return DoubleCodingPlan(table, plan, expected.value, width(sizes), settings)


def _check(*, half_width: float, repeat: float, floor: float, error_correlation: float) -> None:
    """Refuse options out of range."""
    if not 0 < half_width < 1:
        raise BadInput(f"half_width lies between 0 and 1, such as 0.03; got {half_width}.")
    for name, value in (
        ("repeat", repeat),
        ("floor", floor),
        ("error_correlation", error_correlation),
    ):
        if not 0 <= value <= 1:
            raise BadInput(f"{name} is a share between 0 and 1; got {value}.")
