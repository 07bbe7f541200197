"""Texts in, unit vectors out: batches of equal length, the device and precision that are fastest.

Each distinct text is encoded once. Texts are ordered by length and hash and cut into shards of
bounded size; inside a shard texts with equally many tokens share a batch, so nothing is padded and
what a text's batch looks like depends on its own length, not on its neighbours' lengths. While one
shard is computed, a thread tokenises the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import progress as bars
from workbench import settings
from workbench.embedding.ahead import prepared_ahead
from workbench.embedding.clock import Clock, Profile
from workbench.embedding.hardware import resolve_device, resolve_engine, resolve_precision
from workbench.embedding.recipe import Recipe, resolve_encoder_path, weights_checksum
from workbench.embedding.shards import KEY_BYTES, Shard, distinct, encodable, shards, text_mark
from workbench.errors import BadInput
from workbench.files import checksum_of

if TYPE_CHECKING:
    import polars as pl

    from workbench.corpus import Corpus
    from workbench.embedding.tokens import Tokenizer

__all__ = ["KEY_BYTES", "Encoder", "Shard", "distinct", "shards", "text_mark"]

_ARITHMETIC = (
    1  # to be raised whenever the same text gets other bits: stored vectors are then made anew
)


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
    engine
        `torch`, the transformer itself; `static`, token vectors distilled from it (needs the extra
        `static`; made once and kept in the cache folder), hundreds of times as fast on a CPU, for a
        first look at very many texts; or `auto`, which takes `static` for more than a million
        texts on a machine without a GPU and says so in `choice`.
    size
        How many texts there will be in all: what `auto` decides by. It never looks at the texts of
        one call, so an encoder keeps its engine, and a study its vectors, whatever comes later.
    context_turns
        How many previous turns `render` and `encode_utterances` put before an utterance.
    layer
        None for the sentence embedding. A number: the mean token vector after that transformer layer,
        which tells more of how something is said (question, statement, who is spoken of) and less of
        what about; only the layers up to there are computed.

    Attributes
    ----------
    engine : str
        `torch` or `static`.
    choice : str
        Engine, device and precision, and why this engine; one line.

    Raises
    ------
    MissingModel
        If the model is neither a folder, nor installed, nor cached.
    MissingPackage
        If the static tier is asked for and model2vec is not installed.
    BadInput
        If the model is no sentence encoder, or device, precision or engine are unknown or absent.

    Notes
    -----
    The same set of texts in any order gives the same bits on one device with the same number of
    threads. A text encoded among other texts gives the same bits as long as the matrix kernels do
    not depend on the number of rows, which held on the processors measured (x86-64 with AVX512,
    fp32 and bf16); cosine at least 0.9999 is what is promised, there and across devices. Vectors
    are rounded to float16, which is also what the store keeps: a warm and a cold run agree in
    every bit.

    The static tier is another space: its vectors are of another length and have another
    fingerprint, and heads that learned on the transformer's refuse them. A further CPU engine
    (OpenVINO, onnxruntime) was measured and left out: OpenVINO in bf16 was 3.9 times as fast as
    sentence-transformers' defaults where our own pass was 4.1 times.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        engine: str = "torch",
        size: int | None = None,
        context_turns: int = 0,
        layer: int | None = None,
    ) -> None:
        if context_turns < 0:
            raise BadInput(f"context_turns is a number of previous turns, not {context_turns}.")
        self._folder = resolve_encoder_path(model)
        self._recipe = Recipe.read(self._folder)
        if layer is not None:
            self._recipe = self._recipe.at_layer(layer, self._folder)
        self._model = None if model is None else _nameable(model)
        self._wanted_device = settings.value("device") if device == "auto" else device
        self.context_turns = context_turns
        self.device = resolve_device(device)
        self.engine, why = resolve_engine(engine, device=self.device, size=size)
        if self.engine == "static":
            if layer is not None:
                raise BadInput("The static tier has no layers; take engine='torch' with layer=.")
            self._static_checksum()  # says at once if the package is absent
            self.device, self.precision = "cpu", "fp32"
        else:
            self.precision = resolve_precision(precision, device=self.device)
        self.choice = f"{self.engine} on {self.device} in {self.precision}: {why}"

    def __repr__(self) -> str:
        context = f", context_turns={self.context_turns}" if self.context_turns else ""
        return (
            f"Encoder({self._recipe.kind}, dimension={self.dimension}, "
            f"device={self.device!r}, precision={self.precision!r}, engine={self.engine!r}{context})"
            f" <{self.choice}>"
        )

    @property
    def options(self) -> dict[str, str | int | None]:
        """Keyword arguments that make this encoder again, in another process or on another machine.

        The model as it was named (a folder by its full path), engine and precision as they were
        resolved here, for they are in the fingerprint; the device as it was asked for, so that with
        `auto` each machine takes its own best one.
        """
        return {
            "model": self._model,
            "device": self._wanted_device,
            "precision": self.precision,
            "engine": self.engine,
            "context_turns": self.context_turns,
            **({"layer": self._recipe.layer} if self._recipe.layer else {}),
        }

    def at_layer(self, layer: int) -> Encoder:
        """Give the encoder of an earlier layer: same model, device and precision."""
        return Encoder(
            self._model,
            device=self._wanted_device,
            precision=self.precision,
            engine=self.engine,
            layer=layer,
        )

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        if self.engine == "static":
            from workbench.embedding.static import static_dimension

            return static_dimension(self._recipe)
        return self._recipe.dimension

    @property
    def max_tokens(self) -> int:
        """Window in tokens, special tokens included; longer texts are encoded by windows."""
        return self._recipe.max_tokens

    @property
    def room(self) -> int:
        """Tokens of a text that fit the window beside the special tokens."""
        return self._tokenizer().room

    @cached_property
    def weights(self) -> str:
        """Checksum of weights and tokenizer alone: what a trained head has to meet again.

        The static tier has another one than the encoder that it was distilled from, and so has an
        earlier layer.
        """
        if self.engine == "static":
            return self._static_checksum()
        whole = weights_checksum(self._folder)
        layer = self._recipe.layer
        return checksum_of({"weights": whole, "layer": layer}) if layer else whole

    @cached_property
    def fingerprint(self) -> str:
        """Name of this way of encoding a text: `bert-384-bf16-` and 16 hexadecimal digits.

        The digits are a checksum of weights, tokenizer, pooling, window, precision, the version of our
        own arithmetic and the major versions of torch and transformers; no path and no device is in it.
        Names of the static tier begin with `static-`; their digits stand for the encoder's weights,
        how they were distilled and model2vec's version. Previous turns are part of the text, so
        `context_turns` changes the keys in the store, not this name: see `signature`.
        """
        recipe = self._recipe
        if self.engine == "static":
            digits = checksum_of({"weights": self.weights, "arithmetic": _ARITHMETIC})[:16]
            return f"static-{self.dimension}-{self.precision}-{digits}"
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

    @property
    def signature(self) -> str:
        """What a study records beside its embeddings: fingerprint and, if any, previous turns read."""
        context = f"-context-{self.context_turns}" if self.context_turns else ""
        return f"{self.fingerprint}{context}"

    def encode(self, texts: Sequence[str], *, progress: bool = False) -> np.ndarray:
        """Vectors of `texts`, in their order.

        A text longer than the window is cut into windows; its vector is the mean of the windows'
        vectors weighted by their tokens, normalised. An empty text has the vector of its special
        tokens, in the static tier the mean of all token vectors.

        Returns
        -------
        numpy.ndarray
            float32 (texts, dimension), unit length up to float16 rounding (about 2e-4); (0,
            dimension) for no texts.

        Raises
        ------
        BadInput
            If an element is not a string.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for rows, found in self.stream(texts, progress=progress):
            vectors[rows] = found
        return vectors

    def stream(
        self, texts: Sequence[str], *, progress: bool = False
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the vectors of `texts` shard by shard, so that a million never lie in memory at once.

        The next shard is tokenised in a thread while the present one is computed. What fills a
        store or a memory-mapped file goes through here; with distinct texts each row comes once.

        Yields
        ------
        rows : int64 (n,)
            Positions in `texts`, repeats of a text together; each position comes exactly once.
        vectors : float16 (n, dimension)
            As the store keeps them.

        Raises
        ------
        BadInput
            If an element is not a string; before anything is encoded.
        """
        keys, first, inverse = distinct(texts)
        parts = list(shards([texts[i] for i in first], keys))
        counts = np.bincount(inverse, minlength=len(first))
        places = np.argsort(inverse, kind="stable")
        begins = np.cumsum(counts) - counts
        if not parts:
            return
        loaded = self._load()
        work = prepared_ahead(lambda part: loaded.prepare(_taken(part.texts)), parts)
        for part, prepared in (
            bars.track(work, doing="Encoding", total=len(parts)) if progress else work
        ):
            vectors = loaded.compute(prepared, Clock()).astype(np.float16)
            times = counts[part.rows]
            within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
            yield places[np.repeat(begins[part.rows], times) + within], np.repeat(vectors, times, 0)

    def encode_shard(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of one shard of distinct texts as the store keeps them: float16 (texts, dimension)."""
        loaded = self._load()
        found: np.ndarray = loaded.compute(loaded.prepare(_taken(texts)), Clock())
        return found.astype(np.float16)

    def encode_utterances(
        self, corpus: Corpus | pl.DataFrame, *, progress: bool = False
    ) -> np.ndarray:
        """Vectors of a corpus' utterances in its row order, with `context_turns` previous turns."""
        return self.encode(self.render(corpus), progress=progress)

    def render(self, corpus: Corpus | pl.DataFrame) -> list[str]:
        """Texts that stand for a corpus' utterances: what the store is keyed by.

        The utterances themselves if `context_turns` is 0, else as `with_context` writes them.
        """
        from workbench.embedding.context import with_context

        return with_context(corpus, turns=self.context_turns, encoder=self)

    def count_tokens(self, texts: Sequence[str]) -> np.ndarray:
        """Tokens of each text, special tokens not included; int64 (texts,)."""
        from workbench.embedding.tokens import flat_ids

        return flat_ids(self._tokenizer().ids(_taken(texts)))[1]

    def profile(self, texts: Sequence[str]) -> Profile:
        """Encode `texts` with a clock beside it: the share of tokenising, copying and arithmetic.

        Parts run one after the other here, while `encode` tokenises beside the arithmetic. On a GPU
        copying and arithmetic are timed by CUDA events.

        Raises
        ------
        BadInput
            If there are no texts, or an element is not a string.
        """
        if not len(texts):
            raise BadInput("There are no texts to take the time of.")
        loaded, clock = self._load(), Clock(self.device)
        self.encode_shard(texts[:64])  # kernels are chosen at the first call
        begun = time.perf_counter()
        keys, first, _ = distinct(texts)
        for part in shards([texts[i] for i in first], keys):
            with clock("tokenising"):
                prepared = loaded.prepare(_taken(part.texts))
            loaded.compute(prepared, clock)
        seconds = clock.seconds()
        return Profile(len(texts), time.perf_counter() - begun, **seconds)

    def _load(self) -> Any:
        if self.engine == "static":
            from workbench.embedding.static import load_static

            return load_static(self._folder, self._recipe)
        from workbench.embedding.engine import load_engine

        return load_engine(self._folder, self._recipe, self.device, self.precision)

    def _tokenizer(self) -> Tokenizer:
        from workbench.embedding.tokens import load_tokenizer

        return load_tokenizer(self._folder, self._recipe)

    def _static_checksum(self) -> str:
        from workbench.embedding.static import static_checksum

        return static_checksum(self._folder, self._recipe)


def _taken(texts: Sequence[str]) -> list[str]:
    return [encodable(text) for text in texts]


def _nameable(model: str | Path) -> str:
    folder = Path(model).expanduser()
    return str(folder.resolve()) if folder.is_dir() else str(model)
