"""How a model is asked, and what a replication needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.coding.llm.prompt import VARIANTS, Variant, Way
from workbench.corpus import Codebook
from workbench.errors import BadInput

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is asked.

    Attributes
    ----------
    variant
        Which parts of the codebook the prompt holds.
    way
        `options` or `json`; None takes what fits the model.
    context_turns
        Turns before the coded one that the model reads.
    seeds
        Each is one round of questions; 0 keeps the book's order of codes and examples, others shuffle it.
    temperature
        For written answers; 0 asks for the likeliest.
    centred
        Whether scored options are taken relative to their scores after a turn that says nothing.
    """

    variant: Variant = VARIANTS["standard"]
    way: Way | None = None
    context_turns: int = 4
    seeds: tuple[int, ...] = (0,)
    temperature: float = 0.0
    centred: bool = False

    def __post_init__(self) -> None:
        if self.context_turns < 0:
            raise BadInput(
                f"context_turns is a number of previous turns, not {self.context_turns}."
            )
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise BadInput(f"seeds are at least one and all different; got {list(self.seeds)}.")

    def facts(self, book: Codebook, fingerprint: str) -> dict[str, Any]:
        """Plain values that say what was asked of whom."""
        return {
            "codebook": {"name": book.name, "version": book.version, "checksum": book.checksum},
            "model": fingerprint,
            "way": self.way,
            "prompt": self.variant.name,
            "definitions": self.variant.definitions,
            "examples": self.variant.examples,
            "context_turns": self.context_turns,
            "seeds": list(self.seeds),
            "temperature": self.temperature,
            "centred": self.centred,
        }
