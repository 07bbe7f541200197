"""Studies in which the truth is known: conversations, human codes, a biased automatic coder, a draw.

Conversations differ in how often the code occurs (intraclass correlation 0.1) and in how the
automatic coder errs on them: it misses a code with a chance of 0.2 on average and sets one wrongly
with a chance of 0.25 (0.06 for rare codes), both varying between conversations as much as the code.
Lengths are very unequal (negative binomial, mean 50).
"""

import numpy as np

from workbench.reliability.correction.draw import Units

MISSES = 0.2


def false_alarms(share):
    return 0.25 if share > 0.1 else 0.06


def _varying(mean, size, rng):
    return rng.beta(9 * mean, 9 * (1 - mean), size)


def simulated_codes(groups, share, rng, *, misses=MISSES, alarms=None):
    """Source, human code and automatic code of every unit."""
    alarms = false_alarms(share) if alarms is None else alarms
    source = np.repeat(np.arange(groups), 10 + rng.negative_binomial(2, 2 / 42, groups))
    human = rng.random(len(source)) < _varying(share, groups, rng)[source]
    missed = rng.random(len(source)) < _varying(misses, groups, rng)[source]
    alarm = rng.random(len(source)) < _varying(alarms, groups, rng)[source]
    return source, human.astype(float), np.where(human, ~missed, alarm).astype(float)


def draw(source, automatic, kind, rng, *, share_drawn=0.25):
    """Units with inclusion probabilities: utterances, whole conversations, both in turn, by stratum.

    "stratified" draws utterances, and five times as often where the automatic coder set the code.
    """
    n, groups = len(source), int(source.max()) + 1
    strata = np.zeros(n, int)
    probability = np.full(n, np.nan)
    if kind == "utterances":
        chosen = rng.permutation(n)[: round(share_drawn * n)]
        probability[chosen] = len(chosen) / n
    elif kind == "conversations":
        chosen = rng.permutation(groups)[: max(5, round(share_drawn * groups))]
        probability[np.isin(source, chosen)] = len(chosen) / groups
    elif kind == "two-stage":
        chosen = rng.permutation(groups)[: max(5, round(2 * share_drawn * groups))]
        for group in chosen:
            rows = np.flatnonzero(source == group)
            probability[rng.permutation(rows)[: len(rows) // 2]] = (
                len(chosen) / groups * (len(rows) // 2) / len(rows)
            )
    else:
        strata = automatic.astype(int)
        rate = share_drawn / (1 + 4 * automatic.mean())
        for stratum, times in enumerate((1, 5)):
            rows = np.flatnonzero(strata == stratum)
            count = min(len(rows), max(5, round(rate * times * len(rows))))
            probability[rng.permutation(rows)[:count]] = count / len(rows)
    return Units(source, strata, probability)
