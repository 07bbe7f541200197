"""Fine-tune a tagger: AdamW on a fixed plan of batches, so that a stopped run goes on where it was.

The plan (which windows stand in which batch, in which order) follows from the seed alone. Every few
batches weights and moments are written to a checkpoint; a run that finds one with its own
settings goes on from there and ends with the same weights as a run without a stop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from workbench.embedding.hardware import resolve_precision
from workbench.files import atomic_path, checksum_of
from workbench.heads.tagger.network import TaggerNetwork, tensors
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.turns import Batch, Turns, Window, batch_of, batches
from workbench.progress import track

__all__ = ["train_network"]

_WARM_UP = 0.1
_LONGEST_STEP = 1.0  # norm of the gradient


def train_network(
    turns: Turns,
    goals: Mapping[str, Goal],
    conversations: Sequence[int],
    *,
    folder: Path,
    recipe: TaggerRecipe,
    random_state: int,
    device: str = "cpu",
    checkpoint: Path | None = None,
    checkpoint_every: int = 50,
    doing: str = "Training",
) -> TaggerNetwork:
    """Train on some conversations (numbers in `turns.bounds`).

    Parameters
    ----------
    folder
        The encoder to begin with.
    checkpoint
        File that keeps the state every `checkpoint_every` batches; removed at the end.

    Returns
    -------
    TaggerNetwork
        In evaluation mode, in float32.
    """
    torch.manual_seed(random_state)
    outputs = {name: g.targets.shape[1] for name, g in goals.items()}
    network = TaggerNetwork(folder, outputs, dropout=recipe.dropout)
    network.to(device).train()
    plan = _plan(turns, conversations, recipe, random_state)
    descent = _Descent(network, recipe, len(plan), resolve_precision("auto", device=device))
    identity = checksum_of([asdict(recipe), random_state, list(map(int, conversations)), len(plan)])
    done = descent.resume(checkpoint, identity)
    wanted = {
        name: torch.from_numpy(np.nan_to_num(g.targets)).float().to(device)
        for name, g in goals.items()
    }
    applies = {
        name: torch.from_numpy(~np.isnan(g.targets[:, 0])).to(device) for name, g in goals.items()
    }
    for step in track(range(done, len(plan)), doing=doing, total=len(plan) - done):
        torch.manual_seed(
            random_state + step
        )  # dropout of a step does not depend on where it began
        batch = batch_of(turns, plan[step])
        scores = network(*tensors(batch, device))
        loss = _loss(scores, batch, wanted, applies, goals)
        descent.step(loss)
        if checkpoint and (step + 1) % checkpoint_every == 0:
            descent.keep(checkpoint, identity, step + 1)
    if checkpoint:
        checkpoint.unlink(missing_ok=True)
    network.float()
    descent.finish()
    return network.eval()


def _plan(
    turns: Turns, conversations: Sequence[int], recipe: TaggerRecipe, random_state: int
) -> list[list[Window]]:
    rng = np.random.default_rng(random_state)
    plan: list[list[Window]] = []
    for _ in range(recipe.epochs):
        windows = turns.training(conversations, size=recipe.window, alone=recipe.alone, rng=rng)
        cut = list(batches(turns, windows, budget=recipe.budget, equal=False))
        plan += [cut[number] for number in rng.permutation(len(cut))]
    return plan


def _loss(
    scores: Mapping[str, Tensor],
    batch: Batch,
    wanted: Mapping[str, Tensor],
    applies: Mapping[str, Tensor],
    goals: Mapping[str, Goal],
) -> Tensor:
    """Cross-entropy with the coders' shares, summed over tasks, mean over turns."""
    device = next(iter(scores.values())).device
    there = torch.from_numpy(batch.tagged).to(device)
    at = torch.from_numpy(batch.rows).to(device).clamp(min=0)
    losses = []
    for name, found in scores.items():
        own = there & applies[name][at]
        given, target = found[own], wanted[name][at][own]
        if goals[name].exclusive:
            each = -(target * given.log_softmax(-1)).sum(-1)
        else:
            each = nn.functional.binary_cross_entropy_with_logits(
                given, target, reduction="none"
            ).sum(-1)
        losses.append(goals[name].weight * each.sum())
    return torch.stack(losses).sum() / there.sum()


class _Descent:
    """AdamW on float32 copies of the weights, which the network itself may hold in bf16."""

    def __init__(
        self, network: TaggerNetwork, recipe: TaggerRecipe, steps: int, precision: str
    ) -> None:
        names = list(network.trained())
        if precision == "bf16":
            network.encoder.to(torch.bfloat16)
        own = network.trained()
        self.own = {name: own[name] for name in names}
        self.master = {
            name: p.detach().float().clone() if p.dtype != torch.float32 else p
            for name, p in self.own.items()
        }
        groups = [
            {
                "params": [p for p in self.master.values() if (p.ndim > 1) == decays],
                "weight_decay": recipe.weight_decay if decays else 0.0,
            }
            for decays in (True, False)
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.highest, self.steps, self.taken = recipe.learning_rate, steps, 0
        self.average_from = round(recipe.average_from * steps)
        self.mean = {name: p.detach().clone() for name, p in self.master.items()}

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of `loss`."""
        for p in self.own.values():
            p.grad = None
        loss.backward()
        for name, p in self.own.items():
            self.master[name].grad = None if p.grad is None else p.grad.float()
        nn.utils.clip_grad_norm_(list(self.master.values()), _LONGEST_STEP)
        for group in self.optimiser.param_groups:
            group["lr"] = self.highest * self._share(self.taken)
        self.optimiser.step()
        self.taken += 1
        self._hand_over(self.master)
        with torch.no_grad():
            weight = 1 / max(1, self.taken - self.average_from)
            for name, p in self.master.items():
                self.mean[name].lerp_(p, weight)

    def finish(self) -> None:
        """Give the network the mean of the weights since `average_from`."""
        self._hand_over(self.mean)

    def _share(self, step: int) -> float:
        warm = max(1, round(_WARM_UP * self.steps))
        return min((step + 1) / warm, (self.steps - step) / max(1, self.steps - warm))

    def _hand_over(self, weights: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, p in self.own.items():
                if p is not weights[name]:
                    p.copy_(weights[name])

    def keep(self, file: Path, identity: str, step: int) -> None:
        """Write weights, moments and how many steps were taken."""
        from safetensors.torch import save_file

        arrays: dict[str, Tensor] = {}
        for name, p in self.master.items():
            arrays[f"weight:{name}"] = p.detach().contiguous()
            arrays[f"mean:{name}"] = self.mean[name].contiguous()
            for key, value in self.optimiser.state.get(p, {}).items():
                arrays[f"{key}:{name}"] = value.detach().contiguous()
        facts = {"identity": identity, "step": step}
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as temporary:
            save_file(arrays, str(temporary), metadata={"tagger": json.dumps(facts)})

    def resume(self, file: Path | None, identity: str) -> int:
        """Take up the state of a checkpoint made with the same settings; return its step, or 0."""
        from safetensors import safe_open

        if file is None or not file.is_file():
            return 0
        with safe_open(str(file), framework="pt") as stored:
            facts: dict[str, Any] = json.loads((stored.metadata() or {}).get("tagger", "{}"))
            if facts.get("identity") != identity:
                return 0
            state: dict[Tensor, dict[str, Tensor]] = {p: {} for p in self.master.values()}
            for key in stored.keys():  # noqa: SIM118 - a file handle, not a mapping
                kind, _, name = key.partition(":")
                value = stored.get_tensor(key)
                if kind in ("weight", "mean"):
                    with torch.no_grad():
                        (self.master if kind == "weight" else self.mean)[name].copy_(value)
                else:
                    state[self.master[name]][kind] = value.to(
                        "cpu" if kind == "step" else self.master[name].device
                    )
        self.optimiser.state.update(state)
        self._hand_over(self.master)
        self.taken = int(facts["step"])
        return self.taken
