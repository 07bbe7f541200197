"""The loaded transformer: windows of token ids in, one vector per text out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workbench.embedding.bert import EqualLengthBert, fits
from workbench.embedding.clock import Clock
from workbench.embedding.recipe import Recipe
from workbench.embedding.tokens import Windows, load_tokenizer, quiet_transformers

__all__ = ["Engine", "load_engine", "load_model"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_CPU_TOKENS = 2_048
_GPU_TOKENS = 32_768
_FEWEST_TOKENS = 64
_FEWEST_ROWS = 32


class Engine:
    """Tokenizer and weights of one encoder on one device in one precision.

    Parameters
    ----------
    folder, recipe
        As `resolve_encoder_path` and `Recipe.read` give them.
    device, precision
        Resolved names.
    """

    def __init__(self, folder: Path, recipe: Recipe, *, device: str, precision: str) -> None:
        self.recipe = recipe
        self.device = torch.device(device)
        self.tokenizer = load_tokenizer(folder, recipe)
        model = load_model(folder, precision)
        model = model.to(self.device).eval().requires_grad_(False)
        self.hidden = (
            EqualLengthBert(model, layers=recipe.layer or None)
            if fits(model)
            else lambda tokens: _states(model, tokens, recipe.layer)
        )

    def prepare(self, texts: Sequence[str]) -> Windows:
        """Tokenise; may run in another thread than `compute`."""
        return self.tokenizer.windows(texts)

    def compute(self, windows: Windows, clock: Clock) -> np.ndarray:
        """Unit vectors (texts, dimension) float32; windows of one length share a batch."""
        rows, parts = [], []
        for chosen, tokens, full in windows.batches(self._budget):
            filled = self._filled(tokens, full)
            with clock("copying"):
                given = self._sent(filled)
            with clock("arithmetic"), torch.inference_mode():
                hidden = self.hidden(given).float()
                pooled = functional.normalize(_POOL[self.recipe.pooling](hidden), dim=1)
            rows.append(chosen)
            parts.append(pooled[: len(chosen)])
        with clock("copying"):
            found: np.ndarray = torch.cat(parts).cpu().numpy()
        vectors = np.empty_like(found)
        vectors[np.concatenate(rows)] = found
        return windows.joined(vectors)

    @property
    def _budget(self) -> int:
        return _CPU_TOKENS if self.device.type == "cpu" else _GPU_TOKENS

    def _filled(self, tokens: np.ndarray, full: int) -> np.ndarray:
        """A batch filled up so that its size does not choose another kernel.

        On a CPU only very small batches take other kernels, and are filled to `_FEWEST_TOKENS`; on
        a GPU the number of rows is a power of two.
        """
        if self.device.type == "cpu":
            least = -(-_FEWEST_TOKENS // tokens.shape[1])
        else:
            least = min(full, max(_FEWEST_ROWS, 1 << (len(tokens) - 1).bit_length()))
        if len(tokens) >= least:
            return tokens
        return np.concatenate([tokens, np.repeat(tokens[-1:], least - len(tokens), axis=0)])

    def _sent(self, tokens: np.ndarray) -> Tensor:
        """Token ids on the device; to a CUDA card from pinned memory, while it still computes."""
        here = torch.from_numpy(tokens)
        if self.device.type == "cuda":
            return here.pin_memory().to(self.device, non_blocking=True)
        return here.to(self.device)


_POOL = {
    "mean": lambda hidden: hidden.mean(dim=1),
    "cls": lambda hidden: hidden[:, 0],
    "max": lambda hidden: hidden.amax(dim=1),
}


def _states(model: Any, tokens: Tensor, layer: int) -> Tensor:
    """Token vectors after a layer of any transformer; 0 for the last."""
    if not layer:
        return cast("Tensor", model(input_ids=tokens).last_hidden_state)
    return cast("Tensor", model(input_ids=tokens, output_hidden_states=True).hidden_states[layer])


def load_model(folder: Path, precision: str) -> Any:
    """Read the weights of an encoder's folder as a transformers model."""
    with quiet_transformers(folder):
        from transformers import AutoModel

        return AutoModel.from_pretrained(
            folder, dtype=_DTYPES[precision], use_safetensors=True, local_files_only=True
        )


@lru_cache(maxsize=4)
def load_engine(folder: Path, recipe: Recipe, device: str, precision: str) -> Engine:
    """Load an engine once per process."""
    return Engine(folder, recipe, device=device, precision=precision)
