"""Golden values of the intraclass correlations, by pingouin (an environment of its own).

    uv venv env && uv pip install -p env pingouin==0.7.0 && env/bin/python icc_pingouin.py

writes icc_pingouin.json beside this script: tables, the six coefficients, their 95 % intervals, and for
tables with missing cells the type II mean squares of statsmodels that the fitting of constants uses.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin as pg
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

pg.options["round"] = None
pg.options["round.column.CI95"] = None

SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


def long(table):
    n, k = table.shape
    frame = pd.DataFrame(
        {
            "row": np.repeat(np.arange(n), k),
            "column": np.tile(np.arange(k), n),
            "y": table.ravel(),
        }
    )
    return frame.dropna()


def complete(table):
    found = pg.intraclass_corr(long(table), targets="row", raters="column", ratings="y")
    return {
        "values": table.tolist(),
        "icc": found["ICC"].astype(float).tolist(),
        "low": [float(ends[0]) for ends in found["CI95"]],
        "high": [float(ends[1]) for ends in found["CI95"]],
    }


def holes(table):
    fit = ols("y ~ C(row) + C(column)", long(table)).fit()
    anova = anova_lm(fit, typ=2)
    one_way = anova_lm(ols("y ~ C(row)", long(table)).fit(), typ=1)
    return {
        "values": [[None if np.isnan(v) else v for v in row] for row in table.tolist()],
        "ss": anova["sum_sq"].tolist(),
        "df": anova["df"].tolist(),
        "one_way_ss": one_way["sum_sq"].tolist(),
        "one_way_df": one_way["df"].tolist(),
    }


rng = np.random.default_rng(20)
tables = [np.array(SHROUT_FLEISS, dtype=float)]
for n, k in ((20, 3), (40, 2), (15, 10)):
    tables.append(rng.normal(size=(n, 1)) * 1.5 + rng.normal(size=k) + rng.normal(size=(n, k)))
tables.append(rng.poisson(rng.gamma(2.0, 3.0, size=(25, 1)), size=(25, 4)).astype(float))
punched = []
for table in tables[1:]:
    hole = table.copy()
    hole[rng.random(hole.shape) < 0.25] = np.nan
    hole = np.where((~np.isnan(hole)).sum(axis=1, keepdims=True) < 2, table, hole)
    punched.append(hole)
Path(__file__).with_suffix(".json").write_text(
    json.dumps({"complete": [complete(t) for t in tables], "holes": [holes(t) for t in punched]})
)
