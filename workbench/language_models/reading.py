"""What a causal language model makes of each turn as it reads a conversation.

The model reads a run of turns once, each behind the name of its side, after one sentence that names
the change goal. A turn is described by the hidden states of some layers: their mean over the turn's
words, and the state after its last word. Being causal the model never sees a later turn, so one pass
describes all turns of a run, each as if the conversation had ended with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.language_models.local import LocalLM, local
from workbench.progress import track

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MOST_TURNS", "Run", "TurnReader", "Turns", "passed"]

_TURNS_BEFORE, _TURNS = 12, 24  # previous turns before the first described one, and described ones
_BEFORE, _RUN = 192, 384  # tokens of either
_LONGEST = 200  # tokens of a turn that are read
_AT_ONCE = 1024  # tokens in one batch, about
_SPOKEN_AS = {"helper": "\nTherapist:", "client": "\nClient:"}
_OTHER = "\nOther:"

MOST_TURNS = _TURNS_BEFORE + _TURNS - 1
"""Previous turns that a description can depend on."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns to read, one entry each; those of a conversation stand together, in their order.

    Attributes
    ----------
    texts
        What was said.
    sides
        `helper`, `client` or another.
    conversations
        Id of the conversation.
    goals
        Change goal of the conversation, or None.

    Raises
    ------
    BadInput
        If they differ in number.
    """

    texts: Sequence[str]
    sides: Sequence[str]
    conversations: Sequence[str]
    goals: Sequence[str | None]

    def __post_init__(self) -> None:
        if not len(self.texts) == len(self.sides) == len(self.conversations) == len(self.goals):
            raise BadInput("Reading takes a text, a side, a conversation and a goal per turn.")

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring turns as one sequence of tokens, some of which are described.

    Attributes
    ----------
    ids
        Tokens of the opening sentence and of all turns.
    rows
        Rows of the described turns.
    words
        First token of the words of each described turn, and the token behind its last one.
    """

    ids: tuple[int, ...]
    rows: tuple[int, ...]
    words: tuple[tuple[int, int], ...]


class TurnReader:
    """A language model of this machine that describes turns by hidden states.

    The model is a transformers decoder of the Llama kind, as SmolLM2 is. The last table it made is
    kept: several heads ask for the same one.

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
        self.named = None if model is None else str(model)
        self._lm: LocalLM = local(model)
        self._device = device
        self._last: tuple[str, NDArray[np.float32]] | None = None

    @property
    def weights(self) -> str:
        """Identity of the model: what a head has to meet again.

        Of the installed model the name and checksum of the file that it was converted from, as what a
        conversion writes beside the weights changes with the version of transformers.
        """
        return self._lm.folder.name if self.named is None else self._lm.weights

    @property
    def width(self) -> int:
        """Numbers per turn: two states of each layer."""
        return 2 * len(self.layers) * int(self.model.config.hidden_size)

    @cached_property
    def model(self) -> Any:
        """The transformers model up to the last of `layers`, shared with other readers."""
        return _loaded(self._lm.folder, max(self.layers), self._device)

    def read(self, turns: Turns, *, context: bool = True) -> NDArray[np.float32]:
        """Describe turns, shape (n, width), rounded to float16.

        Parameters
        ----------
        context
            Whether a turn is read after those before it, or by itself.
        """
        asked = checksum_of([asdict(turns), context])
        if self._last is not None and self._last[0] == asked:
            return self._last[1]
        found = np.empty((len(turns), self.width), np.float32)
        batches = _of_equal_length(self.runs(turns, context=context))
        for batch in track(batches, doing="Reading turns", total=len(batches)):
            for run, states in zip(batch, self.states(batch), strict=True):
                found[list(run.rows)] = _described(run, states)
        found.flags.writeable = False
        self._last = (asked, found)
        return found

    def runs(self, turns: Turns, *, context: bool = True) -> list[Run]:
        """Cut turns into runs, in which every turn is described once; arguments as for `read`."""
        names = [_SPOKEN_AS.get(side, _OTHER) for side in turns.sides]
        heads = {name: len(self._ids(name)) for name in set(names)}
        said = [
            self._ids(f"{name} {text}")[:_LONGEST]
            for name, text in zip(names, turns.texts, strict=True)
        ]
        found = []
        lengths = [len(own) for own in said]
        for rows, first in _cut(turns.conversations, lengths, context=context):
            words, ids = [], self._opening(turns.goals[rows[0]])
            for row in rows:
                head = min(heads[names[row]], len(said[row]) - 1)
                words.append((len(ids) + head, len(ids) + len(said[row])))
                ids += said[row]
            found.append(Run(tuple(ids), tuple(rows[first:]), tuple(words[first:])))
        return found

    def states(self, runs: Sequence[Run], layers: Sequence[int] | None = None) -> Tensor:
        """Hidden states (runs, layers, tokens, size) of runs of equal length, as the model has them.

        Parameters
        ----------
        layers
            After which layers; default: those of the reader.
        """
        import torch

        wanted = tuple(layers or self.layers)
        with torch.no_grad():
            ids = torch.tensor([run.ids for run in runs], device=self.model.device)
            after = passed(self.model, self.model.embed_tokens(ids), layers=max(wanted))
            return torch.stack([after[layer - 1] for layer in wanted], dim=1)

    def _opening(self, goal: str | None) -> list[int]:
        about = f" about {goal}" if goal else ""
        return self._ids(f"A counselling session{about}.")

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text)["input_ids"]
        return list(ids)

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._lm.folder, local_files_only=True)


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
    model.layers = model.layers[:layers]
    return model.requires_grad_(False).to(place)


def _of_equal_length(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that can be read side by side without padding, which would change what is said of them."""
    batches: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: len(run.ids)):
        last = batches[-1] if batches else []
        if last and len(last[0].ids) == len(run.ids) and len(run.ids) * len(last) < _AT_ONCE:
            last.append(run)
        else:
            batches.append([run])
    return batches


def _described(run: Run, states: Tensor) -> NDArray[np.float32]:
    """Two states of each layer for each described turn, shape (turns, width)."""
    import torch

    states = states.float()
    both = [
        torch.stack([states[:, start:end].mean(dim=1), states[:, end - 1]], dim=1).flatten()
        for start, end in run.words
    ]
    return torch.stack(both).half().float().cpu().numpy()


def passed(model: Any, states: Tensor, *, layers: int) -> list[Tensor]:
    """States after each of the first layers of a decoder of the Llama kind, which looks back only."""
    import torch

    place = torch.arange(states.shape[1], device=states.device)[None]
    turned, found = model.rotary_emb(states, place), []
    for layer in model.layers[:layers]:
        given = layer(states, attention_mask=None, position_embeddings=turned)
        states = given[0] if isinstance(given, tuple) else given
        found.append(states)
    return found


def _cut(
    conversations: Sequence[str], lengths: Sequence[int], *, context: bool
) -> Iterator[tuple[range, int]]:
    """Rows of each run, and how many of them are only read; a run depends on its own talk alone."""
    at, count = 0, len(lengths)
    while at < count:
        end, left = at + 1, _RUN - lengths[at]
        while (
            context
            and end < min(at + _TURNS, count)
            and conversations[end] == conversations[at]
            and lengths[end] <= left
        ):
            left -= lengths[end]
            end += 1
        begin, left = at, _BEFORE
        while (
            context
            and begin > max(0, at - _TURNS_BEFORE)
            and conversations[begin - 1] == conversations[at]
            and lengths[begin - 1] <= left
        ):
            begin -= 1
            left -= lengths[begin]
        yield range(begin, end), at - begin
        at = end
