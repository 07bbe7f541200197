"""The loaded model: token ids of texts of one length in, one vector per text out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from workbench.embedding.bert import EqualLengthBert, fits
from workbench.embedding.recipe import Recipe
from workbench.errors import BadInput

__all__ = ["Engine", "load_engine"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_CPU_TOKENS = 2_048
_GPU_TOKENS = 32_768
_FEWEST_TOKENS = 64


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
        self.tokenizer, model = _read(folder, _DTYPES[precision])
        self.prefix, self.suffix = _frame(self.tokenizer)
        self.room = recipe.max_tokens - len(self.prefix) - len(self.suffix)
        model = model.to(self.device).eval().requires_grad_(False)
        self.hidden = (
            EqualLengthBert(model)
            if fits(model)
            else lambda tokens: model(input_ids=tokens).last_hidden_state
        )

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text without special tokens, however long the text is."""
        rendered = [text.lower() for text in texts] if self.recipe.lower else list(texts)
        found = self.tokenizer(
            rendered,
            add_special_tokens=False,
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        ids: list[list[int]] = found["input_ids"]
        return ids

    def windows(self, ids: list[int]) -> list[list[int]]:
        """Cut one text into windows that fit the model; a short or empty text is one window."""
        starts = range(0, max(len(ids), 1), self.room)
        return [self.prefix + ids[start : start + self.room] + self.suffix for start in starts]

    def vectors(self, windows: Sequence[list[int]]) -> np.ndarray:
        """Unit vectors (windows, dimension) float32; windows of one length share a batch."""
        lengths = np.array([len(window) for window in windows])
        out = np.empty((len(windows), self.recipe.dimension), np.float32)
        for length in np.unique(lengths):
            chosen = np.flatnonzero(lengths == length)
            rows = max(1, self._budget // int(length))
            for start in range(0, len(chosen), rows):
                part = chosen[start : start + rows]
                out[part] = self._forward(np.array([windows[i] for i in part]), rows)[: len(part)]
        return out

    @property
    def _budget(self) -> int:
        return _CPU_TOKENS if self.device.type == "cpu" else _GPU_TOKENS

    def _forward(self, tokens: np.ndarray, rows: int) -> np.ndarray:
        """Vectors of one batch, filled up so that its size does not choose another kernel.

        On a GPU a batch always has its full number of rows; on a CPU only very small batches take
        other kernels, and are filled to `_FEWEST_TOKENS`.
        """
        least = rows if self.device.type != "cpu" else -(-_FEWEST_TOKENS // tokens.shape[1])
        if len(tokens) < least:
            tokens = np.concatenate([tokens, np.repeat(tokens[-1:], least - len(tokens), axis=0)])
        with torch.inference_mode():
            hidden = self.hidden(torch.from_numpy(tokens).to(self.device)).float()
            pooled = functional.normalize(_POOL[self.recipe.pooling](hidden), dim=1)
            result: np.ndarray = pooled.cpu().numpy()
        return result


_POOL = {
    "mean": lambda hidden: hidden.mean(dim=1),
    "cls": lambda hidden: hidden[:, 0],
    "max": lambda hidden: hidden.amax(dim=1),
}


def _read(folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadInput.in_file(
            folder, "transformers cannot load this model.", remedy=f"It said: {error}"
        ) from error
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
    return tokenizer, model


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Special tokens before and after a text."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = tokenizer("a", truncation=False, padding=False)["input_ids"]
    start = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
    return framed[:start], framed[start + len(bare) :]


@lru_cache(maxsize=2)
def load_engine(folder: Path, recipe: Recipe, device: str, precision: str) -> Engine:
    """Load an engine once per process."""
    return Engine(folder, recipe, device=device, precision=precision)
