"""From probabilities to labels in a book of several layers of codes."""

import numpy as np

from workbench.coding.labelled import capped, parents_hold
from workbench.corpus import Code, Scheme

SCHEME = Scheme(
    "flags",
    "helper",
    False,
    (
        Code("warm", "d", parent="open"),  # below a code that stands behind it
        Code("question", "d"),
        Code("open", "d", parent="question"),
    ),
)


def test_a_code_is_at_most_as_probable_as_any_above_it():
    found = capped(SCHEME, SCHEME.labels, np.array([[0.9, 0.2, 0.8]]))
    assert found.tolist() == [[0.2, 0.2, 0.2]]


def test_a_code_holds_where_all_above_it_do():
    given = np.array([[True, False, True], [True, True, True], [True, True, False]])
    assert parents_hold(SCHEME, SCHEME.labels, given).tolist() == [
        [False, False, False],
        [True, True, True],
        [False, True, False],
    ]


def test_below_a_code_that_was_not_learned_a_code_stands_on_its_own():
    assert capped(SCHEME, ("warm", "question"), np.array([[0.9, 0.2]])).tolist() == [[0.9, 0.2]]
