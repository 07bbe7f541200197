"""Shapley values of players within a budget, and texts cut into pieces."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.heads.explain import most_players, pieces, shapley_values


def game_of(n, seed=0):
    """A game with worth of its own for every coalition."""
    worth = np.random.default_rng(seed).normal(size=2**n)
    return lambda coalitions: worth[coalitions @ (1 << np.arange(n))]


def by_definition(value, n):
    """Shapley's formula: each player's mean gain over all coalitions of the others."""

    def of(players):
        row = np.zeros((1, n), bool)
        row[0, list(players)] = True
        return float(value(row)[0])

    found = np.zeros(n)
    for player in range(n):
        others = [x for x in range(n) if x != player]
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for coalition in combinations(others, size):
                found[player] += weight * (of((*coalition, player)) - of(coalition))
    return found


@pytest.mark.parametrize("n", [1, 2, 5, 7])
def test_few_players_get_exact_values(n):
    value = game_of(n)
    explanation, method, evaluations = shapley_values(value, [f"p{i}" for i in range(n)])
    assert method == "exact"
    assert evaluations == 2**n <= 128
    np.testing.assert_allclose(explanation.values, by_definition(value, n), atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 7, 8, 12, 40, 63])
def test_values_and_base_add_up_and_the_budget_holds(n):
    weight = np.random.default_rng(n).normal(size=n)
    asked = []

    def value(coalitions):
        asked.append(len(coalitions))
        return np.tanh(coalitions @ weight) + 3.0

    explanation, _, evaluations = shapley_values(value, [str(i) for i in range(n)])
    assert asked == [evaluations]  # one batch
    assert evaluations <= 128
    everybody = np.tanh(weight.sum()) + 3.0
    assert explanation.base_values == pytest.approx(3.0)
    assert explanation.base_values + explanation.values.sum() == pytest.approx(everybody, abs=1e-9)


def test_many_players_that_add_up_or_interact_in_pairs_get_exact_values():
    n, generator = 20, np.random.default_rng(1)
    alone, pairs = generator.normal(size=n), np.triu(generator.normal(size=(n, n)), 1)

    def value(coalitions):
        there = coalitions.astype(float)
        return there @ alone + np.einsum("mi,ij,mj->m", there, pairs, there)

    explanation, method, _ = shapley_values(value, [str(i) for i in range(n)])
    assert method == "permutation"
    np.testing.assert_allclose(explanation.values, alone + (pairs + pairs.T).sum(0) / 2, atol=1e-9)


def test_same_input_same_values_and_the_global_seed_is_left_alone():
    value = game_of(10)
    names = [str(i) for i in range(10)]
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    one = shapley_values(value, names)[0].values
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(one, shapley_values(value, names)[0].values)
    other = shapley_values(value, names, random_state=1)[0].values
    assert not np.array_equal(one, other)


def test_the_explanation_carries_names_and_data():
    explanation, _, _ = shapley_values(game_of(2), ["a", "b"], data=["How", "?"])
    assert explanation.feature_names == ["a", "b"]
    assert list(explanation.data) == ["How", "?"]


@pytest.mark.parametrize(("n", "budget"), [(0, 128), (64, 128), (3, 6)])
def test_too_many_players_for_the_budget_are_refused(n, budget):
    with pytest.raises(BadInput, match=f"{n} players and a budget of {budget}"):
        shapley_values(game_of(1), [str(i) for i in range(n)], budget=budget)
    assert most_players(128) == 63


@given(st.text(max_size=80), st.integers(1, 9))
def test_pieces_are_few_enough_and_give_the_text_again(text, most):
    found = pieces(text, most=most)
    assert len(found) <= most
    if text.strip():
        assert "".join(found) == text
    assert all(piece.strip() for piece in found)


def test_marks_are_pieces_of_their_own_and_contractions_are_not_cut():
    assert pieces("You don't - really?", most=9) == ["You ", "don't ", "- ", "really", "?"]


def test_pieces_of_no_number_are_refused():
    with pytest.raises(BadInput, match="at least one"):
        pieces("a b", most=0)
