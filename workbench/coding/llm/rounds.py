"""One round of questions about the turns of a scheme, and the decision that several rounds give together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.coding.llm.answers import NOT_CENTRED, UNREAD, Answer, from_options, from_reply
from workbench.coding.llm.asking import Asked, Asker
from workbench.coding.llm.prompt import CodingPrompt, coding_prompts
from workbench.coding.llm.settings import Settings
from workbench.coding.llm.turn import Turn
from workbench.coding.llm.turns import CodedTurn
from workbench.corpus import Codebook, Scheme
from workbench.language_models import Reply

__all__ = ["Decided", "decide_round", "questions", "together"]

_NOTHING = "N/A"  # a turn that says nothing


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about a turn, whether it took a repair, and the keys of the answers behind it."""

    turn: CodedTurn
    answer: Answer
    repaired: bool
    keys: tuple[str, ...]


def questions(
    book: Codebook,
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    asker: Asker,
    chosen: Settings,
    seed: int,
) -> list[tuple[CodingPrompt, list[Asked]]]:
    """Every prompt of a round with its questions, one per turn and in their order."""
    prompts = coding_prompts(
        scheme, title=book.title, way=asker.way, variant=chosen.variant, seed=seed
    )
    return [
        (
            prompt,
            [asker.asked(prompt, prompt.ask(turn.turn), turn.read, seed=seed) for turn in turns],
        )
        for prompt in prompts
    ]


def decide_round(
    book: Codebook,
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    asker: Asker,
    chosen: Settings,
    seed: int,
) -> list[Decided]:
    """Ask what is not recorded and read the answers, a decision per turn."""
    asked = questions(book, scheme, turns, asker, chosen, seed)
    for prompt, own in asked:
        asker.ask(prompt, own, seed=seed)
    if asker.way == "json":
        prompt, own = asked[0]
        return _written(prompt, list(zip(turns, own, strict=True)), asker, seed)
    return _scored(scheme, turns, asked, asker, centred=chosen.centred, seed=seed)


def _scored(
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    asked: Sequence[tuple[CodingPrompt, Sequence[Asked]]],
    asker: Asker,
    *,
    centred: bool,
    seed: int,
) -> list[Decided]:
    """Read scored options, of all prompts about a turn together."""
    prompts = [prompt for prompt, _ in asked]
    empty = tuple(_empty(prompt, asker, seed) for prompt in prompts) if centred else ()
    found = []
    for place, turn in enumerate(turns):
        keys = tuple(own[place].key for _, own in asked)
        answer = _of_scores(scheme, prompts, keys, empty, asker)
        found.append(Decided(turn, answer, False, (*keys, *empty)))
    return found


def _of_scores(
    scheme: Scheme,
    prompts: Sequence[CodingPrompt],
    keys: Sequence[str],
    empty: Sequence[str],
    asker: Asker,
) -> Answer:
    """The decision about one turn, or why it cannot be made."""
    for prompt, key in zip(prompts, keys, strict=True):
        if "logprobs" not in asker.recording[key]:
            return from_reply(prompt, _reply(asker, key))
    if any("logprobs" not in asker.recording[key] for key in empty):
        return NOT_CENTRED
    bases = [asker.recording[key]["logprobs"] for key in empty] or [None] * len(prompts)
    scored = [
        from_options(prompt, asker.recording[key]["logprobs"], base)
        for prompt, key, base in zip(prompts, keys, bases, strict=True)
    ]
    return _of_options(scheme, prompts, scored)


def _empty(prompt: CodingPrompt, asker: Asker, seed: int) -> str:
    """Key of what the model gives each option after a turn that says nothing."""
    side = prompt.scheme.side if prompt.scheme.side in {"helper", "client"} else "helper"
    empty = asker.asked(prompt, prompt.ask(Turn("", side, _NOTHING)), (), seed=seed)
    asker.ask(prompt, [empty], seed=seed)
    return empty.key


def _written(
    prompt: CodingPrompt, asked: Sequence[tuple[CodedTurn, Asked]], asker: Asker, seed: int
) -> list[Decided]:
    """Read written answers; those that are none are asked once more."""
    first = [from_reply(prompt, _reply(asker, one.key)) for _, one in asked]
    again = {
        place: asker.asked(
            prompt,
            prompt.repair(one.question, asker.recording[one.key]["answer"]),
            one.of,
            seed=seed,
        )
        for place, (_, one) in enumerate(asked)
        if first[place].outcome == "malformed" and first[place] != UNREAD
    }
    asker.ask(prompt, list(again.values()), seed=seed)
    found = []
    for place, (turn, one) in enumerate(asked):
        if place not in again:
            found.append(Decided(turn, first[place], False, (one.key,)))
            continue
        key = again[place].key
        second = from_reply(prompt, _reply(asker, key))
        found.append(Decided(turn, second, True, (one.key, key)))
    return found


def _reply(asker: Asker, key: str) -> Reply:
    told = asker.recording[key]
    return Reply(
        text=told["answer"],
        finish=told["finish"],
        refused=told["refused"],
        tokens=tuple((token, others) for token, others in told["tokens"]),
    )


def _of_options(
    scheme: Scheme, prompts: Sequence[CodingPrompt], scored: Sequence[Mapping[str, float]]
) -> Answer:
    if not scheme.exclusive:
        shares = {str(p.code): s[p.options[0]] for p, s in zip(prompts, scored, strict=True)}
        shares = _capped(scheme, shares)
        return Answer("coded", tuple(x for x, share in shares.items() if share >= 0.5), shares)
    (prompt,), (options,) = prompts, scored
    total = sum(options[label] for label in options if label != prompt.unclear)
    best = max(prompt.options, key=lambda option: options[option])
    shares = {x: options[x] / total for x in scheme.labels if x in options}
    return Answer("unclear") if best == prompt.unclear else Answer("coded", (best,), shares)


def _capped(scheme: Scheme, shares: Mapping[str, float]) -> dict[str, float]:
    """A code below another is at most as probable as the one above."""
    return {
        label: min(share, *(shares[x] for x in scheme.above(label) if x in shares), 1.0)
        for label, share in shares.items()
    }


def together(scheme: Scheme, answers: Sequence[Answer]) -> Answer:
    """One decision from the answers of all seeds: the most frequent, the earliest seed's where tied."""
    if len(answers) == 1:
        return answers[0]
    ends = Counter((answer.outcome, answer.labels) for answer in answers)
    most = max(ends.values())
    first = next(a for a in answers if ends[a.outcome, a.labels] == most)
    coded = [answer for answer in answers if answer.outcome == "coded"]
    if not coded:
        return first
    if all(answer.shares is not None for answer in coded):
        tables = [answer.shares or {} for answer in coded]
        shares = {x: sum(t.get(x, 0.0) for t in tables) / len(tables) for x in tables[0]}
    else:
        shares = {x: sum(x in a.labels for a in coded) / len(coded) for x in scheme.labels}
    return Answer(first.outcome, first.labels, shares if first.outcome == "coded" else None)
