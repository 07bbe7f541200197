"""What one job asks of a model, in this process or a worker's, and the form in which answers are recorded.

A prompt that is too long, or that a filter did not let through, has an answer that says so: it belongs to
its turn and stops no other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, TypeAlias

from workbench.embedding.fan_out import one_at_a_time
from workbench.errors import BadInput, WorkbenchError
from workbench.language_models import EndpointError, LocalLM, Message, OpenAICompatibleLM, Reply
from workbench.language_models.openai_compatible import permitting

__all__ = ["MAX_TOKENS", "CodingModel", "answered", "answered_there", "spec_of"]

CodingModel: TypeAlias = LocalLM | OpenAICompatibleLM
"""A model of this machine, or an endpoint that the user names."""

MAX_TOKENS = 64
"""Of an answer."""

_LEAST_LOGPROB = -9.0  # alternatives of a token that are less likely than this are not kept

Spec: TypeAlias = tuple[str, tuple[Any, ...], str]
"""Kind, arguments and fingerprint of a model, from which a worker makes its own."""


def spec_of(model: CodingModel | None) -> Spec:
    """What a worker makes a model from.

    Raises
    ------
    BadInput
        If it is neither kind of model.
    """
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


def answered_there(spec: Spec, *job: Any) -> list[dict[str, Any]]:
    """Answer a part on a worker, with a model of its own; permission was asked before it was sent."""
    local = spec[0] == "local"
    lock: AbstractContextManager[Any] = one_at_a_time if local else nullcontext()
    with lock, permitting(lambda call: None):
        return answered(_made(spec), *job)


def answered(
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
    if isinstance(model, OpenAICompatibleLM):
        return [_scored_by_server(model, chat, options) for chat in chats]
    begun = time.perf_counter()
    read = [_reads(model, chat) for chat in chats]
    asked = [chat for chat, one in zip(chats, read, strict=True) if one]
    scores = iter(model.score_options(asked, options)) if asked else iter(())
    rows = [next(scores) if one else None for one in read]
    seconds = (time.perf_counter() - begun) / len(chats)
    return [
        _told(Reply.unread(), 0.0) if row is None else _told_scores(row, seconds) for row in rows
    ]


def _scored_by_server(
    model: OpenAICompatibleLM, chat: list[Message], options: Sequence[str]
) -> dict[str, Any]:
    """As `_scored`, for one chat; what the server does not take stands for an answer, and stops no other."""
    begun = time.perf_counter()
    try:
        (row,) = model.score_options([chat], options)
    except EndpointError as error:
        instead = Reply.instead_of(error)
        if instead is None:
            raise
        return _told(instead, time.perf_counter() - begun)
    return _told_scores(row, time.perf_counter() - begun)


def _reads(model: CodingModel, chat: list[Message]) -> bool:
    """Whether a chat is within what the model reads; a server says so itself."""
    return not isinstance(model, LocalLM) or model.reads(chat, answer=MAX_TOKENS)


def _told_scores(logprobs: Iterable[float], seconds: float) -> dict[str, Any]:
    """Scores of the options in the form in which they are recorded."""
    return {"logprobs": [round(float(x), 6) for x in logprobs], "seconds": round(seconds, 4)}


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
