"""Measures of one session, with the error of its codes.

A figure about one conversation has no sampling error over sessions. What it has is coding error: an
automatic code may be wrong. The intervals here show that error alone, by drawing every code anew from
the coder's calibrated probabilities, turns taken as independent. They are wider or narrower than the
truth where the calibration is off. Human codes carry no such interval; their reason column says so.

Bands are those of the MITI 4.2.1 manual (Moyers, Manuel & Ernst, 2014), for R:Q and %CR only. MITI counts
behaviours per volley, AnnoMI codes turns: read a band as a rough mark, not as a MITI score.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from workbench.coding.session_codes import SessionCodes

__all__ = ["CLIENT", "MEASURES", "TOO_FEW", "measures_of"]

TOO_FEW = 20
"""Helper turns below which a session gets no ratio of helper codes."""

CLIENT = "annomi-client"
"""Scheme of change and sustain talk."""

_FLAGS = "annomi-helper-flags"
_DRAWS = 400
_LEVEL = 0.95
_BANDS = {"reflection_to_question": (1.0, 2.0), "complex_reflection_share": (0.40, 0.50)}
_HELPER_RATIOS = (
    ("reflection_to_question", "reflection", ("question",)),
    ("complex_reflection_share", "complex", ("simple", "complex")),
    ("open_question_share", "open", ("open", "closed")),
)
_ONE_CODE = (
    "Needs multi-label helper codes (annomi-helper-flags): one main code a turn hides a question "
    "behind a reflection."
)

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


def measures_of(turns: pl.DataFrame, codes: Mapping[str, SessionCodes | None]) -> pl.DataFrame:
    """Table of the measures of one session.

    Parameters
    ----------
    turns
        Utterances of the conversation.
    codes
        Its codes by scheme.
    """
    helper = turns.filter(pl.col("side") == "helper").height
    client = turns.filter(pl.col("side") == "client").height
    rows = [
        _row("helper_turns", estimate=float(helper), n=helper, method="count"),
        _row("client_turns", estimate=float(client), n=client, method="count"),
        _talk_share(turns),
        *_helper_ratios(codes.get(_FLAGS), helper),
    ]
    talk = codes.get(CLIENT)
    rows.append(
        _row("change_talk_share", reason="The client's turns have no change/sustain codes.")
        if talk is None
        else _ratio("change_talk_share", talk, "change", ("change", "sustain"), turns=client)
    )
    rows += [_row(measure, reason=reason) for measure, reason in _CANNOT.items()]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _talk_share(turns: pl.DataFrame) -> dict[str, object]:
    words = turns.group_by("side").agg(pl.col("text").str.count_matches(r"[\p{L}\p{N}'’]+").sum())
    spoken = dict(words.iter_rows())
    total = sum(spoken.values())
    if not total:
        return _row("helper_talk_share", reason="No words were spoken.")
    share = spoken.get("helper", 0) / total
    return _row("helper_talk_share", estimate=share, n=total, method="count")


def _helper_ratios(flags: SessionCodes | None, turns: int) -> list[dict[str, object]]:
    if flags is None:
        return [_row(measure, reason=_ONE_CODE) for measure, _, _ in _HELPER_RATIOS]
    if turns < TOO_FEW:
        few = f"Too few: {turns} helper turns, {TOO_FEW} are needed."
        return [_row(measure, n=turns, reason=few) for measure, _, _ in _HELPER_RATIOS]
    return [
        _ratio(measure, flags, above, below, turns=turns)
        for measure, above, below in _HELPER_RATIOS
    ]


def _ratio(
    measure: str, codes: SessionCodes, above: str, below: tuple[str, ...], *, turns: int
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
    drawn = codes.draw(np.random.default_rng(turns), _DRAWS)
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
