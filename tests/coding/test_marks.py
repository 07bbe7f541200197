"""A card says how far a head is from its mark, and what was tried where it is short."""

import pytest

from workbench.coding.marks import against_marks
from workbench.coding.scoring.predictions import MEAN_F1, SCORES


def scores(estimate):
    own = {
        "measure": MEAN_F1,
        "estimate": estimate,
        "low": estimate - 0.02,
        "high": estimate + 0.02,
    }
    return {SCORES: [{**own, "measure": "macro-F1, majority", "estimate": 0.1}, own]}


def test_a_missed_mark_says_by_how_much_and_what_was_tried():
    found = against_marks("annomi-client", "full", scores(0.58))
    assert [row["short by"] for row in found["Marks"]] == [None, pytest.approx(0.04)]
    assert "not tried" in found["What was tried for them"]


def test_a_mark_that_is_reached_needs_no_excuse():
    found = against_marks("annomi-helper", "small", scores(0.78))
    assert [row["reached"] for row in found["Marks"]] == [0.78]
    assert list(found) == ["Marks"]


def test_a_scheme_without_a_mark_gets_no_section():
    assert against_marks("mood", "small", scores(0.5)) == {}
