"""Which part of a coding prompt carries the language model's decision, and whether it codes at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import param
import polars as pl

from workbench.errors import NotComputed
from workbench.figures import attribution as figures
from workbench.files import read_json
from workbench.study import StepRecord
from workbench.views.view import RESEARCH, EsmState, Section, View

if TYPE_CHECKING:
    from workbench.attribution import Attribution, CoderCheck

__all__ = ["AttributionExplorer"]

_CHECK = "check"


def _stored(file: Path) -> Attribution:
    """Read one stored attribution; its room is loaded only now, since it is slow to load."""
    from workbench.attribution import Attribution

    return Attribution.from_json(file)


class AttributionExplorer(View):
    """Shapley values of a prompt's components for one attributed turn.

    Parameters
    ----------
    prompt
        Name of the coding prompt.
    utterance
        Id of the attributed turn.
    component
        Component looked at; set by a click too.
    """

    slug: ClassVar[str] = "attribution"
    title: ClassVar[str] = "Prompt attribution"
    question: ClassVar[str] = "Which part of the prompt drives the model's decision, beyond noise?"
    controls: ClassVar[tuple[str, ...]] = ("prompt", "utterance", "component")
    closed: ClassVar[str] = (
        "The attribution explorer is closed: an attribution is about one turn of one person, with its words."
    )

    prompt: Any = param.Selector(objects=[], doc="Coding prompt.")
    utterance: Any = param.Selector(objects=[], doc="Attributed turn.")
    component: Any = param.Selector(objects=[], doc="Component of the prompt to look at.")

    def prepare(self) -> None:
        """Offer the prompts and the turns that were attributed."""
        checks = sorted(self._root.glob(f"*/{_CHECK}.json"))
        self.offer("prompt", [file.parent.name for file in checks])
        self._offer_utterances()

    @param.depends("prompt", watch=True)
    def _offer_utterances(self) -> None:
        files = sorted(self._folder.glob("*.json")) if self.prompt else []
        found = [_stored(file) for file in files if file.stem != _CHECK]
        self._results = {str(result.settings["unit_id"]): result for result in found}
        self.offer("utterance", list(self._results))
        self._offer_components()

    @param.depends("utterance", watch=True)
    def _offer_components(self) -> None:
        if self.utterance in self._results:
            self.offer("component", self._result().table["component"].to_list())

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the component of a clicked bar, mark or part of the prompt."""
        clicked = {"prompt": point.get("chosen")}.get(key, point.get("customdata"))
        if clicked is None and key == "values":
            clicked = point.get("component")
        if clicked in self.param["component"].objects:
            self.component = clicked

    def cautions(self) -> list[str]:
        """The verdict on the coder first: an attribution cannot be better than it."""
        found = [RESEARCH]
        if self.prompt is not None:
            found.insert(0, self._check().verdict)
        if self.utterance is not None:
            result = self._result()
            found.append(
                f"{result.mass:.0%} of the model's probability lies on the options for the full prompt, "
                f"at least {result.least_mass:.0%} for any part of it; the rest is answers outside them."
            )
        told = [note for record in self._records() for note in record.notes]
        return [*found, *dict.fromkeys(told)]

    def sections(self) -> Sequence[Section]:
        """The coder first, then what drives it."""
        return [
            Section("check", "Does this prompt code at all?", "figure", self._accuracy),
            Section("check_table", "Accuracy as a table", "table", self._check_table),
            Section("waterfall", "From the empty to the full prompt", "figure", self._waterfall),
            Section("prompt", "The prompt, painted", "esm", self._prompt),
            Section("spread", "Spread over settings", "figure", self._spread),
            Section("values", "Values as a table", "table", self._values),
            Section("runs", "The chosen component in every setting", "table", self._runs),
        ]

    # -- data --------------------------------------------------------------------------------------

    @property
    def _root(self) -> Path:
        return self.study.folder / "attributions"

    @property
    def _folder(self) -> Path:
        return self._root / str(self.prompt)

    def _check(self) -> CoderCheck:
        from workbench.attribution import CoderCheck

        if self.prompt is None:
            raise self._absent("check of a prompt as a coder")
        return CoderCheck.from_dict(read_json(self._folder / f"{_CHECK}.json"))

    def _result(self) -> Attribution:
        if self.utterance is None:
            raise self._absent("attribution")
        return self._results[self.utterance]

    def _absent(self, what: str) -> NotComputed:
        """Name the command, and what the step said where it ran and found nothing to attribute."""
        told = [note for record in self._records() for note in record.notes]
        error = self.study.not_computed(what, "attribution")
        return NotComputed(" ".join([str(error), *told]))

    def _records(self) -> list[StepRecord]:
        return [x for x in self.study.steps() if x.name.startswith("attribution")]

    # -- content -------------------------------------------------------------------------------------

    def _accuracy(self) -> tuple[Any, str]:
        check = self._check()
        return figures.coder_accuracy(check.table), check.verdict

    def _check_table(self) -> tuple[pl.DataFrame, str]:
        return (
            self._check().table,
            "mass: probability that the model answers with an option at all.",
        )

    def _waterfall(self) -> tuple[Any, str]:
        result = self._result()
        within = result.table.filter(~pl.col("above_floor"))["component"].to_list()
        note = f"Within the noise floor: {', '.join(within)}." if within else ""
        target = result.settings.get("target", "the target")
        title = f"What drives “{target}” for {self.utterance}"
        figure = figures.waterfall(result, title=title, chosen=self.component)
        return figure, note

    def _prompt(self) -> tuple[EsmState, str]:
        result = self._result()
        values = dict(result.table["component", "estimate"].iter_rows())
        parts: list[dict[str, Any]] = []
        for part in result.parts:
            if not parts or parts[-1]["name"] != part.name:
                parts.append(
                    _paint(part.name, None if part.fixed else values[part.name], result.floor)
                )
            parts[-1]["lines"].append({"role": part.role, "text": part.text})
        state = {
            "parts": parts,
            "target": str(result.settings.get("target", "")),
            "unit": str(result.settings.get("unit", "")),
            "floor": result.floor,
            "chosen": self.component,
        }
        return EsmState("painted_prompt", state), "Deeper colour: larger value. Grey: within noise."

    def _spread(self) -> tuple[Any, str]:
        return figures.settings_spread(self._result(), chosen=self.component), ""

    def _values(self) -> tuple[pl.DataFrame, str]:
        return self._result().table, "low, high: range over settings, not a sampling interval."

    def _runs(self) -> tuple[pl.DataFrame, str]:
        runs = self._result().runs.filter(pl.col("component") == self.component)
        return runs, f"Component {self.component}."


def _paint(name: str, value: float | None, floor: float | None) -> dict[str, Any]:
    """A component of the painted prompt, its lines yet to come; no value where it is always there."""
    return {
        "name": name,
        "value": value,
        "colour": None if value is None else figures.colour_of_value(value, floor),
        "above": None if value is None or floor is None else abs(value) > floor,
        "lines": [],
    }
