"""Counts and rates of conversations from codes of utterances."""

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.reliability import Ratings, tallies

TALKS = ["b", "b", "a", "a", "a", "c"]


def codes():
    rows = [["q", "q"], ["r", "q"], ["q", None], ["r", "r"], ["q", "r"], ["q", None]]
    sources = ["v2", "v2", "v1", "v1", "v1", "v1"]
    return Ratings.build(rows, categories=["q", "r", "o"], coders=["x", "y"], sources=sources)


def test_counts_and_rates_by_hand():
    found = tallies(codes(), TALKS, "q")
    counts, rates = found
    assert found.conversations.tolist() == ["a", "b", "c"]
    assert found.sources.tolist() == ["v1", "v2", "v1"]
    np.testing.assert_array_equal(counts, [[2, 0], [1, 2], [1, np.nan]])
    np.testing.assert_array_equal(rates, [[2 / 3, 0], [0.5, 1], [1, np.nan]])
    np.testing.assert_array_equal(found.coded, [[3, 2], [2, 2], [1, 0]])


def test_a_label_nobody_gave_counts_zero_and_an_uncoded_conversation_is_missing():
    counts, _ = tallies(codes(), TALKS, "o")
    np.testing.assert_array_equal(counts, [[0, 0], [0, 0], [0, np.nan]])


def test_labels_in_sets():
    sets = Ratings.build([[{"q"}, {"q", "r"}], [set(), {"r"}]], level="sets")
    counts, _ = tallies(sets, ["a", "a"], "r")
    np.testing.assert_array_equal(counts, [[0, 2]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tallies(codes(), TALKS, "z"), "There is no label 'z'"),
        (lambda: tallies(codes(), TALKS[:3], "q"), "6 units, but 3 conversation ids"),
        (lambda: tallies(codes(), ["a"] * 6, "q"), "two sources"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(BadInput, match=message):
        call()
