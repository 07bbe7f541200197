"""Golden values of variance components and coefficients, by GeneralizIT (an environment of its own).

    uv venv env && uv pip install -p env generalizit==0.1.2 && env/bin/python generalisability_generalizit.py

writes generalisability_generalizit.json beside this script. The design is "coder x (segment:conversation)".
The package rounds to four digits on the way; that is switched off here.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
from generalizit import GeneralizIT, design

design.round = lambda value, digits=0: value
design.np.round = lambda value, digits=0: value
pd.DataFrame.round = lambda self, *digits: self


def study(conversations, table):
    rows = [
        {"coder": c, "conversation": talk, "segment": f"{talk}-{s}", "y": value}
        for s, (talk, line) in enumerate(zip(conversations, table.tolist(), strict=True))
        for c, value in enumerate(line)
        if not np.isnan(value)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        found = GeneralizIT(pd.DataFrame(rows), "coder x (segment:conversation)", "y")
        found.calculate_anova()
        found.calculate_g_coefficients()
    anova = found.design.anova_table["Variance"]
    g = found.design.g_coeffs_table
    return {
        "conversations": list(conversations),
        "values": [[None if np.isnan(v) else v for v in line] for line in table.tolist()],
        "components": {str(k): float(v) for k, v in anova.items()},
        "coefficients": {
            str(k): {str(a): float(b) for a, b in v.items()} for k, v in g.to_dict("index").items()
        },
    }


rng = np.random.default_rng(31)
studies = []
for sizes, k, missing in (
    ([4] * 12, 5, 0.0),
    ([2, 5, 3, 4, 6, 3, 2, 4], 3, 0.0),
    ([3, 4, 2, 5, 4, 3], 4, 0.2),
):
    talks = [f"t{n:02d}" for n, size in enumerate(sizes) for _ in range(size)]
    at = np.array([int(t[1:]) for t in talks])
    y = (
        rng.normal(size=len(sizes))[at][:, None]
        + 0.5 * rng.normal(size=k)
        + 0.8 * rng.normal(size=(len(talks), 1))
        + 0.4 * rng.normal(size=(len(sizes), k))[at]
        + rng.normal(size=(len(talks), k))
    )
    y[rng.random(y.shape) < missing] = np.nan
    studies.append(study(talks, y))
Path(__file__).with_suffix(".json").write_text(json.dumps(studies))
