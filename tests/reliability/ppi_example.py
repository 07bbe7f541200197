"""Independent units with a biased automatic coder, for the comparison with ppi_py (numpy only)."""

import numpy as np


def independent_units(n, everything, *, seed):
    """Covariates, human codes and automatic probabilities of `everything` units, the first n drawn."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(everything), rng.random(everything), rng.random(everything) < 0.4])
    chance = 0.15 + 0.3 * x[:, 1] + 0.2 * x[:, 2]
    human = (rng.random(everything) < chance).astype(float)
    automatic = np.where(rng.random(everything) < 0.7, human, rng.random(everything))
    weight = 1 + 3 * rng.random(everything)
    return x.astype(float), human, automatic, weight, np.arange(everything) < n
