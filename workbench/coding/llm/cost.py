"""What a coding will cost, before it is begun: calls, tokens, money, time.

Tokens are counted by the model's own tokenizer where there is one, else as a quarter of the characters.
Seconds of a model on this machine come from a timed sample, whose answers are kept and not asked again;
those of a server from answers of it that are recorded already, where there are any. What is recorded costs
nothing. Repairs of malformed answers cannot be foreseen and come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.coding.llm.asking import Asked
from workbench.coding.llm.plan import Plan
from workbench.coding.llm.prompt import CodingPrompt
from workbench.language_models import LocalLM, Message

__all__ = ["CostEstimate", "estimate_cost"]

_COUNTED = 100  # prompts of one kind whose tokens are counted; the rest is taken in proportion
_TIMED = 4  # prompts of one kind that are timed
_CHARACTERS = 4  # of a token, where there is no tokenizer
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What is still to be asked, and what it will take.

    Attributes
    ----------
    calls, recorded
        Prompts still to be asked, and those that are answered already.
    tokens_in, tokens_out
        Tokens of the prompts and of their answers.
    counted_by
        `tokenizer`, or `characters / 4`.
    price
        In the currency of the prices; None where none were given.
    seconds
        None where nothing is known of the model's speed.
    timed_on
        Prompts behind `seconds`.
    """

    calls: int
    recorded: int
    tokens_in: int
    tokens_out: int
    counted_by: str
    price: float | None
    seconds: float | None
    timed_on: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def __str__(self) -> str:
        parts = [
            f"{self.calls:,} prompts to ask ({self.recorded:,} are answered already)",
            f"about {self.tokens_in:,} tokens in and {self.tokens_out:,} out ({self.counted_by})",
        ]
        if self.price is not None:
            parts.append(f"about {self.price:,.2f} at the prices given")
        if self.seconds is not None:
            parts.append(f"about {_time(self.seconds)} (timed on {self.timed_on})")
        return "; ".join(parts) + ". Repairs of malformed answers come on top."


def estimate_cost(
    plan: Plan, *, price_in: float | None = None, price_out: float | None = None
) -> CostEstimate:
    """Estimate what a plan will take; a model of this machine answers a few of its prompts for it.

    Parameters
    ----------
    plan
        From `plan_coding`.
    price_in, price_out
        Price of a million tokens in prompts and answers.

    Raises
    ------
    WorkbenchError
        If the model of this machine cannot be asked.
    """
    asker, local = plan.asker, isinstance(plan.asker.model, LocalLM)
    calls = recorded = tokens_in = tokens_out = 0
    spent: list[float] = []
    for prompt, asked, seed in plan.questions():
        distinct = {one.key: one for one in asked}
        missing = [one for one in distinct.values() if one.key not in asker.recording]
        recorded += len(distinct) - len(missing)
        calls += len(missing)
        tokens_in += _tokens(plan, missing)
        tokens_out += len(missing) * _answer_tokens(prompt)
        if local:
            asker.ask(prompt, missing[:_TIMED], seed=seed)
        known = [one.key for one in asked if one.key in asker.recording]
        spent += [float(asker.recording[key]["seconds"]) for key in known]
    priced = price_in is not None or price_out is not None
    price = (tokens_in * (price_in or 0.0) + tokens_out * (price_out or 0.0)) / _MILLION
    return CostEstimate(
        calls=calls,
        recorded=recorded,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        counted_by="tokenizer" if local else f"characters / {_CHARACTERS}",
        price=price if priced else None,
        seconds=calls * sum(spent) / len(spent) if spent else None,
        timed_on=len(spent),
    )


def _tokens(plan: Plan, missing: Sequence[Asked]) -> int:
    if not missing:
        return 0
    step = max(len(missing) // _COUNTED, 1)
    counted = [_count(plan.asker.model, one.question.messages) for one in missing[::step]]
    return round(sum(counted) * len(missing) / len(counted))


def _count(model: object, messages: list[Message]) -> int:
    if isinstance(model, LocalLM):
        return model.count_tokens(messages)
    return sum(len(message["content"]) for message in messages) // _CHARACTERS


def _answer_tokens(prompt: CodingPrompt) -> int:
    """Tokens of the longest allowed answer; an option is scored by reading, not by writing."""
    if prompt.way == "options":
        return 1
    longest = max(len(option) for option in prompt.options)
    return (longest + len('{"labels": [""]}')) // _CHARACTERS + 1


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
