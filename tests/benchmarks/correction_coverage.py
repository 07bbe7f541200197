"""Do corrected 95 % intervals hold what the human coder would find in conversations like these?

    python tests/benchmarks/correction_coverage.py [--studies 2000] [--out FILE]

Prints one table: coverage of the naive interval (automatic codes taken for true), of the human sample
alone and of the corrected estimate, and the mean half-width of the last two, by number of
conversations, kind of draw and share of the code. What is simulated stands in
tests/reliability/simulated_studies.py. A quarter of the units has human codes (with 10 conversations
drawn whole, five). Differences are between two halves of the conversations, each with a draw of its own,
or between two kinds of utterances within every conversation. "In this corpus": intervals about the
corpus at hand, held against the human coder's rate in it; automatic codes have no interval of that kind.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reliability"))
from simulated_studies import draw, simulated_codes

from workbench.reliability.correction.differences import difference_of
from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.estimates import ESTIMATORS, rows_of
from workbench.reliability.correction.two_phase import corrected_coefficients, corrected_share

CONVERSATIONS = (10, 20, 40, 80)
DRAWS = ("utterances", "stratified", "two-stage", "conversations")
RESULT = Path(__file__).parent / "results" / "correction_coverage.md"


def estimates(units, found, column=0, *, scale="share", about="population", df=None):
    """Low, high of the three estimates; nan where there is no interval."""
    options = {"quantity": "q", "label": None, "level": 0.95}
    rows = rows_of(found, column, units, scale=scale, about=about, df=df, **options)
    ends = [[row["low"], row["high"]] for row in rows]
    return np.array(ends, float)


def one_rate(groups, share, kind, rng):
    source, human, automatic = simulated_codes(groups, share, rng)
    units = draw(source, automatic, kind, rng)
    found = corrected_share(units, automatic, human)
    return estimates(units, found), share


def one_rate_here(groups, share, kind, rng):
    """About the corpus at hand: what the human coder would have found in it."""
    source, human, automatic = simulated_codes(groups, share, rng)
    units = draw(source, automatic, kind, rng)
    together = source if kind in ("two-stage", "conversations") else None
    found = corrected_share(units, automatic, human, about="corpus", together=together)
    return estimates(units, found, about="corpus"), human.mean()


def one_slope(groups, _, kind, rng):
    """Outcome of an utterance on its code: true slope 1, drawn towards 0 by miscoding."""
    source, human, automatic = simulated_codes(groups, 0.3, rng)
    outcome = human + rng.normal(size=groups)[source] / 2 + rng.normal(size=len(source))
    units: Units = draw(source, automatic, kind, rng)
    one = np.ones(len(source))
    found = corrected_coefficients(
        units,
        automatic=(np.column_stack([one, automatic]), outcome),
        human=(np.column_stack([one, human]), outcome),
    )
    return estimates(units, found, 1, scale="slope"), 1.0


def difference(units, human, automatic, first):
    """Between the units in `first` and the others."""
    groups = (first, ~first)
    parts = [corrected_share(units.of(rows), automatic[rows], human[rows]) for rows in groups]
    found, df = difference_of(parts, units, groups, about="population")
    return estimates(units, found, scale="difference", df=df)


def one_difference(groups, _, kind, rng):
    """Halves of the conversations, codes of 0.3 and 0.2; the coder raises more false alarms in one."""
    halves = [
        simulated_codes(groups // 2, share, rng, alarms=alarms)
        for share, alarms in ((0.3, 0.25), (0.2, 0.1))
    ]
    drawn = [draw(source, automatic, kind, rng) for source, _, automatic in halves]
    apart = drawn[0].n_sources, int(drawn[0].strata.max()) + 1
    units = Units(
        np.concatenate([drawn[0].sources, drawn[1].sources + apart[0]]),
        np.concatenate([drawn[0].strata, drawn[1].strata + apart[1]]),
        np.concatenate([part.probability for part in drawn]),
    )
    human, automatic = (np.concatenate([half[n] for half in halves]) for n in (1, 2))
    return difference(units, human, automatic, units.sources < apart[0]), 0.1


def one_difference_within(groups, _, kind, rng):
    """Two kinds of utterances in every conversation, equal but for the coder's errors."""
    source, human, automatic = simulated_codes(groups, 0.3, rng)
    first = rng.random(len(source)) < 0.5
    automatic = np.where(first & (rng.random(len(source)) < 0.5), human, automatic)
    return difference(draw(source, automatic, kind, rng), human, automatic, first), 0.0


def coverage(study, groups, share, kind, *, studies, seed=1):
    """Share of intervals that hold the truth, and mean half-width, of the three estimates."""
    rng = np.random.default_rng([seed, groups, DRAWS.index(kind), round(1000 * (share or 0))])
    hits, widths = np.zeros(3), np.zeros(3)
    made = np.zeros(3)
    for _ in range(studies):
        ends, truth = study(groups, share, kind, rng)
        there = np.isfinite(ends).all(axis=1)
        made += there
        hits += there & (ends[:, 0] <= truth) & (truth <= ends[:, 1])
        widths += np.where(there, (ends[:, 1] - ends[:, 0]) / 2, 0)
    return hits / studies, widths / np.maximum(made, 1), made / studies


def lines(studies):
    """The table, line by line, and the coverage behind each."""
    yield (
        "| quantity | drawn | conversations | studies | "
        + " | ".join(f"covered: {name}" for name in ESTIMATORS)
        + " | half-width: human sample | half-width: corrected |",
        None,
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|", None
    for name, study, share, part in JOBS:
        count = round(part * studies)
        for kind in DRAWS:
            for groups in CONVERSATIONS:
                covered, half, made = coverage(study, groups, share, kind, studies=count)
                shares = " | ".join(
                    f"{100 * value:.1f}" if there else "-"
                    for value, there in zip(covered, made, strict=True)
                )
                yield (
                    f"| {name} | {kind} | {groups} | {count} | {shares} | {half[1]:.4f} | {half[2]:.4f} |",
                    (name, kind, groups, *(100 * covered)),
                )


def summary(covered):
    """What the table shows from 40 conversations on."""

    def told(estimator, *, here, kinds=DRAWS, of=""):
        values = [
            row[3 + ESTIMATORS.index(estimator)]
            for row in covered
            if row[2] >= 40
            and row[1] in kinds
            and row[0].startswith(of)
            and row[0].endswith("in this corpus") == here
        ]
        return f"{min(values):.1f} to {max(values):.1f} %"

    return (
        "In short, from 40 conversations on: corrected intervals about conversations like these cover "
        f"{told('corrected', here=False)} (differences {told('corrected', here=False, of='difference')}), "
        f"the automatic codes' own interval {told('automatic', here=False, of='rate')} of rates and "
        f"{told('automatic', here=False, of='difference')} of differences. About the corpus at hand, units "
        f"drawn one by one or by stratum cover {told('corrected', here=True, kinds=DRAWS[:2])}, two-stage "
        f"draws {told('corrected', here=True, kinds=DRAWS[2:3])}, whole conversations "
        f"{told('corrected', here=True, kinds=DRAWS[3:])}."
    )


#: Quantity, simulated study, share of the code, and the part of all studies that is simulated.
JOBS = (
    ("rate 0.30", one_rate, 0.3, 1),
    ("rate 0.02", one_rate, 0.02, 1),
    ("slope 1", one_slope, None, 1),
    ("difference 0.1 of conversations", one_difference, None, 1),
    ("difference 0 within conversations", one_difference_within, None, 1),
    ("rate 0.30 in this corpus", one_rate_here, 0.3, 0.5),
    ("rate 0.02 in this corpus", one_rate_here, 0.02, 0.5),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of corrected intervals")
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    error = 100 * np.sqrt(0.95 * 0.05 / options.studies)
    found = [
        "# Coverage of corrected estimates",
        "",
        "Percent of simulated studies whose 95 % interval holds the truth (an interval "
        "that could not be given counts as a miss); the simulation's own standard error at 95 % is "
        f"{error:.1f} points with {options.studies:,} studies. Made by "
        "`tests/benchmarks/correction_coverage.py`, which says what is simulated.",
        "",
    ]
    covered = []
    for line, behind in lines(options.studies):
        print(line, flush=True)
        found.append(line)
        covered += [behind] if behind else []
    found[4:4] = [summary(covered), ""]
    if options.out:
        options.out.write_text("\n".join(found) + "\n")


if __name__ == "__main__":
    main()
