"""Agreement of coders: every coefficient that applies, for all coders and for each pair, as one table.

Two levels of the same question stand in two calls of one function: do coders give the same code to the same
utterance (`unit="utterance"`), and do they arrive at the same counts and rates per conversation
(`unit="conversation"`)? A study that reports counts per session rests on the second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput
from workbench.reliability.agreement import (
    COEFFICIENTS,
    code_scores,
    estimate_coefficients,
    fits,
)
from workbench.reliability.comparison_humans import HUMAN_KINDS, kind_of_pair
from workbench.reliability.comparison_tallies import comparable_units, conversations_of
from workbench.reliability.icc import ICC_FORMS, icc_gap, icc_table
from workbench.reliability.intake import Coded, Codes, read_coded
from workbench.reliability.intake_layers import named_spans
from workbench.reliability.ratings import MISSING, Level, Ratings
from workbench.reliability.tallies import tallies
from workbench.reliability.unitizing import unitizing_alpha
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, Method

__all__ = [
    "AGREEMENT_COLUMNS",
    "MEASURES",
    "Unit",
    "agreement",
    "agreement_levels",
    "agreement_of",
    "coder_sets",
    "levels_of",
]

#: What is compared: codes of single units, marked stretches of text, or counts and rates per conversation.
Unit: TypeAlias = Literal["utterance", "span", "conversation"]

_HEAD = {
    "unit": str,
    "measure": str,
    "label": str,
    "coders": str,
    "n_coders": int,
    "kind": str,
    "scale": str,
}

#: Columns of the table that `agreement` gives, with the Python type of each.
AGREEMENT_COLUMNS: Mapping[str, type] = {**_HEAD, **ESTIMATE_COLUMNS}

_ICC = tuple(f"ICC({form})" for form in ICC_FORMS)
_GAP = "ICC(C,1) - ICC(A,1)"
_SCORES = ("sensitivity", "specificity", "precision", "f1")

#: Every measure by the unit it is for.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "utterance": (*COEFFICIENTS, *_SCORES),
    "span": tuple(f"unitizing_alpha ({name})" for name in ("u", "|u", "cu", "(k)u")),
    "conversation": (*_ICC, _GAP),
}

_AND = " & "


def agreement(
    layers: Codes,
    unit: Unit = "utterance",
    by: Literal["label"] | None = None,
    *,
    corpus: Corpus | None = None,
    codebook: Codebook | Scheme | Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    reference: str | None = None,
    scale: Level | None = None,
    merge: Mapping[str, str] | None = None,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Compare coders by every measure that applies, all together and pair by pair.

    Parameters
    ----------
    layers
        Two or more Layers of one scheme; a long table `unit, coder, value` (where known with
        `conversation`, `source`, `coder_kind`); or a units x coders matrix (a table whose first column
        names the units, or an array). polars, pandas and numpy are taken.
    unit
        "utterance": codes of single units, by the coefficients of agreement. "conversation": counts of
        each label per conversation, and their rates (shares of the coded units), by intraclass
        correlations; or ratings of conversations, where that is what was coded. "span": marked stretches
        of text, by Krippendorff's alpha for unitizing.
    by
        "label": each label against the rest as well; None: all labels together. Counts and rates are
        always of one label.
    corpus
        Gives conversations and sources of the units. Without it, and without such columns, each unit is
        taken as independent, and `reason` says so.
    codebook
        Book, scheme or labels in order, used or not; default: what the layers state, or what occurs.
    measures
        Names of `MEASURES`; default all that apply.
    reference
        Coder whose codes count as right, for sensitivity, specificity, precision and F1 of each label
        (`by="label"`); default: the one coder of kind gold, if there is one.
    scale
        How codes relate: nominal, ordinal, interval, ratio, sets; default nominal, or sets where a unit
        takes several labels.
    merge
        Spelling -> label, for labels that are spelled in several ways.
    level, method, resamples, random_state
        Of the intervals, which resample whole sources; see `workbench.statistics.cluster_interval`.

    Returns
    -------
    polars.DataFrame
        `unit`, `measure`, `label` (null: all together), `coders` (joined by ` & `), `n_coders`, `kind`
        (human-human, human-model, model-model; of more than two humans, models, mixed), `scale` (nominal,
        ..., masi, jaccard; counts, rates, ratings) and the columns of an estimate.

    Raises
    ------
    BadInput
        With one coder, coders without a common unit, codes outside the book, two books or schemes mixed,
        units of another corpus, a label spelled two ways, a coding that stands twice, or an option that
        does not exist. Nothing is computed then.

    Examples
    --------
    >>> table = agreement([["a", "a"], ["a", "b"], ["b", "b"], ["b", "b"]], measures=["cohen_kappa"])
    >>> table.select("coders", "estimate").row(0)
    ('1 & 2', 0.5)
    """
    if unit not in MEASURES:
        raise BadInput.unknown("unit", str(unit), list(MEASURES))
    if by not in (None, "label"):
        raise BadInput(f"by={by!r}: expected 'label' or None.")
    _check_measures(unit, measures)
    options: dict[str, Any] = {"level": level, "resamples": resamples, "random_state": random_state}
    if unit == "span":
        rows = _span_rows(layers, corpus, by, measures, {**options, "method": method})
        return _table(rows, unit, ())
    coded = read_coded(layers, corpus=corpus, codebook=codebook, scale=scale, merge=merge)
    if unit == "conversation" and _rated(layers):
        return _of_ratings(_rated(layers), coded, measures, {**options, "method": method})
    return agreement_of(
        coded, unit, by, measures=measures, reference=reference, method=method, **options
    )


def agreement_of(
    coded: Coded,
    unit: Unit = "utterance",
    by: Literal["label"] | None = None,
    *,
    measures: Sequence[str] | None = None,
    reference: str | None = None,
    sets: Sequence[tuple[str, ...]] | None = None,
    **options: Any,
) -> pl.DataFrame:
    """As `agreement` for utterances and conversations, of codings that were read before.

    Parameters
    ----------
    sets
        Coders that are compared with each other; default: `coder_sets`.
    **options
        `level`, `method`, `resamples`, `random_state`.
    """
    _check_measures(unit, measures)
    wanted = set(MEASURES[unit] if measures is None else measures)
    together = coder_sets(coded.ratings) if sets is None else sets
    if unit == "conversation":
        rows = [*_tally_rows(coded, together, wanted, options)]
    else:
        rows = [*_coefficient_rows(coded, together, by, wanted, options)]
        if by == "label":
            rows += _score_rows(coded, reference, wanted, options)
        elif reference is not None:
            _known_coder(coded, reference)
    return _table(rows, unit, coded.notes)


def agreement_levels(
    layers: Codes,
    *,
    corpus: Corpus | None = None,
    codebook: Codebook | Scheme | Sequence[str] | None = None,
    merge: Mapping[str, str] | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Agreement on utterances beside agreement on counts and rates per conversation, a row per label.

    Parameters
    ----------
    layers, corpus, codebook, merge, level, resamples, random_state
        As in `agreement`; the conversations have to be known.

    Returns
    -------
    polars.DataFrame
        As `levels_of`.

    Raises
    ------
    BadInput
        As `agreement`.
    """
    coded = read_coded(layers, corpus=corpus, codebook=codebook, merge=merge)
    options: dict[str, Any] = {"level": level, "resamples": resamples, "random_state": random_state}
    tables = [
        agreement_of(coded, unit, "label", **options) for unit in ("utterance", "conversation")
    ]
    return levels_of(*tables)


_BESIDE = {
    "alpha": ("krippendorff_alpha", "nominal"),
    "icc_a_counts": ("ICC(A,1)", "counts"),
    "icc_c_counts": ("ICC(C,1)", "counts"),
    "icc_a_rates": ("ICC(A,1)", "rates"),
    "icc_c_rates": ("ICC(C,1)", "rates"),
}


def levels_of(utterances: pl.DataFrame, conversations: pl.DataFrame) -> pl.DataFrame:
    """Put the two tables of `agreement`, both by label, side by side.

    Returns
    -------
    polars.DataFrame
        `label`, `coders`, `n_coders`, `kind`; `alpha` (of utterances), `icc_a_counts`, `icc_c_counts`,
        `icc_a_rates`, `icc_c_rates` (of conversations), each with `_low` and `_high`; `n_utterances`,
        `n_conversations`, `few` (fewer than 15 conversations), `reason` (why one is missing).
    """
    key = ["label", "coders", "n_coders", "kind"]
    beside = pl.col("measure").is_in([measure for measure, _ in _BESIDE.values()])
    both = pl.concat([utterances, conversations]).filter(pl.col("label").is_not_null(), beside)
    order = both.select(key).unique(maintain_order=True)
    for name, (measure, scale) in _BESIDE.items():
        part = both.filter((pl.col("measure") == measure) & (pl.col("scale") == scale))
        found = part.select(
            *key,
            pl.col("estimate").alias(name),
            pl.col("low").alias(f"{name}_low"),
            pl.col("high").alias(f"{name}_high"),
            pl.col("n").alias(f"{name}_n"),
            pl.when(pl.col("estimate").is_null())
            .then(pl.format("{} of {}: {}", "measure", "scale", "reason"))
            .alias(f"{name}_reason"),
        )
        order = order.join(found, on=key, how="left", maintain_order="left", nulls_equal=True)
    told = [f"{name}_reason" for name in _BESIDE]
    return order.with_columns(
        n_utterances="alpha_n",
        n_conversations="icc_a_counts_n",
        few=pl.col("icc_a_counts_n").fill_null(0) < _ENOUGH,
        reason=pl.concat_list(told).list.drop_nulls().list.join("; ").replace("", None),
    ).drop(*told, *(f"{name}_n" for name in _BESIDE))


_ENOUGH = 15


def coder_sets(ratings: Ratings) -> list[tuple[str, ...]]:
    """All coders together, and all people, where these are more than two; then each pair."""
    return _sets_of(ratings.coders, ratings.kinds)


def _sets_of(coders: tuple[str, ...], kinds: tuple[str, ...]) -> list[tuple[str, ...]]:
    people = tuple(x for x, kind in zip(coders, kinds, strict=True) if kind in HUMAN_KINDS)
    together = [x for x in dict.fromkeys((coders, people)) if len(x) > 2]
    return [*together, *combinations(coders, 2)]


def _check_measures(unit: str, measures: Sequence[str] | None) -> None:
    for name in measures or ():
        if name not in MEASURES[unit]:
            raise BadInput.unknown(f"{unit} measure", name, MEASURES[unit])


def _known_coder(coded: Coded, name: str) -> str:
    if name not in coded.ratings.coders:
        raise BadInput.unknown("coder", name, coded.ratings.coders)
    return name


# -- codes of single units -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """One estimate and what it is of."""

    measure: str
    label: str | None
    coders: tuple[str, ...]
    kind: str
    scale: str
    estimate: Estimate


def _table(rows: Iterable[_Row], unit: str, notes: Sequence[str]) -> pl.DataFrame:
    told = [
        {
            "unit": unit,
            "measure": row.measure,
            "label": row.label,
            "coders": _AND.join(row.coders),
            "n_coders": len(row.coders),
            "kind": row.kind,
            "scale": row.scale,
            **row.estimate.as_row(),
            "reason": "; ".join(x for x in (row.estimate.reason, *notes) if x) or None,
        }
        for row in rows
    ]
    return pl.DataFrame(told, schema=dict(AGREEMENT_COLUMNS))


def _coefficient_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    by: str | None,
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[_Row]:
    for coders in sets:
        ratings = _coded_twice(coded.ratings.of(coders))
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
                yield _Row(measure, name, ratings.coders, kind, scale, estimate)


def _coded_twice(ratings: Ratings) -> Ratings:
    """Units that two coders or more coded: the others tell nothing of agreement."""
    return ratings.rows((ratings.codes != MISSING).sum(axis=1) > 1)


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


def _score_rows(
    coded: Coded, reference: str | None, wanted: set[str], options: Mapping[str, Any]
) -> Iterator[_Row]:
    """Sensitivity and its kin of every coder against the reference, where there is one."""
    ratings = coded.ratings
    gold = [
        name for name, kind in zip(ratings.coders, ratings.kinds, strict=True) if kind == "gold"
    ]
    if reference is None and len(gold) == 1:
        reference = gold[0]
    if reference is None or not wanted & set(_SCORES) or ratings.level in ("interval", "ratio"):
        return
    _known_coder(coded, reference)
    kinds = dict(zip(ratings.coders, ratings.kinds, strict=True))
    for row in code_scores(ratings, reference, **options).iter_rows(named=True):
        if row["measure"] in wanted:
            coders = (reference, row["coder"])
            kind = kind_of_pair(tuple(kinds[name] for name in coders))
            estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
            yield _Row(row["measure"], row["label"], coders, kind, "nominal", estimate)


# -- counts, rates and ratings of conversations --------------------------------------------------------


def _tally_rows(
    coded: Coded,
    sets: Sequence[tuple[str, ...]],
    wanted: set[str],
    options: Mapping[str, Any],
) -> Iterator[_Row]:
    if coded.ratings.level in ("interval", "ratio"):
        raise BadInput(
            "Counts per conversation are of codes; these are numbers. Give the conversation as unit to "
            "compare ratings of conversations."
        )
    talks = conversations_of(coded)
    for coders in sets:
        ratings = coded.ratings.of(coders)
        shared = comparable_units(replace(coded, ratings=ratings))
        kind = kind_of_pair(ratings.kinds)
        for label in ratings.labels:
            found = tallies(ratings.rows(shared), talks[shared], label)
            for scale, values in (("counts", found.counts), ("rates", found.rates)):
                for measure, estimate in _correlations(values, found.sources, wanted, options):
                    yield _Row(measure, str(label), coders, kind, scale, estimate)


def _correlations(
    values: Any, sources: Any, wanted: set[str], options: Mapping[str, Any]
) -> Iterator[tuple[str, Estimate]]:
    """Intraclass correlations of a conversations x coders table, and their gap."""
    if wanted & set(_ICC):
        for row in icc_table(values, clusters=sources, **options).iter_rows(named=True):
            if f"ICC({row['form']})" in wanted:
                estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
                yield f"ICC({row['form']})", estimate
    if _GAP in wanted:
        yield _GAP, icc_gap(values, clusters=sources, **options)


def _rated(data: Codes) -> list[Layer]:
    """Layers with ratings of conversations, if that is what came in."""
    layers = [x for x in data if isinstance(x, Layer)] if isinstance(data, (list, tuple)) else []
    rated = [
        layer
        for layer in layers
        if layer.metadata.unit == "conversation" and layer.table["value"].is_not_null().any()
    ]
    return layers if rated else []


def _of_ratings(
    layers: Sequence[Layer],
    coded: Coded,
    measures: Sequence[str] | None,
    options: Mapping[str, Any],
) -> pl.DataFrame:
    """Ratings (globals) of conversations, by label."""
    wanted = set(MEASURES["conversation"] if measures is None else measures)
    ratings = coded.ratings
    place = {unit: number for number, unit in enumerate(ratings.units)}
    rows: list[_Row] = []
    for label in ratings.labels:
        values = np.full(ratings.codes.shape, np.nan)
        for column, layer in enumerate(layers):
            own = layer.table.filter((pl.col("label") == label) & pl.col("value").is_not_null())
            for unit, value in own.select("unit_id", "value").iter_rows():
                values[place[unit], column] = value
        for coders in coder_sets(ratings):
            columns = [ratings.coders.index(name) for name in coders]
            kind = kind_of_pair(tuple(ratings.kinds[column] for column in columns))
            found = _correlations(values[:, columns], ratings.sources, wanted, options)
            rows += [
                _Row(x, str(label), coders, kind, "ratings", estimate) for x, estimate in found
            ]
    return _table(rows, "conversation", coded.notes)


# -- spans ---------------------------------------------------------------------------------------------


def _span_rows(
    layers: Codes,
    corpus: Corpus | None,
    by: str | None,
    measures: Sequence[str] | None,
    options: Mapping[str, Any],
) -> Iterator[_Row]:
    """Alpha for unitizing of all coders and each pair; each label only by label."""
    given = list(layers) if isinstance(layers, (list, tuple)) else [layers]
    if len(given) < 2 or not all(isinstance(layer, Layer) for layer in given) or corpus is None:
        raise BadInput(
            "unit='span' compares two or more Layers on spans, and needs corpus= for the lengths of the "
            "texts they lie in."
        )
    spans, continua, kinds = named_spans(given, corpus)
    labels = [x for layer in given for x in layer.metadata.labels]
    for coders in _sets_of(tuple(kinds), tuple(kinds.values())):
        found = unitizing_alpha(
            spans.filter(pl.col("coder").is_in(coders)),
            continua,
            labels=list(dict.fromkeys(labels)) or None,
            **options,
        )
        kind = kind_of_pair(tuple(kinds[name] for name in coders))
        for row in found.iter_rows(named=True):
            measure = f"unitizing_alpha ({row['measure']})"
            if (measures and measure not in measures) or (by is None and row["label"] is not None):
                continue
            estimate = Estimate(**{name: row[name] for name in ESTIMATE_COLUMNS})
            yield _Row(measure, row["label"], coders, kind, "spans", estimate)
