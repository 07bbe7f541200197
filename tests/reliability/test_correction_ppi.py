"""For independent units the estimator is ppi_py's; golden values by golden/make_ppi_py.py."""

import json
from pathlib import Path

import numpy as np
import pytest
from ppi_example import independent_units
from scipy.special import ndtri

from workbench.reliability.correction.draw import Units
from workbench.reliability.correction.two_phase import corrected_coefficients

GOLDEN = json.loads((Path(__file__).parent / "golden" / "ppi_py.json").read_text())
SIZES = {"small": (60, 400, 1), "large": (2000, 100_000, 2)}


def corrected(size, *, quantity, lam=None):
    n, everything, seed = SIZES[size]
    x, human, automatic, weight, drawn = independent_units(n, everything, seed=seed)
    probability = 0.5 / weight if quantity == "weighted_mean" else np.full(everything, 0.2)
    design = x if quantity == "ols" else np.ones((everything, 1))
    units = Units(
        np.arange(everything), np.zeros(everything, int), np.where(drawn, probability, np.nan)
    )
    return corrected_coefficients(
        units,
        automatic=(design, automatic),
        human=(design, np.where(drawn, human, np.nan)),
        lam=lam,
    )


@pytest.mark.parametrize("lam", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("quantity", ["mean", "weighted_mean", "ols"])
@pytest.mark.parametrize("size", SIZES)
def test_same_estimate_as_ppi_py_with_the_same_lambda(size, quantity, lam):
    found = corrected(size, quantity=quantity, lam=lam)
    np.testing.assert_allclose(found.corrected, GOLDEN[size][quantity][str(lam)], rtol=0, atol=1e-9)


@pytest.mark.parametrize("size", SIZES)
def test_drawn_units_apart_from_the_unlabelled_scale_lambda_by_the_share_not_drawn(size):
    n, everything, _ = SIZES[size]
    found = corrected(size, quantity="mean", lam=0.35 * everything / (everything - n))
    assert found.corrected[0] == pytest.approx(GOLDEN[size]["mean_apart"]["0.35"], abs=1e-9)


def test_power_tuning_finds_the_same_lambda_in_the_limit():
    n, everything, _ = SIZES["large"]
    ours = corrected("large", quantity="mean").lam[0] * (everything - n) / everything
    assert ours == pytest.approx(GOLDEN["large"]["tuned_lam"], rel=0.02)


@pytest.mark.parametrize("lam", [0.35, 1.0])
@pytest.mark.parametrize("quantity", ["mean", "ols"])
def test_same_standard_error_in_the_limit(quantity, lam):
    found = corrected("large", quantity=quantity, lam=lam).corrected_replicates
    groups = len(found)
    error = np.sqrt((groups - 1) / groups * np.square(found - found.mean(axis=0)).sum(axis=0))
    low, high = GOLDEN["large"][f"{quantity}_ci"][str(lam)]
    theirs = (np.array(high) - np.array(low)) / (2 * ndtri(0.975))
    # theirs takes the matrix of squares of the covariates from all units, ours from the drawn ones
    np.testing.assert_allclose(error, np.atleast_1d(theirs), rtol=0.04)
