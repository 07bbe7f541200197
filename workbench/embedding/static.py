"""The static tier: one vector per token of the same encoder, a text is their weighted mean.

Model2Vec (Tulkens & van Dongen 2024, doi:10.5281/zenodo.17270888) passes every token of the
vocabulary through the encoder once, keeps the first principal components, and weighs a token of
rank r in the vocabulary, whose Zipf probability is p = (1/(r+2)) / sum, by a / (a + p) (SIF, Arora et
al. 2017). No context, no order of words: some hundred times as fast as the encoder, for a first
look at very many utterances. Its vectors are another space than the encoder's own.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from workbench import settings
from workbench.embedding.clock import Clock
from workbench.embedding.recipe import Recipe, weights_checksum
from workbench.embedding.tokens import flat_ids, load_tokenizer
from workbench.errors import BadInput
from workbench.files import atomic_folder, checksum_of
from workbench.resources import is_installed, need

__all__ = ["StaticEngine", "load_static", "static_checksum", "static_dimension"]

_COMPONENTS = 256
_SIF = 1e-4
_FILES = ("model.safetensors", "tokenizer.json", "config.json")


def static_dimension(recipe: Recipe) -> int:
    """Length of a static vector: at most 256 numbers, model2vec's own default."""
    return min(_COMPONENTS, recipe.dimension)


def static_checksum(folder: Path, recipe: Recipe) -> str:
    """Identity of the static model of an encoder: its weights and how they are distilled.

    Raises
    ------
    MissingPackage
        If model2vec is not installed.
    """
    if not is_installed("model2vec"):
        need("model2vec", feature="The static encoder tier", extra="static")
    return checksum_of(
        {
            "encoder": weights_checksum(folder),
            "components": static_dimension(recipe),
            "sif": _SIF,
            "lower": recipe.lower,
            # versions 0.x change their results with the second number
            "model2vec": version("model2vec").split(".")[:2],
        }
    )


class StaticEngine:
    """Tokenizer and token vectors of a distilled model.

    Parameters
    ----------
    folder
        What `_distil` wrote.
    lower
        Whether texts are lower-cased before tokenising.
    """

    def __init__(self, folder: Path, *, lower: bool) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        arrays = load_file(str(folder / "model.safetensors"))
        table = arrays["embeddings"].astype(np.float32)
        if "weights" in arrays:
            table *= arrays["weights"].astype(np.float32)[:, None]
        self.table = torch.from_numpy(table)
        self.lower = lower
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        unknown = getattr(self.tokenizer.model, "unk_token", None)
        self.unknown = -1 if unknown is None else self.tokenizer.token_to_id(unknown)
        self.blank = table.mean(axis=0) / np.linalg.norm(table.mean(axis=0))

    def prepare(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Known tokens of all texts, and how many each has; may run in another thread."""
        given = [text.lower() for text in texts] if self.lower else list(texts)
        encoded = self.tokenizer.encode_batch_fast(given, add_special_tokens=False)
        flat, sizes = flat_ids([one.ids for one in encoded])
        known = flat != self.unknown
        if not known.all():
            text = np.repeat(np.arange(len(sizes)), sizes)
            flat, sizes = flat[known], np.bincount(text[known], minlength=len(sizes))
        return flat, sizes

    def compute(self, tokens: tuple[np.ndarray, np.ndarray], clock: Clock) -> np.ndarray:
        """Unit vectors (texts, dimension) float32.

        A text without a known token, as the empty one, has the mean of all tokens.
        """
        flat, sizes = tokens
        with clock("arithmetic"), torch.inference_mode():
            starts = torch.from_numpy(np.cumsum(sizes) - sizes)
            sums = functional.embedding_bag(torch.from_numpy(flat), self.table, starts, mode="sum")
            vectors: np.ndarray = functional.normalize(sums, dim=1).numpy()
        vectors[sizes == 0] = self.blank
        return vectors


@lru_cache(maxsize=2)
def load_static(folder: Path, recipe: Recipe) -> StaticEngine:
    """Load the static model of an encoder once per process; distil it if the cache has none.

    Raises
    ------
    MissingPackage
        If model2vec is not installed.
    BadInput
        If the encoder's tokenizer is of a kind that model2vec cannot take apart.
    """
    made = settings.cache_home() / "static" / static_checksum(folder, recipe)[:32]
    if not all((made / name).is_file() for name in _FILES):
        _distil(folder, recipe, made)
    return StaticEngine(made, lower=recipe.lower)


def _distil(folder: Path, recipe: Recipe, made: Path) -> None:
    """Distil the encoder in `folder` into `made`: on the CPU in fp32, so that machines agree."""
    from workbench.embedding.engine import load_model

    distil = need("model2vec.distill", feature="The static encoder tier", extra="static")
    tokenizer = load_tokenizer(folder, recipe).whole
    if not tokenizer.is_fast:
        raise BadInput.in_file(
            folder,
            "the static tier needs a fast tokenizer (tokenizer.json).",
            remedy="Use engine='torch' for this encoder.",
        )
    # model2vec shows a bar of its own; it takes the stream as it is when the work begins
    hidden = settings.value("progress") == "0"
    with contextlib.redirect_stderr(io.StringIO()) if hidden else contextlib.nullcontext():
        found = distil.distill_from_model(
            load_model(folder, "fp32"),
            tokenizer,
            device="cpu",
            pca_dims=static_dimension(recipe),
            sif_coefficient=_SIF,
        )
    with atomic_folder(made) as temporary:
        found.save_pretrained(temporary)
        for file in temporary.iterdir():
            if file.name in _FILES:
                file.chmod(0o644)
            else:  # a page for the hub
                file.unlink()
