"""Which part of a prompt carries the model's decision: exact Shapley values with a noise floor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.attribution.games import Game, coalitions, exact_shapley
from workbench.attribution.payoff import Payoff, Scores
from workbench.attribution.result import Attribution
from workbench.errors import BadInput
from workbench.language_models import (
    Absence,
    Component,
    LanguageModel,
    Prompt,
    filler_text,
    recorded,
)

__all__ = ["attribute"]

METHOD = "exact Shapley (shap); range over option orders and kinds of absence"
FILLER = "filler {number}"


@dataclass(frozen=True, slots=True)
class _Cell:
    """One game and the way its question was put."""

    variant: str
    game: Game

    @property
    def labels(self) -> dict[str, str]:
        return {"absence": self.game.absence, "variant": self.variant}


def attribute(
    prompt: Prompt,
    payoff: Payoff,
    *,
    model: LanguageModel,
    absences: Sequence[Absence] = ("removed", "neutral"),
    fillers: int = 2,
    cache: str | Path | None = None,
) -> Attribution:
    """Share a prompt's payoff among its components.

    Every subset of the components is put to the model, for every order of the options and every
    kind of absence. Then, separately, each inert filler joins the prompt as one more component, as
    long as the median real one; what it earns is noise.

    Parameters
    ----------
    prompt
        Filled in but for `{options}`, which the payoff fills; 1 to 10 components that can be absent.
    payoff
        What a prompt is worth, e.g. `LogOdds("question", ("question", "reflection"))`.
    model
        `language_models.local()`, or a `RecordedLM`.
    absences
        Kinds of absence that the estimates are averaged over.
    fillers
        Number of inert fillers behind the noise floor, each at another place; 0 for no floor. Each
        costs about as much as the attribution itself.
    cache
        File in which the model's answers are kept (checksums and numbers, no text); by default one
        per model in the cache folder. A `RecordedLM` keeps its own.

    Raises
    ------
    BadInput
        If a placeholder has no value, or there are no or too many components.
    WorkbenchError
        If the values do not sum to full minus empty payoff within 1e-5.
    """
    if not absences:
        raise BadInput("At least one kind of absence is needed: 'removed' or 'neutral'.")
    started = time.perf_counter()
    listener = recorded(model, cache)
    variants = payoff.variants(prompt)
    cells = [
        _Cell(name, Game(shown, shown.players, absence, filler))
        for name, variant in variants.items()
        for filler, shown in _with_fillers(variant, fillers)
        for absence in dict.fromkeys(absences)
    ]
    scores, asked = _play(cells, payoff, listener)
    runs, table = _values(cells, scores)
    whole = next(iter(variants.values()))
    return Attribution(
        table=table,
        runs=runs,
        coalitions=_coalition_table(cells, scores),
        parts=whole.rendered(),
        settings={
            **payoff.settings,
            "model": listener.fingerprint,
            "absences": list(dict.fromkeys(absences)),
            "variants": list(variants),
            "fillers": fillers,
            "coalitions": asked,
            "seconds": round(time.perf_counter() - started, 2),
        },
    )


def _with_fillers(prompt: Prompt, fillers: int) -> list[tuple[str | None, Prompt]]:
    """Pair the prompt, then the prompt with each filler, with the filler's name."""
    parts = prompt.rendered()
    lengths = [
        sum(len(part.text.split()) for part in parts if part.name == name)
        for name in prompt.players
    ]
    words = max(1, round(statistics.median(lengths or [1])))
    # a place before a part that opens its component, so that no turn is torn from its answer
    places = [
        position
        for position, part in enumerate(parts)
        if part.role != "assistant" and part.name not in {p.name for p in parts[:position]}
    ]
    shown: list[tuple[str | None, Prompt]] = [(None, prompt)]
    for number in range(fillers):
        place = places[(number + 1) * len(places) // (fillers + 1) % len(places)]
        name = FILLER.format(number=number + 1)
        component = Component(name, filler_text(words, number=number), parts[place].role)
        shown.append((name, prompt.inserted(component, position=place)))
    return shown


def _play(cells: Sequence[_Cell], payoff: Payoff, model: LanguageModel) -> tuple[list[Scores], int]:
    """Score all coalitions of all games in one go, so that shared beginnings are computed once."""
    prompts = [cell.game.prompts() for cell in cells]
    scores = payoff.evaluate([prompt for game in prompts for prompt in game], model=model)
    cuts = np.cumsum([len(game) for game in prompts])[:-1]
    split = zip(np.split(scores.values, cuts), np.split(scores.mass, cuts), strict=True)
    return [Scores(values, mass) for values, mass in split], len(scores.values)


def _values(cells: Sequence[_Cell], scores: Sequence[Scores]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[dict[str, object]] = []
    real: list[NDArray[np.float64]] = []
    for cell, score in zip(cells, scores, strict=True):
        values = exact_shapley(score.values[:, None], cell.game.players)[:, 0]
        if cell.game.filler is None:
            real.append(values)
        for name, value in zip(cell.game.players, values.tolist(), strict=True):
            if cell.game.filler in (None, name):
                filler = cell.game.filler is not None
                rows.append({"component": name, "filler": filler, **cell.labels, "value": value})
    runs = pl.DataFrame(rows, schema=Attribution.schema("runs"))
    fillers = runs.filter("filler")["value"].abs()
    floor = float(fillers.to_numpy().max()) if len(fillers) else None
    players = next(cell.game.players for cell in cells if cell.game.filler is None)
    return runs, _estimates(players, np.array(real), floor)


def _estimates(
    players: Sequence[str], values: NDArray[np.float64], floor: float | None
) -> pl.DataFrame:
    """Average `values` (settings, players) into a table of estimates."""
    means = values.mean(0)
    rows = [
        {
            "component": name,
            "estimate": float(means[column]),
            "low": float(values[:, column].min()),
            "high": float(values[:, column].max()),
            "level": None,
            "method": METHOD,
            "n": len(values),
            "n_clusters": None,
            "reason": None,
            "above_floor": None if floor is None else bool(abs(means[column]) > floor),
        }
        for column, name in enumerate(players)
    ]
    return pl.DataFrame(rows, schema=Attribution.schema("table"))


def _coalition_table(cells: Sequence[_Cell], scores: Sequence[Scores]) -> pl.DataFrame:
    rows = [
        {
            **cell.labels,
            "present": np.array(cell.game.players)[present].tolist(),
            "payoff": payoff,
            "mass": mass,
        }
        for cell, score in zip(cells, scores, strict=True)
        if cell.game.filler is None
        for present, payoff, mass in zip(
            coalitions(len(cell.game.players)),
            score.values.tolist(),
            score.mass.tolist(),
            strict=True,
        )
    ]
    return pl.DataFrame(rows, schema=Attribution.schema("coalitions"))
