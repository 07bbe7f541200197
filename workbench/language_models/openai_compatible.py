"""A language model behind an OpenAI-compatible server that returns log-probabilities.

A server on this machine (vLLM, llama.cpp, Ollama) is asked like any local model. Words go to another
machine only inside a permission (`permitting`) that is asked before every request and may refuse; without
one nothing is sent. `workbench.study.ledger.remote_calls` gives it for the conversations of a study: it
asks for their consent and writes each call down.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

import numpy as np

from workbench.errors import BadInput, NetworkRefused, WorkbenchError
from workbench.files import checksum_of
from workbench.language_models.prompt import Message
from workbench.network import is_this_machine
from workbench.progress import track

__all__ = ["OpenAICompatibleLM", "RemoteCall", "permitting"]

_TOP_TOKENS = 20
"""Most tokens that servers return with their log-probabilities."""


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """What is about to be sent to another machine."""

    endpoint: str
    model: str
    texts: tuple[str, ...]


_permission: ContextVar[Callable[[RemoteCall], None] | None] = ContextVar(
    "permission", default=None
)


@contextmanager
def permitting(permission: Callable[[RemoteCall], None]) -> Iterator[None]:
    """Inside the block `permission` is asked before every remote call; it raises where it refuses."""
    token = _permission.set(permission)
    try:
        yield
    finally:
        _permission.reset(token)


class OpenAICompatibleLM:
    """Options scored by the first token of a chat completion.

    Of the likeliest twenty first tokens, those that begin exactly one option are counted for it. An option
    that none of them begins gets the least of their log-probabilities, an upper bound of its own. So
    options must differ in their first token; `LocalLM`, which scores whole options, may differ from it.

    Parameters
    ----------
    endpoint
        Base address, as `http://127.0.0.1:8000/v1`.
    model
        Name of the model there.
    key_variable
        Environment variable that holds the key; none is sent by default.
    timeout
        Seconds to wait for an answer.
    """

    def __init__(
        self, endpoint: str, model: str, *, key_variable: str = "", timeout: float = 60.0
    ) -> None:
        if not re.match(r"https?://[^/]+", endpoint):
            raise BadInput(f"{endpoint!r} is no address; give one as 'http://127.0.0.1:8000/v1'.")
        self.endpoint, self.model = endpoint.rstrip("/"), model
        self.key_variable, self.timeout = key_variable, timeout
        self._here = is_this_machine(endpoint)

    def __repr__(self) -> str:
        return f"OpenAICompatibleLM({self.endpoint!r}, {self.model!r})"

    @property
    def fingerprint(self) -> str:
        """Model name and a checksum of endpoint and model; a server may change its model unseen."""
        name = re.sub(r"[^\w.-]+", "-", self.model)
        return f"{name}-first-token-{checksum_of([self.endpoint, self.model])[:16]}"

    def score_options(
        self, conversations: Sequence[Sequence[Message]], options: Sequence[str]
    ) -> np.ndarray:
        """Return ln p of each option as the beginning of the answer, shape (n, k).

        Raises
        ------
        NetworkRefused
            If the server is another machine and nobody permitted it.
        BadInput
            If options are fewer than two, empty or begin with each other, or the server gives no
            log-probabilities.
        WorkbenchError
            If the server cannot be reached or answers with an error.
        """
        _check(options)
        self._ask_permission(conversations)
        opener = self._opener()
        rows = [
            self._score(opener, messages, options)
            for messages in track(conversations, doing="Language model")
        ]
        return np.array(rows, np.float64).reshape(len(conversations), len(options))

    def complete(self, conversation: Sequence[Message], *, max_tokens: int = 32) -> str:
        """Let the model write an answer, at temperature 0; a server may still answer differently again.

        Raises
        ------
        NetworkRefused
            If the server is another machine and nobody permitted it.
        BadInput
            If the answer holds no message.
        WorkbenchError
            If the server cannot be reached or answers with an error.
        """
        self._ask_permission([conversation])
        content = {
            "model": self.model,
            "messages": list(conversation),
            "max_tokens": max_tokens,
            "temperature": 0.0,
        }
        answer = self._post(self._opener(), content)
        try:
            return str(answer["choices"][0]["message"]["content"] or "").strip()
        except (KeyError, IndexError, TypeError):
            raise BadInput(
                f"{self.endpoint} gave no message for model {self.model!r}. The workbench needs a server "
                "of OpenAI-compatible chat completions."
            ) from None

    def _opener(self) -> OpenerDirector:
        return build_opener(ProxyHandler({})) if self._here else build_opener()

    def _ask_permission(self, conversations: Sequence[Sequence[Message]]) -> None:
        if self._here or not conversations:
            return
        permission = _permission.get()
        if permission is None:
            raise NetworkRefused(
                f"Nothing was sent to {self.endpoint}: it is another machine and nobody said whose words "
                "these are. Ask it inside `with remote_calls(study, conversations):` from "
                "`workbench.study.ledger`, which checks their consent and writes the call down."
            )
        texts = tuple(
            "\n".join(message["content"] for message in messages) for messages in conversations
        )
        permission(RemoteCall(self.endpoint, self.model, texts))

    def _score(
        self, opener: OpenerDirector, messages: Sequence[Message], options: Sequence[str]
    ) -> list[float]:
        content = {
            "model": self.model,
            "messages": list(messages),
            "max_tokens": 1,
            "temperature": 1.0,
            "logprobs": True,
            "top_logprobs": _TOP_TOKENS,
        }
        answer = self._post(opener, content)
        try:
            given = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
            tokens = {str(entry["token"]): float(entry["logprob"]) for entry in given}
            least = min(tokens.values())
        except (KeyError, IndexError, TypeError, ValueError):
            raise BadInput(
                f"{self.endpoint} gave no log-probabilities for model {self.model!r}. The workbench needs "
                "a server that returns `logprobs` with `top_logprobs` in chat completions."
            ) from None
        return [_of_option(option, tokens, options, least) for option in options]

    def _post(self, opener: OpenerDirector, content: Mapping[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.key_variable:
            headers["Authorization"] = f"Bearer {os.environ.get(self.key_variable, '')}"
        request = Request(
            f"{self.endpoint}/chat/completions", json.dumps(content).encode(), headers=headers
        )
        try:
            with opener.open(request, timeout=self.timeout) as response:
                return json.load(response)
        except HTTPError as error:  # its body may repeat the prompt: not shown
            raise WorkbenchError(
                f"{self.endpoint} answered {error.code} for model {self.model!r}."
            ) from None
        except (URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise WorkbenchError(f"{self.endpoint} cannot be reached ({reason}).") from None
        except ValueError:
            raise WorkbenchError(
                f"{self.endpoint} answered with something that is no JSON."
            ) from None


def _check(options: Sequence[str]) -> None:
    if len(options) < 2 or any(not option.strip() for option in options):
        raise BadInput(f"At least two options that are not empty are needed, not {options!r}.")
    for one, first in enumerate(options):
        for two, second in enumerate(options):
            if one != two and second.startswith(first):
                raise BadInput(f"Option {second!r} begins with option {first!r}. Reword one.")


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
