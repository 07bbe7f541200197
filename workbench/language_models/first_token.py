"""Options scored by the likeliest first tokens of an answer, which is all that servers tell.

Tokens that begin exactly one option are counted for it. An option that none of them begins gets the least
of their log-probabilities, an upper bound of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from workbench.errors import BadInput

__all__ = ["check_options", "option_logprobs"]


def check_options(options: Sequence[str]) -> None:
    """Refuse options that their beginnings cannot tell apart.

    Raises
    ------
    BadInput
        If they are fewer than two, empty or begin with each other.
    """
    if len(options) < 2 or any(not option.strip() for option in options):
        raise BadInput(f"At least two options that are not empty are needed, not {options!r}.")
    for one, first in enumerate(options):
        for two, second in enumerate(options):
            if one != two and second.startswith(first):
                raise BadInput(f"Option {second!r} begins with option {first!r}. Reword one.")


def option_logprobs(tokens: Mapping[str, float], options: Sequence[str]) -> list[float]:
    """Return ln p of each option as the beginning of an answer.

    Parameters
    ----------
    tokens
        First token -> its log-probability.

    Raises
    ------
    ValueError
        If there are none.
    """
    least = min(tokens.values())
    return [_of_option(option, tokens, options, least) for option in options]


def _of_option(
    option: str, tokens: Mapping[str, float], options: Sequence[str], least: float
) -> float:
    own = [
        logprob
        for token, logprob in tokens.items()
        if (begun := token.strip())
        and [other for other in options if other.startswith(begun)] == [option]
    ]
    return math.log(math.fsum(math.exp(x) for x in own)) if own else least
