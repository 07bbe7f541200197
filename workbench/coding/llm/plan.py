"""What a coding will ask for: schemes, turns, settings and model, worked out before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.coding.books import load_codebook
from workbench.coding.llm.answering import CodingModel
from workbench.coding.llm.asking import Asked, Asker, way_of
from workbench.coding.llm.draw import Draw
from workbench.coding.llm.prompt import VARIANTS, CodingPrompt, Variant, Way
from workbench.coding.llm.recording import Recording
from workbench.coding.llm.rounds import questions
from workbench.coding.llm.settings import Settings
from workbench.coding.llm.turns import CodedTurn, turns_to_code
from workbench.coding.spoken import english_fit
from workbench.corpus import Codebook, Corpus, Scheme
from workbench.corpus.refusal import Refusal
from workbench.errors import BadInput
from workbench.language_models import LocalLM

__all__ = ["Part", "Plan", "plan_coding"]

_LANGUAGE = "the text does not read as English, the language of the codebook; code these by hand"
_UNIT = "the scheme does not code utterances, and a language model codes those only"
_SEVERAL = 0.7  # temperature of written answers that are asked for several times


@dataclass(frozen=True)
class Part:
    """Turns of one scheme, and how they were drawn (None: all of them)."""

    scheme: Scheme
    turns: tuple[CodedTurn, ...]
    sampling: str | None

    @property
    def spoken(self) -> list[CodedTurn]:
        """Turns that hold a word."""
        return [turn for turn in self.turns if turn.turn.text.strip()]


@dataclass(frozen=True)
class Plan:
    """A coding that can be counted, priced and run.

    Attributes
    ----------
    name
        What tells its layers from those of other codings; "" where nothing has to.
    draw
        Which turns were wanted.
    """

    corpus: Corpus
    book: Codebook
    chosen: Settings
    asker: Asker
    parts: tuple[Part, ...]
    refusals: tuple[Refusal, ...]
    name: str
    draw: Draw

    def layer_name(self, scheme: str) -> str:
        """Name of the layer of a scheme: `<scheme>.llm`, or `<scheme>.llm-<name>`."""
        return f"{scheme}.llm-{self.name}" if self.name else f"{scheme}.llm"

    @property
    def facts(self) -> dict[str, Any]:
        """Plain values that say what is asked of whom."""
        return self.chosen.facts(self.book, self.asker.fingerprint)

    def questions(self) -> Iterator[tuple[CodingPrompt, list[Asked], int]]:
        """All prompts of all rounds with their questions and the seed; repairs cannot be foreseen."""
        for part in self.parts:
            for seed in self.chosen.seeds:
                asked = questions(
                    self.book, part.scheme, part.spoken, self.asker, self.chosen, seed
                )
                for prompt, own in asked:
                    yield prompt, own, seed

    @property
    def conversations(self) -> list[str]:
        """Ids of the conversations whose words will be read."""
        talks = {turn.conversation_id for part in self.parts for turn in part.turns}
        return sorted(talks)


def plan_coding(
    corpus: Corpus,
    codebook: str | Path | Codebook = "annomi",
    *,
    model: CodingModel | None,
    name: str = "",
    schemes: Sequence[str] | None = None,
    units: Collection[str] | None = None,
    limit: int | None = None,
    random_state: int = 7,
    context_turns: int = 4,
    prompt: str | Variant = "standard",
    seeds: Sequence[int] = (0,),
    temperature: float | None = None,
    way: Way | None = None,
    centred: bool = False,
    recording: str | Path | Recording | None = None,
    executor: Executor | None = None,
) -> Plan:
    """Work out what a language model will be asked.

    Parameters
    ----------
    corpus
        What to code.
    codebook
        Name of a shipped codebook, path of one, or a codebook; of its schemes those that code utterances.
    model
        `LocalLM`, or an `OpenAICompatibleLM` at an endpoint of your choice. Words go to another machine only
        inside a permission (`workbench.study.ledger.remote_calls`). None replays a recording.
    name
        Tells the layers of this coding from those of other models or wordings: `<scheme>.llm-<name>`.
    schemes
        Names of schemes; default: all of the book.
    units
        Ids of the utterances to code; default: all of the scheme's side. Others are context only.
    limit
        At most so many turns of each scheme, drawn by `random_state`; a larger limit holds the smaller.
    context_turns
        Turns before the coded one that the model reads, whoever spoke them.
    prompt
        Name of a wording in `VARIANTS`, or one of your own.
    seeds
        Rounds of questions, of which the most frequent answer counts.
    temperature
        Of a server's written answers; default 0 for one seed and 0.7 for several. A model of this machine
        always writes its likeliest answer, so its seeds differ by the order of codes and examples alone.
    way
        `options` (log-probability of each allowed answer) or `json`; default by the model.
    centred
        Of scored options: take off what the model gives each option after a turn that says nothing. A small
        model has favourite words; whether this helps is for `validate` to say.
    recording
        File of the answers; default: one per model in the user's cache.
    executor
        Whose workers ask, with the same result; default: this process.

    Raises
    ------
    BadInput
        If a name is unknown, a number out of range, or no scheme of the book codes utterances.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    if name and not re.fullmatch(r"[^\W_][\w-]*", name):
        raise BadInput(f"name is of letters, digits, - and _, as 'second-model'; got {name!r}.")
    draw = Draw(units, limit, random_state)
    how = way_of(model, way)
    chosen = Settings(
        variant=_variant(prompt),
        way=how,
        context_turns=context_turns,
        seeds=tuple(seeds),
        temperature=_temperature(temperature, model, how, rounds=len(seeds)),
        centred=centred,
    )
    asker = _asker(model, chosen, recording, executor)
    wanted, refusals = _schemes(book, schemes, corpus)
    parts = []
    for scheme in wanted:
        fit = english_fit(corpus, scheme, language=_LANGUAGE)
        refusals += fit.refusals
        turns = turns_to_code(corpus, scheme, units=units, context=context_turns, fit=fit)
        parts.append(Part(scheme, *draw.of(turns)))
    filled = tuple(part for part in parts if part.turns)
    return Plan(corpus, book, chosen, asker, filled, tuple(refusals), name, draw)


def _temperature(given: float | None, model: CodingModel | None, way: Way, *, rounds: int) -> float:
    sampled = way == "json" and not isinstance(model, LocalLM)
    if given and not sampled:
        raise BadInput(
            f"temperature is {given:g}, but nothing is sampled: options are scored, and a model of "
            "this machine writes its likeliest answer. Leave it out."
        )
    default = _SEVERAL if sampled and rounds > 1 else 0.0
    return default if given is None else given


def _schemes(
    book: Codebook, names: Sequence[str] | None, corpus: Corpus
) -> tuple[list[Scheme], list[Refusal]]:
    picked = book.schemes if names is None else [book.scheme(name) for name in names]
    fits = [scheme for scheme in picked if scheme.unit == "utterance" and scheme.scale is None]
    if not fits:
        raise BadInput(f"Codebook {book.name!r} has no scheme that codes utterances.")
    left = [scheme for scheme in picked if scheme not in fits]
    return fits, [Refusal(s.name, _UNIT, corpus.conversations.height) for s in left]


def _variant(prompt: str | Variant) -> Variant:
    if isinstance(prompt, Variant):
        return prompt
    if prompt not in VARIANTS:
        raise BadInput.unknown("wording of the prompt", prompt, VARIANTS)
    return VARIANTS[prompt]


def _asker(
    model: CodingModel | None,
    chosen: Settings,
    recording: str | Path | Recording | None,
    executor: Executor | None,
) -> Asker:
    assert chosen.way is not None
    if recording is None and model is None:
        raise BadInput("Without a model there has to be a recording: name its file.")
    if recording is None:
        asker = Asker(model, chosen.way, chosen.temperature, Recording(None))
        recording = Recording.of_model(asker.fingerprint)
    if not isinstance(recording, Recording):
        recording = Recording(recording)
    return Asker(model, chosen.way, chosen.temperature, recording, executor)
