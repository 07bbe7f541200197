"""What a coalition of prompt components is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.language_models import LanguageModel, Prompt

__all__ = ["LogOdds", "Payoff", "Scores", "listed"]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Payoffs of n prompts.

    Attributes
    ----------
    values
        Shape (n,), in the payoff's unit.
    mass
        Shape (n,), 0 to 1: the model's probability that the answer is one of the options at all.
        A payoff renormalised over options of tiny mass speaks of answers the model would not give.
    """

    values: NDArray[np.float64]
    mass: NDArray[np.float64]


class Payoff(Protocol):
    """A value function over prompts."""

    @property
    def settings(self) -> Mapping[str, object]:
        """JSON-able description: name, unit and parameters."""

    def variants(self, prompt: Prompt) -> Mapping[str, Prompt]:
        """Equally good ways to put the question, by name; results are averaged over them."""

    def evaluate(self, prompts: Sequence[Prompt], *, model: LanguageModel) -> Scores:
        """Payoff of each prompt."""


def listed(options: Sequence[str]) -> str:
    """Write options as a prompt lists them.

    >>> listed(["open", "closed", "none"])
    'open, closed or none'
    """
    return f"{', '.join(options[:-1])} or {options[-1]}"


@dataclass(frozen=True, slots=True)
class LogOdds:
    """Log-odds of one option, renormalised over all options.

    v = ln p(target) - ln sum of p(other options): ln(p/(1-p)) with p = p(target) / sum over all
    options. The probability of an option is that of all its tokens as the beginning of the answer.

    Parameters
    ----------
    target
        The option explained, usually the human code.
    options
        All allowed answers, as the prompt spells them.

    Raises
    ------
    BadInput
        If there are fewer than two options, one stands twice, or the target is not among them.
    """

    target: str
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.options) < 2 or len(set(self.options)) < len(self.options):
            raise BadInput(f"Two or more distinct options are needed, not {self.options!r}.")
        if self.target not in self.options:
            raise BadInput.unknown("option", self.target, self.options)

    @property
    def settings(self) -> Mapping[str, object]:
        """Name, unit, target and options."""
        return {
            "payoff": "log-odds of the target among the options",
            "unit": "nats",
            "target": self.target,
            "options": list(self.options),
        }

    def variants(self, prompt: Prompt) -> Mapping[str, Prompt]:
        """Both orders of the options where the prompt lists them (`{options}`), else the prompt itself."""
        if "options" not in prompt.placeholders:
            return {"as given": prompt}
        return {
            listed(order): prompt.filled(options=listed(order))
            for order in (self.options, self.options[::-1])
        }

    def evaluate(self, prompts: Sequence[Prompt], *, model: LanguageModel) -> Scores:
        """Score the prompts; prompts that render to the same messages are asked once."""
        conversations = [prompt.messages() for prompt in prompts]
        keys = [
            tuple((message["role"], message["content"]) for message in messages)
            for messages in conversations
        ]
        distinct = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        first = {key: conversations[number] for number, key in reversed(list(enumerate(keys)))}
        answers = model.score_options([first[key] for key in distinct], list(self.options))
        logs = np.asarray(answers, dtype=float)[[distinct[key] for key in keys]]
        target = self.options.index(self.target)
        others = np.delete(logs, target, axis=1)
        return Scores(
            logs[:, target] - np.logaddexp.reduce(others, axis=1),
            np.exp(np.logaddexp.reduce(logs, axis=1)),
        )
