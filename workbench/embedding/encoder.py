"""Texts in, unit vectors out: batches of equal length, the device and precision that are fastest.

Each distinct text is encoded once. Texts are ordered by length and hash and cut into shards of
bounded size; inside a shard texts with equally many tokens share a batch, so nothing is padded and
what a text's batch looks like depends on its own length, not on its neighbours' lengths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np

from workbench import progress as bars
from workbench import settings
from workbench.embedding.hardware import resolve_device, resolve_precision
from workbench.embedding.recipe import Recipe, resolve_encoder_path, weights_checksum
from workbench.errors import BadInput
from workbench.files import checksum_of

__all__ = ["KEY_BYTES", "Encoder", "Shard", "distinct", "shards", "text_mark"]

KEY_BYTES = 16
_ARITHMETIC = (
    1  # to be raised whenever the same text gets other bits: stored vectors are then made anew
)
_SHARD_TEXTS = 2_048
_SHARD_CHARACTERS = 2_000_000


class Encoder:
    """A sentence encoder; the weights are loaded when the first text is encoded.

    Parameters
    ----------
    model
        None for MiniLM from the installed package, a model folder, or a hub name that is in the
        local hub cache (see `resolve_encoder_path`).
    device
        `auto` (the setting `WORKBENCH_DEVICE`, else cuda, mps, cpu in that order), or a name.
    precision
        `auto` (bf16 where the processor or GPU computes in it, else fp32), `fp32`, `bf16`, `fp16`.

    Raises
    ------
    MissingModel
        If the model is neither a folder, nor installed, nor cached.
    BadInput
        If the model is no sentence encoder, or device or precision are unknown or absent.

    Notes
    -----
    The same set of texts in any order gives the same bits on one device with the same number of
    threads. A text encoded among other texts gives the same bits as long as the matrix kernels do
    not depend on the number of rows, which held on the processors measured (x86-64 with AVX512,
    fp32 and bf16); cosine at least 0.9999 is what is promised, there and across devices. Vectors
    are rounded to float16, which is also what the store keeps: a warm and a cold run agree in
    every bit.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        self._folder = resolve_encoder_path(model)
        self._recipe = Recipe.read(self._folder)
        self._model = None if model is None else _nameable(model)
        self._wanted_device = settings.value("device") if device == "auto" else device
        self.device = resolve_device(device)
        self.precision = resolve_precision(precision, device=self.device)

    def __repr__(self) -> str:
        return (
            f"Encoder({self._recipe.kind}, dimension={self.dimension}, "
            f"device={self.device!r}, precision={self.precision!r})"
        )

    @property
    def options(self) -> dict[str, str | None]:
        """Keyword arguments that make this encoder again, in another process or on another machine.

        The model as it was named (a folder by its full path) and the precision as it was resolved
        here, for both are in the fingerprint; the device as it was asked for, so that with `auto`
        each machine takes its own best one.
        """
        return {
            "model": self._model,
            "device": self._wanted_device,
            "precision": self.precision,
        }

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._recipe.dimension

    @property
    def max_tokens(self) -> int:
        """Window in tokens, special tokens included; longer texts are encoded by windows."""
        return self._recipe.max_tokens

    @cached_property
    def weights(self) -> str:
        """Checksum of weights and tokenizer alone: what a trained head has to meet again."""
        return weights_checksum(self._folder)

    @cached_property
    def fingerprint(self) -> str:
        """Name of this way of encoding: `bert-384-bf16-` and 16 hexadecimal digits.

        The digits are a checksum of weights, tokenizer, pooling, window, precision, the version of our
        own arithmetic and the major versions of torch and transformers; no path and no device is in it.
        """
        recipe = self._recipe
        content = {
            "weights": self.weights,
            "pooling": recipe.pooling,
            "window": recipe.max_tokens,
            "lower": recipe.lower,
            "precision": self.precision,
            "arithmetic": _ARITHMETIC,
            "libraries": {name: version(name).split(".")[0] for name in ("torch", "transformers")},
        }
        digits = checksum_of(content)[:16]
        return f"{recipe.kind}-{recipe.dimension}-{self.precision}-{digits}"

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> np.ndarray:
        """Vectors of `texts`, in their order.

        A text longer than the window is cut into windows; its vector is the mean of the windows'
        vectors weighted by their tokens, normalised. An empty text has the vector of its special
        tokens.

        Returns
        -------
        numpy.ndarray
            float32 (texts, dimension), unit length up to float16 rounding (about 2e-4).

        Raises
        ------
        BadInput
            If an element is not a string.
        """
        keys, first, inverse = distinct(texts)
        vectors = np.empty((len(first), self.dimension), np.float16)
        parts = list(shards([texts[i] for i in first], keys))
        for part in bars.track(parts, doing="Encoding") if progress else parts:
            vectors[part.rows] = self.encode_shard(part.texts)
        return vectors[inverse].astype(np.float32)

    def encode_shard(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of one shard of distinct texts as the store keeps them: float16 (texts, dimension)."""
        from workbench.embedding.engine import load_engine

        engine = load_engine(self._folder, self._recipe, self.device, self.precision)
        cut = [engine.windows(ids) for ids in engine.tokens([_encodable(t) for t in texts])]
        found = engine.vectors([window for windows in cut for window in windows])
        stops = np.cumsum([len(windows) for windows in cut])
        vectors = found[stops - 1]
        for row in np.flatnonzero([len(windows) > 1 for windows in cut]):
            tokens = np.array([len(window) for window in cut[row]], np.float32)
            mean = tokens @ found[stops[row] - len(tokens) : stops[row]]
            vectors[row] = mean / np.linalg.norm(mean)
        return vectors.astype(np.float16)


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the work: `rows` says where its texts stand among all."""

    rows: np.ndarray
    texts: list[str]


def distinct(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find each distinct text once.

    Returns
    -------
    keys
        Hashes (distinct,) as bytes of length `KEY_BYTES`, sorted.
    first
        Index of a text with that hash, (distinct,).
    inverse
        Which key each text has, (texts,).
    """
    hashes = b"".join(_hash(text, row) for row, text in enumerate(texts))
    keys, first, inverse = np.unique(
        np.frombuffer(hashes, dtype=f"S{KEY_BYTES}"), return_index=True, return_inverse=True
    )
    return keys, first, inverse


def text_mark(text: str) -> str:
    """Hash under which a text is known in the store, in hexadecimal digits."""
    return _hash(text, 0).hex()


def shards(texts: Sequence[str], keys: np.ndarray) -> Iterator[Shard]:
    """Cut distinct texts, ordered by length and hash, into shards of bounded size."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    order = np.lexsort((keys, lengths))
    start = size = 0
    for stop, row in enumerate(order):
        full = stop - start >= _SHARD_TEXTS or size + lengths[row] > _SHARD_CHARACTERS
        if full and stop > start:
            yield _shard(texts, order[start:stop])
            start, size = stop, 0
        size += int(lengths[row])
    if start < len(order):
        yield _shard(texts, order[start:])


def _shard(texts: Sequence[str], rows: np.ndarray) -> Shard:
    return Shard(rows=rows, texts=[texts[row] for row in rows])


def _hash(text: str, row: int) -> bytes:
    if not isinstance(text, str):
        raise BadInput(
            f"Text {row} (counted from 0) is {type(text).__name__}, not a string. "
            "Replace missing texts by an empty string."
        )
    return hashlib.blake2b(_encodable(text).encode(), digest_size=KEY_BYTES).digest()


def _nameable(model: str | Path) -> str:
    folder = Path(model).expanduser()
    return str(folder.resolve()) if folder.is_dir() else str(model)


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no tokenizer takes, by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
