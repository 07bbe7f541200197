"""Ask a model what is not recorded yet, here or by an executor's workers, and record each answer at once.

Questions are cut into the same jobs whatever the executor: many at once where the model reads shared
beginnings only once, one by one where every answer costs money. The caller records; workers only answer.
What a job has answered is on the disk before the next one is waited for, so that a run that is killed, or
meets a server that is down, loses nothing that was answered and goes on from there.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from workbench.coding.llm.prompt import CodingPrompt, Question, Way
from workbench.coding.llm.recording import Recording, key_of
from workbench.embedding.fan_out import one_at_a_time, spread
from workbench.errors import BadInput, NotComputed, WorkbenchError
from workbench.language_models import LocalLM, Message, OpenAICompatibleLM, Reply
from workbench.language_models.openai_compatible import permitting
from workbench.progress import track

__all__ = ["Asked", "Asker", "CodingModel", "way_of"]

CodingModel: TypeAlias = LocalLM | OpenAICompatibleLM
"""A model of this machine, or an endpoint that the user names."""

_AT_ONCE = 32  # questions of one job of a model that reads shared beginnings once
_MAX_TOKENS = 64
_LEAST_LOGPROB = -9.0  # alternatives of a token that are less likely than this are not kept


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the key of its answer and the marks of whose words it holds."""

    question: Question
    key: str
    of: tuple[str, ...]


def way_of(model: CodingModel | None, way: Way | None) -> Way:
    """How a model answers unless told otherwise: options on this machine's model, else JSON."""
    return way or ("json" if isinstance(model, OpenAICompatibleLM) else "options")


@dataclass(frozen=True)
class Asker:
    """A model with a way to ask it and a recording.

    Attributes
    ----------
    model
        None replays what is recorded.
    way, temperature
        How it answers, and how freely.
    recording
        Where answers are kept.
    executor
        Whose workers ask; None for this process.
    """

    model: CodingModel | None
    way: Way
    temperature: float
    recording: Recording
    executor: Executor | None = None

    @property
    def fingerprint(self) -> str:
        """Of the model.

        Raises
        ------
        BadInput
            If there is no model and the recording is not of exactly one.
        """
        if self.model is None:
            if len(self.recording.models) != 1:
                raise BadInput(
                    f"The recording holds answers of {len(self.recording.models)} models: name the one "
                    "that was asked."
                )
            return next(iter(self.recording.models))
        if isinstance(self.model, OpenAICompatibleLM):
            return self.model.identity
        return self.model.fingerprint

    def parameters(self, prompt: CodingPrompt, seed: int) -> dict[str, Any]:
        """What an answer depends on beside model and prompt."""
        given: dict[str, Any] = {"way": self.way, "options": list(prompt.options)}
        if self.way == "json":
            given |= {"temperature": self.temperature, "max_tokens": _MAX_TOKENS}
            given |= {"seed": seed} if self.temperature else {}
        return given

    def asked(
        self, prompt: CodingPrompt, question: Question, of: Sequence[str], *, seed: int
    ) -> Asked:
        """The question under the key of its answer."""
        key = key_of(question, self.fingerprint, self.parameters(prompt, seed))
        return Asked(question, key, tuple(of))

    def ask(self, prompt: CodingPrompt, asked: Sequence[Asked], *, seed: int) -> None:
        """See to it that every question has a recorded answer.

        Raises
        ------
        NotComputed
            If an answer is not recorded and there is no model to ask.
        WorkbenchError
            If the model cannot be asked; says how many answers are kept.
        """
        missing = {one.key: one for one in asked if one.key not in self.recording}
        if not missing:
            return
        if self.model is None:
            raise NotComputed(
                f"The recording has no answer for {len(missing)} of {len(asked)} prompts. Run again with "
                "the model that was recorded."
            )
        parameters = self.parameters(prompt, seed)
        todo = list(missing.values())
        size = 1 if isinstance(self.model, OpenAICompatibleLM) or self.way == "json" else _AT_ONCE
        parts = [todo[at : at + size] for at in range(0, len(todo), size)]
        done = 0
        try:
            with closing(self._answers(prompt, parts, parameters)) as answers:
                for number, answer in track(answers, doing="Language model", total=len(parts)):
                    self._keep(parts[number], answer, parameters)
                    done += len(parts[number])
        except WorkbenchError as error:
            error.args = (
                f"{error} {done} of {len(todo)} answers that were missing came and are kept; run the same "
                "again to go on from there.",
            )
            raise

    def _answers(
        self,
        prompt: CodingPrompt,
        parts: Sequence[Sequence[Asked]],
        parameters: Mapping[str, Any],
    ) -> Generator[tuple[int, list[dict[str, Any]]], None, None]:
        chats = ([one.question.messages for one in part] for part in parts)
        form = (prompt.options, prompt.schema if self.way == "json" else None, dict(parameters))
        if self.executor is None:
            return spread(_answered, ((self.model, part, *form) for part in chats), executor=None)
        jobs = ((_spec(self.model), part, *form) for part in self._permitted(chats))
        return spread(_answered_there, jobs, executor=self.executor)

    def _permitted(self, chats: Iterator[list[list[Message]]]) -> Iterator[list[list[Message]]]:
        """Parts for workers, who cannot be asked for permission: it is asked for here, before each goes."""
        for part in chats:
            if isinstance(self.model, OpenAICompatibleLM):
                self.model.ask_permission(part)
            yield part

    def _keep(
        self,
        part: Sequence[Asked],
        answers: Sequence[dict[str, Any]],
        parameters: Mapping[str, Any],
    ) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.recording.add(
            [
                (
                    one.question,
                    {
                        "key": one.key,
                        "model": self.fingerprint,
                        "parameters": dict(parameters),
                        "of": list(one.of),
                        "time": now,
                        **answer,
                    },
                )
                for one, answer in zip(part, answers, strict=True)
            ]
        )


Spec: TypeAlias = tuple[str, tuple[Any, ...], str]
"""Kind, arguments and fingerprint of a model, from which a worker makes its own."""


def _spec(model: CodingModel | None) -> Spec:
    if isinstance(model, OpenAICompatibleLM):
        told = (model.endpoint, model.model, model.key_variable, model.timeout, model.patience)
        return "endpoint", told, model.fingerprint
    if isinstance(model, LocalLM):
        return "local", (str(model.folder),), model.fingerprint
    raise BadInput(
        f"Workers of an executor cannot be given a {type(model).__name__}: give a LocalLM or an "
        "OpenAICompatibleLM, or leave the executor out."
    )


@lru_cache(maxsize=2)
def _made(spec: Spec) -> CodingModel:
    kind, told, fingerprint = spec
    model: CodingModel
    if kind == "local":
        model = LocalLM(*told)
    else:
        endpoint, name, key_variable, timeout, patience = told
        model = OpenAICompatibleLM(
            endpoint, name, key_variable=key_variable, timeout=timeout, patience=patience
        )
    if model.fingerprint != fingerprint:
        raise WorkbenchError(
            f"the language model here is {model.fingerprint}, not {fingerprint}: put the same folder on "
            "every worker."
        )
    return model


def _answered_there(spec: Spec, *job: Any) -> list[dict[str, Any]]:
    """Answer a part on a worker, with a model of its own; permission was asked before it was sent."""
    local = spec[0] == "local"
    lock: AbstractContextManager[Any] = one_at_a_time if local else nullcontext()
    with lock, permitting(lambda call: None):
        return _answered(_made(spec), *job)


def _answered(
    model: CodingModel,
    chats: Sequence[list[Message]],
    options: Sequence[str],
    schema: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Answers to some prompts, in the form in which they are recorded."""
    if schema is None:
        return _scored(model, chats, options)
    found = []
    for chat in chats:
        begun = time.perf_counter()
        reply = _written(model, chat, schema, parameters) if _reads(model, chat) else Reply.unread()
        found.append(_told(reply, time.perf_counter() - begun))
    return found


def _scored(
    model: CodingModel, chats: Sequence[list[Message]], options: Sequence[str]
) -> list[dict[str, Any]]:
    """Log-probabilities of the options after each chat that the model can read."""
    begun = time.perf_counter()
    read = [_reads(model, chat) for chat in chats]
    asked = [chat for chat, one in zip(chats, read, strict=True) if one]
    scores = iter(model.score_options(asked, options)) if asked else iter(())
    rows = [[round(float(x), 6) for x in next(scores)] if one else None for one in read]
    seconds = (time.perf_counter() - begun) / len(chats)
    return [
        _told(Reply.unread(), 0.0)
        if row is None
        else {"logprobs": row, "seconds": round(seconds, 4)}
        for row in rows
    ]


def _reads(model: CodingModel, chat: list[Message]) -> bool:
    """Whether a chat is within what the model reads; a server says so itself."""
    return not isinstance(model, LocalLM) or model.reads(chat, answer=_MAX_TOKENS)


def _told(reply: Reply, seconds: float) -> dict[str, Any]:
    """A reply in the form in which it is recorded."""
    return {
        "answer": reply.text,
        "finish": reply.finish,
        "refused": reply.refused,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "tokens": [[token, _likely(others)] for token, others in reply.tokens],
        "seconds": round(seconds, 4),
    }


def _likely(alternatives: Mapping[str, float]) -> dict[str, float]:
    return {token: round(x, 4) for token, x in alternatives.items() if x > _LEAST_LOGPROB}


def _written(
    model: CodingModel,
    chat: list[Message],
    schema: Mapping[str, Any],
    parameters: Mapping[str, Any],
) -> Reply:
    if isinstance(model, OpenAICompatibleLM):
        return model.ask(
            chat,
            max_tokens=parameters["max_tokens"],
            schema=schema,
            temperature=parameters["temperature"],
            seed=parameters.get("seed"),
        )
    return Reply(model.complete(chat, max_tokens=parameters["max_tokens"]))
