"""Does the prompt code at all? Its accuracy against gold, beside always giving the commonest code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from workbench.attribution.payoff import listed
from workbench.errors import BadInput, InsufficientData
from workbench.language_models import LanguageModel, Prompt
from workbench.statistics import (
    ESTIMATE_COLUMNS,
    Estimate,
    cluster_proportion,
    paired_difference,
    proportion_interval,
)

__all__ = ["CoderCheck", "coder_check"]

_SCHEMA: dict[str, Any] = {"quantity": pl.String, **ESTIMATE_COLUMNS}


@dataclass(frozen=True, eq=False)
class CoderCheck:
    """How well a prompt codes.

    Attributes
    ----------
    table
        Rows `accuracy`, `majority` (share of the commonest gold code), `difference` (accuracy minus
        majority, paired) and `mass` (mean probability that the answer is an option at all), with the
        columns of estimates.
    predictions
        Per item, in order: `gold`, `predicted`, `mass`, and `p.<option>` (renormalised, options
        averaged over both orders on the log scale). No text.
    beats_majority
        Whether the lower end of `difference` is above 0; False where there is no interval.
    verdict
        One sentence for the head of a page.
    settings
        Options, model fingerprint, number of items per gold code.
    """

    table: pl.DataFrame
    predictions: pl.DataFrame
    beats_majority: bool
    verdict: str
    settings: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain values of JSON, for `from_dict`."""
        return {
            "table": self.table.to_dicts(),
            "predictions": self.predictions.to_dicts(),
            "beats_majority": self.beats_majority,
            "verdict": self.verdict,
            "settings": dict(self.settings),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> CoderCheck:
        """Build from the plain values of `to_dict`."""
        return cls(
            table=pl.DataFrame(content["table"], schema=_SCHEMA),
            predictions=pl.DataFrame(content["predictions"]),
            beats_majority=content["beats_majority"],
            verdict=content["verdict"],
            settings=dict(content["settings"]),
        )


def coder_check(
    prompt: Prompt, items: pl.DataFrame, *, options: tuple[str, ...], model: LanguageModel
) -> CoderCheck:
    """Let the full prompt code items and compare with their gold codes.

    Parameters
    ----------
    prompt
        With placeholders named as columns of `items`; `{options}`, if it has it, is asked in both
        orders and the log-probabilities are averaged.
    items
        Columns `label` (the gold code, one of `options`), one per placeholder, and optionally
        `source`: what intervals resample (client, video). Without it items count as independent.
    options
        All allowed answers.
    model
        The language model.

    Raises
    ------
    BadInput
        If a column is missing or a label is not among the options.
    InsufficientData
        If there are no items.
    """
    _check(prompt, items, options)
    orders = (options, options[::-1]) if "options" in prompt.placeholders else (options,)
    conversations = [
        prompt.filled(**{name: str(row[name]) for name in _columns(prompt)}, options=listed(order))
        for order in orders
        for row in items.to_dicts()
    ]
    answers = model.score_options([filled.messages() for filled in conversations], list(options))
    logs = np.asarray(answers).reshape(len(orders), len(items), len(options))
    mass = np.exp(np.logaddexp.reduce(logs, axis=2)).mean(0)
    centred = (logs - np.logaddexp.reduce(logs, axis=2, keepdims=True)).mean(0)
    shares = np.exp(centred - np.logaddexp.reduce(centred, axis=1, keepdims=True))
    gold = np.array(items["label"].to_list())
    predicted = np.array(options)[centred.argmax(1)]
    sources = items["source"].to_list() if "source" in items.columns else None
    table = _table(gold, predicted, mass, sources)
    low = table.filter(quantity="difference")["low"].item()
    beats = low is not None and low > 0
    return CoderCheck(
        table=table,
        predictions=pl.DataFrame(
            {
                "gold": gold,
                "predicted": predicted,
                "mass": mass,
                **{f"p.{option}": shares[:, column] for column, option in enumerate(options)},
            }
        ),
        beats_majority=beats,
        verdict=_verdict(table, beats=beats),
        settings={
            "options": list(options),
            "model": model.fingerprint,
            "items": {option: int((gold == option).sum()) for option in options},
        },
    )


def _columns(prompt: Prompt) -> tuple[str, ...]:
    return tuple(name for name in prompt.placeholders if name != "options")


def _check(prompt: Prompt, items: pl.DataFrame, options: tuple[str, ...]) -> None:
    for name in (*_columns(prompt), "label"):
        if name not in items.columns:
            raise BadInput.unknown("column", name, items.columns)
    if len(items) == 0:
        raise InsufficientData("There are no items to code: give at least one with a gold code.")
    for row, label in enumerate(items["label"].to_list(), start=1):
        if label not in options:
            raise BadInput(f"items, row {row}: label {label!r} is not among {list(options)}.")


def _table(
    gold: np.ndarray, predicted: np.ndarray, mass: np.ndarray, sources: list[Any] | None
) -> pl.DataFrame:
    labels, counts = np.unique(gold, return_counts=True)
    common = gold == labels[counts.argmax()]
    correct = predicted == gold
    if sources is None:
        groups: list[Any] = list(range(len(gold)))
        accuracy = proportion_interval(int(correct.sum()), len(gold))
        majority = proportion_interval(int(common.sum()), len(gold))
    else:
        groups = sources
        ones = np.ones(len(gold))
        accuracy = cluster_proportion(correct, ones, groups)
        majority = cluster_proportion(common, ones, groups)
    difference = paired_difference(
        lambda rows: float(correct[rows].mean()), lambda rows: float(common[rows].mean()), groups
    )
    described = Estimate(
        float(mass.mean()), n=len(mass), reason="a description of these items, no interval"
    )
    rows = {
        "accuracy": accuracy,
        "majority": majority,
        "difference": difference,
        "mass": described,
    }
    return pl.DataFrame(
        [{"quantity": name, **estimate.as_row()} for name, estimate in rows.items()], schema=_SCHEMA
    )


def _verdict(table: pl.DataFrame, *, beats: bool) -> str:
    rows = {row["quantity"]: row for row in table.to_dicts()}
    accuracy, majority, mass = rows["accuracy"], rows["majority"], rows["mass"]["estimate"]
    interval = (
        "" if accuracy["low"] is None else f" ({accuracy['low']:.2f} to {accuracy['high']:.2f})"
    )
    figures = (
        f"accuracy {accuracy['estimate']:.2f}{interval} on {accuracy['n']} items against "
        f"{majority['estimate']:.2f} for the commonest code; {mass:.0%} of the probability lies on "
        "the options."
    )
    if beats:
        return f"This prompt codes better than the commonest code: {figures}"
    if accuracy["estimate"] > majority["estimate"]:
        return (
            f"Too few items to say that this prompt codes better than the commonest code: {figures}"
        )
    return f"This explains a coder that does not code: {figures}"
