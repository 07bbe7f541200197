"""Ask a model what is not recorded yet, here or by an executor's workers, and record each answer at once.

Questions are cut into the same jobs whatever the executor: many at once where the model reads shared
beginnings only once, one by one where every answer costs money. The caller records; workers only answer.
What a job has answered is on the disk before the next one is waited for, so that a run that is killed, or
meets a server that is down, loses nothing that was answered and goes on from there.
"""

from __future__ import annotations

import datetime
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from workbench.coding.llm.answering import (
    MAX_TOKENS,
    CodingModel,
    answered,
    answered_there,
    spec_of,
)
from workbench.coding.llm.prompt import CodingPrompt, Question, Way
from workbench.coding.llm.recording import Recording, key_of
from workbench.embedding.fan_out import spread
from workbench.errors import BadInput, NotComputed, WorkbenchError
from workbench.language_models import Message, OpenAICompatibleLM
from workbench.progress import track

__all__ = ["Asked", "Asker", "way_of"]

_AT_ONCE = 32  # questions of one job of a model that reads shared beginnings once


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
            given |= {"temperature": self.temperature, "max_tokens": MAX_TOKENS}
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
            return spread(answered, ((self.model, part, *form) for part in chats), executor=None)
        jobs = ((spec_of(self.model), part, *form) for part in self._permitted(chats))
        return spread(answered_there, jobs, executor=self.executor)

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
