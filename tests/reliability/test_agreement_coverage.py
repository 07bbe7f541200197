"""Do 95 % intervals of agreement hold the truth in 95 % of simulated studies?

A small part of the table in tests/benchmarks/results/agreement_coverage.md; `make prove` runs more of it. The
bands leave three binomial standard errors.
"""

import numpy as np
import pytest
from agreement_simulation import MEASURES, TRUE_VALUES, coverage, true_values


def slack(studies, share=0.95):
    return 3 * np.sqrt(share * (1 - share) / studies)


def test_the_jackknife_keeps_its_level_with_few_conversations():
    studies = 300
    found = coverage(8, studies=studies, method="jackknife", seed=11)
    for title, (held, without) in found.items():
        assert held >= 0.92 - slack(studies), title
        assert held <= 0.975 + slack(studies), title
        assert without == 0, title


def test_the_bootstrap_does_not():
    studies = 300
    found = coverage(5, studies=studies, method="bootstrap", resamples=400, seed=12)
    chance_corrected = [found[title][0] for title in MEASURES if title != "percent"]
    assert max(chance_corrected) < 0.90


def test_the_bootstrap_is_good_enough_from_thirty_conversations_on():
    studies = 150
    found = coverage(40, studies=studies, method="auto", resamples=400, seed=13)
    for title, (held, _) in found.items():
        assert held >= 0.92 - slack(studies), title


@pytest.mark.prove
def test_true_values_of_the_simulation():
    assert true_values() == pytest.approx(TRUE_VALUES, abs=5e-4)


@pytest.mark.prove
@pytest.mark.parametrize("conversations", [5, 8, 12, 20, 40, 100])
def test_coverage_in_full(conversations):
    studies = 2000
    found = coverage(conversations, studies=studies, method="jackknife", seed=2)
    print(conversations, found)
    for title, (held, _) in found.items():
        assert 0.92 - slack(studies) <= held <= 0.97 + slack(studies), title
