"""Do the figures of the full-size head hold on folds of another seed than its card's?

    python tests/benchmarks/full_size_again.py [--seed 102] [--checkpoints FOLDER]

Five networks are trained, six to twelve minutes each on two cores; a stopped run goes on from FOLDER.
Writes tests/benchmarks/results/full_size_again.json and .md. Nothing was tuned on these folds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from workbench.coding.full import find_full_head
from workbench.coding.full_training import score_full
from workbench.coding.scoring.predictions import SCORES
from workbench.files import write_json

RESULTS = Path(__file__).resolve().parent / "results"


def report(tables, seed: int) -> str:
    """Scores of every task, beside those of the card."""
    shipped = find_full_head("annomi")
    rows = [
        "| task | measure | folds of the card | this seed (95 %, videos resampled) |",
        "|---|---|---|---|",
    ]
    for task, own in tables.items():
        theirs = {row["measure"]: row for row in shipped.tables(task, context=True)[SCORES]}
        for row in own[SCORES]:
            if row["measure"].startswith("macro-F1, folds"):
                continue
            card = theirs[row["measure"]]["estimate"]
            rows.append(
                f"| {task} | {row['measure']} | {card:.3f} | {row['estimate']:.3f} "
                f"({row['low']:.3f} to {row['high']:.3f}) |"
            )
    table = "\n".join(rows)
    return (
        f"# The recipe of the full-size head on folds of seed {seed}\n\n"
        "With previous turns; five folds, videos whole, no part saw the fold it is scored on, nothing was "
        f"tuned on these folds.\n\n{table}\n"
    )


def main() -> int:
    """Train on all but one fold, five times, and write the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=102)
    options.add_argument("--checkpoints", type=Path)
    wanted = options.parse_args()
    begun = time.monotonic()
    tables = score_full(seed=wanted.seed, checkpoints=wanted.checkpoints)
    minutes = (time.monotonic() - begun) / 60
    write_json(
        RESULTS / "full_size_again.json",
        {"seed": wanted.seed, "minutes of this call": minutes, "tables": tables},
    )
    text = report(tables, wanted.seed)
    (RESULTS / "full_size_again.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
