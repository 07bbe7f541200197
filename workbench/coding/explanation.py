"""What carried a code of one utterance, as a value that shows itself in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.heads.explain import Method

if TYPE_CHECKING:
    import shap

__all__ = ["CodeExplanation"]

_TOWARDS, _AGAINST = "#0072B2", "#D55E00"


@dataclass(frozen=True, eq=False)
class CodeExplanation:
    """What carried a label of one utterance.

    Attributes
    ----------
    table
        One row per player: `kind` (`turn` before the utterance, or `word`), `text`, `turn` (its number in
        the conversation), `start_char` (of words, else null), `value` (nats). Turns come first, the
        nearest last; then words in their order. It holds what was said.
    base_value, full_value
        Log-odds of the label with nothing there, and with all; full = base + sum of values.
    explanation
        The same as `shap.Explanation`.
    assigned
        Whether the head assigns the label to the utterance.
    method, evaluations
        `exact` or `permutation`, and how often the head was asked.
    """

    unit_id: str
    scheme: str
    label: str
    head: str
    table: pl.DataFrame
    explanation: shap.Explanation
    full_value: float
    assigned: bool
    method: Method
    evaluations: int

    @property
    def base_value(self) -> float:
        """Log-odds with nothing there."""
        return float(self.explanation.base_values)

    @property
    def probability(self) -> float:
        """Probability of the label for the whole utterance, as the head's layer gives it."""
        return float(1 / (1 + np.exp(-self.full_value)))

    def __repr__(self) -> str:
        kinds = self.table["kind"]
        assigned = "" if self.assigned else " (not assigned)"
        return (
            f"CodeExplanation({self.unit_id!r}, {self.scheme}: {self.label!r}{assigned}, "
            f"{(kinds == 'word').sum()} words, {(kinds == 'turn').sum()} turns, {self.method}, "
            f"{self.evaluations} evaluations)"
        )

    def _repr_html_(self) -> str:
        most = float(np.abs(self.table["value"].to_numpy()).max())
        rows = "".join(
            _bar(text if kind == "word" else f"turn {turn}: {text}", value, most)
            for kind, text, turn, value in self.table.select(
                "kind", "text", "turn", "value"
            ).iter_rows()
        )
        unassigned = "" if self.assigned else " The head does not assign this code."
        return (
            f"<p><b>{_plain(self.label)}</b> for {_plain(self.unit_id)}: log-odds "
            f"{self.base_value:+.2f} with nothing there, {self.full_value:+.2f} with all "
            f"(probability {self.probability:.2f}). Blue speaks for the code, vermilion against."
            f"{unassigned}</p>"
            f'<table style="border-collapse:collapse">{rows}</table>'
        )


def _plain(text: str) -> str:
    return html.escape(text, quote=True)


def _bar(text: str, value: float, most: float) -> str:
    width = 100 * abs(value) / most if most else 0
    colour = _TOWARDS if value >= 0 else _AGAINST
    return (
        f'<tr><td dir="auto" style="max-width:28em;text-align:right;padding:0 .6em">{_plain(text)}</td>'
        f'<td style="width:14em"><div style="width:{width:.0f}%;height:.9em;background:{colour}"></div>'
        f'</td><td style="text-align:right">{value:+.2f}</td></tr>'
    )
