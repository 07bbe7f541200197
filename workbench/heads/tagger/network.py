"""The network of a tagger: upper layers of a causal language model, adapted, and an output per task.

Each weight matrix W of these layers becomes W + 2 B A with A and B of a low rank (Hu et al. 2022,
https://arxiv.org/abs/2106.09685); W stays as it is. The network is given the states that the lower
layers, which no training changes, made of a run of turns. A turn is represented by the mean of its
words beside its last one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.language_models.reading import passed

if TYPE_CHECKING:
    from workbench.heads.tagger.recipe import TaggerRecipe
    from workbench.language_models.reading import Run

__all__ = ["TaggerNetwork"]

_STRENGTH = 2.0
_ADAPTED = {
    "self_attn": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "mlp": ("gate_proj", "up_proj", "down_proj"),
}


class _LowRank(nn.Module):
    """A linear map with an adaptation, which is nothing at the beginning."""

    def __init__(self, whole: nn.Linear, rank: int) -> None:
        super().__init__()
        self.whole = whole
        size = whole.in_features
        self.down = nn.Parameter(torch.randn(rank, size) / math.sqrt(size))
        self.up = nn.Parameter(torch.zeros(whole.out_features, rank))

    def forward(self, given: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        low = given @ self.down.to(given.dtype).T
        return torch.as_tensor(self.whole(given) + _STRENGTH * (low @ self.up.to(given.dtype).T))


class TaggerNetwork(nn.Module):
    """Adapted layers with outputs.

    Parameters
    ----------
    model
        A transformers decoder of the Llama kind up to layer `recipe.through`; left as it is.
    outputs
        Number of labels per task.
    """

    def __init__(self, model: Any, outputs: Mapping[str, int], recipe: TaggerRecipe) -> None:
        super().__init__()
        self.sizes = dict(outputs)
        self.layers = copy.deepcopy(model.layers[recipe.below : recipe.through])
        for layer in self.layers:
            for part, names in _ADAPTED.items():
                block = getattr(layer, part)
                for name in names:
                    setattr(block, name, _LowRank(getattr(block, name), recipe.rank))
        self.rotary_emb = copy.deepcopy(model.rotary_emb)
        width = 2 * int(model.config.hidden_size)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(recipe.dropout)
        self.outputs = nn.ModuleDict({name: nn.Linear(width, k) for name, k in outputs.items()})
        self.to(model.device)

    def forward(self, states: Tensor, runs: Sequence[Run]) -> dict[str, Tensor]:
        """Scores (turns, labels) of each task for all described turns of some runs, in their order.

        Parameters
        ----------
        states
            After the last layer that stays as it is, shape (runs, tokens, size); padded at the end,
            where nothing looks.
        """
        states = passed(self, states, layers=len(self.layers))[-1]
        turns = [
            torch.cat([states[line, start:end].float().mean(dim=0), states[line, end - 1].float()])
            for line, run in enumerate(runs)
            for start, end in run.words
        ]
        read = self.dropout(self.norm(torch.stack(turns)))
        return {name: output(read) for name, output in self.outputs.items()}

    def trained(self) -> dict[str, nn.Parameter]:
        """Parameters that training changes, by name; all in float32."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}
