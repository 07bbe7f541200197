"""Adapt a tagger: AdamW on a fixed plan of batches, so that a stopped run goes on where it was.

The plan (which runs of turns stand in which batch, in which order) follows from the seed alone. Every
few batches parameters and moments are written to a checkpoint; a training that finds one with its own
settings goes on from there and ends with the same parameters as one without a stop.
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

from workbench.files import atomic_path, checksum_of
from workbench.heads.tagger.lesson import Lesson, batch_of
from workbench.heads.tagger.network import TaggerNetwork
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.progress import track

__all__ = ["train_network"]

_LONGEST_STEP = 1.0  # norm of the gradient
_ALIKE = 60  # tokens by which runs of one batch may differ in length, about


def train_network(
    lesson: Lesson,
    runs: Sequence[int],
    *,
    recipe: TaggerRecipe,
    random_state: int,
    checkpoint: Path | None = None,
    checkpoint_every: int = 25,
    doing: str = "Training",
) -> TaggerNetwork:
    """Train on some runs of a lesson.

    Parameters
    ----------
    checkpoint
        File that keeps the state every `checkpoint_every` batches. It stays: who keeps the result
        removes it afterwards, so that a kill in between loses no training.

    Returns
    -------
    TaggerNetwork
        In evaluation mode.
    """
    torch.manual_seed(random_state)
    outputs = {name: len(goal.labels) for name, goal in lesson.goals.items()}
    network = TaggerNetwork(lesson.reader.model, outputs, recipe).train()
    device = str(lesson.reader.model.device)
    plan = _plan(lesson, runs, recipe, random_state)
    descent = _Descent(network, recipe, len(plan))
    identity = checksum_of([lesson.fingerprint, asdict(recipe), random_state, list(map(int, runs))])
    done = descent.resume(checkpoint, identity)
    for step in track(range(done, len(plan)), doing=doing, total=len(plan) - done):
        torch.manual_seed(random_state + step)  # dropout does not depend on where training began
        own = [lesson.runs[number] for number in plan[step]]
        scores = network(batch_of([lesson.states[n] for n in plan[step]], device), own)
        descent.step(_loss(scores, [row for run in own for row in run.rows], lesson.goals))
        if checkpoint and (step + 1) % checkpoint_every == 0:
            descent.keep(checkpoint, identity, step + 1)
    if checkpoint:
        descent.keep(checkpoint, identity, len(plan))
    descent.finish()
    return network.eval()


def _plan(
    lesson: Lesson, runs: Sequence[int], recipe: TaggerRecipe, random_state: int
) -> list[list[int]]:
    """Numbers of the runs in each batch: of like length, in random order, anew in each pass."""
    rng = np.random.default_rng(random_state)
    numbers = np.asarray(runs)
    lengths = np.array([len(lesson.runs[number].ids) for number in numbers])
    plan: list[list[int]] = []
    for _ in range(recipe.epochs):
        order = numbers[np.argsort(lengths + rng.uniform(0, _ALIKE, len(numbers)))]
        cut = [order[at : at + recipe.batch].tolist() for at in range(0, len(order), recipe.batch)]
        plan += [cut[number] for number in rng.permutation(len(cut))]
    return plan


def _loss(scores: Mapping[str, Tensor], rows: list[int], goals: Mapping[str, Goal]) -> Tensor:
    """Cross-entropy with the coders' shares, summed over tasks, mean over turns."""
    losses = []
    for name, found in scores.items():
        goal = goals[name]
        wanted = torch.from_numpy(goal.targets[rows]).float().to(found.device)
        applies = ~wanted[:, 0].isnan()
        given, target = found[applies], wanted[applies]
        if goal.exclusive:
            each = -(target * given.log_softmax(-1)).sum(-1)
        else:
            each = nn.functional.binary_cross_entropy_with_logits(
                given, target, reduction="none"
            ).sum(-1)
        losses.append(goal.weight * each.sum())
    return torch.stack(losses).sum() / len(rows)


class _Descent:
    """AdamW, with the mean of the parameters over the last steps."""

    def __init__(self, network: TaggerNetwork, recipe: TaggerRecipe, steps: int) -> None:
        self.own = network.trained()
        adapted = {name for name in self.own if name.startswith("layers.")}
        self.rates = (recipe.learning_rate, recipe.output_rate)
        self.optimiser = torch.optim.AdamW(
            [
                {
                    "params": [p for name, p in self.own.items() if (name in adapted) == inner],
                    "weight_decay": recipe.weight_decay if inner else recipe.output_decay,
                }
                for inner in (True, False)
            ]
        )
        self.steps, self.taken = steps, 0
        self.warm = max(1, round(recipe.warm_up * steps))
        self.average_from = round(recipe.average_from * steps)
        self.mean = {name: p.detach().clone() for name, p in self.own.items()}

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of `loss`."""
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.own.values(), _LONGEST_STEP)
        falling = (self.steps - self.taken) / max(1, self.steps - self.warm)
        share = min((self.taken + 1) / self.warm, falling)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * share
        self.optimiser.step()
        self.taken += 1
        with torch.no_grad():
            weight = 1 / max(1, self.taken - self.average_from)
            for name, p in self.own.items():
                self.mean[name].lerp_(p, weight)

    def finish(self) -> None:
        """Give the network the mean of the parameters since `average_from`."""
        with torch.no_grad():
            for name, p in self.own.items():
                p.copy_(self.mean[name])

    def keep(self, file: Path, identity: str, step: int) -> None:
        """Write parameters, moments and how many steps were taken."""
        from safetensors.torch import save_file

        arrays: dict[str, Tensor] = {}
        for name, p in self.own.items():
            arrays[f"own:{name}"] = p.detach().contiguous()
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
        with safe_open(str(file), framework="pt") as stored, torch.no_grad():
            facts: dict[str, Any] = json.loads((stored.metadata() or {}).get("tagger", "{}"))
            if facts.get("identity") != identity:
                return 0
            state: dict[Tensor, dict[str, Tensor]] = {p: {} for p in self.own.values()}
            for key in stored.keys():  # noqa: SIM118 - a file handle, not a mapping
                kind, _, name = key.partition(":")
                value, p = stored.get_tensor(key), self.own[name]
                if kind in ("own", "mean"):
                    (p if kind == "own" else self.mean[name]).copy_(value)
                else:
                    state[p][kind] = value if kind == "step" else value.to(p.device)
        self.optimiser.state.update(state)
        self.taken = int(facts["step"])
        return self.taken
