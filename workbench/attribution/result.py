"""What an attribution found: one frozen value with its tables, its floor and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import BadInput
from workbench.files import read_json, write_json
from workbench.language_models import Component
from workbench.resources import need
from workbench.statistics import ESTIMATE_COLUMNS

if TYPE_CHECKING:
    import shap

__all__ = ["Attribution"]

_TABLES: dict[str, dict[str, Any]] = {
    "table": {"component": pl.String, **ESTIMATE_COLUMNS, "above_floor": pl.Boolean},
    "runs": {
        "component": pl.String,
        "filler": pl.Boolean,
        "absence": pl.String,
        "variant": pl.String,
        "value": pl.Float64,
    },
    "coalitions": {
        "absence": pl.String,
        "variant": pl.String,
        "present": pl.List(pl.String),
        "payoff": pl.Float64,
        "mass": pl.Float64,
    },
}
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Attribution:
    """Exact Shapley values of a prompt's components.

    Attributes
    ----------
    table
        One row per component, in prompt order: `component`, the columns of estimates, and
        `above_floor` (null without fillers). `estimate` is the Shapley value averaged over variants
        (orders of the options) and kinds of absence; `low` and `high` are the least and greatest of
        these `n` values: a range over settings, not a sampling interval, so `level` is null.
    runs
        Every Shapley value by `component`, `absence` and `variant`; fillers are marked.
    coalitions
        Payoff and mass of each coalition of real components.
    parts
        The prompt's rendered components, in order (holds the dialogue text).
    settings
        Payoff, model fingerprint, kinds of absence, fillers, number of coalitions over all games, seconds.

    Notes
    -----
    All values are in the payoff's unit (nats for log-odds).
    """

    table: pl.DataFrame
    runs: pl.DataFrame
    coalitions: pl.DataFrame
    parts: tuple[Component, ...]
    settings: Mapping[str, Any]

    @cached_property
    def base_value(self) -> float:
        """Payoff with every component absent, averaged over variants and kinds of absence."""
        empty = self.coalitions.filter(pl.col("present").list.len() == 0)
        return _mean(empty, "payoff")

    @cached_property
    def full_value(self) -> float:
        """Payoff of the whole prompt, averaged over variants; base value plus all estimates."""
        return _mean(self._full, "payoff")

    @cached_property
    def mass(self) -> float:
        """Probability that the whole prompt is answered by one of the options, averaged over variants."""
        return _mean(self._full, "mass")

    @cached_property
    def least_mass(self) -> float:
        """Smallest such probability of any coalition: how far the game leaves what the model would say."""
        return float(self.coalitions["mass"].to_numpy().min())

    @cached_property
    def floor(self) -> float | None:
        """Noise floor: the largest absolute Shapley value of any inert filler in any setting.

        A component below it moves the payoff no more than text off the topic can. The largest single
        value is taken, while estimates are averages, so the floor errs on the high side. None
        without fillers.
        """
        fillers = self.runs.filter("filler")
        return float(fillers["value"].abs().to_numpy().max()) if len(fillers) else None

    @cached_property
    def explanation(self) -> shap.Explanation:
        """The averaged values as `shap.Explanation`: values, base_values, data (texts), feature_names."""
        package = need("shap", feature="Explanation objects")
        import numpy as np

        names = self.table["component"].to_list()
        return package.Explanation(
            values=self.table["estimate"].to_numpy(),
            base_values=self.base_value,
            data=np.array([self.text(name) for name in names], dtype=object),
            feature_names=names,
        )

    @property
    def _full(self) -> pl.DataFrame:
        return self.coalitions.filter(pl.col("present").list.len() == len(self.table))

    def text(self, component: str) -> str:
        """Text of a component as the model read it, its parts joined by line ends."""
        return "\n".join(part.text for part in self.parts if part.name == component)

    def __repr__(self) -> str:
        """Numbers only: a repr may end up in a log."""
        floor = "none" if self.floor is None else f"{self.floor:.3f}"
        return (
            f"Attribution({len(self.table)} components, base {self.base_value:.3f}, "
            f"full {self.full_value:.3f}, floor {floor}, mass {self.mass:.3f})"
        )

    def to_json(self, path: str | Path) -> None:
        """Write to a JSON file, atomically; it holds the dialogue text of the prompt."""
        write_json(path, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain values of JSON, for `from_dict`."""
        return {
            "format": _FORMAT,
            **{name: getattr(self, name).to_dicts() for name in _TABLES},
            "parts": [
                {"name": part.name, "text": part.text, "role": part.role, "fixed": part.fixed}
                for part in self.parts
            ],
            "settings": dict(self.settings),
            "summary": {
                "base_value": self.base_value,
                "full_value": self.full_value,
                "floor": self.floor,
                "mass": self.mass,
                "least_mass": self.least_mass,
            },
        }

    @classmethod
    def from_json(cls, path: str | Path) -> Attribution:
        """Read what `to_json` wrote.

        Raises
        ------
        BadInput
            If the file is not an attribution of this version.
        """
        try:
            return cls.from_dict(read_json(path))
        except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise BadInput.in_file(
                path,
                f"not a stored attribution of format {_FORMAT} ({type(error).__name__}).",
                remedy="Compute it again with `workbench attribute`.",
            ) from error

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Attribution:
        """Build from the plain values of `to_dict`."""
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r}")
        tables = {
            name: pl.DataFrame(content[name], schema=schema) for name, schema in _TABLES.items()
        }
        parts = tuple(Component(**part) for part in content["parts"])
        return cls(**tables, parts=parts, settings=dict(content["settings"]))

    @staticmethod
    def schema(name: str) -> dict[str, Any]:
        """Column types of `table`, `runs` or `coalitions`."""
        return dict(_TABLES[name])


def _mean(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].to_numpy().mean())
