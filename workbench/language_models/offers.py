"""Which optional fields of a request a server takes: the form of an answer, and log-probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NOT_TAKEN", "OFFERS", "TOP_TOKENS", "Offer"]

TOP_TOKENS = 20
"""Most tokens that servers return with their log-probabilities."""

NOT_TAKEN = (400, 422)
"""Answers of a server that does not know a field of the request."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Optional fields that are sent."""

    schema: bool
    logprobs: bool

    def fields(self, schema: Mapping[str, Any] | None) -> dict[str, Any]:
        """The fields, as a request holds them."""
        told: dict[str, Any] = {}
        if self.schema and schema is not None:
            form = {"name": "answer", "strict": True, "schema": dict(schema)}
            told["response_format"] = {"type": "json_schema", "json_schema": form}
        if self.logprobs:
            told |= {"logprobs": True, "top_logprobs": TOP_TOKENS}
        return told


OFFERS = (Offer(True, True), Offer(True, False), Offer(False, True), Offer(False, False))
"""All there are, the fullest first."""
