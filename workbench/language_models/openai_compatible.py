"""A language model behind an OpenAI-compatible server that returns log-probabilities.

A server on this machine (vLLM, llama.cpp, Ollama) is asked like any local model. Words go to another
machine only inside a permission (`permitting`) that is asked before every request and may refuse; without
one nothing is sent. `workbench.study.ledger.remote_calls` gives it for the conversations of a study: it
asks for their consent and writes each call down.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from workbench.errors import BadInput, NetworkRefused
from workbench.files import checksum_of
from workbench.language_models.endpoint import CHAT, EndpointError, post_json
from workbench.language_models.first_token import check_options, option_logprobs
from workbench.language_models.offers import NOT_TAKEN, OFFERS, TOP_TOKENS, Offer
from workbench.language_models.prompt import Message
from workbench.language_models.reply import Reply, is_declined, likely
from workbench.network import is_this_machine
from workbench.progress import track

__all__ = ["OpenAICompatibleLM", "RemoteCall", "permitting"]


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
        Environment variable that holds the key; none is sent by default. It has to hold one when the server
        is asked.
    timeout
        Seconds to wait for an answer.
    patience
        Seconds that all waits for a busy server may take together, per request.

    Raises
    ------
    BadInput
        If the endpoint is no address.
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        *,
        key_variable: str = "",
        timeout: float = 60.0,
        patience: float = 60.0,
    ) -> None:
        _check_address(endpoint)
        self.endpoint, self.model = endpoint.rstrip("/"), model
        self.key_variable, self.timeout, self.patience = key_variable, timeout, patience
        self._offers: Offer | None = None
        self._here = is_this_machine(endpoint)

    def __repr__(self) -> str:
        return f"OpenAICompatibleLM({self.endpoint!r}, {self.model!r})"

    @property
    def fingerprint(self) -> str:
        """Model name and a checksum of endpoint and model; a server may change its model unseen."""
        name, rest = self.identity.rsplit("-", 1)
        return f"{name}-first-token-{rest}"

    @property
    def identity(self) -> str:
        """Model name and a checksum of endpoint and model, whatever is asked of it."""
        name = re.sub(r"[^\w.-]+", "-", self.model)
        return f"{name}-{checksum_of([self.endpoint, self.model])[:16]}"

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
        EndpointError
            If the server cannot be reached, answers with an error or declines.
        """
        check_options(options)
        self.ask_permission(conversations)
        rows = [
            self._score(messages, options)
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
        EndpointError
            If the server cannot be reached or answers with an error.
        """
        self.ask_permission([conversation])
        answer = self._post(self._content(conversation, max_tokens))
        return self._reply(answer).text

    def ask(
        self,
        conversation: Sequence[Message],
        *,
        max_tokens: int = 64,
        schema: Mapping[str, Any] | None = None,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> Reply:
        """Let the model write an answer in a form, and tell how it came to it.

        The form is asked for by `response_format` and the alternatives of each token by `logprobs`, as far
        as the server takes them: what it refuses with 400 or 422 is left out from then on, and a schema is
        then only a wish of the prompt. A prompt that a filter did not let through, or that is longer than
        the model reads, gets a reply that says so.

        Parameters
        ----------
        schema
            JSON schema of the answer.
        temperature
            0 for the likeliest answer.
        seed
            For servers that honour one.

        Raises
        ------
        NetworkRefused
            If the server is another machine and nobody permitted it.
        BadInput
            If the answer is no chat completion.
        EndpointError
            If the server cannot be reached or answers with an error.
        """
        self.ask_permission([conversation])
        content = self._content(conversation, max_tokens, temperature=temperature)
        content |= {} if seed is None else {"seed": seed}
        known = self._offers  # another thread may learn it meanwhile
        refused: EndpointError | None = None
        for offer in OFFERS if known is None else (known,):
            try:
                answer = self._post(content | offer.fields(schema))
            except EndpointError as error:
                instead = Reply.instead_of(error)
                if instead is not None:
                    return instead
                if known is not None or error.status not in NOT_TAKEN:
                    raise
                refused = refused or error
                continue
            self._offers = offer
            return self._reply(answer)
        assert refused is not None
        raise refused

    def _content(
        self, conversation: Sequence[Message], max_tokens: int, *, temperature: float = 0.0
    ) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": list(conversation),
            "max_tokens": max_tokens,
            "temperature": temperature,
        }

    def _reply(self, answer: Any) -> Reply:
        try:
            return Reply.of_completion(answer)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise BadInput(
                f"{self.endpoint} gave no message for model {self.model!r}. The workbench needs a server "
                "of OpenAI-compatible chat completions."
            ) from None

    def ask_permission(self, conversations: Sequence[Sequence[Message]]) -> None:
        """Ask whoever stands around (`permitting`) before these are sent; a server here needs no asking.

        Raises
        ------
        NetworkRefused
            If nobody stands around, or they refuse.
        """
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

    def _score(self, messages: Sequence[Message], options: Sequence[str]) -> list[float]:
        content = self._content(messages, 1, temperature=1.0)
        answer = self._post(content | {"logprobs": True, "top_logprobs": TOP_TOKENS})
        try:
            choice = answer["choices"][0]
            if is_declined(choice):
                raise EndpointError.of_filter(self.endpoint, self.model)
            return option_logprobs(likely(choice["logprobs"]["content"][0]), options)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise BadInput(
                f"{self.endpoint} gave no log-probabilities for model {self.model!r}. The workbench needs "
                "a server that returns `logprobs` with `top_logprobs` in chat completions."
            ) from None

    def _post(self, content: Mapping[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.key_variable:
            headers["Authorization"] = f"Bearer {_key(self.key_variable)}"
        return post_json(
            f"{self.endpoint}{CHAT}",
            content,
            headers=headers,
            model=self.model,
            timeout=self.timeout,
            patience=self.patience,
        )


def _check_address(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        named = False
    if not named or "@" in endpoint or re.search(r"[^!-~]", endpoint):
        raise BadInput(f"{endpoint!r} is no address; give one as 'http://127.0.0.1:8000/v1'.")


def _key(variable: str) -> str:
    """The key in an environment variable, without the line end that files leave on it."""
    key = os.environ.get(variable, "").strip()
    if key.isascii() and key.isprintable() and key:
        return key
    trouble = "it holds line breaks or other characters that no key has" if key else "it is not set"
    raise BadInput(
        f"The environment variable {variable} holds no key: {trouble}. Set it to the key alone."
    )
