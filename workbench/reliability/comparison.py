"""Agreement of coders: every coefficient that applies, for all coders and for each pair, as one table.

Two levels of the same question stand in two calls of one function: do coders give the same code to the same
utterance (`unit="utterance"`), and do they arrive at the same counts and rates per conversation
(`unit="conversation"`)? A study that reports counts per session rests on the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import polars as pl

from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.errors import BadInput
from workbench.reliability.agreement import fits
from workbench.reliability.comparison_conversations import (
    number_rows,
    rated_layers,
    rating_rows,
    tally_rows,
)
from workbench.reliability.comparison_humans import coder_sets
from workbench.reliability.comparison_rows import MEASURES, SCORES, Row, table_of
from workbench.reliability.comparison_spans import span_rows
from workbench.reliability.comparison_units import coefficient_rows, known_coder, score_rows
from workbench.reliability.icc import MINIMUM_CONVERSATIONS
from workbench.reliability.intake import Coded, Codes, read_coded
from workbench.reliability.ratings import Level, Ratings
from workbench.statistics import Method

__all__ = [
    "Unit",
    "agreement",
    "agreement_levels",
    "agreement_of",
    "levels_of",
]

_OTHER_UNITS = ("segment", "conversation")
"""Units of layers whose codes are compared as those of utterances are."""

#: What is compared: codes of single units, marked stretches of text, or counts and rates per conversation.
Unit: TypeAlias = Literal["utterance", "span", "conversation"]


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
        "utterance": codes of single units, by the coefficients of agreement, over the units that two
        or more of the compared coders coded: units of one coder count for no marginal either.
        "conversation": counts of each label per conversation, and their rates (shares of the coded
        units), by intraclass correlations; or ratings of conversations, as layers with values, or as a
        table of numbers by conversation (`scale="interval"`). "span": marked stretches of text, by
        Krippendorff's alpha for unitizing.
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
        `unit` (of layers on segments or conversations theirs), `measure`, `label` (null: all together),
        `coders` (joined by ` & `), `n_coders`, `kind` (human-human, human-model, model-model; of more
        than two humans, models, mixed), `scale` (nominal, ..., masi, jaccard; counts, rates, ratings)
        and the columns of an estimate.

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
    _check_fit(layers, unit, reference=reference, scale=scale)
    options: dict[str, Any] = {"level": level, "resamples": resamples, "random_state": random_state}
    if unit == "span":
        rows = span_rows(
            layers,
            corpus,
            by,
            measures,
            {**options, "method": method},
            codebook=codebook,
            merge=merge or {},
        )
        return table_of(rows, unit, ())
    rated = rated_layers(layers)
    if rated and unit != "conversation":
        raise BadInput("These layers rate conversations: pass unit='conversation'.")
    coded = read_coded(layers, corpus=corpus, codebook=codebook, scale=scale, merge=merge)
    if rated:
        sets = coder_sets(coded.ratings.coders, coded.ratings.kinds)
        wanted = set(measures or MEASURES[unit])
        rows = rating_rows(
            rated, coded, sets, wanted, {**options, "method": method}, merge=merge or {}
        )
        return table_of(rows, unit, coded.notes)
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
    ratings = coded.ratings
    together = coder_sets(ratings.coders, ratings.kinds) if sets is None else sets
    if unit == "conversation":
        numbers = ratings.level in ("interval", "ratio")
        make = number_rows if numbers else tally_rows
        rows = [*make(coded, together, wanted, options)]
    else:
        rows = [*coefficient_rows(coded, together, by, wanted, options)]
        if by == "label":
            rows += score_rows(coded, reference, wanted, options)
        elif reference is not None:
            known_coder(coded, reference)
        _refuse_absent(measures or (), rows, ratings)
    compared = coded.unit if unit == "utterance" and coded.unit in _OTHER_UNITS else unit
    return table_of(rows, compared, coded.notes)


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


def levels_of(
    utterances: pl.DataFrame,
    conversations: pl.DataFrame,
    *,
    absent: str = "counts were not compared for these coders",
) -> pl.DataFrame:
    """Put the two tables of `agreement`, both by label, side by side.

    Parameters
    ----------
    absent
        Reason where the second table has nothing of some coders.

    Returns
    -------
    polars.DataFrame
        `label`, `coders`, `n_coders`, `kind`; `alpha` (of utterances), `icc_a_counts`, `icc_c_counts`,
        `icc_a_rates`, `icc_c_rates` (of conversations), each with `_low` and `_high`; `n_utterances`,
        `n_conversations`, `few` (fewer than 15 of them; null where counts were not compared), `reason`
        (why one is missing).
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
    not_compared = pl.when(pl.col("icc_a_counts_n").is_null()).then(pl.lit(absent))
    return order.with_columns(
        n_utterances="alpha_n",
        n_conversations="icc_a_counts_n",
        few=pl.col("icc_a_counts_n") < MINIMUM_CONVERSATIONS,
        reason=pl.concat_list(*told, not_compared)
        .list.drop_nulls()
        .list.join("; ")
        .replace("", None),
    ).drop(*told, *(f"{name}_n" for name in _BESIDE))


def _refuse_absent(measures: Sequence[str], rows: Sequence[Row], ratings: Ratings) -> None:
    """Say why a measure that was asked for by name has no row."""
    for name in measures:
        if any(row.measure == name for row in rows):
            continue
        if name in SCORES:
            raise BadInput(
                f"{name} is of each code, against a reference: pass by='label' and reference=, the "
                "coder whose codes count as right. Numbers have none."
            )
        problem = fits(name, ratings.of(ratings.coders[:2]))
        hint = " Or pass by='label' to compare each label alone." if ratings.level == "sets" else ""
        raise BadInput(f"{problem}{hint}")


def _check_fit(data: Codes, unit: Unit, *, reference: str | None, scale: Level | None) -> None:
    """Refuse what would not be read: spans as single units, options of another unit."""
    layers = [x for x in data if isinstance(x, Layer)] if isinstance(data, (list, tuple)) else []
    if unit != "span" and any(layer.metadata.unit == "span" for layer in layers):
        raise BadInput(
            "These layers mark stretches of text: pass unit='span', which compares where they begin and "
            "end. Compared by utterance, their boundaries would not count."
        )
    if unit != "utterance" and reference is not None:
        raise BadInput(f"reference= is for codes of single units; unit={unit!r} has no use for it.")
    if unit == "span" and scale is not None:
        raise BadInput("scale= is for codes of units and ratings; spans have labels without order.")


def _check_measures(unit: str, measures: Sequence[str] | None) -> None:
    for name in measures or ():
        if name not in MEASURES[unit]:
            raise BadInput.unknown(f"{unit} measure", name, MEASURES[unit])
