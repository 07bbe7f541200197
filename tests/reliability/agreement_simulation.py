"""Simulated studies of agreement: conversations that differ in what is said and in how well it is coded.

Three coders code units of conversations with four ordered codes. A conversation has shares of the codes of
its own (Dirichlet around the shares of all, concentration 6) and an accuracy of its own (Beta, mean 0.7,
standard deviation 0.14); a coder gives the true code with that chance and otherwise one drawn from guessing
shares of the coder's own. Conversations are of very unequal length (negative binomial, mean 25 units); one
cell in ten is missing. The true value of a coefficient is its value in 200,000 conversations.
"""

from __future__ import annotations

import numpy as np

from workbench.reliability import Ratings
from workbench.reliability.agreement import estimate_coefficients

SHARES = np.array([0.4, 0.3, 0.2, 0.1])
#: What each coder guesses when wrong: coders differ in their marginals.
GUESSES = np.array([SHARES, [0.3, 0.2, 0.2, 0.3], [0.25, 0.25, 0.25, 0.25]])

#: What is simulated: rows of the table, each with coders, coefficient and options.
MEASURES = {
    "percent": (3, "percent", {}),
    "Cohen's kappa": (2, "cohen_kappa", {}),
    "weighted kappa, linear": (2, "weighted_kappa", {"weights": "linear"}),
    "Scott's pi": (2, "scott_pi", {}),
    "Fleiss' kappa": (3, "fleiss_kappa", {}),
    "alpha, nominal": (3, "krippendorff_alpha", {"distance": "nominal"}),
    "alpha, ordinal": (3, "krippendorff_alpha", {}),
    "AC1": (3, "gwet_ac1", {}),
    "AC2, linear": (3, "gwet_ac2", {"weights": "linear"}),
    "Brennan-Prediger": (3, "brennan_prediger", {}),
}

#: What `true_values` gives, which takes a while.
TRUE_VALUES = {
    "percent": 0.6382,
    "Cohen's kappa": 0.4986,
    "weighted kappa, linear": 0.4800,
    "Scott's pi": 0.4976,
    "Fleiss' kappa": 0.4960,
    "alpha, nominal": 0.4960,
    "alpha, ordinal": 0.4748,
    "AC1": 0.5245,
    "AC2, linear": 0.5458,
    "Brennan-Prediger": 0.5177,
}


def study(conversations, rng):
    """Ratings of one simulated study."""
    lengths = 1 + rng.negative_binomial(2, 2 / 26, conversations)
    source = np.repeat(np.arange(conversations), lengths)
    upper = np.cumsum(rng.dirichlet(6 * SHARES, conversations), axis=1)
    accuracy = rng.beta(7, 3, conversations)
    units = len(source)
    truth = np.minimum((rng.random((units, 1)) > upper[source]).sum(axis=1), 3)
    guess = np.column_stack([rng.choice(4, units, p=shares) for shares in GUESSES])
    right = rng.random((units, 3)) < accuracy[source, None]
    codes = np.where(right, truth[:, None], guess)
    codes[rng.random(codes.shape) < 0.1] = -1
    return Ratings(
        codes=codes.astype(np.intp),
        categories=(0, 1, 2, 3),
        units=tuple(range(units)),
        coders=("p", "q", "r"),
        sources=source,
        level="ordinal",
    )


def measure_all(ratings, **options):
    """Estimate of every measure."""
    pair = ratings.of(["p", "q"])
    found = {}
    by_options = {}
    for title, (coders, name, chosen) in MEASURES.items():
        by_options.setdefault((coders, tuple(chosen.items())), []).append((title, name))
    for (coders, chosen), wanted in by_options.items():
        table = pair if coders == 2 else ratings
        names = [name for _, name in wanted]
        estimates = estimate_coefficients([table], names, **dict(chosen), **options)[0]
        found.update({title: estimates[name] for title, name in wanted})
    return found


def true_values():
    """Mean over five samples of 40,000 conversations, each taken as a whole (no intervals)."""
    values = []
    for seed in range(5):
        large = study(40_000, np.random.default_rng(900 + seed))
        whole = Ratings(
            codes=large.codes,
            categories=large.categories,
            units=large.units,
            coders=large.coders,
            sources=np.zeros(large.n_units, dtype=int),
            level=large.level,
        )
        values.append({t: one.estimate for t, one in measure_all(whole).items()})
    return {title: float(np.mean([one[title] for one in values])) for title in MEASURES}


def coverage(conversations, *, studies, method, resamples=1000, seed=1):
    """Share of studies whose interval holds the true value, and share without an interval.

    Studies without an interval count as not covering.
    """
    truth = TRUE_VALUES
    held = dict.fromkeys(MEASURES, 0)
    without = dict.fromkeys(MEASURES, 0)
    for number in range(studies):
        rng = np.random.default_rng([seed, conversations, number])
        ratings = study(conversations, rng)
        found = measure_all(ratings, method=method, resamples=resamples, random_state=number)
        for title, one in found.items():
            if one.low is None:
                without[title] += 1
            else:
                held[title] += one.low <= truth[title] <= one.high
    return {title: (held[title] / studies, without[title] / studies) for title in MEASURES}
