"""The network of a tagger: an encoder that reads a window once, and a linear output per task.

Every token sees the tokens of its own turn, of the turns before it and of the goal, never of later
turns (a block-wise causal mask over Vaswani et al. 2017, eq. 1). So one pass over a window tags all
its turns, each as if the conversation had ended with it. A turn is represented by the mean of its
tokens beside its first token, the name of the side.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workbench.embedding.engine import load_model
from workbench.heads.tagger.turns import NOTHING, Batch

__all__ = ["TaggerNetwork"]

_DROPOUT = 0.1


class TaggerNetwork(nn.Module):
    """An encoder with outputs; word embeddings stay as they are.

    Parameters
    ----------
    folder
        Of an encoder that transformers can load, with absolute positions (BERT and its like).
    outputs
        Number of labels per task.
    dropout
        Between the encoder's layers; inside attention there is none, which would forbid the fused
        kernel.
    """

    def __init__(self, folder: Path, outputs: Mapping[str, int], *, dropout: float = 0.0) -> None:
        super().__init__()
        self.sizes = dict(outputs)
        self.encoder: Any = load_model(folder, "fp32")
        self.encoder.pooler = None
        for name, module in self.encoder.named_modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0 if ".self." in name else dropout
        self.encoder.get_input_embeddings().weight.requires_grad_(False)
        self.dropout = nn.Dropout(_DROPOUT)
        width = 2 * self.encoder.config.hidden_size
        self.outputs = nn.ModuleDict({name: nn.Linear(width, k) for name, k in outputs.items()})

    def forward(self, ids: Tensor, turn: Tensor, turns: int) -> dict[str, Tensor]:
        """Scores (windows, turns, labels) of each task for `Batch.ids` and `Batch.turn`."""
        shared = (turn[:, None, :] <= turn[:, :, None]) & (turn[:, None, :] != NOTHING)
        shared |= torch.eye(ids.shape[1], dtype=torch.bool, device=ids.device)
        hidden = self.encoder(input_ids=ids, attention_mask=shared[:, None]).last_hidden_state
        read = self.dropout(_by_turn(hidden.float(), turn, turns))
        return {name: output(read) for name, output in self.outputs.items()}

    def trained(self) -> dict[str, Tensor]:
        """Parameters that training changes, by name."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def _by_turn(hidden: Tensor, turn: Tensor, turns: int) -> Tensor:
    """Mean and first token of each turn, (windows, turns, 2 * width)."""
    windows, _, width = hidden.shape
    slot = torch.where(turn >= 0, turn, turns) + torch.arange(windows, device=turn.device)[
        :, None
    ] * (turns + 1)
    flat = slot.flatten()
    places = windows * (turns + 1)
    total = hidden.new_zeros(places, width).index_add(0, flat, hidden.flatten(0, 1))
    count = hidden.new_zeros(places).index_add(0, flat, hidden.new_ones(len(flat)))
    mean = (total / count.clamp(min=1)[:, None]).view(windows, turns + 1, width)
    begins = torch.ones_like(turn, dtype=torch.bool)
    begins[:, 1:] = turn[:, 1:] != turn[:, :-1]
    line, place = torch.nonzero(begins & (turn >= 0), as_tuple=True)
    first = hidden.new_zeros(windows, turns, width)
    first = first.index_put((line, turn[line, place]), hidden[line, place])
    return torch.cat([mean[:, :turns], first], dim=-1)


def tensors(batch: Batch, device: str) -> tuple[Tensor, Tensor, int]:
    """Arguments of `TaggerNetwork.forward` for a batch."""
    ids, turn = torch.from_numpy(batch.ids), torch.from_numpy(batch.turn)
    return ids.to(device), turn.to(device), batch.rows.shape[1]
