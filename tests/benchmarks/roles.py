"""How well roles are proposed, beside plain baselines, in and out of the domain of the model.

    python tests/benchmarks/roles.py [--write]

Prints tables. On AnnoMI every transcript is judged by models that saw no transcript of its video
(ten folds, five seeds); elsewhere by the model that comes along. `--write` fits that model again on
all of AnnoMI and writes it with its card.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from role_scoring import BASELINES, Score, Talks, baseline, difference, held_out, unnamed  # noqa: E402

import workbench as wb  # noqa: E402
from workbench import settings  # noqa: E402
from workbench.corpus.roles import FEATURES, RoleModel, feature_differences  # noqa: E402
from workbench.corpus.roles.model import SHIPPED  # noqa: E402
from workbench.statistics import Estimate  # noqa: E402

SEEDS = (1, 2, 3, 4, 5)
WAYS = {
    "whole": {},
    "first 30 turns": {"first_turns": 30},
    "first 16 turns": {"first_turns": 16},
    "first 8 turns": {"first_turns": 8},
    "lower case, no punctuation": {"bare": True},
}
CARD = """# Who helps whom: a logistic regression on the difference between two speakers.
# Written by tests/benchmarks/roles.py --write; numbers only, no words of the corpus.
name: roles
version: 1
trained on: AnnoMI (Wu et al. 2022), 106 transcripts of 92 videos, roles as published
licence of the data: not stated
intended for: >-
  proposing helper and client in English talk of two people whose transcript has only names
not for: >-
  judging people; groups; talk in which nobody helps (a role is proposed there as well)
measured: >-
{measured}
coefficients:
{coefficients}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Roles proposed, scored on talk with known roles")
    parser.add_argument("--write", action="store_true", help="fit on all of AnnoMI and write it")
    options = parser.parse_args()
    home = settings.data_home()
    if home is None:
        sys.exit("The real corpora are not here (set WORKBENCH_DATA_HOME).")
    annomi = wb.load(home / "annomi" / "AnnoMI-simple.csv")
    parts = {name: Talks.of(annomi, **how) for name, how in WAYS.items()}
    runs = {name: [] for name in parts}
    for seed in SEEDS:
        found = held_out(parts["whole"], *parts.values(), seed=seed)
        for name, probabilities in zip(parts, found, strict=True):
            runs[name].append(probabilities)
    print("| talk | n | right | sure (>= 0.9) | right of the sure | mean confidence |")
    print("|---|---|---|---|---|---|")
    lines = []
    for name, talks in parts.items():
        lines.append(_line(f"AnnoMI, {name}", talks, runs[name]))
    model = RoleModel.fit(parts["whole"].differences, parts["whole"].first_helps)
    others = {
        "ESConv raw": home / "esconv" / "esconv_raw.jsonl.gz",
        "ESConv feedback": home / "esconv" / "esconv_feedback.jsonl.gz",
        "ESConv failed": home / "esconv" / "FailedESConv.jsonl",
        "data/demo": ROOT / "data" / "demo",
    }
    beside = {"AnnoMI, whole": (parts["whole"], runs["whole"])}
    for name, path in others.items():
        talks = Talks.of(wb.load(path))
        beside[name] = talks, [model.first_helps(talks.differences).to_numpy()]
        lines.append(_line(name, *beside[name]))
    lines.append(_where_nobody_helps(home / "meld" / "train_sent_emo.csv", model))
    print("\n| talk | baseline | right | model minus baseline |")
    print("|---|---|---|---|")
    for name, (talks, found) in beside.items():
        for plain in BASELINES:
            guess = baseline(talks, plain)
            share = np.mean((guess > 0.5) == talks.first_helps)
            gain = difference(talks, found, guess)
            print(f"| {name} | {plain} | {share:.3f} | {_told(gain)} |")
    if options.write:
        SHIPPED.write_text(_card(model, lines), "utf-8")
        print(f"\n{SHIPPED.relative_to(ROOT)}")


def _line(name: str, talks: Talks, runs: list[np.ndarray]) -> str:
    score = Score.of(talks, runs)
    print(
        f"| {name} | {len(talks.first_helps)} | {_told(score.right)} | {score.sure:.2f} "
        f"| {_told(score.right_of_sure)} | {score.confidence:.3f} |"
    )
    return (
        f"{name}: right {score.right.estimate:.3f}, sure {score.sure:.2f}, "
        f"right of the sure {score.right_of_sure.estimate:.3f}"
    )


def _where_nobody_helps(path: Path, model: RoleModel) -> str:
    """How often somebody is made a helper in scenes in which nobody is."""
    scenes = feature_differences(unnamed(wb.load(path)).utterances)
    p = model.first_helps(scenes).to_numpy()
    sure = float((np.maximum(p, 1 - p) >= 0.9).mean())
    print(f"| MELD, scenes of two (nobody helps) | {scenes.height} | - | {sure:.2f} | - | - |")
    return f"MELD, scenes of two in which nobody helps: sure {sure:.2f}, wrongly"


def _told(value: Estimate) -> str:
    if value.low is None:
        return f"{value.estimate:.3f} ({value.reason})"
    return f"{value.estimate:.3f} ({value.low:.3f} to {value.high:.3f})"


def _card(model: RoleModel, lines: list[str]) -> str:
    return CARD.format(
        measured="\n".join(f"  {line};" for line in lines),
        coefficients="\n".join(f"  {name}: {model.coefficients[name]:.4f}" for name in FEATURES),
    )


if __name__ == "__main__":
    main()
