"""Krippendorff's alpha for unitizing: whether coders mark the same stretches of text, alike labelled.

A continuum (an utterance, a conversation) is cut by each coder into marked units and the gaps between
them. Four coefficients answer four questions:

    u      marks and labels together
    |u     what is marked at all, labels aside
    cu     labels of what both marked, boundaries aside
    (k)u   one label among what both marked

Continua are put end to end: all that enters is sums over continua (lengths of intersections, squared
lengths of units), so that one definition serves any number of them, a continuum that a coder did not
read is left out for that coder alone, and resamples of whole sources are matrix products.

Sources
-------
Krippendorff, Mathet, Bouvry and Widlöcher (2016), On the reliability of unitizing textual continua:
Further developments, https://doi.org/10.1007/s11135-015-0266-1, equations 1-13.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus import Corpus, Layer
from workbench.errors import BadInput
from workbench.reliability.resampled_sums import ResampledSums, ValueOfSums
from workbench.statistics import ESTIMATE_COLUMNS, Estimate, Method

__all__ = ["MARKED", "layer_spans", "unitizing_alpha"]

#: Label of spans that have none.
MARKED = "marked"

_SPANS = ("unit_id", "coder", "label", "start", "end")
_CONTINUA = ("unit_id", "length", "source")


def unitizing_alpha(
    spans: pl.DataFrame,
    continua: pl.DataFrame,
    *,
    labels: Sequence[str] | None = None,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 1000,
    random_state: int = 0,
) -> pl.DataFrame:
    """Reliability of marked spans: u, |u, cu and, for each label, (k)u alpha.

    Parameters
    ----------
    spans : polars.DataFrame
        `unit_id` (continuum), `coder`, `label`, `start`, `end` (characters from 0, end excluded). A row
        without `start` says that the coder read this continuum; one that a coder has no row of was not
        read. Spans of a coder must not overlap: compare one label at a time (filter them) where they do.
    continua : polars.DataFrame
        `unit_id`, `length` (characters), `source` (what a resample must not cut).
    labels : sequence of str, optional
        All labels in the order wanted; default: those that occur, sorted.
    level, method, resamples, random_state
        As in `workbench.statistics.cluster_interval`.

    Returns
    -------
    polars.DataFrame
        `measure` ("u", "|u", "cu", "(k)u"), `label` (of (k)u, else null), `coverage` (share of the
        length that the coefficient speaks of: for cu of the continuum, for (k)u of what has the label)
        and the columns of an estimate; `n` counts continua read by two coders. Undefined, with a
        reason, where no disagreement is expected. With more than two coders cu and (k)u take the
        expected coincidences of a unit with itself pair by pair (equation 10); programs that take the
        coders together differ there.

    Raises
    ------
    BadInput
        If a column is absent, a span does not lie in its continuum, spans of a coder overlap, or a label
        is not among `labels`.

    Examples
    --------
    >>> talks = pl.DataFrame({"unit_id": ["a", "b"], "length": [40, 20], "source": ["x", "y"]})
    >>> marked = pl.DataFrame(
    ...     {
    ...         "unit_id": ["a", "a", "b", "b"],
    ...         "coder": ["one", "two", "one", "two"],
    ...         "label": ["goal", "goal", "plan", None],
    ...         "start": [0, 5, 3, None],
    ...         "end": [20, 20, 9, None],
    ...     }
    ... )
    >>> unitizing_alpha(marked, talks).select("measure", pl.col("estimate").round(2)).row(1)
    ('|u', 0.61)
    """
    _check(spans, continua)
    given = spans.filter(pl.col("start").is_not_null())["label"].unique().sort().to_list()
    names = tuple(given if labels is None else labels)
    for label in given:
        if label not in names:
            raise BadInput.unknown("label", str(label), names)
    rows, sources = _continuum_sums(spans, continua, names)
    sums = ResampledSums.of(
        rows, sources, level=level, method=method, resamples=resamples, random_state=random_state
    )
    return _table(sums, names)


def layer_spans(layers: Sequence[Layer], corpus: Corpus) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Spans of several coders and the utterances they lie in, as `unitizing_alpha` reads them.

    Parameters
    ----------
    layers : sequence of Layer
        One of each coder, unit "span", `unit_id` an utterance; a row without characters
        says that the utterance was read and nothing was marked.
    corpus : Corpus
        Text and sources of the utterances.

    Returns
    -------
    spans, continua : polars.DataFrame
        See `unitizing_alpha`. Spans without a label (only marked) have the label "marked".

    Raises
    ------
    BadInput
        If a layer is not on spans, two have the same coder, or an utterance is not of this corpus.
    """
    coders = [layer.metadata.coder for layer in layers]
    if len(set(coders)) < len(coders):
        raise BadInput(f"One layer of each coder is needed; got {sorted(coders)}.")
    for layer in layers:
        if layer.metadata.unit != "span":
            raise BadInput(
                f"Layer {layer.name!r} is on {layer.metadata.unit}s; unitizing alpha needs spans."
            )
    placed = pl.col("start_char").is_not_null() & pl.col("end_char").is_not_null()
    spans = pl.concat(
        [
            layer.table.select(
                "unit_id",
                coder=pl.lit(layer.metadata.coder),
                label=pl.when(placed).then(pl.col("label").fill_null(MARKED)),
                start=pl.when(placed).then("start_char"),
                end=pl.when(placed).then("end_char"),
            )
            for layer in layers
        ]
    )
    strange = spans.join(corpus.utterances, left_on="unit_id", right_on="id", how="anti")
    if strange.height:
        raise BadInput(
            f"{strange['unit_id'].n_unique()} coded utterances are not in this corpus, "
            f"such as {strange['unit_id'].min()!r}."
        )
    continua = (
        corpus.utterances.select(
            "conversation_id", unit_id="id", length=pl.col("text").str.len_chars()
        )
        .join(corpus.conversations.select("id", "source"), left_on="conversation_id", right_on="id")
        .select(_CONTINUA)
    )
    return spans, continua


def _check(spans: pl.DataFrame, continua: pl.DataFrame) -> None:
    """Refuse spans that do not fit."""
    for what, table, needed in (("spans", spans, _SPANS), ("continua", continua, _CONTINUA)):
        absent = [name for name in needed if name not in table.columns]
        if absent:
            raise BadInput(f"{what}: column {absent[0]!r} is absent; needed are {list(needed)}.")
    if continua["unit_id"].is_duplicated().any():
        raise BadInput("continua: a unit_id stands twice.")
    joined = spans.filter(pl.col("start").is_not_null()).join(continua, on="unit_id", how="left")
    outside = joined.filter(
        pl.col("length").is_null()
        | pl.col("end").is_null()
        | (pl.col("start") < 0)
        | (pl.col("end") <= pl.col("start"))
        | (pl.col("end") > pl.col("length"))
    )
    if outside.height:
        raise BadInput(
            f"{outside.height} spans do not lie in their continuum, the first of {outside['coder'][0]!r} "
            f"in {outside['unit_id'][0]!r}: 0 <= start < end <= length is expected."
        )
    after = joined.sort("unit_id", "coder", "start", "end").filter(
        pl.col("start") < pl.col("end").shift(1).over("unit_id", "coder")
    )
    if after.height:
        raise BadInput(
            f"{after.height} spans overlap another one of the same coder, the first of "
            f"{after['coder'][0]!r} in {after['unit_id'][0]!r}. Alpha for unitizing needs spans side by "
            "side: compare one label at a time."
        )


def _continuum_sums(
    spans: pl.DataFrame, continua: pl.DataFrame, names: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray]:
    """What each continuum read by two coders adds to the sums, and its source."""
    number = {name: place + 1 for place, name in enumerate(names)}
    length = dict(continua.select("unit_id", "length").iter_rows())
    source = dict(continua.select("unit_id", "source").iter_rows())
    rows, sources = [], []
    for unit, coders in _by_unit(spans, number):
        if len(coders) < 2 or unit not in length:
            continue
        rows.append(_sums_of(list(coders.values()), length[unit], len(names)))
        sources.append(source[unit])
    width = (len(names) + 1) ** 2 + 2 * len(names) + 1
    return np.array(rows).reshape(len(rows), width), np.array(sources)


def _by_unit(
    spans: pl.DataFrame, number: dict[str, int]
) -> Iterator[tuple[str, dict[str, list[tuple[int, int, int]]]]]:
    """Each continuum with (start, end, number of the label) of every coder who read it."""
    current, coders = None, dict[str, list[tuple[int, int, int]]]()
    for unit, coder, label, start, end in (
        spans.select(_SPANS).sort("unit_id", "coder", "start").iter_rows()
    ):
        if unit != current:
            if current is not None:
                yield current, coders
            current, coders = unit, {}
        units = coders.setdefault(coder, [])
        if start is not None:
            units.append((start, end, number[label]))
    if current is not None:
        yield current, coders


def _sums_of(
    coders: list[list[tuple[int, int, int]]], length: int, n_labels: int
) -> NDArray[np.float64]:
    """Coincidences, lengths of units with themselves, and the same within what others marked."""
    m = len(coders)
    edges = np.unique([0, length, *(edge for units in coders for u in units for edge in u[:2])])
    sizes = np.diff(edges).astype(float)
    given = np.zeros((m, len(sizes)), dtype=np.intp)
    pieces = [
        (i, label, slice(*np.searchsorted(edges, (start, end))))
        for i, units in enumerate(coders)
        for start, end, label in units
    ]
    for i, label, piece in pieces:
        given[i, piece] = label
    counts = (given[:, :, None] == np.arange(n_labels + 1)).sum(axis=0).astype(float)
    together = (counts * sizes[:, None]).T @ counts - np.diag(sizes @ counts)
    alone, within = np.zeros(n_labels + 1), np.zeros(n_labels)
    alone[0] = sizes @ counts[:, 0]  # gaps have no inner structure: positions count singly
    marked = (given > 0).astype(float)
    for i, label, piece in pieces:
        alone[label] += sizes[piece].sum() ** 2
        shared = marked[:, piece] @ sizes[piece]
        within[label - 1] += (np.square(shared).sum() - shared[i] ** 2) / (m - 1)
    return np.concatenate([(together / (m - 1)).ravel(), alone, within])


def _split(
    sums: NDArray[np.float64], v: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Coincidences (m, v + 1, v + 1), corrections (m, v + 1) and (m, v) of each line."""
    square = (v + 1) ** 2
    return (
        sums[:, :square].reshape(-1, v + 1, v + 1),
        sums[:, square : square + v + 1],
        sums[:, square + v + 1 :],
    )


def _alpha(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    defined = expected > 1e-9
    return 1 - np.divide(observed, expected, out=np.full(len(observed), np.nan), where=defined)


def _expected(
    margins: NDArray[np.float64], alone: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected coincidences of each value with itself and in all."""
    whole = margins.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        divisor = whole - alone.sum(axis=1, keepdims=True) / whole
        same = (margins**2 - alone) / divisor
        in_all = (margins * whole - alone) / divisor
    usable = (whole > 0) & (divisor > 0)
    return np.where(usable, same, 0.0), np.where(usable, in_all, 0.0)


def _values(v: int) -> dict[str, ValueOfSums]:
    """Values of u, |u and cu as functions of sums; equations 5, 6 and 11."""

    def u(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        joint, alone, _ = _split(sums, v)
        same, in_all = _expected(joint.sum(axis=2), alone)
        whole = joint.sum(axis=(1, 2))
        return _alpha(
            whole - np.trace(joint, axis1=1, axis2=2), in_all.sum(axis=1) - same.sum(axis=1)
        )

    def marked(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        joint, alone, _ = _split(sums, v)
        margins = joint.sum(axis=2)
        same, in_all = _expected(margins, alone)
        return _alpha(margins[:, 0] - joint[:, 0, 0], in_all[:, 0] - same[:, 0])

    def cu(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        joint, _, within = _split(sums, v)
        inner = joint[:, 1:, 1:]
        same, in_all = _expected(inner.sum(axis=2), within)
        return _alpha(
            inner.sum(axis=(1, 2)) - np.trace(inner, axis1=1, axis2=2),
            in_all.sum(axis=1) - same.sum(axis=1),
        )

    return {"u": u, "|u": marked, "cu": cu}


def _label_value(v: int, place: int) -> ValueOfSums:
    """(k)u of one label as a function of sums; equation 13."""

    def value(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        joint, _, within = _split(sums, v)
        inner = joint[:, 1:, 1:]
        margins = inner.sum(axis=2)
        same, in_all = (part[:, place] for part in _expected(margins, within))
        there = margins[:, place] > 0
        share = np.divide(in_all, margins[:, place], out=np.zeros(len(sums)), where=there)
        return _alpha(share * (margins[:, place] - inner[:, place, place]), in_all - same)

    return value


def _table(sums: ResampledSums, names: tuple[str, ...]) -> pl.DataFrame:
    v = len(names)
    joint = _split(sums.total[None, :], v)[0][0]
    whole, inner = joint.sum(), joint[1:, 1:]
    coverage: dict[str, float | None] = {
        "u": 1.0,
        "|u": 1.0,
        "cu": float(inner.sum() / whole) if whole > 0 else None,
    }
    undefined = {
        "u": "nothing is marked, or all of it alike, so no disagreement is expected",
        "|u": "nothing or everything is marked, so no disagreement is expected",
        "cu": "what two coders marked has one label or is nothing, so no disagreement is expected",
    }
    rows = []
    for measure, value in _values(v).items():
        found = _estimate(sums, value, undefined[measure])
        share = coverage[measure]
        rows.append({"measure": measure, "label": None, "coverage": share} | found.as_row())
    for place, name in enumerate(names):
        length = float(joint[place + 1].sum())
        share = float(inner[place].sum()) / length if length > 0 else None
        found = _estimate(sums, _label_value(v, place), f"{undefined['cu']} of this label")
        rows.append({"measure": "(k)u", "label": name, "coverage": share} | found.as_row())
    schema = {"measure": str, "label": str, "coverage": float, **ESTIMATE_COLUMNS}
    return pl.DataFrame(rows, schema=schema)


def _estimate(sums: ResampledSums, value: ValueOfSums, undefined: str) -> Estimate:
    reason = undefined if sums.n else "no continuum was read by two coders"
    return sums.estimate(value, undefined=reason)
