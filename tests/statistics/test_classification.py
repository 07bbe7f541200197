"""Classifier scores against scikit-learn and a plain re-implementation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, confusion_matrix, f1_score

from workbench.errors import BadInput, InsufficientData
from workbench.statistics import (
    brier,
    classwise_ece,
    confusion,
    f1_by_label,
    macro_f1,
    macro_f1_statistic,
    multilabel_macro_f1,
)

LABELS = ["question", "reflection", "therapist_input", "other"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(LABELS)] * 2), min_size=1, max_size=40))
def test_scores_equal_scikit_learn(pairs):
    truth, predicted = map(list, zip(*pairs, strict=True))
    table = confusion_matrix(truth, predicted, labels=LABELS)
    assert confusion(truth, predicted, LABELS).tolist() == table.tolist()
    options = {"labels": LABELS, "zero_division": np.nan}
    expected = f1_score(truth, predicted, average="macro", **options)
    assert macro_f1(truth, predicted, LABELS) == pytest.approx(expected)
    assert macro_f1_statistic(truth, predicted, LABELS)(np.arange(len(truth))) == pytest.approx(
        expected
    )
    per_label = f1_score(truth, predicted, average=None, **options)
    for label, value in zip(LABELS, per_label, strict=True):
        own = f1_by_label(truth, predicted, LABELS)[label]
        assert own == (None if np.isnan(value) else pytest.approx(value))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 999))
def test_multilabel_f1_equals_scikit_learn(n, k, seed):
    truth, predicted = np.random.default_rng(seed).integers(0, 2, (2, n, k))
    expected = f1_score(truth, predicted, average="macro", zero_division=np.nan)
    own = multilabel_macro_f1(truth, predicted)
    assert own == (None if np.isnan(expected) else pytest.approx(expected))


def test_resampled_statistic_counts_repeated_rows():
    truth, predicted = np.array(["a", "a", "b", "b"]), np.array(["a", "b", "b", "b"])
    rows = np.array([0, 0, 1, 3])
    score = macro_f1_statistic(truth, predicted, ["a", "b"])
    assert score(rows) == macro_f1(truth[rows], predicted[rows], ["a", "b"])


def test_a_label_that_never_occurs_has_no_f1():
    assert f1_by_label(["a"], ["a"], ["a", "b"]) == {"a": 1.0, "b": None}
    assert macro_f1([], [], ["a"]) is None
    assert multilabel_macro_f1([[0, 0]], [[0, 0]]) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], ["c"], ["a", "b"]), "no label 'c'"),
        ((["a", "b"], ["a"], ["a", "b"]), "2 true labels, but 1 predictions"),
        ((["a"], ["a"], ["a", "a"]), "distinct"),
        (([None], ["a"], ["a"]), "truth: row 0"),
    ],
)
def test_bad_labels_are_refused(arguments, message):
    with pytest.raises(BadInput, match=message):
        macro_f1(*arguments)


def test_bad_tables_are_refused():
    with pytest.raises(BadInput, match="equal tables"):
        multilabel_macro_f1([[1, 0]], [[1]])
    with pytest.raises(BadInput, match="0 and 1 only"):
        multilabel_macro_f1([[2]], [[1]])
    with pytest.raises(BadInput, match="equal tables"):
        brier([[0.5, 0.5]], [[1]])
    with pytest.raises(BadInput, match="between 0 and 1"):
        brier([[np.nan, 0.5]], [[1, 0]])
    with pytest.raises(InsufficientData):
        brier(np.empty((0, 2)), np.empty((0, 2)))
    with pytest.raises(BadInput, match="sum to 1"):
        classwise_ece([[0.2, 0.2]], [[1, 0]])
    with pytest.raises(BadInput, match="at least 1"):
        classwise_ece([[0.5, 0.5]], [[1, 0]], bins=0)


def predictions(n, k, seed=0, sharpen=1.0):
    """Outcomes drawn from p; what is returned is p sharpened (1: calibrated)."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n)
    y = np.eye(k)[(rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1)]
    told = p**sharpen
    return told / told.sum(axis=1, keepdims=True), y


def test_brier_equals_scikit_learn():
    p, y = predictions(200, 4)
    expected = brier_score_loss(y.argmax(axis=1), p, labels=range(4), scale_by_half=False)
    assert brier(p, y) == pytest.approx(expected)
    assert brier([[1, 0]], [[0, 1]]) == 2


def plain_ece(p, y, bins):
    parts = np.array_split(np.argsort(p), bins)
    return sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in parts) / len(p)


def test_ece_equals_a_plain_implementation():
    p, y = predictions(600, 3)
    result = classwise_ece(p, y, bins=10, simulations=5)
    expected = [plain_ece(p[:, k], y[:, k], 10) for k in range(3)]
    assert result.ece == pytest.approx(expected)
    assert result.mean_ece == pytest.approx(np.mean(expected))
    assert (result.bins, result.n) == (10, 600)


def test_ece_by_hand():
    # Two groups of ties: told 0.2, true in 1 of 4; told 0.9, true in 2 of 4.
    told = np.repeat([0.2, 0.9], 4)
    true = np.array([1, 0, 0, 0, 1, 1, 0, 0])
    p, y = np.column_stack([told, 1 - told]), np.column_stack([true, 1 - true])
    result = classwise_ece(p, y, bins=4, simulations=10)
    assert result.ece == pytest.approx([0.5 * 0.05 + 0.5 * 0.4] * 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(0, 999))
def test_ece_does_not_depend_on_row_order(n, seed):
    rng = np.random.default_rng(seed)
    p = rng.integers(0, 5, n) / 4  # many ties
    table, y = np.column_stack([p, 1 - p]), np.eye(2)[rng.integers(0, 2, n)]
    order = rng.permutation(n)
    one = classwise_ece(table, y, bins=7, simulations=2)
    other = classwise_ece(table[order], y[order], bins=7, simulations=2)
    assert one.ece == pytest.approx(other.ece)


@pytest.mark.parametrize("exclusive", [True, False])
def test_noise_floor_separates_calibrated_from_sharpened(exclusive):
    told = [classwise_ece(*predictions(500, 4, s), exclusive=exclusive) for s in range(20)]
    above = sum((result.ece > result.floor_high).sum() for result in told)
    assert above <= 14  # of 80, 5 % expected; binomial 99.99 % point 12, classes dependent
    floors = np.mean([result.mean_floor for result in told])
    assert np.mean([result.mean_ece for result in told]) == pytest.approx(floors, rel=0.1)
    sharp = classwise_ece(*predictions(500, 4, sharpen=3.0), exclusive=exclusive)
    assert sharp.mean_ece > sharp.mean_floor_high
    assert (sharp.ece > sharp.floor_high).all()


def test_noise_floor_is_the_same_for_a_seed():
    p, y = predictions(100, 3)
    one, two = (classwise_ece(p, y, random_state=4) for _ in range(2))
    assert one.floor.tolist() == two.floor.tolist()
