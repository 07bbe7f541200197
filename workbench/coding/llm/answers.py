"""From what a model answered to a decision: coded, refusal, unclear or malformed, and how sure.

Nothing that is not an allowed answer is ever turned into a code: it is malformed, asked once more, and then
stays malformed. A refusal is what the server marks as one, or an answer without an allowed label that
begins as refusals do.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from workbench.coding.llm.prompt import CodingPrompt, with_codes_above
from workbench.language_models import Reply

__all__ = ["NOT_CENTRED", "OUTCOMES", "UNREAD", "Answer", "Outcome", "from_options", "from_reply"]

Outcome: TypeAlias = Literal["coded", "refusal", "unclear", "malformed"]
OUTCOMES: tuple[Outcome, ...] = ("coded", "refusal", "unclear", "malformed")
"""How asking about one turn can end."""

_REFUSAL = re.compile(
    r"\W*(?:i['’]?m (?:very )?sorry|i am sorry|sorry|i apologi[sz]e|i can(?:no|['’])t|i can not|i won['’]t|"
    r"i['’]?m (?:not able|unable)|i am (?:not able|unable)|as an ai\b|unfortunately, i)",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)
_NEGLIGIBLE = 0.01  # probability of tokens that may stay unassigned


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision about one turn.

    Attributes
    ----------
    outcome
        How it ended.
    labels
        Codes that were given, those above them included; none unless coded, and none where no code
        holds.
    shares
        Probability of each label; None where the model does not tell.
    reason
        Why there are no probabilities, or what is wrong with the answer.
    """

    outcome: Outcome
    labels: tuple[str, ...] = ()
    shares: Mapping[str, float] | None = None
    reason: str = ""


UNREAD = Answer("malformed", reason="the prompt is longer than the model reads")
"""About a turn that cannot be asked for; asking once more would change nothing."""
NOT_CENTRED = Answer(
    "malformed", reason="the turn that says nothing, which centring takes off, was not scored"
)
"""About a turn whose scores cannot be centred."""


def from_options(
    prompt: CodingPrompt, logprobs: Sequence[float], base: Sequence[float] | None = None
) -> dict[str, float]:
    """Probability of each option, normalised over the options: p = exp(l) / sum exp(l).

    Parameters
    ----------
    base
        Log-probabilities of the options after a turn that says nothing; they are taken off first, so that a
        model which prefers one word whatever is said does not give it to every turn. Zhao et al. (2021),
        Calibrate before use, arXiv:2102.09690.
    """
    told = [x - b for x, b in zip(logprobs, base or [0.0] * len(logprobs), strict=True)]
    highest = max(told)
    weights = [math.exp(one - highest) for one in told]
    return {
        option: weight / math.fsum(weights)
        for option, weight in zip(prompt.options, weights, strict=True)
    }


def from_reply(prompt: CodingPrompt, reply: Reply) -> Answer:
    """Read a written answer."""
    if reply.refused:
        return Answer("refusal", reason="the server marks it as a refusal")
    labels = _labels(prompt, reply.text)
    if labels is None:
        if _REFUSAL.match(reply.text):
            return Answer("refusal", reason="it begins as a refusal does")
        return Answer("malformed", reason=_trouble(reply))
    if prompt.unclear in labels:
        return Answer("unclear")
    if not prompt.scheme.exclusive:
        return Answer("coded", labels, reason="a list of codes comes without probabilities")
    shares, reason = _shares(prompt, reply)
    return Answer("coded", labels, shares, reason)


def _trouble(reply: Reply) -> str:
    if reply.is_unread:
        return UNREAD.reason
    if not reply.text:
        return "the answer is empty"
    return (
        "the answer was cut off"
        if reply.finish == "length"
        else "no allowed label in the asked form"
    )


def _labels(prompt: CodingPrompt, text: str) -> tuple[str, ...] | None:
    """Labels of an answer in JSON, alone or in a sentence or code block; None if it is not one.

    Answers that differ from each other are none.
    """
    found: set[tuple[str, ...] | None] = set()
    for candidate in (text, *_OBJECT.findall(text)):
        try:
            content = json.loads(candidate)
        except ValueError:
            continue
        found.add(_allowed(prompt, content))
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _allowed(prompt: CodingPrompt, content: Any) -> tuple[str, ...] | None:
    if not isinstance(content, dict):
        return None
    given = [content.get("label")] if prompt.scheme.exclusive else content.get("labels")
    spelled = {option.casefold(): option for option in prompt.options}
    if not isinstance(given, list):
        return None
    labels = [spelled.get(x.strip().casefold()) if isinstance(x, str) else None for x in given]
    if None in labels:
        return None
    found = {label for label in labels if label is not None}
    if prompt.unclear in found and len(found) > 1:
        return None
    if prompt.unclear in found:
        return (prompt.unclear,)
    return with_codes_above(prompt.scheme, found)


def _shares(prompt: CodingPrompt, reply: Reply) -> tuple[dict[str, float] | None, str]:
    """Probability of each label from the alternatives of the token in which the label begins."""
    if not reply.tokens:
        return None, "the server gives no log-probabilities"
    written = "".join(token for token, _ in reply.tokens)
    begin = re.search(r'"label"\s*:\s*"', written)
    if begin is None:
        return None, "the tokens do not show where the label begins"
    start = 0
    for token, alternatives in reply.tokens:
        if start + len(token) > begin.end():
            before = token[: begin.end() - start]
            return _of_alternatives(prompt, before, alternatives)
        start += len(token)
    return None, "the tokens do not show where the label begins"


def _of_alternatives(
    prompt: CodingPrompt, before: str, alternatives: Mapping[str, float]
) -> tuple[dict[str, float] | None, str]:
    mass = dict.fromkeys(prompt.options, 0.0)
    shared = 0.0
    for token, logprob in alternatives.items():
        rest = token[len(before) :] if token.startswith(before) else ""
        fits = [
            x for x in prompt.options if rest and (x.startswith(rest) or rest.startswith(f'{x}"'))
        ]
        if len(fits) == 1:
            mass[fits[0]] += math.exp(logprob)
        elif fits:
            shared += math.exp(logprob)
    labels = {label: mass[label] for label in prompt.options if label != prompt.unclear}
    total = math.fsum(labels.values())
    if shared > _NEGLIGIBLE:
        return (
            None,
            "labels begin with the same token, whose log-probability does not tell them apart",
        )
    if not total:
        return None, "the server's log-probabilities hold none of the labels"
    return {label: value / total for label, value in labels.items()}, ""
