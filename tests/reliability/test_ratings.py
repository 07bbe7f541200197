"""Ratings: codes of units x coders, with all categories of the book."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.reliability import Ratings


def test_missing_cells_are_minus_one_and_unused_categories_stay():
    made = Ratings.build([["a", "b"], ["b", None], [float("nan"), "a"]], categories="abc")
    assert made.codes.tolist() == [[0, 1], [1, -1], [-1, 0]]
    assert made.categories == ("a", "b", "c")
    assert made.sources.tolist() == [0, 1, 2]


def test_a_label_against_the_rest_keeps_what_is_missing():
    made = Ratings.build([["a", "b"], ["b", None]], categories="abc")
    assert made.holds("b").codes.tolist() == [[0, 1], [1, -1]]
    assert made.holds("c").codes.tolist() == [[0, 0], [0, -1]]
    assert made.holds("b").categories == (False, True)


def test_a_label_of_sets_is_held_by_every_set_that_contains_it():
    made = Ratings.build([[{"x", "y"}, set()], [{"x"}, None]], level="sets", labels="xyz")
    assert made.categories == (frozenset(), frozenset("x"), frozenset("xy"))
    assert made.holds("y").codes.tolist() == [[1, 0], [0, -1]]
    assert made.holds("z").codes.tolist() == [[0, 0], [0, -1]]


def test_coders_and_rows_are_chosen_together_with_what_belongs_to_them():
    made = Ratings.build(
        [[1, 2, 3], [3, 2, 1]],
        level="ordinal",
        coders=["p", "q", "r"],
        sources=["s", "t"],
        kinds=["human", "model", "gold"],
    )
    part = made.of(["r", "p"]).rows(np.array([False, True]))
    assert part.codes.tolist() == [[0, 2]]
    assert (part.coders, part.kinds, part.sources.tolist()) == (
        ("r", "p"),
        ("gold", "human"),
        ["t"],
    )


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([["a", "z"]], {"categories": "ab"}, "no category 'z'"),
        ([["a", "b"], ["a"]], {}, "Every unit needs 2 values"),
        ([["a", "b"]], {"coders": ["p", "p"]}, "coders have to be distinct"),
        ([["a", "b"]], {"level": "cardinal"}, "no level of measurement 'cardinal'"),
        ([["a", "b"]], {"sources": ["s", "t"]}, "one source for each unit"),
    ],
)
def test_parts_that_do_not_fit_are_refused(values, options, message):
    with pytest.raises(BadInput, match=message):
        Ratings.build(values, **options)
