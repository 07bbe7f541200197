"""Which parts of an input carried a score: Shapley values by shap's own algorithms, within a budget.

The parts are players of a game: words of a text, turns before it. The value of a coalition is the score
with only its players there. Few players get exact Shapley values; more get shap's permutation estimate,
which goes through each order forth and back and so is exact as far as players interact in pairs. Either
way values and base value add up to the full score.

shap asks for coalitions step by step, and which it asks for does not depend on what they are worth. So it
runs twice: once to learn all coalitions, which are then scored in one batch, and once to look them up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.resources import need

if TYPE_CHECKING:
    import shap

__all__ = ["Method", "ValueFunction", "most_players", "pieces", "shapley_values"]

Method: TypeAlias = Literal["exact", "permutation"]

ValueFunction: TypeAlias = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""Takes coalitions, shape (m, n), True where a player is there; gives their values, shape (m,)."""

_PIECE = re.compile(r"\s*(?:\w+(?:['’\-]\w+)*|[^\w\s]+)\s*")
_EXACT = 7
"""Most players for which all coalitions are scored: 2^7 = 128."""


def most_players(budget: int) -> int:
    """Most players that a budget of evaluations allows: one order forth and back takes 2 n + 1."""
    return (budget - 1) // 2


def pieces(text: str, *, most: int) -> list[str]:
    """Cut a text into words and marks, or, where these are too many, into runs of them.

    Put together the pieces give the text again.

    Parameters
    ----------
    most
        How many pieces at most, at least 1.

    Examples
    --------
    >>> pieces("And then? I don't know.", most=9)
    ['And ', 'then', '? ', 'I ', "don't ", 'know', '.']
    >>> pieces("And then? I don't know.", most=3)
    ['And then? ', "I don't ", 'know.']
    """
    if most < 1:
        raise BadInput(f"A text is cut into at least one piece, not {most}.")
    found = _PIECE.findall(text)
    if len(found) <= most:
        return found
    bounds = [round(len(found) * at / most) for at in range(most + 1)]
    sizes = [sum(map(len, found[a:b])) for a, b in pairwise(bounds)]
    ends = np.cumsum([0, *sizes])
    whole = "".join(found)
    return [whole[a:b] for a, b in pairwise(ends)]


def shapley_values(
    value: ValueFunction,
    names: Sequence[str],
    *,
    data: Sequence[str] | None = None,
    budget: int = 128,
    random_state: int = 0,
) -> tuple[shap.Explanation, Method, int]:
    """Shapley values of players.

    Parameters
    ----------
    value
        Value of coalitions; called once, with all that are needed.
    names
        Of the n players.
    data
        What each player is, for `Explanation.data`; default the names.
    budget
        Most evaluations, at least 2 n + 1.
    random_state
        Seed of the orders that are gone through.

    Returns
    -------
    explanation : shap.Explanation
        `values` (n,), `base_values` (nobody there), `data`, `feature_names`. Values and base value sum
        to the value of all players.
    method
        `exact` up to 7 players that the budget allows (2^n coalitions), else `permutation`.
    evaluations
        Coalitions that were scored.

    Raises
    ------
    BadInput
        If there are no players, or too many for the budget.

    References
    ----------
    Lundberg & Lee (2017), A unified approach to interpreting model predictions, NeurIPS;
    Strumbelj & Kononenko (2014), doi:10.1007/s10115-013-0679-x.
    """
    package = need("shap", feature="Explaining a code")
    n = len(names)
    if not 1 <= n <= most_players(budget):
        raise BadInput(
            f"{n} players and a budget of {budget} evaluations: expected 1 to {most_players(budget)} "
            "players; join some, or raise the budget."
        )
    method: Method = "exact" if n <= _EXACT and 2**n <= budget else "permutation"
    ledger = _Ledger()
    _run(package, method, ledger.note, n, budget, random_state)
    ledger.score(value)
    values = _run(package, method, ledger.look_up, n, budget, random_state)
    explanation = package.Explanation(
        values=values,
        base_values=float(ledger.values[bytes(n)]),
        data=np.array(list(names if data is None else data), dtype=object),
        feature_names=list(names),
    )
    return explanation, method, len(ledger.values)


class _Ledger:
    """Coalitions by their bits, each once, and what they are worth."""

    def __init__(self) -> None:
        self.values: dict[bytes, float] = {}

    def note(self, rows: Any) -> NDArray[np.float64]:
        """Remember what was asked for."""
        self.values.update((key, 0.0) for key in _keys(rows))
        return np.zeros(len(rows))

    def score(self, value: ValueFunction) -> None:
        """Give all remembered coalitions their value, in one call."""
        keys = list(self.values)
        coalitions = np.array([list(key) for key in keys], dtype=bool)
        self.values = dict(zip(keys, np.asarray(value(coalitions), float).tolist(), strict=True))

    def look_up(self, rows: Any) -> NDArray[np.float64]:
        """Values of coalitions."""
        return np.array([self.values[key] for key in _keys(rows)])


def _keys(rows: Any) -> list[bytes]:
    return [row.tobytes() for row in (np.asarray(rows) > 0.5).astype(np.uint8)]


def _run(
    package: Any,
    method: Method,
    model: Callable[[Any], NDArray[np.float64]],
    n: int,
    budget: int,
    random_state: int,
) -> NDArray[np.float64]:
    """Values of the players; those not there are 0 in the table that shap works on, the others 1."""
    absent = package.maskers.Independent(np.zeros((1, n)))
    options = {"max_evals": budget, "batch_size": budget, "silent": True}
    with _numpy_seed_kept():
        if method == "exact":
            explainer = package.ExactExplainer(model, absent)
        else:
            explainer = package.PermutationExplainer(model, absent, seed=random_state)
        explained = explainer(np.ones((1, n)), **options)
    return np.asarray(explained.values, float).reshape(n)


@contextmanager
def _numpy_seed_kept() -> Iterator[None]:
    """Put numpy's global state back, which shap seeds."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
