"""Texts to token ids, and token ids to windows of one length that share a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.embedding.recipe import Recipe
from workbench.errors import BadInput

__all__ = ["Tokenizer", "Windows", "flat_ids", "load_tokenizer", "quiet_transformers"]


@dataclass(frozen=True, slots=True)
class Windows:
    """Texts cut into windows that fit the model, special tokens not included; t texts, w windows.

    Attributes
    ----------
    flat
        Token ids of all texts, one behind the other.
    starts, lengths
        Where each window begins in `flat`, and its tokens, (w,). A text's windows follow each
        other; a short or empty text is one window.
    stops
        Number of windows up to and with each text, (t,).
    prefix, suffix
        Special tokens around every window.
    """

    flat: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    stops: NDArray[np.int64]
    prefix: list[int]
    suffix: list[int]

    @classmethod
    def cut(
        cls, flat: np.ndarray, sizes: np.ndarray, *, room: int, prefix: list[int], suffix: list[int]
    ) -> Windows:
        """Cut texts of `sizes` tokens each into windows of at most `room` tokens."""
        counts = np.maximum(-(-sizes // room), 1)
        stops = np.cumsum(counts)
        text = np.repeat(np.arange(len(sizes)), counts)
        within = (np.arange(len(text)) - np.repeat(stops - counts, counts)) * room
        starts = (np.cumsum(sizes) - sizes)[text] + within
        return cls(flat, starts, np.minimum(sizes[text] - within, room), stops, prefix, suffix)

    def batches(self, budget: int) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        """Windows of one length with special tokens, at most `budget` tokens at once.

        Yields
        ------
        windows (rows,), token ids (rows, length), and how many rows a full batch of them has.
        """
        for length in np.unique(self.lengths):
            chosen = np.flatnonzero(self.lengths == length)
            framed = int(length) + len(self.prefix) + len(self.suffix)
            rows = max(1, budget // framed)
            for start in range(0, len(chosen), rows):
                part = chosen[start : start + rows]
                tokens = np.empty((len(part), framed), np.int64)
                inner = slice(len(self.prefix), framed - len(self.suffix))
                tokens[:, : inner.start] = self.prefix
                tokens[:, inner.stop :] = self.suffix
                tokens[:, inner] = self.flat[self.starts[part, None] + np.arange(length)]
                yield part, tokens, rows

    def joined(self, vectors: np.ndarray) -> np.ndarray:
        """One vector per text: the windows' mean weighted by their tokens, normalised."""
        found = vectors[self.stops - 1]
        counts = np.diff(self.stops, prepend=0)
        tokens = (self.lengths + len(self.prefix) + len(self.suffix)).astype(np.float32)
        for text in np.flatnonzero(counts > 1):
            own = slice(self.stops[text] - counts[text], self.stops[text])
            mean = tokens[own] @ vectors[own]
            found[text] = mean / np.linalg.norm(mean)
        return found


class Tokenizer:
    """The tokenizer of an encoder's folder, without truncation and padding.

    Attributes
    ----------
    prefix, suffix
        Special tokens before and after a text.
    room
        Tokens of a text that fit the model's window beside them.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        with quiet_transformers(folder):
            from transformers import AutoTokenizer

            self.whole = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.prefix, self.suffix = _frame(self.whole)
        self.room = recipe.max_tokens - len(self.prefix) - len(self.suffix)
        self.lower = recipe.lower
        if self.whole.is_fast:
            self.whole.backend_tokenizer.no_truncation()
            self.whole.backend_tokenizer.no_padding()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text without special tokens, however long the text is."""
        given = [text.lower() for text in texts] if self.lower else list(texts)
        if self.whole.is_fast:  # the same result as below in half the time
            encoded = self.whole.backend_tokenizer.encode_batch_fast(
                given, add_special_tokens=False
            )
            return [one.ids for one in encoded]
        found = self.whole(given, add_special_tokens=False, verbose=False)
        ids: list[list[int]] = found["input_ids"]
        return ids

    def windows(self, texts: Sequence[str]) -> Windows:
        """Token ids of `texts`, cut into windows that fit the model."""
        flat, sizes = flat_ids(self.ids(texts))
        return Windows.cut(flat, sizes, room=self.room, prefix=self.prefix, suffix=self.suffix)


def flat_ids(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All token ids one behind the other, and the number of tokens of each text."""
    sizes = np.fromiter(map(len, ids), np.int64, count=len(ids))
    return np.fromiter(chain.from_iterable(ids), np.int64, count=int(sizes.sum())), sizes


@contextmanager
def quiet_transformers(folder: Path) -> Iterator[None]:
    """Load from `folder` without transformers' bars and hints; what fails is a `BadInput`."""
    from transformers.utils import logging

    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise BadInput.in_file(
            folder, "transformers cannot load this model.", remedy=f"It said: {error}"
        ) from error
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Special tokens before and after a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = tokenizer("a", truncation=False, padding=False)["input_ids"]
    start = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
    return framed[:start], framed[start + len(bare) :]


@lru_cache(maxsize=4)
def load_tokenizer(folder: Path, recipe: Recipe) -> Tokenizer:
    """Load a tokenizer once per process."""
    return Tokenizer(folder, recipe)
