"""Which codes are mixed up, and how one coder does against a reference coder."""

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.reliability import Ratings
from workbench.reliability.agreement import code_scores, confusion_of, most_confused
from workbench.statistics import ESTIMATE_COLUMNS, f1_by_label

VALUES = [
    ["question", "question"],
    ["question", "reflection"],
    ["reflection", "question"],
    ["reflection", "reflection"],
    ["other", "other"],
    ["other", "reflection"],
    ["other", None],
]
BOOK = ["question", "reflection", "other", "advice"]


@pytest.fixture
def pair():
    return Ratings.build(VALUES, categories=BOOK, coders=["gold", "mine"])


def test_confusion_of_two_coders(pair):
    table = confusion_of(pair)
    assert table.height == 16
    assert table["count"].sum() == 6
    found = {(a, b): (n, share) for a, b, n, share in table.iter_rows()}
    assert found["other", "reflection"] == (1, 0.5)
    assert found["reflection", "other"] == (0, 0.0)
    assert found["advice", "advice"] == (0, None)


def test_confusion_of_many_coders_counts_every_pair_both_ways():
    ratings = Ratings.build([["a", "a", "b"]])
    found = {(a, b): n for a, b, n, _ in confusion_of(ratings).iter_rows()}
    assert found == {("a", "a"): 2, ("a", "b"): 2, ("b", "a"): 2, ("b", "b"): 0}
    assert most_confused(ratings).row(0) == ("a", "b", 2, 1.0, 2 / 3)


def test_most_confused_pairs_come_first(pair):
    table = most_confused(pair)
    assert table.row(0) == ("question", "reflection", 2, 2 / 3, 0.5)
    assert table.row(1) == ("reflection", "other", 1, 1 / 3, 1 / 3)
    assert table.height == 2
    assert most_confused(pair, most=1).height == 1


def test_scores_of_each_code(pair):
    table = code_scores(pair, "gold")
    assert table.columns == ["label", "coder", "reference", "measure", *ESTIMATE_COLUMNS]
    assert set(table["coder"]) == {"mine"}
    found = {(row["label"], row["measure"]): row for row in table.iter_rows(named=True)}
    assert found["reflection", "sensitivity"]["estimate"] == pytest.approx(1 / 2)
    assert found["reflection", "precision"]["estimate"] == pytest.approx(1 / 3)
    assert found["reflection", "specificity"]["estimate"] == pytest.approx(2 / 4)
    assert found["reflection", "f1"]["estimate"] == pytest.approx(2 / 5)
    assert found["reflection", "specificity"]["n"] == 4
    assert found["advice", "sensitivity"]["estimate"] is None
    assert found["advice", "sensitivity"]["reason"] == "the reference never gave this code"
    assert found["advice", "precision"]["reason"] == "the coder never gave this code"
    assert found["advice", "f1"]["estimate"] is None
    assert found["advice", "specificity"]["estimate"] == 1.0


def test_f1_is_the_one_of_the_house(pair):
    both = pair.rows((pair.codes >= 0).all(axis=1))
    truth, said = (np.array(BOOK)[both.codes[:, column]] for column in (0, 1))
    house = f1_by_label(truth, said, BOOK)
    table = code_scores(pair, "gold").filter(measure="f1")
    assert dict(zip(table["label"], table["estimate"], strict=True)) == pytest.approx(house)


def test_a_code_the_reference_never_gave_has_no_f1():
    ratings = Ratings.build([["a", "b"], ["a", "a"]], coders=["gold", "mine"])
    row = code_scores(ratings, "gold").filter(label="b", measure="f1").row(0, named=True)
    assert row["estimate"] is None
    assert row["reason"] == "the reference never gave this code"


def test_scores_of_sets_ask_for_each_label():
    ratings = Ratings.build(
        [[{"a"}, {"a", "b"}], [{"b"}, {"b"}], [{"a", "b"}, {"a"}]],
        level="sets",
        coders=["gold", "mine"],
    )
    table = code_scores(ratings, "gold").filter(measure="sensitivity")
    assert dict(zip(table["label"], table["estimate"], strict=True)) == {"a": 1.0, "b": 0.5}


def test_scores_have_intervals_over_conversations():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 400)
    said = np.where(rng.random(400) < 0.8, truth, 1 - truth)
    ratings = Ratings.build(
        np.column_stack([truth, said]), sources=np.arange(400) // 20, coders=["gold", "mine"]
    )
    row = code_scores(ratings, "gold").filter(measure="sensitivity").row(1, named=True)
    assert row["n"] == truth.sum()
    assert row["n_clusters"] == 20
    assert row["low"] < row["estimate"] < row["high"] < 1


def test_bad_input_is_refused(pair):
    with pytest.raises(BadInput, match="There is no coder 'silver'"):
        code_scores(pair, "silver")
    with pytest.raises(BadInput, match="a coder to compare it with"):
        code_scores(pair.of(["gold"]), "gold")
    with pytest.raises(BadInput, match="these are numbers of level 'interval'"):
        code_scores(Ratings.build([[1.0, 2.0]], level="interval"), "1")
    with pytest.raises(BadInput, match="compares coders and there is 1"):
        confusion_of(pair.of(["gold"]))
