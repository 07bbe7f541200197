"""Everything a screen or a report shows of the coders of one scheme, computed once, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from typing import Any

import polars as pl

from workbench.corpus import Corpus, Layer
from workbench.errors import InsufficientData
from workbench.reliability.agreement import code_scores, confusion_of, most_confused
from workbench.reliability.bias import coder_marginals, prevalence_and_bias
from workbench.reliability.bias_tests import marginal_homogeneity
from workbench.reliability.comparison import agreement_of, levels_of
from workbench.reliability.comparison_calibration import (
    calibration_curve,
    calibration_errors,
    probabilities_of,
)
from workbench.reliability.comparison_humans import (
    HUMAN_KINDS,
    coder_sets,
    human_reference,
    kind_of_pair,
)
from workbench.reliability.contested import contested_of
from workbench.reliability.intake import Coded
from workbench.reliability.ratings import MISSING, Ratings
from workbench.statistics import ESTIMATE_COLUMNS

__all__ = ["comparison_tables"]

_MOST_PAIRED = 5
"""Coders up to which counts and rates are compared pair by pair; with more, only all together."""

_NOT_PAIRED = f"with more than {_MOST_PAIRED} coders, counts are compared for all together"

_CURVE = {"bin": int, "probability": float, "lowest": float, "highest": float, **ESTIMATE_COLUMNS}
_ERRORS = {"error": float, "floor": float, "floor_high": float, "n": int}
_PLACE = ("first_coder", "second_coder")


def comparison_tables(
    coded: Coded,
    layers: Sequence[Layer],
    corpus: Corpus,
    *,
    merge: Mapping[str, str] | None = None,
    random_state: int = 0,
) -> dict[str, pl.DataFrame]:
    """Compare the coders of one scheme in every way the workbench knows.

    Parameters
    ----------
    coded
        The layers' codes, read by `read_coded(layers, corpus=corpus, merge=merge)`.
    layers
        In the order of the coders; their probabilities are compared with people's codes.
    corpus
        Where the units stand.
    merge
        Spelling -> label, for labels that are spelled in several ways.

    Returns
    -------
    dict of str to polars.DataFrame
        `measures` and `conversations` (as `workbench.agreement` by label), `levels` (as `levels_of`),
        `reference` (as `human_reference`), `coders` (`coder`, `kind`, `n_units`, `n_conversations`),
        `confusion` and `confused` (as `confusion_of` and `most_confused`, by pair of coders), `codes` (as
        `code_scores`, every person as reference), `calibration` and `calibration_errors` (with `coder` and
        `reference`), `contested` (as `contested_units`), `marginals` (by pair of coders, over the units
        that both coded), `bias` and `homogeneity` (as `prevalence_and_bias`, `marginal_homogeneity`).
    """
    options: dict[str, Any] = {"random_state": random_state}
    ratings = coded.ratings
    measures = agreement_of(coded, "utterance", "label", **options)
    sets = coder_sets(ratings.coders, ratings.kinds)
    if ratings.n_coders > _MOST_PAIRED:
        sets = [coders for coders in sets if len(coders) > 2]
    conversations = agreement_of(coded, "conversation", sets=sets, **options)
    curves, errors = _calibration(ratings, layers, merge, options)
    return {
        "measures": measures,
        "conversations": conversations,
        "levels": levels_of(measures, conversations, absent=_NOT_PAIRED),
        "reference": human_reference(ratings, **options),
        "coders": _coders(coded),
        "confusion": _confusion(ratings),
        "confused": _confused(ratings),
        "codes": _codes(ratings, options),
        "calibration": curves,
        "calibration_errors": errors,
        "contested": contested_of(coded, corpus),
        "marginals": _marginals(ratings, options),
        "bias": prevalence_and_bias(ratings, **options),
        "homogeneity": marginal_homogeneity(ratings),
    }


def _coders(coded: Coded) -> pl.DataFrame:
    ratings = coded.ratings
    given = ratings.codes != MISSING
    talks = coded.conversations
    return pl.DataFrame(
        {
            "coder": ratings.coders,
            "kind": ratings.kinds,
            "n_units": given.sum(axis=0).tolist(),
            "n_conversations": [
                None if talks is None else len(set(talks[given[:, column]]))
                for column in range(ratings.n_coders)
            ],
        },
        schema_overrides={"n_conversations": pl.Int64},
    )


def _confusion(ratings: Ratings) -> pl.DataFrame:
    """Codes of one coder by codes of another, for each pair; of sets, each label by yes and no."""
    parts = []
    for pair in combinations(ratings.coders, 2):
        both = ratings.of(pair)
        if ratings.level != "sets":
            parts.append(_placed(confusion_of(both), pair, None))
            continue
        answer = pl.col("first", "second").replace({"False": "no", "True": "yes"})
        for label in ratings.labels:
            table = confusion_of(both.holds(label)).with_columns(answer)
            parts.append(_placed(table, pair, str(label)))
    return pl.concat(parts)


def _placed(table: pl.DataFrame, pair: tuple[str, str], label: str | None) -> pl.DataFrame:
    coders = {name: pl.lit(coder) for name, coder in zip(_PLACE, pair, strict=True)}
    placed = table.with_columns(**coders, label=pl.lit(label, pl.String))
    return placed.select(*_PLACE, "label", *table.columns)


def _confused(ratings: Ratings) -> pl.DataFrame:
    pairs = list(combinations(ratings.coders, 2))
    return pl.concat(_placed(most_confused(ratings.of(pair)), pair, None) for pair in pairs)


def _marginals(ratings: Ratings, options: Mapping[str, Any]) -> pl.DataFrame:
    """Share of each label that each of two coders gave, over the units that both coded."""
    parts = []
    for pair in combinations(ratings.coders, 2):
        both = ratings.of(pair)
        both = both.rows((both.codes != MISSING).all(axis=1))
        parts.append(
            coder_marginals(both, **options).with_columns(
                **{name: pl.lit(coder) for name, coder in zip(_PLACE, pair, strict=True)}
            )
        )
    return pl.concat(parts)


def _codes(ratings: Ratings, options: Mapping[str, Any]) -> pl.DataFrame:
    """Scores of each code, every person (or else every coder) in turn as reference."""
    kinds = dict(zip(ratings.coders, ratings.kinds, strict=True))
    people = [name for name in ratings.coders if kinds[name] in HUMAN_KINDS] or ratings.coders
    tables = [
        code_scores(ratings.of((person, other)), person, **options)
        for person, other in permutations(ratings.coders, 2)
        if person in people
    ]
    found = pl.concat(tables)
    kind = [
        kind_of_pair((kinds[one], kinds[other]))
        for one, other in found.select("reference", "coder").iter_rows()
    ]
    return found.with_columns(kind=pl.Series(kind, dtype=pl.String))


def _calibration(
    ratings: Ratings,
    layers: Sequence[Layer],
    merge: Mapping[str, str] | None,
    options: Mapping[str, Any],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Curve and error of every coder with probabilities against every person."""
    curves, errors = [], []
    kinds = dict(zip(ratings.coders, ratings.kinds, strict=True))
    people = [name for name in ratings.coders if kinds[name] in HUMAN_KINDS]
    for coder, layer in zip(ratings.coders, layers, strict=True):
        if layer.probabilities is None:
            continue
        p = probabilities_of(layer, ratings, merge=merge)
        for person in people:
            place = {"coder": pl.lit(coder), "reference": pl.lit(person)}
            try:
                curve = calibration_curve(ratings, p, person, **options)
            except InsufficientData:
                continue
            curves.append(curve.with_columns(**place))
            errors.append(calibration_errors(ratings, p, person, **options).with_columns(**place))
    return _joined(curves, _CURVE), _joined(errors, _ERRORS)


def _joined(tables: Sequence[pl.DataFrame], columns: Mapping[str, type]) -> pl.DataFrame:
    order = {"coder": str, "reference": str, "label": str, **columns}
    return pl.concat([pl.DataFrame(schema=order), *(table.select(*order) for table in tables)])
