"""A tagger: a fine-tuned encoder that tags the turns of a conversation for several tasks at once.

It reads in two ways: with the turns before (up to `TaggerRecipe.context_turns` before a window's
first tagged turn, so at most `context_turns` of the tagger in all), or each turn by itself. Each
way of reading has a calibration of its own, fitted on scores out of grouped folds. The encoder's
word embeddings are those of the encoder it began with and are not stored again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.heads.head import probabilities
from workbench.heads.tagger.turns import Turns, batch_of, batches
from workbench.progress import track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.embedding.tokens import Tokenizer
    from workbench.heads.tagger.network import TaggerNetwork

__all__ = ["READINGS", "Calibrated", "Reading", "Tagger", "Task"]

Reading: TypeAlias = Literal["context", "alone"]
"""With the turns before, or each turn by itself."""

READINGS: tuple[Reading, ...] = ("context", "alone")

WINDOW_TOKENS = 120
"""Most tokens of the previous turns, and of the tagged ones, in a window."""

_BUDGET = 4096  # tokens of windows tagged at once


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """From scores to probabilities and labels of one task in one way of reading; k labels.

    Attributes
    ----------
    scale, offset, thresholds : ndarray of shape (k,)
        As in `workbench.heads.Head`.
    """

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One question that the tagger answers about turns.

    Parameters
    ----------
    name, labels, exclusive
        As in `workbench.heads.Head`.
    readings
        Calibration by way of reading.
    card
        What has to be known before its figures are used.
    """

    name: str
    labels: tuple[str, ...]
    exclusive: bool
    readings: Mapping[Reading, Calibrated]
    card: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, scores: NDArray[np.float64], reading: Reading) -> NDArray[np.float64]:
        """Calibrated probabilities of scores (n, k)."""
        own = self.readings[reading]
        return probabilities(scores, own.scale, own.offset, exclusive=self.exclusive)

    def assign(self, probability: NDArray[np.float64], reading: Reading) -> NDArray[np.bool_]:
        """Which labels are assigned at these probabilities, shape (n, k)."""
        cuts = self.readings[reading].thresholds
        if not self.exclusive:
            return np.asarray(probability >= cuts)
        chosen = (probability / cuts).argmax(axis=1)
        return np.arange(len(self.labels)) == chosen[:, None]


@dataclass(frozen=True, eq=False)
class Tagger:
    """A trained tagger.

    Parameters
    ----------
    name
        What it is called.
    tasks
        What it answers, by name.
    arrays
        Trained parameters by name, float16.
    encoder
        Identity of the encoder it began with.
    reads_turns, tags_turns
        As `context_turns` and `tagged_turns` in `TaggerRecipe`.
    folder
        Folder of that encoder on this machine.
    card
        What holds for all tasks.
    """

    name: str
    tasks: Mapping[str, Task]
    arrays: Mapping[str, NDArray[np.float16]]
    encoder: str
    reads_turns: int
    tags_turns: int
    folder: Path
    card: Mapping[str, Any] = field(default_factory=dict)

    def context_turns(self, reading: Reading) -> int:
        """Most previous turns that a tag can depend on."""
        return self.reads_turns + self.tags_turns - 1 if reading == "context" else 0

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a tag."""
        digest = hashlib.sha256(checksum_of(self.facts()).encode())
        for name, array in sorted(self.arrays.items()):
            digest.update(f"{name}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f2").tobytes())
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """Everything but arrays and cards, as JSON-able values."""
        return {
            "name": self.name,
            "encoder": self.encoder,
            "reads_turns": self.reads_turns,
            "tags_turns": self.tags_turns,
            "tasks": [
                {
                    "name": task.name,
                    "labels": list(task.labels),
                    "exclusive": task.exclusive,
                    "readings": {
                        reading: {
                            "scale": own.scale.tolist(),
                            "offset": own.offset.tolist(),
                            "thresholds": own.thresholds.tolist(),
                        }
                        for reading, own in task.readings.items()
                    },
                }
                for task in self.tasks.values()
            ],
        }

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The encoder's tokenizer."""
        from workbench.embedding.recipe import Recipe
        from workbench.embedding.tokens import load_tokenizer

        return load_tokenizer(self.folder, Recipe.read(self.folder))

    @cached_property
    def network(self) -> TaggerNetwork:
        """The network with the trained parameters, in float32, on the CPU."""
        import torch

        from workbench.heads.tagger.network import TaggerNetwork

        network = TaggerNetwork(
            self.folder, {name: len(task.labels) for name, task in self.tasks.items()}
        )
        own = network.trained()
        if set(own) != set(self.arrays):
            raise BadInput(f"Tagger {self.name!r} does not fit the encoder in {self.folder.name}.")
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(torch.from_numpy(self.arrays[name].astype(np.float32)))
        return network.eval()

    def predict_proba(
        self,
        texts: Sequence[str],
        *,
        sides: Sequence[str],
        conversations: Sequence[str],
        goals: Sequence[str | None],
        reading: Reading = "context",
        device: str = "auto",
    ) -> dict[str, NDArray[np.float64]]:
        """Calibrated probabilities (n, k) of every task for every turn.

        Parameters
        ----------
        texts, sides, conversations, goals
            One entry per turn; turns of a conversation stand together, in their order.

        A turn's result depends on its own conversation alone, not on what else is tagged.
        """
        turns = Turns.read(
            texts,
            sides=sides,
            conversations=conversations,
            goals=goals,
            tokenizer=self.tokenizer,
        )
        scores = tag(
            self.network,
            turns,
            context=self.reads_turns if reading == "context" else 0,
            tagged=self.tags_turns,
            device=device,
        )
        return {
            name: task.probabilities(scores[name], reading) for name, task in self.tasks.items()
        }

    def with_cards(self, card: Mapping[str, Any], tasks: Mapping[str, Mapping[str, Any]]) -> Tagger:
        """Return the same tagger with other cards."""
        described = {
            name: replace(task, card=tasks.get(name, task.card))
            for name, task in self.tasks.items()
        }
        return replace(self, card=dict(card), tasks=described)

    def __repr__(self) -> str:
        size = sum(array.nbytes for array in self.arrays.values()) / 1e6
        return f"Tagger({self.name!r}, {list(self.tasks)}, {size:.0f} MB, {self.fingerprint[:12]})"


def tag(
    network: TaggerNetwork,
    turns: Turns,
    *,
    context: int,
    tagged: int,
    device: str = "auto",
    conversations: Sequence[int] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Uncalibrated scores (n, k) of every task for every turn; nan outside `conversations`.

    Windows of one length share a batch, so that a window's result does not depend on the others.
    """
    import torch

    from workbench.embedding.hardware import resolve_device, resolve_precision
    from workbench.heads.tagger.network import tensors

    place = resolve_device(device)
    half = resolve_precision("auto", device=place)
    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    network = network.to(place).eval()
    network.encoder.to(kinds[half])
    windows = turns.reading(context=context, turns=tagged, size=WINDOW_TOKENS)
    if conversations is not None:
        wanted = set(map(int, conversations))
        number = np.searchsorted(turns.bounds, [w.rows[0] for w in windows], side="right") - 1
        windows = [w for w, own in zip(windows, number, strict=True) if own in wanted]
    found = {name: np.full((len(turns), size), np.nan) for name, size in network.sizes.items()}
    cut = list(batches(turns, windows, budget=_BUDGET, equal=True))
    with torch.inference_mode():
        for part in track(cut, doing="Tagging turns", total=len(cut)):
            batch = batch_of(turns, part)
            rows = batch.rows[batch.tagged]
            for name, scores in network(*tensors(batch, place)).items():
                found[name][rows] = scores.float().cpu().numpy()[batch.tagged]
    return found
