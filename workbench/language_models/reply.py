"""What a language model wrote, and how it came to an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.language_models.endpoint import EndpointError

__all__ = ["Reply", "is_declined", "likely"]

_FILTERED = "content_filter"
_UNREAD = "too_long"
_ROUNDING = 0.01  # a log-probability is never above 0 by more than this


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in words.

    Attributes
    ----------
    text
        As written, without spaces around it.
    finish
        Why it ended, as servers say it: `stop`, `length` (cut off), `content_filter`; `too_long` where
        the prompt is longer than the model reads.
    refused
        Whether the server says, beside the text, that the model declined.
    tokens_in, tokens_out
        As the server counts them; None if it does not.
    tokens
        Each token with the log-probabilities of its likeliest alternatives; empty if none were given.
    """

    text: str
    finish: str = "stop"
    refused: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens: tuple[tuple[str, Mapping[str, float]], ...] = ()

    @classmethod
    def declined(cls) -> Reply:
        """What stands for a prompt that the server's filter did not let through."""
        return cls("", finish=_FILTERED, refused=True)

    @classmethod
    def unread(cls) -> Reply:
        """What stands for a prompt that is longer than the model reads."""
        return cls("", finish=_UNREAD)

    @classmethod
    def instead_of(cls, error: EndpointError) -> Reply | None:
        """What stands for a prompt that a server did not take for what it holds; None for other trouble."""
        if error.filtered:
            return cls.declined()
        return cls.unread() if error.too_long else None

    @property
    def is_unread(self) -> bool:
        """Whether the prompt was longer than the model reads."""
        return self.finish == _UNREAD

    @classmethod
    def of_completion(cls, answer: Any) -> Reply:
        """Read one chat completion.

        Raises
        ------
        KeyError, IndexError, TypeError, ValueError
            If it is none.
        """
        choice = answer["choices"][0]
        message, usage = choice["message"], answer.get("usage") or {}
        content = ((choice.get("logprobs") or {}).get("content")) or ()
        return cls(
            text=str(message.get("refusal") or message.get("content") or "").strip(),
            finish=str(choice.get("finish_reason") or "stop"),
            refused=is_declined(choice),
            tokens_in=usage.get("prompt_tokens"),
            tokens_out=usage.get("completion_tokens"),
            tokens=tuple((str(token["token"]), likely(token)) for token in content),
        )


def is_declined(choice: Mapping[str, Any]) -> bool:
    """Whether a choice of a completion says, beside its text, that the model or a filter declined."""
    refusal = (choice.get("message") or {}).get("refusal")
    return bool(refusal) or choice.get("finish_reason") == _FILTERED


def likely(token: Mapping[str, Any]) -> dict[str, float]:
    """Log-probabilities of a token's likeliest alternatives; empty if none were given.

    Raises
    ------
    KeyError, TypeError, ValueError
        If they are none.
    """
    told = {str(x["token"]): float(x["logprob"]) for x in token.get("top_logprobs") or ()}
    if not all(logprob <= _ROUNDING for logprob in told.values()):
        raise ValueError("a log-probability above 0, or that is no number")
    return told
