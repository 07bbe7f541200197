"""The sheet of one session: counts, ratios and what the codebook cannot give.

A figure about one conversation has no sampling error over sessions. What it has is coding error: an
automatic code may be wrong. The intervals here show that error alone, by drawing every code anew from
the coder's calibrated probabilities, turns taken as independent. They are wider or narrower than the
truth where the calibration is off. Human codes carry no such interval; their reason column says so.

Bands are those of the MITI 4.2.1 manual (Moyers, Manuel & Ernst, 2014), for R:Q and %CR only. MITI counts
behaviours per volley, AnnoMI codes turns: read a band as a rough mark, not as a MITI score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.corpus import Corpus, Layer

__all__ = ["CAUTION", "MEASURES", "TOO_FEW", "SessionSheet", "session_sheet", "session_table"]

TOO_FEW = 20
"""Helper turns below which a session gets no ratio of helper codes."""

CAUTION = (
    "For research and reflection on practice, not for diagnosis or ranking. Automatic codes are "
    "sometimes wrong; form your own view of the session first."
)
_DRAWS = 400
_LEVEL = 0.95
_BANDS = {"reflection_to_question": (1.0, 2.0), "complex_reflection_share": (0.40, 0.50)}
_FLAGS = "annomi-helper-flags"
_CLIENT = "annomi-client"

MEASURES: Mapping[str, str] = {
    "helper_turns": "Helper turns",
    "client_turns": "Client turns",
    "helper_talk_share": "Helper's share of all words",
    "reflection_to_question": "R:Q, reflections per question",
    "complex_reflection_share": "%CR, complex among all reflections",
    "open_question_share": "Open among all questions",
    "change_talk_share": "%CT, change / (change + sustain)",
    "mi_consistent_share": "%MIC, MI-consistent responses",
    "global_ratings": "Global ratings (empathy, partnership, ...)",
}
"""Measures of the sheet and how they are written on a screen."""

_CANNOT = {
    "mi_consistent_share": (
        "AnnoMI's codes cannot give it: affirming, seeking collaboration, emphasising autonomy and "
        "confronting are all coded `other`."
    ),
    "global_ratings": "Global ratings are judgements of a whole session by a person; no code gives them.",
}


@dataclass(frozen=True, slots=True)
class SessionSheet:
    """The figures of one session.

    Parameters
    ----------
    counts
        `scheme`, `label`, `count`, `expected` (sum of probabilities, null for human codes).
    measures
        `measure`, `title`, `expected`, `band` and the columns of every table of estimates.
    course
        `turn`, `change_talk_share` (running share of change talk up to this client turn, expected
        counts where there are any), `p_change`, `p_sustain`.
    """

    conversation_id: str
    counts: pl.DataFrame
    measures: pl.DataFrame
    course: pl.DataFrame
    caution: str = CAUTION


@dataclass(frozen=True, slots=True)
class _Codes:
    """Labels and probabilities of the turns of one session in one scheme."""

    assigned: Mapping[str, np.ndarray]  # label -> 0/1 per turn
    chances: Mapping[str, np.ndarray] | None  # label -> probability per turn
    exclusive: bool

    def draw(self, generator: np.random.Generator) -> Mapping[str, np.ndarray]:
        """Counts per label of `_DRAWS` codings drawn from the probabilities."""
        chances = self.chances or {}
        if not self.exclusive:
            return {x: (generator.random((_DRAWS, len(p))) < p).sum(1) for x, p in chances.items()}
        edges = np.cumsum(np.column_stack(list(chances.values())), axis=1)
        drawn = (generator.random((_DRAWS, len(edges), 1)) * edges[:, -1:] > edges).sum(2)
        return {x: (drawn == k).sum(1) for k, x in enumerate(chances)}


def session_sheet(corpus: Corpus, layers: Sequence[Layer], conversation_id: str) -> SessionSheet:
    """Return the sheet of one session.

    Parameters
    ----------
    layers
        Layers of one coder; the sheet uses the schemes `annomi-helper-flags` and `annomi-client`, and
        counts every other utterance layer given.

    Raises
    ------
    BadInput
        If there is no such conversation.
    """
    talk = corpus.conversation(conversation_id)
    turns = talk.utterances
    codes = {layer.metadata.scheme: _codes(layer, turns) for layer in layers}
    counted = [
        layer.restricted_to(turns["id"])
        .counts()
        .select(pl.lit(layer.metadata.scheme).alias("scheme"), "label", "count", "expected")
        for layer in layers
    ]
    empty = pl.DataFrame(
        schema={"scheme": pl.String, "label": pl.String, "count": pl.Int64, "expected": pl.Float64}
    )
    return SessionSheet(
        conversation_id=conversation_id,
        counts=pl.concat([empty, *counted]),
        measures=_measures(turns, codes),
        course=_course(turns, layers),
    )


def session_table(corpus: Corpus, layers: Sequence[Layer]) -> pl.DataFrame:
    """Measures of all sessions in one long table, `conversation_id` first."""
    parts = []
    by_talk = corpus.utterances.partition_by("conversation_id", maintain_order=True, as_dict=True)
    split = {layer.name: _split(layer, corpus) for layer in layers}
    for (conversation_id,), turns in by_talk.items():
        codes = {
            layer.metadata.scheme: _codes(split[layer.name].get(conversation_id), turns)
            for layer in layers
        }
        measures = _measures(turns, codes)
        parts.append(
            measures.select(pl.lit(conversation_id).alias("conversation_id"), *measures.columns)
        )
    return pl.concat(parts)


def _split(layer: Layer, corpus: Corpus) -> dict[str, Layer]:
    where = corpus.utterances.select(unit_id="id", conversation="conversation_id")
    rows = layer.table.join(where, on="unit_id").partition_by("conversation", as_dict=True)
    chances = (
        {}
        if layer.probabilities is None
        else layer.probabilities.join(where, on="unit_id").partition_by(
            "conversation", as_dict=True
        )
    )
    return {
        key[0]: Layer(
            layer.name,
            part.drop("conversation"),
            layer.metadata,
            chances[key].drop("conversation") if key in chances else None,
        )
        for key, part in rows.items()
    }


def _codes(layer: Layer | None, turns: pl.DataFrame) -> _Codes | None:
    if layer is None:
        return None
    rows = layer.table.join(turns.select(unit_id="id"), on="unit_id", how="semi")
    if rows.is_empty():
        return None
    units = rows["unit_id"].unique(maintain_order=True)
    labels = layer.metadata.labels or tuple(sorted(rows["label"].drop_nulls().unique()))
    assigned = {
        x: units.is_in(rows.filter(pl.col("label") == x)["unit_id"].implode())
        .to_numpy()
        .astype(int)
        for x in labels
    }
    chances = None
    if layer.probabilities is not None:
        wide = pl.DataFrame({"unit_id": units}).join(
            layer.probabilities, on="unit_id", how="inner", maintain_order="left"
        )
        chances = {x: wide[x].to_numpy() for x in labels}
    return _Codes(assigned, chances, layer.metadata.exclusive)


def _row(
    measure: str,
    *,
    estimate: float | None = None,
    low: float | None = None,
    high: float | None = None,
    expected: float | None = None,
    n: int = 0,
    reason: str | None = None,
    method: str | None = None,
) -> dict[str, object]:
    band = None
    if estimate is not None and measure in _BANDS:
        fair, good = _BANDS[measure]
        band = "good" if estimate >= good else "fair" if estimate >= fair else "below fair"
    return {
        "measure": measure,
        "title": MEASURES[measure],
        "estimate": estimate,
        "low": low,
        "high": high,
        "expected": expected,
        "band": band,
        "level": _LEVEL if low is not None else None,
        "method": method,
        "n": n,
        "n_clusters": 1,
        "reason": reason,
    }


_SCHEMA = {
    "measure": pl.String,
    "title": pl.String,
    "estimate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "expected": pl.Float64,
    "band": pl.String,
    "level": pl.Float64,
    "method": pl.String,
    "n": pl.Int64,
    "n_clusters": pl.Int64,
    "reason": pl.String,
}


def _measures(turns: pl.DataFrame, codes: Mapping[str, _Codes | None]) -> pl.DataFrame:
    helper = turns.filter(pl.col("side") == "helper")
    client = turns.filter(pl.col("side") == "client")
    words = turns.group_by("side").agg(pl.col("text").str.count_matches(r"[\p{L}\p{N}'’]+").sum())
    spoken = dict(words.iter_rows())
    total = sum(spoken.values())
    rows = [
        _row("helper_turns", estimate=float(helper.height), n=helper.height, method="count"),
        _row("client_turns", estimate=float(client.height), n=client.height, method="count"),
        _row("helper_talk_share", estimate=spoken.get("helper", 0) / total, n=total, method="count")
        if total
        else _row("helper_talk_share", reason="No words were spoken."),
    ]
    flags = codes.get(_FLAGS)
    for measure, above, below in (
        ("reflection_to_question", "reflection", ("question",)),
        ("complex_reflection_share", "complex", ("simple", "complex")),
        ("open_question_share", "open", ("open", "closed")),
    ):
        if flags is None:
            rows.append(
                _row(
                    measure,
                    reason="Needs multi-label helper codes (annomi-helper-flags): one main code a turn "
                    "hides a question behind a reflection.",
                )
            )
        elif helper.height < TOO_FEW:
            few = f"Too few: {helper.height} helper turns, {TOO_FEW} are needed."
            rows.append(_row(measure, n=helper.height, reason=few))
        else:
            rows.append(_ratio(measure, flags, above, below, turns=helper.height))
    talk = codes.get(_CLIENT)
    rows.append(
        _row("change_talk_share", reason="The client's turns have no change/sustain codes.")
        if talk is None
        else _ratio("change_talk_share", talk, "change", ("change", "sustain"), turns=client.height)
    )
    rows += [_row(measure, reason=reason) for measure, reason in _CANNOT.items()]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _ratio(
    measure: str, codes: _Codes, above: str, below: tuple[str, ...], *, turns: int
) -> dict[str, object]:
    def ratio(count: Callable[[str], float]) -> float | None:
        divisor = sum(count(label) for label in below)
        return count(above) / divisor if divisor else None

    estimate = ratio(lambda label: float(codes.assigned[label].sum()))
    n = int(sum(codes.assigned[label].sum() for label in below))
    if estimate is None:
        return _row(measure, n=0, reason=f"No turn was coded {' or '.join(below)}.")
    if codes.chances is None:
        return _row(
            measure, estimate=estimate, n=n, reason="Human codes: coding error is not modelled."
        )
    chances = codes.chances
    drawn = codes.draw(np.random.default_rng(turns))
    divisor = np.sum([drawn[label] for label in below], axis=0)
    ratios = drawn[above][divisor > 0] / divisor[divisor > 0]
    low, high = np.quantile(ratios, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return _row(
        measure,
        estimate=estimate,
        low=float(low),
        high=float(high),
        expected=ratio(lambda label: float(chances[label].sum())),
        n=n,
        method="coding error, drawn from the coder's probabilities",
    )


def _course(turns: pl.DataFrame, layers: Sequence[Layer]) -> pl.DataFrame:
    empty = pl.DataFrame(
        schema={
            "turn": pl.Int64,
            "change_talk_share": pl.Float64,
            "p_change": pl.Float64,
            "p_sustain": pl.Float64,
        }
    )
    layer = next((x for x in layers if x.metadata.scheme == _CLIENT), None)
    if layer is None:
        return empty
    where = turns.select("turn", unit_id="id")
    if layer.probabilities is not None:
        shares = where.join(layer.probabilities, on="unit_id", maintain_order="left")
        shares = shares.select("turn", p_change="change", p_sustain="sustain")
    else:
        shares = where.join(layer.table, on="unit_id", maintain_order="left").select(
            "turn",
            p_change=(pl.col("label") == "change").fill_null(value=False).cast(pl.Float64),
            p_sustain=(pl.col("label") == "sustain").fill_null(value=False).cast(pl.Float64),
        )
    change, sustain = pl.col("p_change").cum_sum(), pl.col("p_sustain").cum_sum()
    running = pl.when(change + sustain > 0).then(change / (change + sustain))
    return shares.select("turn", running.alias("change_talk_share"), "p_change", "p_sustain")
