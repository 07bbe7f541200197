"""Coefficients of agreement by independent programs, written to agreement.json beside this script.

irrCAC pins old pandas and scipy, so this runs in an environment of its own (Python 3.11):

    uv venv --seed -p 3.11 /tmp/golden
    uv pip install -p /tmp/golden irrCAC==0.4.4 krippendorff==0.9.0 nltk==3.10.4 \
        scikit-learn==1.9.1 statsmodels==0.15.0
    /tmp/golden/bin/python tests/reliability/golden/make_agreement.py

irrCAC rounds to 5 digits unless told otherwise (digits=12), and sees observed categories only unless they
are given.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from irrCAC.table import CAC as TableCAC
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import jaccard_distance, masi_distance
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

warnings.simplefilter("ignore")
VERSIONS = "irrCAC 0.4.4, krippendorff 0.9.0, nltk 3.10.4, scikit-learn 1.9.1, statsmodels 0.15.0"


def drawn(rng, units, coders, k, missing, *, unused=()):
    """Codes that agree more often than by chance; -1 where missing."""
    values = [value for value in range(k) if value not in unused]
    truth = rng.choice(values, units)
    noise = rng.choice(values, (units, coders))
    codes = np.where(rng.random((units, coders)) < 0.6, truth[:, None], noise)
    return np.where(rng.random((units, coders)) < missing, -1, codes)


def numbers(codes, k):
    """Values by (program, coefficient, option) of a units x coders table of codes 0 to k - 1."""
    found = {}
    table = np.where(codes < 0, np.nan, codes.astype(float))
    for level in ("nominal", "ordinal", "interval", "ratio"):
        value = krippendorff.alpha(table.T, level_of_measurement=level, value_domain=list(range(k)))
        found["krippendorff", "krippendorff_alpha", level] = value
    frame = pd.DataFrame(table)
    for weights in ("identity", "linear", "quadratic"):
        cac = CAC(frame.copy(), weights=weights, categories=list(map(float, range(k))), digits=12)
        gwet = cac.gwet()["est"]
        if weights == "identity":
            found["irrCAC", "percent", None] = gwet["pa"]
            found["irrCAC", "gwet_ac1", None] = gwet["coefficient_value"]
            found["irrCAC", "fleiss_kappa", None] = cac.fleiss()["est"]["coefficient_value"]
            found["irrCAC", "brennan_prediger", None] = cac.bp()["est"]["coefficient_value"]
        else:
            found["irrCAC", "gwet_ac2", weights] = gwet["coefficient_value"]
    if (codes >= 0).all():
        found.update(complete(codes, k))
    return found


def complete(codes, k):
    """What needs every unit coded by every coder."""
    found = {}
    counts, _ = aggregate_raters(codes, n_cat=k)
    found["statsmodels", "fleiss_kappa", None] = fleiss_kappa(counts)
    task = AnnotationTask(
        data=[(c, u, int(codes[u, c])) for u in range(len(codes)) for c in range(codes.shape[1])]
    )
    found["nltk", "percent", None] = task.avg_Ao()
    if codes.shape[1] == 2:
        found["nltk", "scott_pi", None] = task.pi()
        found["nltk", "cohen_kappa", None] = task.kappa()
        for weights in (None, "linear", "quadratic"):
            name = "weighted_kappa" if weights else "cohen_kappa"
            value = cohen_kappa_score(*codes.T, labels=range(k), weights=weights)
            found["scikit-learn", name, weights] = value
        cells = pd.DataFrame(np.bincount(codes @ [k, 1], minlength=k * k).reshape(k, k))
        table = TableCAC(cells, digits=12)
        found["irrCAC", "scott_pi", None] = table.scott()["est"]["coefficient_value"]
        found["irrCAC", "cohen_kappa", None] = table.cohen()["est"]["coefficient_value"]
        for weights in ("linear", "quadratic"):
            table = TableCAC(cells, weights=weights, digits=12)
            value = table.cohen()["est"]["coefficient_value"]
            found["irrCAC", "weighted_kappa", weights] = value
    return found


def sets(rng, units, coders, missing):
    """Sets of labels a to d, at least one, by position of each label; None where missing."""
    truth = rng.random((units, 1, 4)) < 0.35
    noise = rng.random((units, coders, 4)) < 0.35
    held = np.where(rng.random((units, coders, 1)) < 0.6, truth, noise)
    held[~held.any(axis=2), 0] = True
    gone = rng.random((units, coders)) < missing
    return [
        [None if gone[u, c] else "".join(np.array(list("abcd"))[held[u, c]]) for c in range(coders)]
        for u in range(units)
    ]


def set_numbers(rows):
    """Alpha over sets by nltk."""
    data = [
        (c, u, frozenset(value))
        for u, row in enumerate(rows)
        for c, value in enumerate(row)
        if value is not None
    ]
    distances = {"masi": masi_distance, "jaccard": jaccard_distance}
    return {
        ("nltk", "krippendorff_alpha", name): AnnotationTask(data, distance=distance).alpha()
        for name, distance in distances.items()
    }


def main():
    rng = np.random.default_rng(20260114)
    tables = {
        "two coders": (drawn(rng, 60, 2, 4, 0), 4),
        "two coders, a category unused": (drawn(rng, 50, 2, 5, 0, unused=(3,)), 5),
        "five coders": (drawn(rng, 40, 5, 4, 0), 4),
        "five coders, cells missing": (drawn(rng, 40, 5, 4, 0.3), 4),
        "four coders, cells missing, a category unused": (
            drawn(rng, 60, 4, 6, 0.4, unused=(2,)),
            6,
        ),
    }
    cases = [
        {
            "data": name,
            "categories": k,
            "codes": codes.tolist(),
            "values": [[*key, float(value)] for key, value in numbers(codes, k).items()],
        }
        for name, (codes, k) in tables.items()
    ]
    for name, missing in (("sets", 0.0), ("sets, cells missing", 0.3)):
        rows = sets(rng, 40, 3, missing)
        values = [[*key, float(value)] for key, value in set_numbers(rows).items()]
        cases.append({"data": name, "sets": rows, "values": values})
    target = Path(__file__).with_name("agreement.json")
    target.write_text(json.dumps({"made_by": VERSIONS, "cases": cases}, indent=None) + "\n")
    print(f"{target.name}: {sum(len(case['values']) for case in cases)} values")


if __name__ == "__main__":
    main()
