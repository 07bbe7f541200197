"""Agreement on the codes of single units: coefficients, and scores against a reference."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import BadInput
from workbench.reliability.agreement import (
    COEFFICIENTS,
    code_scores,
    estimate_coefficients,
    fits,
)
from workbench.reliability.comparison_humans import kind_of_pair
from workbench.reliability.comparison_rows import SCORES, Row
from workbench.reliability.intake import Coded
from workbench.reliability.ratings import MISSING, Ratings
from workbench.statistics import ESTIMATE_COLUMNS, Estimate

__all__ = ["coefficient_rows", "known_coder", "score_rows"]


def known_coder(coded: Coded, name: str) -> str:
    """Return the name of a coder of these codings, or raise `BadInput`."""
    if name not in coded.ratings.coders:
        raise BadInput.unknown("coder", name, coded.ratings.coders)
    return name


def coefficient_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    by: str | None,
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[Row]:
    """Every coefficient among each set of coders, of all labels together and, if asked, of each."""
    for coders in sets:
        ratings = coded.ratings.of(coders)
        codings = (ratings.codes != MISSING).sum(axis=1)
        ratings = ratings.rows(codings > 1)  # the others tell nothing of agreement
        single = int((codings == 1).sum())
        labels: list[Hashable | None] = [None]
        tables = [ratings]
        if by == "label":
            labels += ratings.labels
            tables += [ratings.holds(label) for label in ratings.labels]
        kind = kind_of_pair(ratings.kinds)
        estimated = [
            *_estimated(tables[:1], wanted, options),
            *_estimated(tables[1:], wanted, options),
        ]
        for label, found in zip(labels, estimated, strict=True):
            for (measure, scale), estimate in found.items():
                name = None if label is None else str(label)
                told = estimate
                if single and COEFFICIENTS[measure].lone:
                    told = _without_single(estimate, single)
                yield Row(measure, name, ratings.coders, kind, scale, told)


def _without_single(estimate: Estimate, single: int) -> Estimate:
    """Say that units of one coder do not count for the marginals, as elsewhere they may."""
    note = f"{single} {'unit' if single == 1 else 'units'} of one coder left out of the marginals"
    return replace(estimate, reason="; ".join(x for x in (estimate.reason, note) if x))


def _estimated(
    tables: list[Ratings], wanted: set[str], options: Mapping[str, Any]
) -> list[dict[tuple[str, str], Estimate]]:
    """Estimates of each table by measure and scale; the tables are of one level."""
    if not tables:
        return []
    level = tables[0].level
    found: list[dict[tuple[str, str], Estimate]] = [{} for _ in tables]
    fitting = [name for name in COEFFICIENTS if name in wanted and fits(name, tables[0]) is None]
    for choice, names in _choices(level, fitting):
        scale = str(choice.get("distance") or level)
        if "weights" in choice:
            scale = f"{level}, {choice['weights']} weights"
        for own, estimates in zip(
            found, estimate_coefficients(tables, names, **choice, **options), strict=True
        ):
            own.update({(name, scale): estimate for name, estimate in estimates.items()})
    return found


def _choices(level: str, names: list[str]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Options and the measures that they go with."""
    plain = [name for name in names if COEFFICIENTS[name].option is None]
    weighted = [name for name in names if COEFFICIENTS[name].option == "weights"]
    distant = [name for name in names if COEFFICIENTS[name].option == "distance"]
    if plain:
        yield {}, plain
    if weighted:
        for weights in ("linear", "quadratic"):
            yield {"weights": weights}, weighted
    if distant:
        for distance in ("masi", "jaccard") if level == "sets" else (level,):
            yield {"distance": distance}, distant


def score_rows(
    coded: Coded, reference: str | None, wanted: set[str], options: Mapping[str, Any]
) -> Iterator[Row]:
    """Sensitivity and its kin of every coder against the reference, where there is one."""
    ratings = coded.ratings
    gold = [
        name for name, kind in zip(ratings.coders, ratings.kinds, strict=True) if kind == "gold"
    ]
    if reference is None and len(gold) == 1:
        reference = gold[0]
    if reference is None or not wanted & set(SCORES) or ratings.level in ("interval", "ratio"):
        return
    known_coder(coded, reference)
    kinds = dict(zip(ratings.coders, ratings.kinds, strict=True))
    for row in code_scores(ratings, reference, **options).iter_rows(named=True):
        if row["measure"] in wanted:
            coders = (reference, row["coder"])
            kind = kind_of_pair(tuple(kinds[name] for name in coders))
            estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
            yield Row(row["measure"], row["label"], coders, kind, "nominal", estimate)
