"""A prompt as a cooperative game: players, coalitions and exact Shapley values through shap.

With n players, the Shapley value of player i is the average of v(S + i) - v(S) over the coalitions
S without i, weighted by |S|! (n - |S| - 1)! / n! (Shapley 1953, doi:10.1515/9781400881970-018).
All 2^n coalitions are scored first, in batches; shap's exact explainer then looks them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput, WorkbenchError
from workbench.language_models import Absence, Prompt
from workbench.resources import need

__all__ = ["EFFICIENCY_TOLERANCE", "MOST_PLAYERS", "Game", "coalitions", "exact_shapley"]

MOST_PLAYERS = 10
EFFICIENCY_TOLERANCE = 1e-5


def coalitions(n: int) -> NDArray[np.bool_]:
    """All 2^n subsets of n players, shape (2^n, n); row r holds the bits of r, player 0 the lowest.

    >>> coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1


@dataclass(frozen=True, slots=True)
class Game:
    """The prompts of all coalitions of one prompt, for one kind of absence.

    A `filler` among the players says nothing by itself: it is absent by not being there, whatever
    the kind of absence of the others.

    Raises
    ------
    BadInput
        If the prompt has no player, or more than ten beside the filler.
    """

    prompt: Prompt
    players: tuple[str, ...]
    absence: Absence
    filler: str | None = None

    def __post_init__(self) -> None:
        real = len(self.players) - (self.filler is not None)
        if not 1 <= real <= MOST_PLAYERS:
            raise BadInput(
                f"Exact Shapley values take 1 to {MOST_PLAYERS} components that can be absent, not "
                f"{real}. Join components under one name or mark some as fixed."
            )

    def prompts(self) -> list[Prompt]:
        """One prompt per row of `coalitions`."""
        return [self._shown(present) for present in coalitions(len(self.players))]

    def _shown(self, present: NDArray[np.bool_]) -> Prompt:
        absent = np.array(self.players)[~present].tolist()
        real = [name for name in absent if name != self.filler]
        shown = self.prompt.without(real, absence=self.absence)
        return shown.without([name for name in absent if name == self.filler])


def exact_shapley(payoffs: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float64]:
    """Exact Shapley values of one or several games over the same players.

    Parameters
    ----------
    payoffs
        Shape (2^n, games), rows in the order of `coalitions`.
    names
        The n players.

    Returns
    -------
    float64 array of shape (n, games), in the unit of the payoffs

    Raises
    ------
    WorkbenchError
        If for any game the values do not sum to full minus empty within 1e-5.
    """
    shap = need("shap", feature="Prompt attribution")
    n = len(names)
    bits = 1 << np.arange(n)

    def look_up(presence: NDArray[np.float64]) -> NDArray[np.float64]:
        return payoffs[(presence > 0.5).astype(int) @ bits]

    background = shap.maskers.Independent(np.zeros((1, n)))
    explainer = shap.ExactExplainer(look_up, background, feature_names=list(names))
    explained = explainer(np.ones((1, n)), silent=True).values
    values = np.asarray(explained, dtype=float).reshape(n, payoffs.shape[1])
    gap = float(np.abs(values.sum(0) - (payoffs[-1] - payoffs[0])).max())
    if not gap <= EFFICIENCY_TOLERANCE:
        raise WorkbenchError(
            f"Shapley values miss the difference of full and empty prompt by {gap:.2g}, more than "
            f"{EFFICIENCY_TOLERANCE:g}: a payoff is not finite or shap changed. No result was kept."
        )
    return values
