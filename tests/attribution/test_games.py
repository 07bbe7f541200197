from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.attribution.games import Game, coalitions, exact_shapley
from workbench.errors import BadInput, WorkbenchError
from workbench.language_models import Component, Prompt


def by_formula(payoffs):
    """Shapley values straight from the definition."""
    n = int(np.log2(len(payoffs)))
    values = np.zeros(n)
    for player in range(n):
        others = [other for other in range(n) if other != player]
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for members in combinations(others, size):
                row = sum(1 << member for member in members)
                values[player] += weight * (payoffs[row | 1 << player] - payoffs[row])
    return values


def names(n):
    return [f"c{number}" for number in range(n)]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_equals_the_definition(n, seed):
    payoffs = np.random.default_rng(seed).normal(size=(2**n, 3))
    expected = np.array([by_formula(game) for game in payoffs.T]).T
    np.testing.assert_allclose(exact_shapley(payoffs, names(n)), expected, atol=1e-9)


def test_glove_game():
    # Shapley's textbook game: one left glove (player 0), two right gloves; a pair is worth 1.
    payoffs = np.array([[float(row[0] and row[1:].any())] for row in coalitions(3)])
    np.testing.assert_allclose(exact_shapley(payoffs, names(3))[:, 0], [2 / 3, 1 / 6, 1 / 6])


def test_ten_players_of_an_additive_game_get_their_own():
    worth = np.arange(10.0)
    payoffs = (coalitions(10) @ worth)[:, None] - 3.0
    np.testing.assert_allclose(exact_shapley(payoffs, names(10))[:, 0], worth, atol=1e-9)


def test_a_payoff_that_is_not_finite_is_no_result():
    payoffs = np.zeros((4, 1))
    payoffs[2] = np.nan
    with pytest.raises(WorkbenchError, match="miss the difference"):
        exact_shapley(payoffs, names(2))


def test_prompts_stand_in_the_order_of_coalitions():
    prompt = Prompt((Component("a", "A"), Component("b", "B"), Component("f", "!", fixed=True)))
    game = Game(prompt, prompt.players, "removed")
    texts = [shown.messages()[0]["content"] for shown in game.prompts()]
    assert texts == ["!", "A\n\n!", "B\n\n!", "A\n\nB\n\n!"]


@pytest.mark.parametrize("n", [0, 11])
def test_too_few_or_too_many_players(n):
    parts = (Component("scaffold", "x", fixed=True), *(Component(name, "x") for name in names(n)))
    prompt = Prompt(parts)
    with pytest.raises(BadInput, match="1 to 10"):
        Game(prompt, prompt.players, "removed")


def test_a_filler_is_absent_by_not_being_there():
    prompt = Prompt((Component("a", "A"), Component("inert", "so so")))
    texts = [
        shown.messages()[0]["content"]
        for shown in Game(prompt, ("a", "inert"), "neutral", "inert").prompts()
    ]
    assert texts == ["This", "A", "This\n\nso so", "A\n\nso so"]
