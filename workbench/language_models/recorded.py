"""Answers of a language model kept in a file: asked once, replayed ever after.

One JSON object a line, appended; a line is `{"model": ..., "key": ..., "logprob": ..., "of": [...]}`
where the key is a checksum of model fingerprint, conversation and option, and `of` holds the marks of the
utterances whose words stand in the conversation, where the asker told them (`RecordedLM.marking`). No text
is written. A line cut off by a crash is passed over, and that answer is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from workbench import settings
from workbench.errors import BadInput, NotComputed
from workbench.files import atomic_path, checksum_of
from workbench.language_models.answer_file import append_lines, read_lines
from workbench.language_models.local import LanguageModel
from workbench.language_models.prompt import Message

__all__ = ["RecordedLM", "forget_answers", "recorded"]

_ASKED_AT_ONCE = 256
"""Conversations between two writes: what a crash can lose."""


class RecordedLM:
    """A language model that remembers its answers, or only replays them.

    Parameters
    ----------
    path
        The recording; made with its folder when the first answer is written.
    model
        Asked for answers that are not recorded; None replays only.
    fingerprint
        Needed only for replay of a file that holds answers of several models.

    Raises
    ------
    BadInput
        If there is no model and the file does not tell which one is meant.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        model: LanguageModel | None = None,
        fingerprint: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.model = model
        self._answers, models = _read(self.path)
        self._marks: Mapping[str, Collection[str]] | None = None
        if model is not None:
            self.fingerprint = model.fingerprint
        elif fingerprint is not None:
            self.fingerprint = fingerprint
        elif len(models) == 1:
            self.fingerprint = models.pop()
        else:
            raise BadInput(
                f"{self.path} holds answers of {len(models)} models {sorted(models)}: give a model, "
                "or the fingerprint of the one to replay."
            )

    def __len__(self) -> int:
        return len(self._answers)

    @contextmanager
    def marking(self, marks: Mapping[str, Collection[str]]) -> Iterator[None]:
        """Keep with new answers whose words their prompts hold, so that they can be forgotten one by one.

        Parameters
        ----------
        marks
            Text that may stand in a prompt -> marks of the utterances it comes from.
        """
        before, self._marks = self._marks, marks
        try:
            yield
        finally:
            self._marks = before

    def score_options(
        self, conversations: Sequence[Sequence[Message]], options: Sequence[str]
    ) -> np.ndarray:
        """Return log-probabilities of shape (n, k) as `LocalLM.score_options` does.

        Raises
        ------
        NotComputed
            If an answer is not recorded and there is no model to ask.
        """
        keys = [[self._key(messages, option) for option in options] for messages in conversations]
        missing = {
            tuple(row): number
            for number, row in enumerate(keys)
            if any(key not in self._answers for key in row)
        }
        if missing and self.model is None:
            raise NotComputed(
                f"{self.path} has no answer for {len(missing)} of {len(keys)} conversations. "
                "Run again with the model that was recorded."
            )
        todo = list(missing.items())
        for low in range(0, len(todo), _ASKED_AT_ONCE):
            self._ask(todo[low : low + _ASKED_AT_ONCE], conversations, options)
        return np.array([[self._answers[key] for key in row] for row in keys]).reshape(
            len(keys), len(options)
        )

    def _key(self, messages: Sequence[Message], option: str) -> str:
        return checksum_of([self.fingerprint, list(messages), option])[:32]

    def _ask(
        self,
        todo: Sequence[tuple[tuple[str, ...], int]],
        conversations: Sequence[Sequence[Message]],
        options: Sequence[str],
    ) -> None:
        assert self.model is not None
        asked = [conversations[number] for _, number in todo]
        scores = self.model.score_options(asked, options)
        new, lines = {}, []
        for messages, (row, _), line in zip(asked, todo, scores, strict=True):
            of = self._marks_of(messages)
            for key, score in zip(row, line, strict=True):
                new[key] = float(score)
                lines.append({"model": self.fingerprint, "key": key, "logprob": new[key], **of})
        append_lines(self.path, lines)
        self._answers.update(new)

    def _marks_of(self, messages: Sequence[Message]) -> dict[str, list[str]]:
        if self._marks is None:
            return {}
        told = "\n".join(message["content"] for message in messages)
        found = (marks for text, marks in self._marks.items() if text in told)
        return {"of": sorted({mark for marks in found for mark in marks})}


def recorded(model: LanguageModel, path: str | Path | None = None) -> RecordedLM:
    """Return a model that remembers its answers; one that does so already is returned as it is.

    Parameters
    ----------
    model
        The model to ask.
    path
        The recording; by default one per model in the cache folder.
    """
    if isinstance(model, RecordedLM):
        return model
    default = settings.cache_home() / "answers" / f"{model.fingerprint}.jsonl"
    return RecordedLM(path or default, model=model)


def forget_answers(path: Path, marks: Collection[str], *, dry: bool = False) -> int:
    """Take answers out of a recording, or with `dry` only count them; return how many.

    Out go those whose prompts hold words of the marked utterances, and those that do not tell whose words
    they hold: nobody can vouch for them, and a model that is asked again answers the same.
    """
    lines = path.read_text("utf-8", errors="replace").splitlines()
    gone, kept = set(marks), []
    for line in lines:
        try:
            of = json.loads(line).get("of")
        except (ValueError, AttributeError):
            continue
        if of is not None and gone.isdisjoint(of):
            kept.append(line)
    if len(kept) < len(lines) and not dry:
        with atomic_path(path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in kept), "utf-8")
    return len(lines) - len(kept)


def _read(path: Path) -> tuple[dict[str, float], set[str]]:
    answers: dict[str, float] = {}
    models: set[str] = set()
    for record in read_lines(path):
        try:
            answers[record["key"]] = float(record["logprob"])
            models.add(record["model"])
        except (KeyError, TypeError, ValueError):
            continue
    return answers, models
