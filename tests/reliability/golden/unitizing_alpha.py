"""Golden values of u-alpha, by krippendorff-unitized-alpha (an environment of its own).

    uv venv env && uv pip install -p env krippendorff-unitized-alpha==0.1.0
    env/bin/python unitizing_alpha.py

writes unitizing_alpha.json beside this script. The package takes gaps as segments of their own.
"""

import json
import random
from pathlib import Path

from krippendorff_unitized_alpha.krippendorffs_unitized_alpha import (
    EMPTY_TAG,
    KrippendorffUnitizedAlpha,
    Segment,
)


def with_gaps(units, length):
    parts, at = [], 0
    for start, end, label in units:
        if start > at:
            parts.append(Segment(EMPTY_TAG, at, start))
        parts.append(Segment(label, start, end))
        at = end
    return [*parts, *([Segment(EMPTY_TAG, at, length)] if at < length else [])]


rng = random.Random(5)
cases = []
for coders, length, labels in ((2, 50, "a"), (2, 200, "abc"), (3, 300, "abc"), (5, 400, "abcd")):
    truth = sorted(rng.sample(range(length), 12))
    given = {}
    for coder in range(coders):
        edges = sorted({min(max(edge + rng.randint(-4, 4), 0), length) for edge in truth})
        pairs = list(zip(edges[::2], edges[1::2], strict=False))
        given[f"c{coder}"] = [
            (a, b, rng.choice(labels) if n % 3 == 0 else labels[n % len(labels)])
            for n, (a, b) in enumerate(pairs)
        ]
    found = KrippendorffUnitizedAlpha({c: with_gaps(u, length) for c, u in given.items()})
    cases.append({"length": length, "units": given, "u": float(found.result)})
Path(__file__).with_suffix(".json").write_text(json.dumps(cases))
