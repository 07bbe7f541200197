"""A tagger: a language model with adapted upper layers that scores turns for several tasks at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.heads.tagger.recipe import TaggerRecipe
from workbench.language_models import TurnReader, Turns
from workbench.language_models.reading import MOST_TURNS
from workbench.progress import track

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.heads.tagger.network import TaggerNetwork
    from workbench.language_models.reading import Run

__all__ = ["Tagger", "Task", "tag"]


@dataclass(frozen=True, slots=True)
class Task:
    """One question that the tagger answers about turns: name, labels, whether exactly one holds."""

    name: str
    labels: tuple[str, ...]
    exclusive: bool


@dataclass(frozen=True, eq=False)
class Tagger:
    """A trained tagger.

    Parameters
    ----------
    name
        What it is called.
    tasks
        What it answers, by name.
    recipe
        How it was trained.
    arrays
        Trained parameters by name, float16.
    weights
        Identity of the language model that was adapted.
    model
        Where that model is found: a folder, a hub name, or None for the installed one.
    card
        What has to be known before its figures are used.
    """

    name: str
    tasks: Mapping[str, Task]
    recipe: TaggerRecipe
    arrays: Mapping[str, NDArray[np.float16]]
    weights: str
    model: str | None = None
    card: Mapping[str, Any] = field(default_factory=dict)

    context_turns = MOST_TURNS
    """Previous turns that a score can depend on."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a score."""
        digest = hashlib.sha256(checksum_of(self.facts()).encode())
        for name, array in sorted(self.arrays.items()):
            digest.update(f"{name}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f2").tobytes())
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """Everything but arrays and card, as JSON-able values."""
        return {
            "name": self.name,
            "weights": self.weights,
            "model": self.model,
            "recipe": asdict(self.recipe),
            "tasks": [
                {**asdict(task), "labels": list(task.labels)} for task in self.tasks.values()
            ],
        }

    def scores(self, turns: Turns, *, device: str = "auto") -> dict[str, NDArray[np.float64]]:
        """Uncalibrated scores (n, k) of every task for every turn.

        A turn's result depends on its own conversation alone, not on what else is tagged.

        Raises
        ------
        BadInput
            If the language model here is another one than was adapted.
        """
        how = self.recipe
        reader = TurnReader([how.below, how.through], model=self.model, device=device)
        if reader.weights != self.weights:
            raise BadInput(
                f"Tagger {self.name!r} adapts another version of the language model than the one "
                "here. Install the version that the package asks for (`workbench doctor "
                "--install-model`), or train the tagger again."
            )
        runs = reader.runs(turns)
        states = (reader.states([run], [how.below])[0, 0] for run in runs)
        return tag(self._network(reader), runs, states, len(turns))

    def _network(self, reader: TurnReader) -> TaggerNetwork:
        import torch

        from workbench.heads.tagger.network import TaggerNetwork

        sizes = {name: len(task.labels) for name, task in self.tasks.items()}
        network = TaggerNetwork(reader.model, sizes, self.recipe)
        own = network.trained()
        if set(own) != set(self.arrays):
            raise BadInput(f"Tagger {self.name!r} does not fit the language model {self.model}.")
        with torch.no_grad():
            for name, parameter in own.items():
                parameter.copy_(torch.from_numpy(self.arrays[name].astype(np.float32)))
        return network.eval()

    def with_card(self, card: Mapping[str, Any]) -> Tagger:
        """Return the same tagger with another card."""
        return replace(self, card=dict(card))

    def __repr__(self) -> str:
        size = sum(array.nbytes for array in self.arrays.values()) / 1e6
        return f"Tagger({self.name!r}, {list(self.tasks)}, {size:.1f} MB, {self.fingerprint[:12]})"


def tag(
    network: TaggerNetwork, runs: Sequence[Run], states: Iterable[Tensor], turns: int
) -> dict[str, NDArray[np.float64]]:
    """Scores (turns, k) of each task for the turns of some runs; nan for all others.

    Each run is read by itself, so that a score does not depend on what else is tagged.

    Parameters
    ----------
    states
        What the layers below the adapted ones make of each run.
    """
    import torch

    device = next(network.parameters()).device
    found = {name: np.full((turns, size), np.nan) for name, size in network.sizes.items()}
    with torch.no_grad():
        pairs = zip(runs, states, strict=True)
        for run, own in track(pairs, doing="Tagging turns", total=len(runs)):
            for name, scores in network(own[None].to(device), [run]).items():
                found[name][list(run.rows)] = scores.cpu().numpy()
    return found
