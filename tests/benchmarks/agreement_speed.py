"""Bootstrap of Krippendorff's alpha: the workbench's matrix product against a loop over `krippendorff`.

    python tests/benchmarks/agreement_speed.py [--loops 5]

1,000 resamples of 10,000 units x 5 coders, four codes, one cell in ten missing. The loop draws sources, takes
their units and calls krippendorff.alpha; a few of its turns are timed (median) and multiplied by 1,000. The
workbench's time is the median of five whole calls of `estimate_coefficient`, everything included. Prints one
table; seconds are processor time of one run on one machine (both sides use one thread), the ratios travel.
With 10,000 sources every unit is its own, which is the worst case.
"""

from __future__ import annotations

import argparse
import statistics
import time

import krippendorff
import numpy as np

from workbench.reliability import Ratings
from workbench.reliability.agreement import estimate_coefficient
from workbench.statistics.clusters import ClusterIndex, draw_clusters

UNITS, CODERS, K, RESAMPLES, MARK = 10_000, 5, 4, 1_000, 50


def ratings_of(sources: int, level: str) -> Ratings:
    """Codes that agree more often than by chance, in sources of equal size."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, K, (UNITS, 1))
    noise = rng.integers(0, K, (UNITS, CODERS))
    codes = np.where(rng.random((UNITS, CODERS)) < 0.7, truth, noise)
    codes[rng.random(codes.shape) < 0.1] = -1
    return Ratings(
        codes=codes,
        categories=tuple(range(K)),
        units=tuple(range(UNITS)),
        coders=tuple("abcde"),
        sources=np.arange(UNITS) // (UNITS // sources),
        level=level,
    )


def seconds(call) -> float:
    """Processor time of a call, which other work on the machine hardly changes."""
    begun = time.process_time()
    call()
    return time.process_time() - begun


def loop_turns(ratings: Ratings, loops: int) -> list[float]:
    """Seconds of single turns of the loop over the package."""
    table = np.where(ratings.codes < 0, np.nan, ratings.codes.astype(float))
    index = ClusterIndex.of(ratings.sources)
    drawn = next(draw_clusters(len(index), resamples=loops, random_state=0))

    def turn(line):
        krippendorff.alpha(
            table[index.rows(line)].T,
            level_of_measurement=ratings.level,
            value_domain=list(ratings.categories),
        )

    return [seconds(lambda line=line: turn(line)) for line in drawn]


def main() -> None:
    parser = argparse.ArgumentParser(description="Bootstrap of alpha, ours and in a loop")
    parser.add_argument("--loops", type=int, default=5)
    options = parser.parse_args()
    print(f"{RESAMPLES:,} resamples of alpha, {UNITS:,} units x {CODERS} coders, {K} codes.")
    print(f"The loop is timed for {options.loops} resamples and extrapolated.\n")
    print("| sources | level | loop, s | workbench, s | ratio | mark |")
    print("|---|---|---|---|---|---|")
    for sources in (100, 1_000, UNITS):
        for level in ("nominal", "ordinal"):
            ratings = ratings_of(sources, level)
            loop = RESAMPLES * statistics.median(loop_turns(ratings, options.loops))
            ours = statistics.median(
                seconds(
                    lambda r=ratings: estimate_coefficient(
                        r, "krippendorff_alpha", method="bootstrap", resamples=RESAMPLES
                    )
                )
                for _ in range(5)
            )
            ratio = loop / ours
            verdict = "reached" if ratio >= MARK else "missed"
            print(
                f"| {sources:,} | {level} | {loop:.1f} | {ours:.3f} | {ratio:.0f}x | "
                f"{MARK}x {verdict} |"
            )


if __name__ == "__main__":
    main()
