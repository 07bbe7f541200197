"""What a language model wrote, and how it came to an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Reply"]

_FILTERED = "content_filter"
_UNREAD = "too_long"


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
        finish = str(choice.get("finish_reason") or "stop")
        declined = message.get("refusal")
        content = ((choice.get("logprobs") or {}).get("content")) or ()
        return cls(
            text=str(declined or message.get("content") or "").strip(),
            finish=finish,
            refused=bool(declined) or finish == _FILTERED,
            tokens_in=usage.get("prompt_tokens"),
            tokens_out=usage.get("completion_tokens"),
            tokens=tuple(
                (
                    str(token["token"]),
                    {str(x["token"]): float(x["logprob"]) for x in token.get("top_logprobs") or ()},
                )
                for token in content
            ),
        )
