"""Golden values of ppi-python 0.2.3 for independent units.

    uv venv env && uv pip install -p env ppi-python==0.2.3
    env/bin/python tests/reliability/golden/make_ppi_py.py

Writes ppi_py.json beside this file. The drawn units are among "the unlabelled" here, as they are
among all units in our estimator.
"""

import json
import sys
from pathlib import Path

import numpy as np
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate, ppi_ols_ci, ppi_ols_pointestimate

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from ppi_example import independent_units  # noqa: E402

SIZES = {"small": (60, 400, 1), "large": (2000, 100_000, 2)}


def values(n, everything, seed):
    x, human, automatic, weight, drawn = independent_units(n, everything, seed=seed)
    y, f, w = human[drawn], automatic[drawn], weight[drawn]
    rest = ~drawn
    found = {
        "mean": {},
        "weighted_mean": {},
        "ols": {},
        "mean_apart": {},
        "mean_ci": {},
        "ols_ci": {},
    }
    for lam in (0.0, 0.35, 1.0):
        key = str(lam)
        found["mean"][key] = ppi_mean_pointestimate(y, f, automatic, lam=lam)
        found["mean_apart"][key] = ppi_mean_pointestimate(y, f, automatic[rest], lam=lam)
        found["weighted_mean"][key] = ppi_mean_pointestimate(y, f, automatic, lam=lam, w=w)
        found["ols"][key] = ppi_ols_pointestimate(x[drawn], y, f, x, automatic, lam=lam)
        found["mean_ci"][key] = ppi_mean_ci(y, f, automatic[rest], lam=lam, alpha=0.05)
        if lam:
            found["ols_ci"][key] = ppi_ols_ci(
                x[drawn], y, f, x[rest], automatic[rest], lam=lam, alpha=0.05
            )
    # the power-tuning parameter itself is not returned: it is where the estimate lies between 0 and 1
    zero, one = (ppi_mean_pointestimate(y, f, automatic[rest], lam=lam) for lam in (0, 1))
    tuned = ppi_mean_pointestimate(y, f, automatic[rest])
    found["tuned_lam"] = (tuned - zero) / (one - zero)
    return found


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return np.asarray(value, float).squeeze().tolist()


golden = {name: plain(values(*sizes)) for name, sizes in SIZES.items()}
(HERE / "ppi_py.json").write_text(json.dumps(golden, indent=1) + "\n")
