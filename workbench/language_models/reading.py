"""What a causal language model makes of each turn as it reads a conversation.

The model reads a run of turns once, each behind the name of its side, after one sentence that names
the change goal. A turn is described by the hidden states of some layers: their mean over the turn's
words, and the state after its last word. Being causal the model never sees a later turn, so one pass
describes all turns of a run, each as if the conversation had ended with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.language_models.local import LocalLM, local
from workbench.progress import track

__all__ = ["READ_TURNS", "TurnReader"]

READ_TURNS = 12
"""Previous turns before the first described turn of a run, and most turns described in one run."""

_LONGEST = 200  # tokens of a turn that are read
_BEFORE, _RUN = 256, 384  # tokens of previous turns, and of described ones
_SPOKEN_AS = {"helper": "\nTherapist:", "client": "\nClient:"}
_OTHER = "\nOther:"


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of neighbouring turns; those before `first` are read, but not described."""

    rows: range
    first: int


class TurnReader:
    """A language model of this machine that describes turns by hidden states.

    Parameters
    ----------
    layers
        After which of its layers.
    model
        None for the installed SmolLM2-135M; else a folder or hub name (see `local`).
    device
        As for `workbench.embedding.Encoder`.

    Raises
    ------
    MissingModel
        If the model is not on this machine.
    """

    def __init__(
        self, layers: Sequence[int], *, model: str | Path | None = None, device: str = "auto"
    ) -> None:
        self.layers = tuple(layers)
        self._lm: LocalLM = local(model)
        self._device = device

    @property
    def weights(self) -> str:
        """Identity of the model's weights and tokenizer: what a head has to meet again."""
        return self._lm.weights

    @property
    def width(self) -> int:
        """Numbers per turn: two states of each layer."""
        return 2 * len(self.layers) * int(self._model.config.hidden_size)

    def read(
        self,
        texts: Sequence[str],
        *,
        sides: Sequence[str],
        conversations: Sequence[str],
        goals: Sequence[str | None],
        context: bool = True,
    ) -> NDArray[np.float32]:
        """Describe turns, shape (n, width), rounded to float16.

        Parameters
        ----------
        texts, sides, conversations, goals
            One entry per turn; turns of a conversation stand together, in their order.
        context
            Whether a turn is read after those before it, or by itself.
        """
        import torch

        if not len(texts) == len(sides) == len(conversations) == len(goals):
            raise BadInput("Reading takes a text, a side, a conversation and a goal per turn.")
        names = [_SPOKEN_AS.get(side, _OTHER) for side in sides]
        heads = {name: len(self._ids(name)) for name in set(names)}
        turns = [
            self._ids(f"{name} {text}")[:_LONGEST] for name, text in zip(names, texts, strict=True)
        ]
        found = np.empty((len(texts), self.width), np.float32)
        runs = list(_runs(conversations, [len(turn) for turn in turns], context=context))
        with torch.inference_mode():
            for run in track(runs, doing="Reading turns", total=len(runs)):
                begin = self._opening(goals[run.rows[0]])
                places, ids = [], list(begin)
                for row in run.rows:
                    head = min(heads[names[row]], len(turns[row]) - 1)
                    places.append((len(ids) + head, len(ids) + len(turns[row])))
                    ids += turns[row]
                states = self._states(ids)
                for row, (start, end) in list(zip(run.rows, places, strict=True))[run.first :]:
                    own = states[:, start:end]
                    both = torch.stack([own.mean(dim=1), own[:, -1]], dim=1)
                    found[row] = both.flatten().half().float().cpu().numpy()
        return found

    def _opening(self, goal: str | None) -> list[int]:
        about = f" about {goal}" if goal else ""
        return self._ids(f"A counselling session{about}.")

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text)["input_ids"]
        return ids

    def _states(self, ids: list[int]) -> Any:
        """Hidden states (layers, tokens, size) in float32."""
        import torch

        given = torch.tensor([ids], device=self._model.device)
        states = self._model(input_ids=given, output_hidden_states=True).hidden_states
        return torch.stack([states[layer][0].float() for layer in self.layers])

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._lm.folder, local_files_only=True)

    @cached_property
    def _model(self) -> Any:
        return _loaded(self._lm.folder, max(self.layers), self._device)


@lru_cache(maxsize=1)
def _loaded(folder: Path, layers: int, device: str) -> Any:
    """The model's first layers, in the precision that this machine computes fastest."""
    import torch
    from transformers import AutoModel

    from workbench.embedding import resolve_device, resolve_precision

    place = resolve_device(device)
    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    precision = kinds[resolve_precision("auto", device=place)]
    model = AutoModel.from_pretrained(folder, dtype=precision, local_files_only=True).eval()
    if not 0 < layers <= model.config.num_hidden_layers:
        raise BadInput(
            f"{folder.name} has {model.config.num_hidden_layers} layers; there is no layer {layers}."
        )
    model.layers = model.layers[: layers + 1] if layers < len(model.layers) else model.layers
    return model.to(place)


def _runs(conversations: Sequence[str], lengths: Sequence[int], *, context: bool) -> Iterator[_Run]:
    """Cut turns into runs in which every turn is described once; each depends on its own talk alone."""
    at, count = 0, len(lengths)
    while at < count:
        end, left = at + 1, _RUN - lengths[at]
        while (
            context
            and end < min(at + READ_TURNS, count)
            and conversations[end] == conversations[at]
            and lengths[end] <= left
        ):
            left -= lengths[end]
            end += 1
        begin, left = at, _BEFORE
        while (
            context
            and begin > max(0, at - READ_TURNS)
            and conversations[begin - 1] == conversations[at]
            and lengths[begin - 1] <= left
        ):
            begin -= 1
            left -= lengths[begin]
        yield _Run(range(begin, end), at - begin)
        at = end
