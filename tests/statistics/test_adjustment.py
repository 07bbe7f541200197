"""Adjusted p values against the original example and statsmodels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from workbench.errors import BadInput
from workbench.statistics import benjamini_hochberg, holm

# Benjamini and Hochberg (1995), section 3.2.
PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


def test_the_published_example():
    assert sum(p <= 0.05 for p in benjamini_hochberg(PUBLISHED)) == 4
    assert sum(p <= 0.05 for p in holm(PUBLISHED)) == 3


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_equal_to_statsmodels(p_values):
    for own, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        assert own(p_values) == pytest.approx(multipletests(p_values, method=name)[1], abs=1e-12)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_tests_that_could_not_be_made_are_not_counted(adjust):
    with_gaps = adjust([None, 0.02, None, 0.01, 0.3])
    assert with_gaps[0] is None
    assert with_gaps[2] is None
    assert [p for p in with_gaps if p is not None] == adjust([0.02, 0.01, 0.3])
    assert adjust([]) == []
    assert adjust([None]) == [None]
    with pytest.raises(BadInput, match="p value 1"):
        adjust([None, 1.2])
