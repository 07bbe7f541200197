"""Every prompt and raw answer of a coder, in a file: asked once, replayed ever after, followed by a reviewer.

JSON objects, one a line. A ``head`` is the beginning that all prompts of a scheme share, in the words of the
codebook; an ``answer`` names its head and holds the rest of the prompt, what the model said, the parameters,
the time, and in ``of`` the marks of the utterances whose words stand in the prompt, by which they are
forgotten (`workbench.language_models.recorded.forget_answers`). The file is as private as the transcript.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench import settings
from workbench.coding.llm.prompt import Question
from workbench.files import checksum_of
from workbench.language_models import Message
from workbench.language_models.answer_file import append_lines, read_lines

__all__ = ["Recording", "key_of"]


def key_of(question: Question, fingerprint: str, parameters: Mapping[str, Any]) -> str:
    """Checksum of everything an answer depends on: model, parameters, prompt."""
    return checksum_of([fingerprint, dict(parameters), question.messages])[:32]


class Recording:
    """Answers on disk by their key.

    Parameters
    ----------
    path
        The file; made when the first answer is written. None keeps answers in memory only.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)
        self._heads: dict[str, list[Message]] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        for record in read_lines(self.path) if self.path else ():
            self._remember(record)

    @classmethod
    def of_model(cls, fingerprint: str) -> Recording:
        """The recording of a model in the user's cache."""
        return cls(settings.cache_home() / "answers" / f"coder-{fingerprint}.jsonl")

    def __len__(self) -> int:
        return len(self._answers)

    def __contains__(self, key: str) -> bool:
        return key in self._answers

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        return self._answers[key]

    @property
    def models(self) -> set[str]:
        """Fingerprints of the models that answered."""
        return {record["model"] for record in self._answers.values()}

    def prompt(self, key: str) -> list[Message]:
        """The prompt behind an answer, as it was sent."""
        record = self._answers[key]
        return [*self._heads[record["head"]], *record["prompt"]]

    def add(self, answers: Sequence[tuple[Question, Mapping[str, Any]]]) -> None:
        """Keep answers, each with `key`, `model`, `of` and what the model said; on disk when it returns."""
        lines: list[dict[str, Any]] = []
        for question, told in answers:
            shared = list(question.head)
            head = checksum_of(shared)[:32]
            if head not in self._heads:
                self._heads[head] = shared
                lines.append({"kind": "head", "key": head, "messages": shared, "of": []})
            lines.append({"kind": "answer", **told, "head": head, "prompt": list(question.said)})
        if self.path is not None:
            append_lines(self.path, lines)
        for line in lines:
            self._remember(line)

    def _remember(self, record: dict[str, Any]) -> None:
        if record.get("kind") == "head" and {"key", "messages"} <= record.keys():
            self._heads[record["key"]] = record["messages"]
        elif record.get("kind") == "answer" and record.get("head") in self._heads:
            self._answers[record["key"]] = record
