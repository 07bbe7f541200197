"""Code a corpus with a language model: one Layer per scheme, and an outcome for every turn that was asked.

A turn that was refused, found unclear or answered with something that is no code keeps a row with null label
whose note says so: it is not coded, and never "other". Probabilities are those of the labels where the
model tells them (scored options, or log-probabilities of the server), else shares of the answers to several
seeds, else there are none and the layer's metadata says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from workbench.coding.books import load_codebook
from workbench.coding.llm.answers import Answer, from_options, from_reply
from workbench.coding.llm.asking import Asked, Asker, CodingModel, way_of
from workbench.coding.llm.outcomes import OUTCOME_COLUMNS, outcome_table
from workbench.coding.llm.prompt import VARIANTS, CodingPrompt, Variant, Way, coding_prompts
from workbench.coding.llm.recording import Recording
from workbench.coding.llm.seen import possibly_seen
from workbench.coding.llm.turns import CodedTurn, turns_to_code
from workbench.coding.spoken import english_fit
from workbench.corpus import Codebook, Corpus, Layer, LayerMetadata, Scheme
from workbench.corpus.refusal import Refusal
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.language_models import Reply

__all__ = ["LLMCoding", "Settings", "code_with_llm", "coded_schemes"]

_DECIMALS = 4  # of probabilities: in float32 a score moves by up to 1e-4 with its batch
_LANGUAGE = "the text does not read as English, the language of the codebook; code these by hand"
_UNIT = "the scheme does not code utterances, and a language model codes those only"
_CAUTION = (
    "Coded by a language model ({model}); how well it agrees with people on these conversations is not known "
    "until it is compared with codes of theirs."
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is asked.

    Attributes
    ----------
    variant
        Which parts of the codebook the prompt holds.
    way
        `options` or `json`; None takes what fits the model.
    context_turns
        Turns before the coded one that the model reads.
    seeds
        Each is one round of questions; 0 keeps the book's order of codes and examples, others shuffle it.
    temperature
        For written answers; 0 asks for the likeliest.
    """

    variant: Variant = VARIANTS["standard"]
    way: Way | None = None
    context_turns: int = 4
    seeds: tuple[int, ...] = (0,)
    temperature: float = 0.0

    def __post_init__(self) -> None:
        if self.context_turns < 0:
            raise BadInput(
                f"context_turns is a number of previous turns, not {self.context_turns}."
            )
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise BadInput(f"seeds are at least one and all different; got {list(self.seeds)}.")


@dataclass(frozen=True)
class LLMCoding:
    """What a language model gave.

    Attributes
    ----------
    layers
        `<scheme>.llm`, of coder kind `llm`.
    refusals
        Conversations and schemes that were not asked about, and why.
    outcomes
        One row per turn that was asked about, and seed: `scheme`, `unit_id`, `conversation_id`, `seed`,
        `outcome` (`coded`, `refusal`, `unclear`, `malformed`), `labels`, `repaired`, `reason`, `keys` of the
        answers behind it.
    recording
        Prompts and raw answers by key.
    settings
        How the model was asked; `model`, `codebook` and versions for the trail.
    """

    layers: tuple[Layer, ...]
    refusals: tuple[Refusal, ...]
    outcomes: pl.DataFrame
    recording: Recording = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def counts(self) -> pl.DataFrame:
        """Turns by scheme and outcome: `scheme`, `outcome`, `turns`, `repaired`."""
        return outcome_table(self.outcomes)


def code_with_llm(
    corpus: Corpus,
    codebook: str | Codebook = "annomi",
    *,
    model: CodingModel | None,
    schemes: Sequence[str] | None = None,
    units: Collection[str] | None = None,
    context_turns: int = 4,
    prompt: str | Variant = "standard",
    seeds: Sequence[int] = (0,),
    temperature: float | None = None,
    way: Way | None = None,
    recording: str | Path | Recording | None = None,
    executor: Executor | None = None,
) -> LLMCoding:
    """Code the utterances of a corpus with a language model.

    Every answer is on the disk before the next is waited for: a run that was cut off is called again and
    asks only what is missing.

    Parameters
    ----------
    corpus
        What to code.
    codebook
        Name of a shipped codebook, or any codebook; of its schemes those that code utterances.
    model
        `LocalLM`, or an `OpenAICompatibleLM` at an endpoint of your choice. Words go to another machine only
        inside a permission (`workbench.study.ledger.remote_calls`). None replays a recording.
    schemes
        Names of schemes; default: all of the book.
    units
        Ids of the utterances to code; default: all of the scheme's side. Others are context only.
    context_turns
        Turns before the coded one that the model reads, whoever spoke them.
    prompt
        Name of a wording in `VARIANTS`, or one of your own.
    seeds
        Rounds of questions, of which the most frequent answer counts.
    temperature
        Of written answers; default 0 for one seed and 0.7 for several.
    way
        `options` (log-probability of each allowed answer) or `json`; default by the model.
    recording
        File of the answers; default: one per model in the user's cache.
    executor
        Whose workers ask, with the same result; default: this process.

    Raises
    ------
    BadInput
        If a name is unknown, or no scheme of the book codes utterances.
    NotComputed
        If there is no model and an answer is not recorded.
    NetworkRefused
        If the model is on another machine and nobody permitted it.
    WorkbenchError
        If the model cannot be asked; what it answered is kept.
    """
    book = load_codebook(codebook) if isinstance(codebook, str) else codebook
    seeds = tuple(seeds)
    chosen = Settings(
        variant=_variant(prompt),
        way=way_of(model, way),
        context_turns=context_turns,
        seeds=seeds,
        temperature=(0.0 if len(seeds) == 1 else 0.7) if temperature is None else temperature,
    )
    asker = _asker(model, chosen, recording, executor)
    wanted, refusals = coded_schemes(book, schemes, corpus)
    layers, tables = [], []
    for scheme in wanted:
        turns, declined = turns_to_code(
            corpus, scheme, units=units, context=chosen.context_turns, fit=_fit(corpus, scheme)
        )
        refusals += declined
        if turns:
            layer, table = _code_scheme(corpus, book, scheme, turns, asker, chosen)
            layers.append(layer)
            tables.append(table)
    return LLMCoding(
        layers=tuple(layers),
        refusals=tuple(refusals),
        outcomes=pl.concat(tables) if tables else pl.DataFrame(schema=OUTCOME_COLUMNS),
        recording=asker.recording,
        settings=_facts(book, asker, chosen) if layers else {},
    )


def coded_schemes(
    book: Codebook, names: Sequence[str] | None, corpus: Corpus
) -> tuple[list[Scheme], list[Refusal]]:
    """Schemes of a book that a language model codes, and refusals for those it does not."""
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
    if isinstance(recording, str | Path):
        recording = Recording(recording)
    if recording is None and model is None:
        raise BadInput("Without a model there has to be a recording: name its file.")
    if recording is None:
        asker = Asker(model, chosen.way, chosen.temperature, Recording(None), executor)
        recording = Recording.of_model(asker.fingerprint)
    return Asker(model, chosen.way, chosen.temperature, recording, executor)


def _fit(corpus: Corpus, scheme: Scheme) -> Any:
    return english_fit(corpus, scheme, language=_LANGUAGE)


def _code_scheme(
    corpus: Corpus,
    book: Codebook,
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    asker: Asker,
    chosen: Settings,
) -> tuple[Layer, pl.DataFrame]:
    spoken = [turn for turn in turns if turn.turn.text.strip()]
    rounds: dict[str, list[Answer]] = {turn.turn.unit_id: [] for turn in spoken}
    rows = []
    for seed in chosen.seeds:
        for turn, answer, repaired, keys in _round(book, scheme, spoken, asker, chosen, seed):
            rounds[turn.turn.unit_id].append(answer)
            rows.append(
                (
                    *(scheme.name, turn.turn.unit_id, turn.conversation_id, seed),
                    *(answer.outcome, list(answer.labels), repaired, answer.reason or None, keys),
                )
            )
    decided = {unit: _together(scheme, answers) for unit, answers in rounds.items()}
    layer = _layer(corpus, book, scheme, turns, decided, asker, chosen)
    return layer, pl.DataFrame(rows, schema=OUTCOME_COLUMNS, orient="row")


def _round(
    book: Codebook,
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    asker: Asker,
    chosen: Settings,
    seed: int,
) -> list[tuple[CodedTurn, Answer, bool, list[str]]]:
    """One seed: a decision for each turn, whether it took a repair, keys of the answers behind it."""
    prompts = coding_prompts(
        scheme, title=book.title, way=asker.way, variant=chosen.variant, seed=seed
    )
    asked = [
        [asker.asked(prompt, prompt.ask(turn.turn), turn.read, seed=seed) for turn in turns]
        for prompt in prompts
    ]
    for prompt, questions in zip(prompts, asked, strict=True):
        asker.ask(prompt, questions, seed=seed)
    by_turn = list(zip(turns, zip(*asked, strict=True), strict=True))
    if asker.way == "options":
        return [
            (turn, _of_options(scheme, prompts, own, asker), False, [one.key for one in own])
            for turn, own in by_turn
        ]
    return _written(prompts[0], [(turn, own[0]) for turn, own in by_turn], asker, seed)


def _written(
    prompt: CodingPrompt, asked: Sequence[tuple[CodedTurn, Asked]], asker: Asker, seed: int
) -> list[tuple[CodedTurn, Answer, bool, list[str]]]:
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
        if first[place].outcome == "malformed"
    }
    asker.ask(prompt, list(again.values()), seed=seed)
    found = []
    for place, (turn, one) in enumerate(asked):
        if place not in again:
            found.append((turn, first[place], False, [one.key]))
            continue
        key = again[place].key
        found.append((turn, from_reply(prompt, _reply(asker, key)), True, [one.key, key]))
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
    scheme: Scheme, prompts: Sequence[CodingPrompt], own: Sequence[Asked], asker: Asker
) -> Answer:
    scored = [
        from_options(prompt, asker.recording[one.key]["logprobs"])
        for prompt, one in zip(prompts, own, strict=True)
    ]
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
    above = {code.label: code.parent for code in scheme.codes}
    capped = {}
    for label in shares:
        line, share = above[label], shares[label]
        while line is not None:
            share = min(share, shares.get(line, 1.0))
            line = above[line]
        capped[label] = share
    return capped


def _together(scheme: Scheme, answers: Sequence[Answer]) -> Answer:
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


def _layer(
    corpus: Corpus,
    book: Codebook,
    scheme: Scheme,
    turns: Sequence[CodedTurn],
    decided: Mapping[str, Answer],
    asker: Asker,
    chosen: Settings,
) -> Layer:
    rows: list[tuple[str, str | None, float | None, str | None]] = []
    shares: list[dict[str, Any]] = []
    reasons: list[str] = []
    for turn in turns:
        unit = turn.turn.unit_id
        answer = decided.get(unit)
        if answer is None:
            rows.append((unit, None, None, None))
            continue
        known = {x: round(p, _DECIMALS) for x, p in (answer.shares or {}).items()}
        if answer.shares is not None:
            shares.append({"unit_id": unit, **{x: known.get(x, 0.0) for x in scheme.labels}})
        elif answer.outcome == "coded":
            reasons.append(answer.reason)
        note = None if answer.outcome == "coded" else f"not coded: {answer.outcome}"
        rows += [(unit, x, known.get(x), note) for x in answer.labels] or [(unit, None, None, note)]
    return Layer.build(
        f"{scheme.name}.llm",
        pl.DataFrame(rows, schema=_ROW, orient="row"),
        _metadata(corpus, book, scheme, asker, chosen, reasons),
        probabilities=pl.DataFrame(
            shares, schema={"unit_id": pl.String, **dict.fromkeys(scheme.labels, pl.Float64)}
        )
        if shares
        else None,
    )


_ROW = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64, "note": pl.String}


def _metadata(
    corpus: Corpus,
    book: Codebook,
    scheme: Scheme,
    asker: Asker,
    chosen: Settings,
    reasons: Sequence[str],
) -> LayerMetadata:
    seen = possibly_seen(corpus)
    caution = _CAUTION.format(model=asker.fingerprint)
    return LayerMetadata(
        scheme=scheme.name,
        coder=f"{asker.fingerprint} ({chosen.variant.name} prompt)",
        coder_kind="llm",
        labels=scheme.labels,
        exclusive=scheme.exclusive,
        codebook=book.checksum,
        model=asker.fingerprint,
        context_turns=chosen.context_turns,
        blind=True,
        caution=f"{caution} {seen}" if seen else caution,
        facts=_facts(book, asker, chosen)
        | {"no_probabilities": dict(sorted(Counter(reasons).items()))},
    )


def _facts(book: Codebook, asker: Asker, chosen: Settings) -> dict[str, Any]:
    """What a replication needs to know."""
    return {
        "codebook": {"name": book.name, "version": book.version, "checksum": book.checksum},
        "model": asker.fingerprint,
        "way": asker.way,
        "prompt": chosen.variant.name,
        "prompt_parts": checksum_of(
            [chosen.variant.definitions, chosen.variant.examples, chosen.context_turns]
        )[:16],
        "context_turns": chosen.context_turns,
        "seeds": list(chosen.seeds),
        "temperature": chosen.temperature,
    }
